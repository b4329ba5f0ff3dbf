// Runs a command to which the kernel is one that lacks an option of packet sockets, for the tests of
// what a capture does then:
//
//   OlderKernel OPTION COMMAND [ARGUMENT ...]
//
// OPTION is the number of a PACKET_... of linux/if_packet.h: to set it fails, as it does there.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH is this?"
#endif

enum { sol_packet = 263 };

// Both are little-endian: the low half of an argument comes first.
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped)

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "OlderKernel OPTION COMMAND [ARGUMENT ...]\n");
    return 64;
  }
  struct sock_filter instructions[] = {
      LOAD(arch),
      UNLESS(ARCHITECTURE, 7),
      LOAD(nr),
      UNLESS(SYS_setsockopt, 5),
      LOAD(args[1]),
      UNLESS(sol_packet, 3),
      LOAD(args[2]),
      UNLESS((unsigned)atoi(argv[1]), 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof instructions / sizeof *instructions, instructions};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
    perror("seccomp");
    return 1;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 1;
}
