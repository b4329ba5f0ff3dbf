// Sends the frames of a pcap file on an interface, for the tests of live capture:
//
//   FrameSender INTERFACE FILE.pcap [FIRST [COUNT [MICROSECONDS]]]
//
// FIRST counts from 1; after every 32 frames it pauses for so many microseconds. Says how many it sent.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { batch = 32 };

static int fail(const char *what) {
  perror(what);
  return 1;
}

static unsigned char *read_all(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) < 0) return NULL;
  *length = (size_t)ftell(file);
  rewind(file);
  unsigned char *octets = malloc(*length);
  if (octets && fread(octets, 1, *length, file) != *length) octets = NULL;
  fclose(file);
  return octets;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "FrameSender INTERFACE FILE.pcap [FIRST [COUNT [MICROSECONDS]]]\n");
    return 64;
  }
  size_t length = 0;
  unsigned char *file = read_all(argv[2], &length);
  if (!file || length < 24) return fail(argv[2]);
  unsigned long first = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
  unsigned long count = argc > 4 ? strtoul(argv[4], NULL, 10) : (unsigned long)-1;
  useconds_t pause = argc > 5 ? (useconds_t)strtoul(argv[5], NULL, 10) : 200;

  int sender = socket(AF_PACKET, SOCK_RAW, 0);
  if (sender < 0) return fail("socket");
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(3),
                                .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (address.sll_ifindex == 0) return fail(argv[1]);

  struct iovec parts[batch];
  struct mmsghdr messages[batch];
  unsigned long number = 0, sent = 0;
  size_t position = 24;
  unsigned filled = 0;
  while (1) {
    uint32_t captured = 0;
    int is_over = position + 16 > length || sent + filled >= count;
    if (!is_over) {
      memcpy(&captured, file + position + 8, 4);
      if (++number >= first) {
        parts[filled] = (struct iovec){file + position + 16, captured};
        memset(&messages[filled], 0, sizeof messages[filled]);
        messages[filled].msg_hdr = (struct msghdr){.msg_name = &address,
                                                   .msg_namelen = sizeof address,
                                                   .msg_iov = &parts[filled],
                                                   .msg_iovlen = 1};
        filled++;
      }
      position += 16 + captured;
    }
    if (filled < batch && !(is_over && filled > 0)) {
      if (is_over) break;
      continue;
    }
    for (unsigned done = 0; done < filled;) {
      int result = sendmmsg(sender, messages + done, filled - done, 0);
      if (result > 0) {
        done += (unsigned)result;
      } else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
        return fail("sendmmsg");
      }
    }
    sent += filled;
    filled = 0;
    if (pause) usleep(pause);
  }
  printf("%lu\n", sent);
  return 0;
}
