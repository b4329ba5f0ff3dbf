#define _GNU_SOURCE
#include "CPacketSupport.h"
#include <sys/mman.h>

// Of the processors that we run on.
static const size_t large_page = 2u << 20;

void *gapscope_pages_allocate(size_t length) {
  // Large pages only pay for large tables; a small one would waste the rest of its first page.
  if (length < 2 * large_page) {
    void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? NULL : address;
  }
  // The kernel makes large pages only where the memory is aligned to them: ask for more, and give
  // back what lies before and behind.
  size_t asked = length + large_page;
  char *start = mmap(NULL, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  size_t before = (large_page - (uintptr_t)start % large_page) % large_page;
  size_t used = (length + 4095) / 4096 * 4096;
  if (before) munmap(start, before);
  if (asked - before > used) munmap(start + before + used, asked - before - used);
  madvise(start + before, length, MADV_HUGEPAGE);
  return start + before;
}

void gapscope_pages_free(void *address, size_t length) { munmap(address, length); }

void *gapscope_pages_grow(void *address, size_t length, size_t new_length) {
  void *grown = mremap(address, length, new_length, MREMAP_MAYMOVE);
  if (grown == MAP_FAILED) return NULL;
  if (new_length >= 2 * large_page) madvise(grown, new_length, MADV_HUGEPAGE);
  return grown;
}
