#define _GNU_SOURCE
#include "CPacketRing.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

/// A ring of descriptors that is shared with the kernel. Who produces owns `producer`, who consumes
/// owns `consumer`; both only rise.
struct ring {
  uint32_t *producer, *consumer;
  void *descriptors;
  uint32_t mask;
  void *memory;
  size_t octets;
};

struct gapscope_xdp {
  int socket;
  unsigned char *frames;
  size_t frames_octets;
  struct ring fill, receive;
  /// Descriptors that were looked at and are not given back.
  uint32_t held;
};

enum { chunk_octets = 4096, completions = 64 };

static long bpf(int command, union bpf_attr *attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

// MARK: The program

int gapscope_xdp_map(uint32_t queue_count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_XSKMAP;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.max_entries = queue_count;
  return (int)bpf(BPF_MAP_CREATE, &attributes);
}

/// Frames of a queue go to its socket, and on where there is none:
/// `return bpf_redirect_map(map, context->rx_queue_index, XDP_PASS)`.
static int load_program(int map) {
  struct bpf_insn program[] = {
      {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1, .off = 16},
      {.code = BPF_LD | BPF_DW | BPF_IMM,
       .dst_reg = BPF_REG_1,
       .src_reg = BPF_PSEUDO_MAP_FD,
       .imm = map},
      {.code = 0},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
      {.code = BPF_JMP | BPF_EXIT},
  };
  _Static_assert(offsetof(struct xdp_md, rx_queue_index) == 16, "");
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insns = (uint64_t)(uintptr_t)program;
  attributes.insn_cnt = sizeof program / sizeof *program;
  attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
  return (int)bpf(BPF_PROG_LOAD, &attributes);
}

int gapscope_xdp_attach(int interface_index, int map) {
  int program = load_program(map);
  if (program < 0) return -1;
  // In the driver where that can be, else before the rest of the network stack.
  const uint32_t modes[] = {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
  int link = -1;
  for (unsigned i = 0; i < 2 && link < 0; i++) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.link_create.prog_fd = (uint32_t)program;
    attributes.link_create.target_ifindex = (uint32_t)interface_index;
    attributes.link_create.attach_type = BPF_XDP;
    attributes.link_create.flags = modes[i];
    link = (int)bpf(BPF_LINK_CREATE, &attributes);
  }
  int reason = errno;
  close(program);
  errno = reason;
  return link;
}

int gapscope_xdp_interface(int attachment) {
  struct bpf_link_info info = {0};
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = (uint32_t)attachment;
  attributes.info.info_len = sizeof info;
  attributes.info.info = (uint64_t)(uintptr_t)&info;
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) < 0) return -1;
  return info.xdp.ifindex > 0 ? (int)info.xdp.ifindex : -1;
}

