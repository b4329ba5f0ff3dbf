// The least that a receiver at a packet ring has to do: TPACKET_V3, each frame looked at by its first
// octets and counted.
//
//   ring INTERFACE MEBIBYTES
//
// Says "Listening" on standard error; at SIGINT how many frames it had, and how many were dropped.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

static volatile sig_atomic_t is_over;
static void end(int signal) {
  (void)signal;
  is_over = 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int receiver = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V3;
  struct tpacket_req3 request = {.tp_block_size = 1 << 20,
                                 .tp_block_nr = (unsigned)atoi(argv[2]),
                                 .tp_frame_size = 2048,
                                 .tp_retire_blk_tov = 50};
  request.tp_frame_nr = request.tp_block_size / request.tp_frame_size * request.tp_block_nr;
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(3),
                                .sll_ifindex = (int)if_nametoindex(argv[1])};
  size_t length = (size_t)request.tp_block_size * request.tp_block_nr;
  if (receiver < 0 || address.sll_ifindex == 0 ||
      setsockopt(receiver, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
      setsockopt(receiver, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) {
    perror(argv[1]);
    return 1;
  }
  unsigned char *ring = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, receiver, 0);
  if (ring == MAP_FAILED || bind(receiver, (struct sockaddr *)&address, sizeof address) < 0) {
    perror(argv[1]);
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

  uint64_t count = 0, sum = 0;
  for (unsigned next = 0;; next = (next + 1) % request.tp_block_nr) {
    struct tpacket_block_desc *block =
        (struct tpacket_block_desc *)(ring + (size_t)next * request.tp_block_size);
    while (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
      if (is_over) goto done;
      struct pollfd wait = {.fd = receiver, .events = POLLIN};
      poll(&wait, 1, 100);
    }
    unsigned char *frame = (unsigned char *)block + block->hdr.bh1.offset_to_first_pkt;
    for (unsigned left = block->hdr.bh1.num_pkts; left > 0; left--) {
      struct tpacket3_hdr *header = (struct tpacket3_hdr *)frame;
      uint32_t number;
      __builtin_memcpy(&number, frame + header->tp_mac + 16, 4);
      sum += number + header->tp_len;
      count++;
      frame += header->tp_next_offset;
    }
    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  }
done:;
  struct tpacket_stats_v3 statistics = {0};
  socklen_t size = sizeof statistics;
  getsockopt(receiver, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
  printf("%lu %u\n", (unsigned long)count, statistics.tp_drops);
  // Used, so that the compiler leaves the loads in.
  return sum == 1;
}
