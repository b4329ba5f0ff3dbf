// What live capture needs of Linux that Swift cannot say: the structures, constants and memory order
// of packet sockets (packet(7), Documentation/networking/packet_mmap.rst).
//
// Every function that can fail returns -1 and leaves the reason in errno.
#pragma once
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

// MARK: Time

/// Nanoseconds since 1970, by the clock from which the kernel takes the times of frames.
int64_t gapscope_clock_nanoseconds(void);

// MARK: Interfaces

struct gapscope_interface {
  int index;
  /// ARPHRD_...
  uint16_t hardware_type;
  /// IFF_...
  uint32_t flags;
  uint32_t mtu;
  uint8_t hardware_address[6];
};

/// A socket that can be asked about interfaces. Needs no capability.
int gapscope_query_socket(void);

/// `ENODEV` and so on.
int gapscope_interface_describe(int socket, const char *name, struct gapscope_interface *interface);

/// The name that the interface has now.
int gapscope_interface_name(int socket, int index, char name[16]);

static inline int gapscope_interface_is_up(const struct gapscope_interface *interface) {
  return (interface->flags & 1) != 0;  // IFF_UP
}
static inline int gapscope_interface_has_carrier(const struct gapscope_interface *interface) {
  return (interface->flags & (1 << 6)) != 0;  // IFF_RUNNING
}
static inline int gapscope_interface_is_loopback(const struct gapscope_interface *interface) {
  return (interface->flags & (1 << 3)) != 0;  // IFF_LOOPBACK
}

// MARK: Rings

/// A packet socket that receives nothing before it is bound. Needs CAP_NET_RAW.
int gapscope_packet_socket(void);

/// Makes the socket's ring and maps it: `block_count` blocks of `block_octets`, a block given over at
/// the latest `timeout_milliseconds` after its first frame. `reserve_octets` stay free before each
/// frame. NULL on failure.
void *gapscope_ring_map(int socket, uint32_t block_octets, uint32_t block_count,
                        uint32_t timeout_milliseconds, uint32_t reserve_octets);
void gapscope_ring_unmap(void *ring, uint32_t block_octets, uint32_t block_count);

/// Frames that the program refuses do not come; those it takes come with so many octets as it says.
int gapscope_ring_filter(int socket, const struct sock_filter *program, uint16_t length);

/// Frames that this machine sends do not come.
int gapscope_ring_ignore_outgoing(int socket);

/// All frames, and not only those that are meant for this machine, for as long as the socket is open.
int gapscope_ring_promiscuous(int socket, int interface_index);

/// From here on frames come in.
int gapscope_ring_bind(int socket, int interface_index);

/// The interface to which it is bound; -1 where that was removed, also where another has its number.
int gapscope_ring_interface(int socket);

/// Makes the socket a member of a group of sockets that are bound alike, each of which gets a part of
/// the frames (PACKET_FANOUT_CBPF). `*group` is 0 for a new group, and then names it. The order of the
/// members is that of joining.
int gapscope_fanout_join(int socket, uint32_t *group, int ignore_outgoing);

/// The program's result, modulo the number of members, is the member that gets the frame.
int gapscope_fanout_program(int socket, const struct sock_filter *program, uint16_t length);

/// What came to pass since the last call: frames that passed the filter, and those of them that found
/// no room in the ring.
int gapscope_ring_statistics(int socket, uint32_t *received, uint32_t *dropped);

/// The error that the socket waits to tell, 0 for none; it is told once.
int gapscope_socket_error(int socket);

/// Whether the block is ours; if so, what the kernel wrote in it can be seen.
int gapscope_block_is_ready(const void *block);

/// Gives the block back to the kernel.
void gapscope_block_release(void *block);

// MARK: Sending

struct gapscope_frame {
  const void *octets;
  uint32_t length;
  /// Zeros behind them; at most 262144.
  uint32_t padding;
};

/// Sends frames in their order, at most 64. Returns how many were sent before one that was not; -1
/// where that is the first.
int gapscope_frames_send(int socket, int interface_index, const struct gapscope_frame *frames,
                         unsigned count);

// MARK: AF_XDP

struct gapscope_xdp;

/// A map of sockets by queue. Needs CAP_BPF.
int gapscope_xdp_map(uint32_t queue_count);

/// From here on the frames that queues receive go to the sockets of the map, and nowhere else; until
/// the result is closed. Needs CAP_NET_ADMIN.
int gapscope_xdp_attach(int interface_index, int map);

/// The interface at which it is; -1 where that was removed.
int gapscope_xdp_interface(int attachment);

/// A socket for the frames of a queue, with room for `count` (a power of two) of 3,840 octets. NULL on
/// failure: EINVAL where there is no such queue. Needs CAP_NET_RAW.
struct gapscope_xdp *gapscope_xdp_open(int interface_index, uint32_t queue, uint32_t count);
void gapscope_xdp_close(struct gapscope_xdp *xdp);

/// The queue's frames are this socket's.
int gapscope_xdp_enter(int map, uint32_t queue, const struct gapscope_xdp *xdp);

int gapscope_xdp_socket(const struct gapscope_xdp *xdp);

/// The next frames, at most so many; they are ours until they are given back.
uint32_t gapscope_xdp_take(struct gapscope_xdp *xdp, struct gapscope_frame *frames, uint32_t most);
void gapscope_xdp_give_back(struct gapscope_xdp *xdp);

/// Frames that can be taken.
uint32_t gapscope_xdp_waiting(const struct gapscope_xdp *xdp);

/// Frames that found no room so far, or were too long.
uint64_t gapscope_xdp_dropped(const struct gapscope_xdp *xdp);

// MARK: Privileges

/// Becomes the user for good, with the user's groups; fails with EPERM where the old rights could be
/// had back.
int gapscope_become_user(const char *name, uint32_t user, uint32_t group);