int gapscope_xdp_enter(int map, uint32_t queue, const struct gapscope_xdp *xdp) {
  uint32_t socket = (uint32_t)xdp->socket;
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (uint32_t)map;
  attributes.key = (uint64_t)(uintptr_t)&queue;
  attributes.value = (uint64_t)(uintptr_t)&socket;
  return (int)bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

// MARK: Sockets

static int set(int socket, int option, const void *value, size_t length) {
  return setsockopt(socket, SOL_XDP, option, value, (socklen_t)length);
}

static int map_ring(struct ring *ring, int socket, const struct xdp_ring_offset *offsets,
                    off_t page, uint32_t count, size_t descriptor_octets) {
  ring->octets = offsets->desc + count * descriptor_octets;
  ring->memory = mmap(NULL, ring->octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, socket,
                      page);
  if (ring->memory == MAP_FAILED) {
    ring->memory = NULL;
    return -1;
  }
  char *base = ring->memory;
  ring->producer = (uint32_t *)(base + offsets->producer);
  ring->consumer = (uint32_t *)(base + offsets->consumer);
  ring->descriptors = base + offsets->desc;
  ring->mask = count - 1;
  return 0;
}

static void fill(struct gapscope_xdp *xdp, uint32_t place, uint64_t address) {
  ((uint64_t *)xdp->fill.descriptors)[place & xdp->fill.mask] = address;
}

struct gapscope_xdp *gapscope_xdp_open(int interface_index, uint32_t queue, uint32_t count) {
  struct gapscope_xdp *xdp = calloc(1, sizeof *xdp);
  if (!xdp) return NULL;
  xdp->frames = MAP_FAILED;
  xdp->socket = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (xdp->socket < 0) goto failed;
  xdp->frames_octets = (size_t)count * chunk_octets;
  xdp->frames = mmap(NULL, xdp->frames_octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
  if (xdp->frames == MAP_FAILED) goto failed;
  struct xdp_umem_reg memory = {.addr = (uint64_t)(uintptr_t)xdp->frames,
                                .len = xdp->frames_octets,
                                .chunk_size = chunk_octets};
  uint32_t completion_count = completions;
  if (set(xdp->socket, XDP_UMEM_REG, &memory, sizeof memory) < 0 ||
      set(xdp->socket, XDP_UMEM_FILL_RING, &count, sizeof count) < 0 ||
      set(xdp->socket, XDP_UMEM_COMPLETION_RING, &completion_count, sizeof completion_count) < 0 ||
      set(xdp->socket, XDP_RX_RING, &count, sizeof count) < 0)
    goto failed;
  struct xdp_mmap_offsets offsets;
  socklen_t length = sizeof offsets;
  if (getsockopt(xdp->socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0) goto failed;
  if (map_ring(&xdp->fill, xdp->socket, &offsets.fr, XDP_UMEM_PGOFF_FILL_RING, count,
               sizeof(uint64_t)) < 0 ||
      map_ring(&xdp->receive, xdp->socket, &offsets.rx, XDP_PGOFF_RX_RING, count,
               sizeof(struct xdp_desc)) < 0)
    goto failed;
  for (uint32_t i = 0; i < count; i++) fill(xdp, i, (uint64_t)i * chunk_octets);
  __atomic_store_n(xdp->fill.producer, count, __ATOMIC_RELEASE);
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP,
                                 .sxdp_ifindex = (uint32_t)interface_index,
                                 .sxdp_queue_id = queue};
  if (bind(xdp->socket, (struct sockaddr *)&address, sizeof address) < 0) goto failed;
  return xdp;
failed:;
  int reason = errno;
  gapscope_xdp_close(xdp);
  errno = reason;
  return NULL;
}

void gapscope_xdp_close(struct gapscope_xdp *xdp) {
  if (xdp->fill.memory) munmap(xdp->fill.memory, xdp->fill.octets);
  if (xdp->receive.memory) munmap(xdp->receive.memory, xdp->receive.octets);
  if (xdp->socket >= 0) close(xdp->socket);
  if (xdp->frames != MAP_FAILED) munmap(xdp->frames, xdp->frames_octets);
  free(xdp);
}

int gapscope_xdp_socket(const struct gapscope_xdp *xdp) { return xdp->socket; }

uint32_t gapscope_xdp_take(struct gapscope_xdp *xdp, struct gapscope_frame *frames, uint32_t most) {
  uint32_t consumer = *xdp->receive.consumer;
  uint32_t there = __atomic_load_n(xdp->receive.producer, __ATOMIC_ACQUIRE) - consumer;
  uint32_t count = there < most ? there : most;
  const struct xdp_desc *descriptors = xdp->receive.descriptors;
  for (uint32_t i = 0; i < count; i++) {
    const struct xdp_desc *descriptor = &descriptors[(consumer + i) & xdp->receive.mask];
    frames[i] = (struct gapscope_frame){xdp->frames + descriptor->addr, descriptor->len, 0};
  }
  xdp->held = count;
  return count;
}

void gapscope_xdp_give_back(struct gapscope_xdp *xdp) {
  uint32_t consumer = *xdp->receive.consumer, producer = *xdp->fill.producer;
  const struct xdp_desc *descriptors = xdp->receive.descriptors;
  for (uint32_t i = 0; i < xdp->held; i++) {
    uint64_t address = descriptors[(consumer + i) & xdp->receive.mask].addr;
    fill(xdp, producer + i, address & ~(uint64_t)(chunk_octets - 1));
  }
  __atomic_store_n(xdp->receive.consumer, consumer + xdp->held, __ATOMIC_RELEASE);
  __atomic_store_n(xdp->fill.producer, producer + xdp->held, __ATOMIC_RELEASE);
  xdp->held = 0;
}

uint32_t gapscope_xdp_waiting(const struct gapscope_xdp *xdp) {
  return __atomic_load_n(xdp->receive.producer, __ATOMIC_ACQUIRE) - *xdp->receive.consumer;
}

uint64_t gapscope_xdp_dropped(const struct gapscope_xdp *xdp) {
  struct xdp_statistics statistics = {0};
  socklen_t length = sizeof statistics;
  if (getsockopt(xdp->socket, SOL_XDP, XDP_STATISTICS, &statistics, &length) < 0) return 0;
  return statistics.rx_dropped + statistics.rx_ring_full;
}
