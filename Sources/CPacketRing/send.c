#define _GNU_SOURCE
#include "CPacketRing.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { most_frames = 64, most_padding = 262144 };

static unsigned char zeros[most_padding];

int gapscope_frames_send(int socket, int interface_index, const struct gapscope_frame *frames,
                         unsigned count) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = interface_index};
  struct iovec parts[most_frames][2];
  struct mmsghdr messages[most_frames];
  if (count > most_frames) count = most_frames;
  memset(messages, 0, sizeof messages);
  for (unsigned i = 0; i < count; i++) {
    uint32_t padding = frames[i].padding < most_padding ? frames[i].padding : most_padding;
    parts[i][0] = (struct iovec){(void *)frames[i].octets, frames[i].length};
    parts[i][1] = (struct iovec){zeros, padding};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &address,
                                          .msg_namelen = sizeof address,
                                          .msg_iov = parts[i],
                                          .msg_iovlen = padding > 0 ? 2 : 1};
  }
  return sendmmsg(socket, messages, count, 0);
}
