// Mapped files that another process may shorten while they are read.
//
// The operating system ends a process that reads a page of a mapping which its file no longer
// reaches (SIGBUS). In a mapping that is guarded such a page becomes one of octets 0xFF, with which
// no record of a capture can begin, and the guard remembers it.
#pragma once
#include <stddef.h>

/// Guards the mapping; returns the guard, or -1 where there are too many. For any thread.
int gapscope_guard_acquire(const void *start, size_t length);

/// The lowest page that was read and not there, or NULL.
const void *gapscope_guard_missing_page(int guard);

/// Ends the guard: before the mapping is unmapped.
void gapscope_guard_release(int guard);

/// Reads an octet of each stretch of as many pages as the operating system maps at once (64 KiB, if nobody
/// changed it), so that its faults come one after the other and not while something else is done.
void gapscope_touch_pages(const void *start, size_t length);
