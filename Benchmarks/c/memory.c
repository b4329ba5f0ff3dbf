// What the memory of this machine delivers: memory PROCESSES
//
// So many processes at a time read 256 MiB each, from the first octet to the last, several times.
// Prints the octets per second of all of them together, by the clock; the best of the rounds.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 256 << 20, ROUNDS = 8 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

// Four sums, so that none waits for the one before.
static uint64_t sum(const uint64_t *words, size_t count) {
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < count; i += 4) {
    a += words[i]; b += words[i + 1]; c += words[i + 2]; d += words[i + 3];
  }
  return a + b + c + d;
}

int main(int count, char **arguments) {
  int processes = count > 1 ? atoi(arguments[1]) : 1;
  int results[2];
  if (processes < 1 || pipe(results) != 0) return 1;
  for (int i = 0; i < processes; i++) {
    if (fork() != 0) continue;
    uint64_t *words = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) _exit(1);
    memset(words, 1, LENGTH);
    volatile uint64_t kept = 0;
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      double began = now();
      kept += sum(words, LENGTH / sizeof *words);
      double rate = LENGTH / (now() - began);
      if (rate > best) best = rate;
    }
    _exit(write(results[1], &best, sizeof best) != sizeof best);
  }
  double all = 0, one;
  for (int i = 0; i < processes; i++) {
    int status;
    if (wait(&status) < 0 || status != 0) return 1;
    if (read(results[0], &one, sizeof one) != sizeof one) return 1;
    all += one;
  }
  printf("%.0f\n", all);
  return 0;
}
