// The least that writing a report takes: octets FILE OUTPUT
//
// Reads FILE, then writes the same octets to OUTPUT twice: in one pass from memory, and with every
// decimal number formatted anew from its value. Prints the CPU seconds of each. Finding the numbers
// in FILE is preparation and not measured.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// A literal text, and the number that follows it.
typedef struct {
  const char *text;
  uint32_t length;
  uint32_t has_number;
  uint64_t number;
} Piece;

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void write_all(int file, const char *octets, size_t length) {
  while (length > 0) {
    ssize_t written = write(file, octets, length);
    if (written < 0) { perror("write"); exit(1); }
    octets += written;
    length -= written;
  }
}

static char *format(char *to, uint64_t number) {
  char digits[20];
  int count = 0;
  do { digits[count++] = '0' + number % 10; number /= 10; } while (number);
  while (count) *to++ = digits[--count];
  return to;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: octets FILE OUTPUT\n"); return 2; }
  int file = open(argv[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) { perror(argv[1]); return 1; }
  size_t length = status.st_size;
  char *octets = malloc(length + 1);
  for (size_t have = 0; have < length;) {
    ssize_t got = read(file, octets + have, length - have);
    if (got <= 0) { perror(argv[1]); return 1; }
    have += got;
  }

  Piece *pieces = malloc((length / 2 + 2) * sizeof *pieces);
  size_t count = 0;
  for (size_t i = 0; i < length;) {
    Piece piece = {.text = octets + i};
    // A leading zero would be lost, and a twentieth digit would not fit.
    while (i < length && !(is_digit(octets[i]) && octets[i] != '0')) { i++; piece.length++; }
    for (int digits = 0; i < length && is_digit(octets[i]) && digits < 19; digits++) {
      piece.number = piece.number * 10 + (octets[i++] - '0');
      piece.has_number = 1;
    }
    pieces[count++] = piece;
  }

  int output = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (output < 0) { perror(argv[2]); return 1; }
  double start = cpu();
  write_all(output, octets, length);
  double plain = cpu() - start;
  close(output);

  output = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  static char buffer[64 << 10];
  size_t used = 0;
  start = cpu();
  for (size_t i = 0; i < count; i++) {
    const char *text = pieces[i].text;
    size_t rest = pieces[i].length;
    while (rest + 20 > sizeof buffer - used) {
      size_t part = rest < sizeof buffer - used ? rest : sizeof buffer - used;
      memcpy(buffer + used, text, part);
      write_all(output, buffer, used + part);
      text += part;
      rest -= part;
      used = 0;
    }
    memcpy(buffer + used, text, rest);
    used += rest;
    if (pieces[i].has_number) used = format(buffer + used, pieces[i].number) - buffer;
  }
  write_all(output, buffer, used);
  double formatted = cpu() - start;
  close(output);
  printf("%.6f %.6f %zu\n", plain, formatted, length);
}
