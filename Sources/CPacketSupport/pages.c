#define _GNU_SOURCE
#include "CPacketSupport.h"
#include <sys/mman.h>

void *gapscope_pages_allocate(size_t length) {
  void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return NULL;
  // Large pages only pay for large tables; a small one would waste the rest of its first page.
  if (length >= (4u << 20)) madvise(address, length, MADV_HUGEPAGE);
  return address;
}

void gapscope_pages_free(void *address, size_t length) { munmap(address, length); }
