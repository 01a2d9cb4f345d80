/*
 * Records what x87 instructions do on the processor this runs on. Reads the left-hand sides of lines as
 * instructions.txt has them, writes whole lines:
 *
 *     gcc -O1 -o /tmp/record record-instructions.c
 *     sed 's| ->.*||' instructions.txt | /tmp/record > /tmp/new && mv /tmp/new instructions.txt
 *
 * For x86-64 with Linux. The instructions mean the same in 32-bit mode; their memory operand is [edi].
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MEMORY = 16, FLAGS = 0x8d5 };

struct state {
  uint32_t control, status, tags, eflags, ax;
  uint8_t registers[8][10]; /* physical, R0 to R7 */
  uint8_t memory[MEMORY];
};

static uint8_t before[512] __attribute__((aligned(64))), after[512] __attribute__((aligned(64)));
static uint8_t memory[64] __attribute__((aligned(64)));
static struct { uint64_t eflags, ax; } exchanged;
static uint8_t *page;
static sigjmp_buf escape;

static void on_signal(int number) { siglongjmp(escape, number); }

static void parse_bytes(const char *text, uint8_t *into, int count, int reversed) {
  for (int i = 0; i < count && text[2 * i] > ' '; i++) {
    char digits[3] = {text[2 * i], text[2 * i + 1], 0};
    into[reversed ? count - 1 - i : i] = (uint8_t)strtoul(digits, 0, 16);
  }
}

static void print_bytes(const uint8_t *bytes, int count, int reversed) {
  for (int i = 0; i < count; i++) printf("%02x", bytes[reversed ? count - 1 - i : i]);
}

/* Returns the signal that the instruction caused, or 0. */
static int run(const uint8_t *code, int length, const struct state *in, struct state *out) {
  static const uint8_t prologue[] = {
    0x53,                   /* push rbx */
    0xff, 0x33, 0x9d,       /* push [rbx]; popfq */
    0x8b, 0x43, 0x08,       /* mov eax, [rbx+8] */
    0x0f, 0xae, 0x0e,       /* fxrstor [rsi] */
  };
  static const uint8_t epilogue[] = {
    0x0f, 0xae, 0x02,       /* fxsave [rdx] */
    0xdb, 0xe3,             /* fninit */
    0x9c, 0x8f, 0x03,       /* pushfq; pop [rbx] */
    0x89, 0x43, 0x08,       /* mov [rbx+8], eax */
    0x5b, 0xc3,             /* pop rbx; ret */
  };
  memcpy(page, prologue, sizeof prologue);
  memcpy(page + sizeof prologue, code, length);
  memcpy(page + sizeof prologue + length, epilogue, sizeof epilogue);
  memset(before, 0, sizeof before);
  memcpy(before, &in->control, 2);
  memcpy(before + 2, &in->status, 2);
  before[4] = (uint8_t)in->tags;
  before[24] = 0x80;
  before[25] = 0x1f;
  int top = in->status >> 11 & 7;
  for (int i = 0; i < 8; i++) memcpy(before + 32 + 16 * i, in->registers[(top + i) & 7], 10);
  memcpy(memory, in->memory, MEMORY);
  exchanged.eflags = in->eflags | 0x202;
  exchanged.ax = in->ax;
  int number = sigsetjmp(escape, 1);
  if (number != 0) {
    __asm__ volatile("fninit");
    return number;
  }
  __asm__ volatile("call *%%rax"
                   : : "a"(page), "b"(&exchanged), "S"(before), "D"(memory), "d"(after) : "memory", "cc");
  memset(out, 0, sizeof *out);
  memcpy(&out->control, after, 2);
  memcpy(&out->status, after + 2, 2);
  out->tags = after[4];
  out->eflags = exchanged.eflags & FLAGS;
  out->ax = exchanged.ax & 0xffff;
  top = out->status >> 11 & 7;
  for (int i = 0; i < 8; i++) memcpy(out->registers[(top + i) & 7], after + 32 + 16 * i, 10);
  memcpy(out->memory, memory, MEMORY);
  return 0;
}

int main(void) {
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  static char line[1024];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    fputs(line, stdout);
    if (line[0] == '#' || line[0] == 0) {
      putchar('\n');
      continue;
    }
    struct state in = {.control = 0x37f}, out;
    uint8_t code[16];
    int length = (int)strcspn(line, " ") / 2;
    parse_bytes(line, code, length, 0);
    for (char *word = strchr(line, ' '); word; word = strchr(word, ' ')) {
      word++;
      char *value = strchr(word, '=') + 1;
      if (word[0] == 'c') in.control = (uint32_t)strtoul(value, 0, 16);
      else if (word[0] == 's') in.status = (uint32_t)strtoul(value, 0, 16);
      else if (word[0] == 't') in.tags = (uint32_t)strtoul(value, 0, 16);
      else if (word[0] == 'f') in.eflags = (uint32_t)strtoul(value, 0, 16);
      else if (word[0] == 'a') in.ax = (uint32_t)strtoul(value, 0, 16);
      else if (word[0] == 'm') parse_bytes(value, in.memory, MEMORY, 0);
      else if (word[0] == 'r') parse_bytes(value, in.registers[word[1] - '0'], 10, 1);
    }
    int number = run(code, length, &in, &out);
    fputs(" ->", stdout);
    if (number != 0) {
      puts(number == SIGILL ? " #UD" : number == SIGFPE ? " #MF" : " ?");
      continue;
    }
    if (out.control != in.control) printf(" c=%x", out.control);
    if (out.status != in.status) printf(" s=%x", out.status);
    if (out.tags != in.tags) printf(" t=%x", out.tags);
    if (out.eflags != in.eflags) printf(" f=%x", out.eflags);
    if (out.ax != in.ax) printf(" a=%x", out.ax);
    for (int i = 0; i < 8; i++) {
      if (memcmp(out.registers[i], in.registers[i], 10) == 0) continue;
      printf(" r%d=", i);
      print_bytes(out.registers[i], 10, 1);
    }
    int last = MEMORY;
    while (last > 0 && out.memory[last - 1] == in.memory[last - 1]) last--;
    if (last > 0) {
      fputs(" m=", stdout);
      print_bytes(out.memory, last, 0);
    }
    putchar('\n');
  }
  return 0;
}
