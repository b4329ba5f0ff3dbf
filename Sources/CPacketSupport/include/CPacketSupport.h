// What the per-packet path needs of C: prefetch and memory in large pages.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Asks for the cache line at `address`, which will soon be read.
static inline void gapscope_prefetch_read(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Asks for the cache line at `address`, which will soon be written.
static inline void gapscope_prefetch_write(const void *address) { __builtin_prefetch(address, 1, 3); }

/// Zeroed memory of `length` octets, aligned to a page, in large pages where the kernel has them;
/// NULL where there is none. Release with `gapscope_pages_free` and the same length.
void *gapscope_pages_allocate(size_t length);
void gapscope_pages_free(void *address, size_t length);

/// Makes it longer, and moves it if it must, mostly without copying it; NULL where there is no memory, and
/// then the old memory is as it was. What is added is zeroed.
void *gapscope_pages_grow(void *address, size_t length, size_t new_length);
