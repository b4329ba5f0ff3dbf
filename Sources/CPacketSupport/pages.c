#define _GNU_SOURCE
#include "CPacketSupport.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The sanitizer of threads does not know mremap: addresses that pages moved to would be those of whoever
// had them before.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MOVES_PAGES 0
#endif
#endif
#ifndef MOVES_PAGES
#define MOVES_PAGES 1
#endif

// Of the processors that we run on.
static const size_t large_page = 2u << 20;
// From here on large pages are used: clearing one costs less than a fault for each small page of half
// of it.
static const size_t large_length = 1u << 20;

static size_t rounded_up(size_t length, size_t unit) { return (length + unit - 1) / unit * unit; }

static size_t mapped_length(size_t length) {
  return rounded_up(length, length < large_length ? 4096 : large_page);
}

static void *small_range(size_t length) {
  void *start = mmap(NULL, mapped_length(length), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

// Addresses that begin at a large page: the kernel makes large pages only there. Asks for more, and
// gives back what lies before and behind.
static void *large_range(size_t length, int protection) {
  size_t used = mapped_length(length);
  size_t asked = used + large_page;
  char *start = mmap(NULL, asked, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  size_t before = (large_page - (uintptr_t)start % large_page) % large_page;
  if (before) munmap(start, before);
  if (asked - before > used) munmap(start + before + used, asked - before - used);
  madvise(start + before, used, MADV_HUGEPAGE);
  return start + before;
}

void *gapscope_pages_allocate(size_t length) {
  return length < large_length ? small_range(length)
                               : large_range(length, PROT_READ | PROT_WRITE);
}

void gapscope_pages_free(void *address, size_t length) { munmap(address, mapped_length(length)); }

void *gapscope_pages_grow(void *address, size_t length, size_t new_length) {
  if (MOVES_PAGES && new_length < large_length) {
    void *grown =
        mremap(address, mapped_length(length), mapped_length(new_length), MREMAP_MAYMOVE);
    return grown == MAP_FAILED ? NULL : grown;
  }
  if (!MOVES_PAGES || length < large_length) {
    void *grown = gapscope_pages_allocate(new_length);
    if (!grown) return NULL;
    memcpy(grown, address, length);
    gapscope_pages_free(address, length);
    return grown;
  }
  void *place = large_range(new_length, PROT_NONE);
  if (!place) return NULL;
  void *grown = mremap(address, mapped_length(length), mapped_length(new_length),
                       MREMAP_MAYMOVE | MREMAP_FIXED, place);
  if (grown == MAP_FAILED) {
    munmap(place, mapped_length(new_length));
    return NULL;
  }
  madvise(grown, mapped_length(new_length), MADV_HUGEPAGE);
  return grown;
}

// At once: whatever else is there may want memory too, and other threads still count.
void gapscope_end_without_memory(size_t length) {
  char text[160];
  int count = snprintf(text, sizeof text,
                       "Error: out of memory: no %zu MB more; --max-associations and --max-gaps bound "
                       "what is kept\n",
                       (length + (1u << 20) - 1) >> 20);
  ssize_t written = write(STDERR_FILENO, text, (size_t)count);
  (void)written;
  _exit(1);
}
