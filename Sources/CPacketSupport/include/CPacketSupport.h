// What the per-packet path needs of C: prefetch, comparing octets at once and memory in large pages.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Asks for the cache line at `address`, which will soon be read.
static inline void gapscope_prefetch_read(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Asks for the cache line at `address`, which will soon be written.
static inline void gapscope_prefetch_write(const void *address) { __builtin_prefetch(address, 1, 3); }

/// Which of the 16 octets are the highest one of `hash` in the bits of `mask`: a bit for each, the lowest for
/// the first.
static inline uint32_t gapscope_equal_octets(const void *octets, uint32_t hash, uint8_t mask) {
  typedef uint8_t Octets __attribute__((ext_vector_type(16)));
  typedef _Bool Bits __attribute__((ext_vector_type(16)));
  Octets each, value = (Octets)(uint8_t)(hash >> 24);
#if defined(__SSE2__)
  // As the compiler does it, but without a shift.
  typedef uint32_t Words __attribute__((ext_vector_type(4)));
  Octets word = (Octets)(Words){hash, 0, 0, 0};
  value = __builtin_shufflevector(word, word, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3);
#endif
  memcpy(&each, octets, sizeof each);
  Bits bits = __builtin_convertvector((each & mask) == (value & mask), Bits);
  uint16_t equal;
  memcpy(&equal, &bits, sizeof equal);
  return equal;
}

/// Zeroed memory of `length` octets, aligned to a page, in large pages where the kernel has them;
/// NULL where there is none. Release with `gapscope_pages_free` and the same length.
void *gapscope_pages_allocate(size_t length);
void gapscope_pages_free(void *address, size_t length);

/// Makes it longer, and moves it if it must, mostly without copying it; NULL where there is no memory, and
/// then the old memory is as it was. What is added is zeroed.
void *gapscope_pages_grow(void *address, size_t length, size_t new_length);

/// Ends the process, with a message and the status of an error, where so many octets could not be had.
void gapscope_end_without_memory(size_t length) __attribute__((noreturn));

/// The octets that secure data must have at least where a SecTAG has this Short Length: as many as it says; 48
/// where it is 0 (IEEE Std 802.1AE-2018, 9.7). More than any frame has where the value is not permitted.
static inline uint32_t gapscope_least_secure_octets(uint8_t short_length) {
  static const uint32_t least[256] = {
      48, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
      32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
      [48 ... 255] = UINT32_MAX,
  };
  return least[short_length];
}
