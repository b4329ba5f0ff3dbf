#define _GNU_SOURCE
#include "CMappingGuard.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// A guard is changed by its owner alone. The handler may look at it meanwhile, for a fault in
// another mapping: the version is odd while it changes, and another one after.
struct guard {
  _Atomic uint32_t version;
  _Atomic uintptr_t start, end;  // Free: both are 0.
  _Atomic uintptr_t missing;
};

enum { guard_count = 256 };
static struct guard guards[guard_count];
static struct sigaction previous;
static uintptr_t page_length;

static void set_range(struct guard *guard, uintptr_t start, uintptr_t end) {
  atomic_store(&guard->start, start);
  atomic_store(&guard->end, end);
  atomic_fetch_add(&guard->version, 1);
}

static int holds(struct guard *guard, uintptr_t address) {
  uint32_t version = atomic_load(&guard->version);
  uintptr_t start = atomic_load(&guard->start), end = atomic_load(&guard->end);
  return version % 2 == 0 && atomic_load(&guard->version) == version && start <= address &&
         address < end;
}

static int put_page(uintptr_t page) {
  // In one step, so that no other thread sees it before it is filled.
  void *filled = mmap(NULL, page_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (filled == MAP_FAILED) return 0;
  memset(filled, 0xFF, page_length);
  return mremap(filled, page_length, page_length, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)page) !=
         MAP_FAILED;
}

// Only system calls, and those that wait for nothing.
static void handle(int signal, siginfo_t *info, void *context) {
  (void)context;
  int saved = errno;
  uintptr_t page = (uintptr_t)info->si_addr & ~(page_length - 1);
  for (int index = 0; index < guard_count; index++) {
    struct guard *guard = &guards[index];
    if (!holds(guard, (uintptr_t)info->si_addr)) continue;
    uintptr_t lowest = atomic_load(&guard->missing);
    while ((lowest == 0 || page < lowest) &&
           !atomic_compare_exchange_weak(&guard->missing, &lowest, page)) {
    }
    if (!put_page(page)) break;
    errno = saved;
    return;
  }
  // Not ours: it happens again, and then to whoever is there for it.
  sigaction(signal, &previous, NULL);
  errno = saved;
}

static void install(void) {
  page_length = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

int gapscope_guard_acquire(const void *start, size_t length) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  for (int index = 0; index < guard_count; index++) {
    struct guard *guard = &guards[index];
    uint32_t version = atomic_load(&guard->version);
    if (version % 2 != 0 || atomic_load(&guard->end) != 0) continue;
    // Whoever changed it meanwhile changed the version too.
    if (!atomic_compare_exchange_strong(&guard->version, &version, version + 1)) continue;
    atomic_store(&guard->missing, 0);
    set_range(guard, (uintptr_t)start, (uintptr_t)start + length);
    return index;
  }
  return -1;
}

const void *gapscope_guard_missing_page(int guard) {
  return (const void *)atomic_load_explicit(&guards[guard].missing, memory_order_relaxed);
}

void gapscope_guard_release(int guard) {
  atomic_fetch_add(&guards[guard].version, 1);
  set_range(&guards[guard], 0, 0);
}

void gapscope_touch_pages(const void *start, size_t length) {
  const uintptr_t stretch = 64 << 10, end = (uintptr_t)start + length;
  for (uintptr_t at = (uintptr_t)start; at < end; at = (at / stretch + 1) * stretch) {
    (void)*(const volatile char *)at;
  }
}
