#define _GNU_SOURCE
#include "CPacketRing.h"
#include <errno.h>
#include <grp.h>
#include <sys/types.h>
#include <unistd.h>

int gapscope_become_user(const char *name, uint32_t user, uint32_t group) {
  if (initgroups(name, group) < 0) return -1;
  if (setresgid(group, group, group) < 0) return -1;
  if (setresuid(user, user, user) < 0) return -1;
  // That it cannot be undone is the point of it.
  if (user != 0 && (setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0)) {
    errno = EPERM;
    return -1;
  }
  return getuid() == user && geteuid() == user && getgid() == group && getegid() == group ? 0 : -1;
}
