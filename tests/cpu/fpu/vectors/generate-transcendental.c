/*
 * Records what the transcendental instructions of the x87 do on the processor this runs on. Reads the left-hand sides of
 * lines as transcendental.txt has them, writes whole lines:
 *
 *     gcc -O1 -o /tmp/generate generate-transcendental.c
 *     sed 's| ->.*||' transcendental.txt | /tmp/generate > /tmp/new && mv /tmp/new transcendental.txt
 *
 * For x86-64 with Linux. Lines that begin with # are copied. A line reads
 *
 *     fyl2x 37f 4000c000000000000000 3fff8000000000000000 -> 3a20 3fffcae00d1cfdeb43d0
 *     instruction, control word, ST(0), ST(1) before (ST(1) may be missing: empty)
 *         -> status word, then the registers that are not empty after it, ST(0) first
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct area {
  uint16_t control, status;
  uint8_t tags, reserved;
  uint16_t opcode;
  uint64_t ip, dp;
  uint32_t mxcsr, mxcsr_mask;
  uint8_t st[8][16];
  uint8_t rest[352];
} __attribute__((aligned(64)));

static struct area area;

#define EXECUTE(instruction) \
  __asm__ volatile("fxrstor %0\n\t" instruction "\n\tfxsave %0\n\tfninit" : "+m"(area) : : "memory")

static int execute(const char *name) {
  if (!strcmp(name, "f2xm1")) EXECUTE("f2xm1");
  else if (!strcmp(name, "fyl2x")) EXECUTE("fyl2x");
  else if (!strcmp(name, "fyl2xp1")) EXECUTE("fyl2xp1");
  else if (!strcmp(name, "fpatan")) EXECUTE("fpatan");
  else if (!strcmp(name, "fsin")) EXECUTE("fsin");
  else if (!strcmp(name, "fcos")) EXECUTE("fcos");
  else if (!strcmp(name, "fsincos")) EXECUTE("fsincos");
  else if (!strcmp(name, "fptan")) EXECUTE("fptan");
  else return 0;
  return 1;
}

/* A number of 20 hexadecimal digits: sign and exponent, significand. */
static void parse(const char *text, uint8_t *into) {
  for (int i = 0; i < 10; i++) {
    unsigned byte = 0;
    sscanf(text + 2 * i, "%2x", &byte);
    into[9 - i] = (uint8_t)byte;
  }
}

int main(void) {
  char line[256], name[16], a[32], b[32];
  unsigned control;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    int fields = sscanf(line, "%15s %x %31s %31s", name, &control, a, b);
    if (line[0] == '#' || fields < 3) {
      puts(line);
      continue;
    }
    int count = fields - 2;
    int top = 8 - count;
    memset(&area, 0, sizeof area);
    area.control = (uint16_t)control;
    area.status = (uint16_t)((top & 7) << 11);
    area.tags = (uint8_t)(0xff << top);
    area.mxcsr = 0x1f80;
    parse(a, area.st[0]);
    if (count > 1) parse(b, area.st[1]);
    if (!execute(name)) {
      fprintf(stderr, "unknown instruction: %s\n", line);
      return 1;
    }
    printf("%s -> %x", line, area.status);
    top = (area.status >> 11) & 7;
    for (int i = 0; i < 8; i++) {
      if (!(area.tags >> ((top + i) & 7) & 1)) continue;
      putchar(' ');
      for (int byte = 9; byte >= 0; byte--) printf("%02x", area.st[i][byte]);
    }
    putchar('\n');
  }
  return 0;
}
