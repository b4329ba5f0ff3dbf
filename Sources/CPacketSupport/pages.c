#define _GNU_SOURCE
#include "CPacketSupport.h"
#include <sys/mman.h>

// Of the processors that we run on.
static const size_t large_page = 2u << 20;

// Addresses of `length` octets that begin at a large page: the kernel makes large pages only there.
// Asks for more, and gives back what lies before and behind.
static void *aligned_range(size_t length, int protection) {
  size_t asked = length + large_page;
  char *start = mmap(NULL, asked, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  size_t before = (large_page - (uintptr_t)start % large_page) % large_page;
  size_t used = (length + 4095) / 4096 * 4096;
  if (before) munmap(start, before);
  if (asked - before > used) munmap(start + before + used, asked - before - used);
  return start + before;
}

void *gapscope_pages_allocate(size_t length) {
  // Large pages only pay for large tables; a small one would waste the rest of its first page.
  if (length < 2 * large_page) {
    void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? NULL : address;
  }
  void *address = aligned_range(length, PROT_READ | PROT_WRITE);
  if (address) madvise(address, length, MADV_HUGEPAGE);
  return address;
}

void gapscope_pages_free(void *address, size_t length) { munmap(address, length); }

void *gapscope_pages_grow(void *address, size_t length, size_t new_length) {
  if (new_length < 2 * large_page) {
    void *grown = mremap(address, length, new_length, MREMAP_MAYMOVE);
    return grown == MAP_FAILED ? NULL : grown;
  }
  void *place = aligned_range(new_length, PROT_NONE);
  if (!place) return NULL;
  void *grown = mremap(address, length, new_length, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  if (grown == MAP_FAILED) {
    munmap(place, new_length);
    return NULL;
  }
  madvise(grown, new_length, MADV_HUGEPAGE);
  return grown;
}

void gapscope_prefer_large_pages(void *address, size_t length) {
  if (length < 2 * large_page) return;
  uintptr_t start = ((uintptr_t)address + 4095) / 4096 * 4096;
  uintptr_t end = ((uintptr_t)address + length) / 4096 * 4096;
  madvise((void *)start, end - start, MADV_HUGEPAGE);
}
