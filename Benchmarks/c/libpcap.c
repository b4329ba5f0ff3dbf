// The least that a receiver with libpcap has to do: each frame looked at by its first octets and
// counted.
//
//   libpcap INTERFACE MEBIBYTES
//
// Says "Listening" on standard error; at SIGINT how many frames it had, and how many were dropped.
#include <pcap/pcap.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pcap_t *capture;
static volatile sig_atomic_t is_over;
static uint64_t count, sum;

static void end(int signal) {
  (void)signal;
  is_over = 1;
  pcap_breakloop(capture);
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *frame) {
  (void)user;
  uint32_t number = 0;
  if (header->caplen >= 20) memcpy(&number, frame + 16, 4);
  sum += number + header->len;
  count++;
}

int main(int argc, char **argv) {
  char error[PCAP_ERRBUF_SIZE];
  if (argc != 3) return 64;
  capture = pcap_create(argv[1], error);
  if (!capture || pcap_set_snaplen(capture, 262144) || pcap_set_timeout(capture, 50) ||
      pcap_set_buffer_size(capture, atoi(argv[2]) << 20) || pcap_activate(capture) < 0) {
    fprintf(stderr, "%s: %s\n", argv[1], capture ? pcap_geterr(capture) : error);
    return 1;
  }
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGINT, &action, NULL);
  // Whoever started us may have blocked it for itself; that is inherited.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  fprintf(stderr, "Listening\n");
  while (!is_over) {
    if (pcap_dispatch(capture, -1, take, NULL) == PCAP_ERROR) break;
  }
  struct pcap_stat statistics = {0};
  pcap_stats(capture, &statistics);
  printf("%lu %u\n", (unsigned long)count, statistics.ps_drop);
  // Used, so that the compiler leaves the loads in.
  return sum == 1;
}
