/*
 * Records what this machine's processor does with MMX and with the integer, move and shuffle instructions of SSE and SSE2.
 *
 *     gcc -O1 -o /tmp/generate generate-simd-integer.c && /tmp/generate > simd-integer.txt
 *     /tmp/generate 400 7          # 400 cases of each form instead, operands from seed 7: to be compared and thrown away
 *
 * Output: lines "value N HEX", the operands, lowest byte first; then a line for each form,
 *
 *     paddb mm1, mm2 | 0ffcca | 3 7 mm1=HEX | 7 9 - | ...
 *
 * its code and its cases. Before each case xmm1 and mm1 hold the first value, xmm2 and mm2 the second; eax its lowest
 * four bytes; memory at esi, and at edi, the second value again. After the numbers: what changed, or "-".
 * The encodings are those that 32-bit code has: [esi] and [edi] are written with 64-bit registers, and none needs REX.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Forms: the assembler makes a callable piece of code, and a line in a table, of each --------------------------- */

/* What decides about operands, and how many cases there are. */
#define BINARY 0
#define SHIFT 1
#define FIXED 2
#define MOVE 3

#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define FORM(kind, text)                                                                         \
  ".section forms_code,\"ax\"\n771: " text "\n772: ret\n"                                        \
  ".section forms_table,\"aw\"\n.quad 771b, 772b, 773f, " STRING(kind) "\n"                      \
  ".section forms_names,\"a\"\n773: .asciz \"" text "\"\n"

#define PQ(kind, op) FORM(kind, op " mm1, mm2") FORM(kind, op " mm1, qword ptr [rsi]")
#define VW(kind, op) FORM(kind, op " xmm1, xmm2") FORM(kind, op " xmm1, xmmword ptr [rsi]")
#define BOTH(op) PQ(BINARY, op) VW(BINARY, op)
#define SHIFTS(op) PQ(SHIFT, op) VW(SHIFT, op)
/* MMX forms whose memory operand has 32 bits. */
#define LOW(op) FORM(BINARY, op " mm1, mm2") FORM(BINARY, op " mm1, dword ptr [rsi]") VW(BINARY, op)

#define EACH_COUNT(op) \
  op(0) op(1) op(2) op(7) op(8) op(9) op(15) op(16) op(17) op(31) op(32) op(33) op(63) op(64) op(128) op(255)
#define EACH_ORDER(op) op(0x00) op(0x1b) op(0xe4) op(0xff) op(0x4e) op(0xb1) op(0x93) op(0x72) op(0x2d)

