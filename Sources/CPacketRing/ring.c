#define _GNU_SOURCE
#include "CPacketRing.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t gapscope_clock_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// `RingBlockReader` reads these fields by their offsets.
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.block_status) == 8, "");
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.num_pkts) == 12, "");
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.offset_to_first_pkt) == 16, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_next_offset) == 0, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_sec) == 4, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_nsec) == 8, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_snaplen) == 12, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_len) == 16, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_status) == 20, "");
_Static_assert(offsetof(struct tpacket3_hdr, tp_mac) == 24, "");
_Static_assert(offsetof(struct tpacket3_hdr, hv1.tp_vlan_tci) == 32, "");
_Static_assert(offsetof(struct tpacket3_hdr, hv1.tp_vlan_tpid) == 36, "");
_Static_assert(TP_STATUS_VLAN_VALID == 1 << 4 && TP_STATUS_VLAN_TPID_VALID == 1 << 6, "");

int gapscope_query_socket(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return descriptor >= 0 ? descriptor : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int gapscope_interface_describe(int socket, const char *name, struct gapscope_interface *interface) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) {
    errno = ENODEV;
    return -1;
  }
  strcpy(request.ifr_name, name);
  memset(interface, 0, sizeof *interface);
  if (ioctl(socket, SIOCGIFINDEX, &request) < 0) return -1;
  interface->index = request.ifr_ifindex;
  if (ioctl(socket, SIOCGIFFLAGS, &request) < 0) return -1;
  interface->flags = (uint16_t)request.ifr_flags;
  if (ioctl(socket, SIOCGIFMTU, &request) < 0) return -1;
  interface->mtu = (uint32_t)request.ifr_mtu;
  if (ioctl(socket, SIOCGIFHWADDR, &request) < 0) return -1;
  interface->hardware_type = request.ifr_hwaddr.sa_family;
  memcpy(interface->hardware_address, request.ifr_hwaddr.sa_data, 6);
  return 0;
}

int gapscope_interface_name(int socket, int index, char name[16]) {
  struct ifreq request = {.ifr_ifindex = index};
  _Static_assert(sizeof request.ifr_name == 16, "");
  if (ioctl(socket, SIOCGIFNAME, &request) < 0) return -1;
  memcpy(name, request.ifr_name, sizeof request.ifr_name);
  name[sizeof request.ifr_name - 1] = 0;
  return 0;
}

int gapscope_packet_socket(void) {
  // Protocol 0: nothing comes before the socket is bound.
  return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int set(int socket, int option, const void *value, size_t length) {
  return setsockopt(socket, SOL_PACKET, option, value, (socklen_t)length);
}

void *gapscope_ring_map(int socket, uint32_t block_octets, uint32_t block_count,
                        uint32_t timeout_milliseconds, uint32_t reserve_octets) {
  int version = TPACKET_V3;
  // Of the third version only what it must divide the blocks into matters.
  uint32_t frame_octets = 2048;
  struct tpacket_req3 request = {
      .tp_block_size = block_octets,
      .tp_block_nr = block_count,
      .tp_frame_size = frame_octets,
      .tp_frame_nr = block_octets / frame_octets * block_count,
      .tp_retire_blk_tov = timeout_milliseconds,
  };
  if (set(socket, PACKET_VERSION, &version, sizeof version) < 0) return NULL;
  if (set(socket, PACKET_RESERVE, &reserve_octets, sizeof reserve_octets) < 0) return NULL;
  if (set(socket, PACKET_RX_RING, &request, sizeof request) < 0) return NULL;
  void *ring = mmap(NULL, (size_t)block_octets * block_count, PROT_READ | PROT_WRITE, MAP_SHARED,
                    socket, 0);
  return ring == MAP_FAILED ? NULL : ring;
}

void gapscope_ring_unmap(void *ring, uint32_t block_octets, uint32_t block_count) {
  munmap(ring, (size_t)block_octets * block_count);
}

int gapscope_ring_filter(int socket, const struct sock_filter *program, uint16_t length) {
  struct sock_fprog filter = {.len = length, .filter = (struct sock_filter *)program};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

int gapscope_ring_ignore_outgoing(int socket) {
  int on = 1;
  return set(socket, PACKET_IGNORE_OUTGOING, &on, sizeof on);
}

int gapscope_ring_promiscuous(int socket, int interface_index) {
  struct packet_mreq request = {.mr_ifindex = interface_index, .mr_type = PACKET_MR_PROMISC};
  return set(socket, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
}

int gapscope_ring_bind(int socket, int interface_index) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = __builtin_bswap16(ETH_P_ALL),
                                .sll_ifindex = interface_index};
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
  address.sll_protocol = ETH_P_ALL;
#endif
  return bind(socket, (struct sockaddr *)&address, sizeof address);
}

int gapscope_ring_interface(int socket) {
  struct sockaddr_ll address = {0};
  socklen_t length = sizeof address;
  if (getsockname(socket, (struct sockaddr *)&address, &length) < 0) return -1;
  return address.sll_ifindex;
}

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

int gapscope_fanout_join(int socket, uint32_t *group, int ignore_outgoing) {
  uint32_t flags = ignore_outgoing ? PACKET_FANOUT_FLAG_IGNORE_OUTGOING : 0;
  uint32_t request = *group;
  // The kernel finds a number that no other group of the namespace has.
  if (request == 0) request = (PACKET_FANOUT_CBPF | flags | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
  if (set(socket, PACKET_FANOUT, &request, sizeof request) < 0) return -1;
  socklen_t length = sizeof request;
  if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &request, &length) < 0) return -1;
  *group = (request & 0xFFFF) | (PACKET_FANOUT_CBPF | flags) << 16;
  return 0;
}

int gapscope_fanout_program(int socket, const struct sock_filter *program, uint16_t length) {
  struct sock_fprog fanout = {.len = length, .filter = (struct sock_filter *)program};
  return set(socket, PACKET_FANOUT_DATA, &fanout, sizeof fanout);
}

int gapscope_ring_statistics(int socket, uint32_t *received, uint32_t *dropped) {
  struct tpacket_stats_v3 statistics = {0};
  socklen_t length = sizeof statistics;
  if (getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0) return -1;
  *received = statistics.tp_packets;
  *dropped = statistics.tp_drops;
  return 0;
}

int gapscope_socket_error(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -1;
  return error;
}

static uint32_t *status_of(const void *block) {
  return &((struct tpacket_block_desc *)block)->hdr.bh1.block_status;
}

int gapscope_block_is_ready(const void *block) {
  return (__atomic_load_n(status_of(block), __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

void gapscope_block_release(void *block) {
  __atomic_store_n(status_of(block), TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}
