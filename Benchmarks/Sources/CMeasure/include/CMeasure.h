// What a measurement reads of the process.
#pragma once
#include <stdint.h>

/// CPU time of the process so far, in nanoseconds.
uint64_t measure_cpu_nanoseconds(void);

/// Calls of malloc, calloc, realloc and their aligned kin so far, by whatever library.
uint64_t measure_allocations(void);

/// The most memory that the process had so far, in octets.
uint64_t measure_peak_octets(void);