asm(".intel_syntax noprefix\n"
    BOTH("paddb") BOTH("paddw") BOTH("paddd") BOTH("paddq") BOTH("paddsb") BOTH("paddsw") BOTH("paddusb")
    BOTH("paddusw") BOTH("psubb") BOTH("psubw") BOTH("psubd") BOTH("psubq") BOTH("psubsb") BOTH("psubsw")
    BOTH("psubusb") BOTH("psubusw") BOTH("pmullw") BOTH("pmulhw") BOTH("pmulhuw") BOTH("pmaddwd")
    BOTH("pmuludq") BOTH("pavgb") BOTH("pavgw") BOTH("pminub") BOTH("pminsw") BOTH("pmaxub") BOTH("pmaxsw")
    BOTH("psadbw") BOTH("pcmpeqb") BOTH("pcmpeqw") BOTH("pcmpeqd") BOTH("pcmpgtb") BOTH("pcmpgtw")
    BOTH("pcmpgtd") BOTH("pand") BOTH("pandn") BOTH("por") BOTH("pxor") BOTH("packsswb") BOTH("packuswb")
    BOTH("packssdw") BOTH("punpckhbw") BOTH("punpckhwd") BOTH("punpckhdq") LOW("punpcklbw") LOW("punpcklwd")
    LOW("punpckldq") VW(BINARY, "punpcklqdq") VW(BINARY, "punpckhqdq")
    VW(BINARY, "andps") VW(BINARY, "andpd") VW(BINARY, "andnps") VW(BINARY, "andnpd") VW(BINARY, "orps") VW(BINARY, "orpd") VW(BINARY, "xorps") VW(BINARY, "xorpd")
    VW(BINARY, "unpcklps") VW(BINARY, "unpckhps") VW(BINARY, "unpcklpd") VW(BINARY, "unpckhpd")
    SHIFTS("psllw") SHIFTS("pslld") SHIFTS("psllq") SHIFTS("psrlw") SHIFTS("psrld") SHIFTS("psrlq") SHIFTS("psraw") SHIFTS("psrad")

#define COUNTED(n)                                                                                     \
  FORM(FIXED, "psllw mm1, " #n) FORM(FIXED, "pslld mm1, " #n) FORM(FIXED, "psllq mm1, " #n) FORM(FIXED, "psrlw mm1, " #n)          \
  FORM(FIXED, "psrld mm1, " #n) FORM(FIXED, "psrlq mm1, " #n) FORM(FIXED, "psraw mm1, " #n) FORM(FIXED, "psrad mm1, " #n)          \
  FORM(FIXED, "psllw xmm1, " #n) FORM(FIXED, "pslld xmm1, " #n) FORM(FIXED, "psllq xmm1, " #n) FORM(FIXED, "psrlw xmm1, " #n)      \
  FORM(FIXED, "psrld xmm1, " #n) FORM(FIXED, "psrlq xmm1, " #n) FORM(FIXED, "psraw xmm1, " #n) FORM(FIXED, "psrad xmm1, " #n)      \
  FORM(FIXED, "pslldq xmm1, " #n) FORM(FIXED, "psrldq xmm1, " #n)
    EACH_COUNT(COUNTED)

#define ORDERED(n)                                                                                     \
  FORM(FIXED, "pshufw mm1, mm2, " #n) FORM(FIXED, "pshuflw xmm1, xmm2, " #n) FORM(FIXED, "pshufhw xmm1, xmm2, " #n)         \
  FORM(FIXED, "pshufd xmm1, xmm2, " #n) FORM(FIXED, "shufps xmm1, xmm2, " #n) FORM(FIXED, "shufpd xmm1, xmm2, " #n)         \
  FORM(FIXED, "shufps xmm1, xmm1, " #n) FORM(FIXED, "shufpd xmm1, xmm1, " #n)                                        \
  FORM(FIXED, "pinsrw mm1, eax, " #n) FORM(FIXED, "pinsrw xmm1, eax, " #n) FORM(FIXED, "pextrw eax, mm2, " #n)              \
  FORM(FIXED, "pextrw eax, xmm2, " #n)
    EACH_ORDER(ORDERED)
    FORM(FIXED, "pshufw mm1, qword ptr [rsi], 0x6c") FORM(FIXED, "pshuflw xmm1, xmmword ptr [rsi], 0x6c")
    FORM(FIXED, "pshufhw xmm1, xmmword ptr [rsi], 0x6c") FORM(FIXED, "pshufd xmm1, xmmword ptr [rsi], 0x6c")
    FORM(FIXED, "shufps xmm1, xmmword ptr [rsi], 0x6c") FORM(FIXED, "shufpd xmm1, xmmword ptr [rsi], 0x6c")
    FORM(FIXED, "pinsrw mm1, word ptr [rsi], 2") FORM(FIXED, "pinsrw xmm1, word ptr [rsi], 5")
    FORM(FIXED, "pmovmskb eax, mm2") FORM(FIXED, "pmovmskb eax, xmm2") FORM(FIXED, "movmskps eax, xmm2") FORM(FIXED, "movmskpd eax, xmm2")

    FORM(MOVE, "movd mm1, eax") FORM(MOVE, "movd mm1, dword ptr [rsi]") FORM(MOVE, "movd eax, mm1") FORM(MOVE, "movd dword ptr [rsi], mm1")
    FORM(MOVE, "movd xmm1, eax") FORM(MOVE, "movd xmm1, dword ptr [rsi]") FORM(MOVE, "movd eax, xmm1")
    FORM(MOVE, "movd dword ptr [rsi], xmm1")
    PQ(MOVE, "movq") FORM(MOVE, "{store} movq mm1, mm2") FORM(MOVE, "movq qword ptr [rsi], mm1") FORM(MOVE, "movntq qword ptr [rsi], mm1")
    FORM(MOVE, "movq xmm1, xmm2") FORM(MOVE, "movq xmm1, qword ptr [rsi]") FORM(MOVE, "{store} movq xmm1, xmm2")
    FORM(MOVE, "movq qword ptr [rsi], xmm1")
#define MOVES(op) VW(MOVE, op) FORM(MOVE, "{store} " op " xmm1, xmm2") FORM(MOVE, op " xmmword ptr [rsi], xmm1")
    MOVES("movaps") MOVES("movapd") MOVES("movdqa") MOVES("movups") MOVES("movupd") MOVES("movdqu")
    FORM(MOVE, "movntps xmmword ptr [rsi], xmm1") FORM(MOVE, "movntpd xmmword ptr [rsi], xmm1")
    FORM(MOVE, "movntdq xmmword ptr [rsi], xmm1") FORM(MOVE, "movnti dword ptr [rsi], eax")
    FORM(MOVE, "movss xmm1, xmm2") FORM(MOVE, "{store} movss xmm1, xmm2") FORM(MOVE, "movss xmm1, dword ptr [rsi]")
    FORM(MOVE, "movss dword ptr [rsi], xmm1")
    FORM(MOVE, "movsd xmm1, xmm2") FORM(MOVE, "{store} movsd xmm1, xmm2") FORM(MOVE, "movsd xmm1, qword ptr [rsi]")
    FORM(MOVE, "movsd qword ptr [rsi], xmm1")
#define HALF(op) FORM(MOVE, op " xmm1, qword ptr [rsi]") FORM(MOVE, op " qword ptr [rsi], xmm1")
    HALF("movlps") HALF("movhps") HALF("movlpd") HALF("movhpd")
    FORM(MOVE, "movhlps xmm1, xmm2") FORM(MOVE, "movlhps xmm1, xmm2") FORM(MOVE, "movhlps xmm1, xmm1") FORM(MOVE, "movlhps xmm1, xmm1")
    FORM(MOVE, "movq2dq xmm1, mm2") FORM(MOVE, "movdq2q mm1, xmm2")
    FORM(MOVE, "maskmovq mm1, mm2") FORM(MOVE, "maskmovdqu xmm1, xmm2")
    ".att_syntax prefix\n.text\n");

typedef struct {
  const uint8_t *code, *end;
  const char *name;
  uint64_t kind;
} Form;
extern const Form __start_forms_table[], __stop_forms_table[];

/* --- Running one ------------------------------------------------------------------------------------------------------ */

typedef struct {
  uint8_t xmm1[16], xmm2[16], mm1[8], mm2[8], eax[4], pad[12], memory[16];
} State;

static void run(const Form *form, State *state) {
  asm volatile(
      "movups (%[s]), %%xmm1\n movups 16(%[s]), %%xmm2\n movq 32(%[s]), %%mm1\n movq 40(%[s]), %%mm2\n"
      "movl 48(%[s]), %%eax\n leaq 64(%[s]), %%rsi\n movq %%rsi, %%rdi\n"
      "call *%[f]\n"
      "movups %%xmm1, (%[s])\n movups %%xmm2, 16(%[s])\n movq %%mm1, 32(%[s])\n movq %%mm2, 40(%[s])\n"
      "movl %%eax, 48(%[s])\n emms\n sfence\n"
      :
      : [s] "b"(state), [f] "r"(form->code)
      : "rax", "rsi", "rdi", "xmm1", "xmm2", "mm1", "mm2", "memory", "cc");
}

/* --- Operands ----------------------------------------------------------------------------------------------------------- */

static uint64_t seed;

/* SplitMix64. */
static uint64_t random64(void) {
  uint64_t z = seed += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

#define EDGES 12
#define COUNTS 15
#define VALUES 4096
static uint64_t values[VALUES][2];
static int value_count;

static void add_value(uint64_t low, uint64_t high) {
  values[value_count][0] = low;
  values[value_count++][1] = high;
}

static void make_values(int randoms) {
  static const uint64_t edges[EDGES] = {
      0, ~0ull, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x8000800080008000, 0x7fff7fff7fff7fff,
      0x8000000080000000, 0x7fffffff7fffffff, 0x0101010101010101, 0x00ff00ff00ff00ff, 0x80007fff0001ffff,
      0x7f80ff0100fe817e};
  static const uint64_t counts[COUNTS] = {0, 1, 4, 7, 8, 15, 16, 17, 31, 32, 63, 64, 256, 0x80000001, 0x100000000};
  for (int i = 0; i < EDGES; i++) add_value(edges[i], i < 8 ? edges[i] : edges[(i * 5) % EDGES]);
  for (int i = 0; i < COUNTS; i++) add_value(counts[i], random64());
  while (randoms-- > 0) {
    /* Every other one has lanes near the ends of their range. */
    uint64_t low = random64(), high = random64();
    if (randoms & 1) low ^= low & 0x7f7f00007f007fff, high |= 0x7f7fffff00007f00;
    add_value(low, high);
  }
}

static int any_random(void) { return EDGES + COUNTS + random64() % (value_count - EDGES - COUNTS); }

/* --- Output ----------------------------------------------------------------------------------------------------------------- */

static void hex(const void *from, int bytes) {
  for (const uint8_t *p = from; bytes-- > 0; p++) printf("%02x", *p);
}

static void changed(const char *name, const void *before, const void *after, int bytes, int *any) {
  if (memcmp(before, after, bytes) == 0) return;
  printf("%s%s=", *any ? "," : "", name);
  hex(after, bytes);
  *any = 1;
}

static void one_case(const Form *form, int first, int second) {
  State before __attribute__((aligned(16))), after __attribute__((aligned(16)));
  memset(&before, 0, sizeof before);
  memcpy(before.xmm1, values[first], 16);
  memcpy(before.mm1, values[first], 8);
  memcpy(before.xmm2, values[second], 16);
  memcpy(before.mm2, values[second], 8);
  memcpy(before.eax, values[second], 4);
  memcpy(before.memory, values[second], 16);
  after = before;
  run(form, &after);
  printf(" | %d %d ", first, second);
  int any = 0;
  changed("xmm1", before.xmm1, after.xmm1, 16, &any);
  changed("xmm2", before.xmm2, after.xmm2, 16, &any);
  changed("mm1", before.mm1, after.mm1, 8, &any);
  changed("mm2", before.mm2, after.mm2, 8, &any);
  changed("eax", before.eax, after.eax, 4, &any);
  changed("memory", before.memory, after.memory, 16, &any);
  if (!any) printf("-");
}

static void one_form(const Form *form, int cases) {
  for (const char *p = form->name; *p; p++) putchar(*p == 'r' && p[-1] == '[' ? 'e' : *p);
  printf(" | ");
  hex(form->code, form->end - form->code);
  int memory = strchr(form->name, '[') != NULL;
  int usual = memory                 ? 3
              : form->kind == SHIFT  ? COUNTS
              : form->kind == FIXED  ? 2
              : form->kind == MOVE   ? 5
                                     : 14;
  int count = cases ? cases : usual;
  for (int i = 0; i < count; i++) {
    int first = any_random(), second = any_random();
    if (form->kind == SHIFT) {
      if (i % 7 == 6) first = random64() % EDGES;
      if (i % 9 != 8 || !cases) second = EDGES + (int)((memory ? random64() : (uint64_t)i) % COUNTS);
    } else if (form->kind == BINARY && i % 2 == 0 && !memory) {
      first = random64() % EDGES;
      if (i % 4 == 0) second = random64() % EDGES;
    }
    one_case(form, first, second);
  }
  printf("\n");
}

int main(int argc, char **argv) {
  int cases = argc > 1 ? atoi(argv[1]) : 0;
  seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
  uint32_t brand[13] = {0}, eax = 0, ebx, ecx, edx;
  for (unsigned leaf = 0; leaf < 3; leaf++)
    __get_cpuid(0x80000002 + leaf, &brand[leaf * 4], &brand[leaf * 4 + 1], &brand[leaf * 4 + 2], &brand[leaf * 4 + 3]);
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  unsigned family = (eax >> 8) & 15, model = (eax >> 4) & 15;
  if (family == 15) family += (eax >> 20) & 255;
  if (family == 6 || family >= 15) model |= (eax >> 12) & 0xf0;
  printf("processor %s, family %u model %u stepping %u\n", (char *)brand, family, model, eax & 15);
  make_values(cases ? 2000 : 24);
  for (int i = 0; i < value_count; i++) {
    printf("value %d ", i);
    hex(values[i], 16);
    printf("\n");
  }
  for (const Form *form = __start_forms_table; form < __stop_forms_table; form++) one_form(form, cases);
  return 0;
}
