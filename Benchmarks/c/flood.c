// Sends MACsec frames on an interface as fast as it takes them, for live measurements:
//
//   flood INTERFACE ASSOCIATIONS LENGTH PACKETS SECONDS
//
// The associations take turns, and each counts its numbers up from 1 without leaving one out, so that
// every number that is missing at the other end was lost on the way. Ends after so many packets or
// seconds, whichever is first (0: no such end). The first and the last packets of each association go
// slowly: nothing is lost where it could not be seen. Says how many were sent.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { batch = 64, longest = 9000, slow_rounds = 4 };

static unsigned char frames[batch][longest];
static struct iovec parts[batch];
static struct mmsghdr messages[batch];
static uint32_t *numbers;
static unsigned long associations, next_association;
static int sender;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Returns how many were sent.
static unsigned long send_frames(unsigned count) {
  for (unsigned index = 0; index < count; index++) {
    uint32_t number = htonl(++numbers[next_association]);
    uint64_t sci = htobe64(0x0200000000000000 + (next_association << 16) + 1);
    memcpy(frames[index] + 16, &number, 4);
    memcpy(frames[index] + 20, &sci, 8);
    next_association = (next_association + 1) % associations;
  }
  for (unsigned done = 0; done < count;) {
    int result = sendmmsg(sender, messages + done, count - done, 0);
    if (result > 0) {
      done += (unsigned)result;
    } else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
      perror("sendmmsg");
      exit(1);
    }
  }
  return count;
}

static unsigned long send_slowly(void) {
  unsigned long left = slow_rounds * associations, sent = 0;
  while (sent < left) {
    sent += send_frames(left - sent < 16 ? (unsigned)(left - sent) : 16);
    usleep(1000);
  }
  return sent;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "flood INTERFACE ASSOCIATIONS LENGTH PACKETS SECONDS\n");
    return 64;
  }
  associations = strtoul(argv[2], NULL, 10);
  size_t length = strtoul(argv[3], NULL, 10);
  unsigned long packets = strtoul(argv[4], NULL, 10);
  double seconds = strtod(argv[5], NULL);
  // Below that the SecTAG would have to say how short the frame is.
  if (associations == 0 || length < 92 || length > longest) return 64;
  numbers = calloc(associations, sizeof *numbers);
  sender = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(3),
                                .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (!numbers || sender < 0 || address.sll_ifindex == 0) {
    perror(argv[1]);
    return 1;
  }
  int one = 1;
  setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  static const unsigned char header[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xE5, 0x2C, 0};
  for (unsigned index = 0; index < batch; index++) {
    memcpy(frames[index], header, sizeof header);
    memset(frames[index] + 28, 0xAA, length - 28);
    parts[index] = (struct iovec){frames[index], length};
    messages[index].msg_hdr = (struct msghdr){.msg_name = &address,
                                              .msg_namelen = sizeof address,
                                              .msg_iov = &parts[index],
                                              .msg_iovlen = 1};
  }

  unsigned long sent = send_slowly();
  double end = seconds > 0 ? now() + seconds : 0, begin = now();
  unsigned long fast = 0;
  while ((packets == 0 || fast < packets) && (end == 0 || now() < end)) fast += send_frames(batch);
  double duration = now() - begin;
  // What waits at the other end must be gone before.
  usleep(500000);
  sent += fast + send_slowly();
  printf("%lu %lu %.3f\n", sent, fast, duration);
  return 0;
}
