/*
 * Asks the processor it runs on what the floating-point instructions of SSE and SSE2 do.
 *
 *     gcc -O1 -o generate generate-sse-float.c
 *     ./generate > sse-float.txt                   the recording that the tests replay (format: below)
 *     ./generate names                             the instructions, one a line
 *     ./generate SEED COUNT | some checker         COUNT random cases as `struct record`, for long campaigns
 *
 * A line of the recording is
 *
 *     addss 7f80 3f800000 00800001 -> 7fa0 3f800000
 *     name/immediate, MXCSR, destination, source -> MXCSR, destination, or #XM, or the flags of EFLAGS
 *
 * in hexadecimal. Registers are words, lowest first, as many as the instruction looks at or writes; the destination is
 * left out where it is only written.
 *
 * The instructions are inline assembly, so that the compiler computes nothing. One that raises #XM is skipped by the
 * handler of SIGFPE, which finds the MXCSR of that moment in its frame.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

union vector {
  uint32_t w[4];
  uint64_t q[2];
};

struct record {
  uint32_t op, trap, eflags, pad;
  uint32_t mxcsr, mxcsr_out;
  union vector dst, src, out;
  uint32_t pad2[2];
};

static volatile uint64_t resume;
static volatile uint32_t trapped, trap_mxcsr;
/* Static, since the assembly moves the stack pointer. */
static const uint32_t plain = 0x1f80;

static void on_fpe(int signal, siginfo_t *info, void *frame) {
  (void)signal, (void)info;
  ucontext_t *context = frame;
  trapped = 1;
  trap_mxcsr = context->uc_mcontext.fpregs->mxcsr;
  context->uc_mcontext.fpregs->mxcsr = 0x1f80;
  context->uc_mcontext.gregs[REG_RIP] = (greg_t)resume;
}

/* What an instruction takes and gives: XMM registers, or others instead of one of them. */
enum form { XX, XM /* mmx source */, MX /* mmx destination */, XG /* ecx source */, GX /* eax destination */ };
/* Elements: packed or scalar, single or double, or integers. */
enum kind { PS, SS, PD, SD, INT1, INT2, INT4 };
enum shape { ADD, MUL, DIV, ONE, ORDER, TOINT, NARROW, FROMINT };

struct op {
  const char *name;
  enum form form;
  enum kind from, to;
  enum shape shape;
  void (*run)(struct record *);
};

#define RUN(fn, text)                                                                                            \
  static void fn(struct record *rec) {                                                                           \
    uint64_t flags = 0x8d5;                                                                                      \
    uint32_t eax = rec->dst.w[0];                                                                                \
    trapped = 0;                                                                                                 \
    asm volatile("movups %[src], %%xmm1\n\tmovups %[dst], %%xmm0\n\tmovq %[src], %%mm1\n\tmovq %[dst], %%mm0\n\t" \
                 "lea 1f(%%rip), %%rdx\n\tmov %%rdx, %[resume]\n\tmov %[srcw], %%ecx\n\t"                        \
                 "sub $128, %%rsp\n\tpush %[flags]\n\tpopf\n\tldmxcsr %[mx]\n\t" text                            \
                 "\n\t1: stmxcsr %[mxo]\n\tldmxcsr %[plain]\n\tpushf\n\tpop %[flags]\n\tadd $128, %%rsp\n\t"     \
                 "movups %%xmm0, %[out]\n\tmovq %%mm0, %[outm]\n\temms"                                          \
                 : [out] "=m"(rec->out), [outm] "=m"(*(uint64_t *)rec->pad2), [mxo] "=m"(rec->mxcsr_out),        \
                   [flags] "+r"(flags), "+a"(eax), [resume] "=m"(resume)                                         \
                 : [src] "m"(rec->src), [dst] "m"(rec->dst), [srcw] "m"(rec->src.w[0]), [mx] "m"(rec->mxcsr),    \
                   [plain] "m"(plain)                                                                            \
                 : "xmm0", "xmm1", "mm0", "mm1", "rcx", "rdx", "memory", "cc");                                  \
    rec->pad = eax;                                                                                              \
    rec->eflags = flags & 0x8d5;                                                                                 \
    rec->trap = trapped;                                                                                         \
    if (trapped) rec->mxcsr_out = trap_mxcsr;                                                                    \
  }

#define FOUR(op)                                                                                                 \
  RUN(op##ps, #op "ps %%xmm1, %%xmm0") RUN(op##ss, #op "ss %%xmm1, %%xmm0")                                      \
  RUN(op##pd, #op "pd %%xmm1, %%xmm0") RUN(op##sd, #op "sd %%xmm1, %%xmm0")
FOUR(add) FOUR(sub) FOUR(mul) FOUR(div) FOUR(sqrt) FOUR(min) FOUR(max)
#define COMPARE(n)                                                                                               \
  RUN(cmpps##n, "cmpps $" #n ", %%xmm1, %%xmm0") RUN(cmpss##n, "cmpss $" #n ", %%xmm1, %%xmm0")                  \
  RUN(cmppd##n, "cmppd $" #n ", %%xmm1, %%xmm0") RUN(cmpsd##n, "cmpsd $" #n ", %%xmm1, %%xmm0")
COMPARE(0) COMPARE(1) COMPARE(2) COMPARE(3) COMPARE(4) COMPARE(5) COMPARE(6) COMPARE(7) COMPARE(0xf9)
#define XX2(op) RUN(op, #op " %%xmm1, %%xmm0")
XX2(ucomiss) XX2(ucomisd) XX2(comiss) XX2(comisd)
XX2(rcpps) XX2(rcpss) XX2(rsqrtps) XX2(rsqrtss)
XX2(cvtps2pd) XX2(cvtpd2ps) XX2(cvtss2sd) XX2(cvtsd2ss)
XX2(cvtdq2ps) XX2(cvtps2dq) XX2(cvttps2dq) XX2(cvtdq2pd) XX2(cvtpd2dq) XX2(cvttpd2dq)
#define XM2(op) RUN(op, #op " %%mm1, %%xmm0")
XM2(cvtpi2ps) XM2(cvtpi2pd)
#define MX2(op) RUN(op, #op " %%xmm1, %%mm0")
MX2(cvtps2pi) MX2(cvttps2pi) MX2(cvtpd2pi) MX2(cvttpd2pi)
#define XG2(op) RUN(op, #op "l %%ecx, %%xmm0")
XG2(cvtsi2ss) XG2(cvtsi2sd)
#define GX2(op) RUN(op, #op " %%xmm1, %%eax")
GX2(cvtss2si) GX2(cvttss2si) GX2(cvtsd2si) GX2(cvttsd2si)

#define OPS4(op, shape)                                                                                          \
  {#op "ps", XX, PS, PS, shape, op##ps}, {#op "ss", XX, SS, SS, shape, op##ss},                                  \
  {#op "pd", XX, PD, PD, shape, op##pd}, {#op "sd", XX, SD, SD, shape, op##sd}
#define CMP4(n)                                                                                                  \
  {"cmpps/" #n, XX, PS, PS, ORDER, cmpps##n}, {"cmpss/" #n, XX, SS, SS, ORDER, cmpss##n},                        \
  {"cmppd/" #n, XX, PD, PD, ORDER, cmppd##n}, {"cmpsd/" #n, XX, SD, SD, ORDER, cmpsd##n}
#define OP(op, form, from, to, shape) {#op, form, from, to, shape, op}
static const struct op ops[] = {
  OPS4(add, ADD), OPS4(sub, ADD), OPS4(mul, MUL), OPS4(div, DIV), OPS4(sqrt, ONE),
  OPS4(min, ORDER), OPS4(max, ORDER),
  CMP4(0), CMP4(1), CMP4(2), CMP4(3), CMP4(4), CMP4(5), CMP4(6), CMP4(7), CMP4(0xf9),
  OP(ucomiss, XX, SS, SS, ORDER), OP(ucomisd, XX, SD, SD, ORDER), OP(comiss, XX, SS, SS, ORDER), OP(comisd, XX, SD, SD, ORDER),
  OP(rcpps, XX, PS, PS, ONE), OP(rcpss, XX, SS, SS, ONE), OP(rsqrtps, XX, PS, PS, ONE), OP(rsqrtss, XX, SS, SS, ONE),
  OP(cvtps2pd, XX, PS, PD, ONE), OP(cvtpd2ps, XX, PD, PS, NARROW), OP(cvtss2sd, XX, SS, SD, ONE), OP(cvtsd2ss, XX, SD, SS, NARROW),
  OP(cvtdq2ps, XX, INT4, PS, FROMINT), OP(cvtps2dq, XX, PS, INT4, TOINT), OP(cvttps2dq, XX, PS, INT4, TOINT),
  OP(cvtdq2pd, XX, INT2, PD, FROMINT), OP(cvtpd2dq, XX, PD, INT4, TOINT), OP(cvttpd2dq, XX, PD, INT4, TOINT),
  OP(cvtpi2ps, XM, INT2, SD, FROMINT), OP(cvtpi2pd, XM, INT2, PD, FROMINT),
  OP(cvtps2pi, MX, SD, INT2, TOINT), OP(cvttps2pi, MX, SD, INT2, TOINT),
  OP(cvtpd2pi, MX, PD, INT2, TOINT), OP(cvttpd2pi, MX, PD, INT2, TOINT),
  OP(cvtsi2ss, XG, INT1, SS, FROMINT), OP(cvtsi2sd, XG, INT1, SD, FROMINT),
  OP(cvtss2si, GX, SS, INT1, TOINT), OP(cvttss2si, GX, SS, INT1, TOINT),
  OP(cvtsd2si, GX, SD, INT1, TOINT), OP(cvttsd2si, GX, SD, INT1, TOINT),
};
enum { OPS = sizeof ops / sizeof ops[0] };

static void run(struct record *rec) {
  const struct op *op = &ops[rec->op];
  op->run(rec);
  /* Whatever the destination is, it is in `out`; the rest of it is as it was in `dst`. */
  if (op->form == GX) rec->out = rec->dst, rec->out.w[0] = rec->pad;
  if (op->form == MX) rec->out = rec->dst, memcpy(&rec->out, rec->pad2, 8);
}

/* --- Operands ----------------------------------------------------------------------------------------------------- */

static uint64_t state = 88172645463325252ull;
static uint64_t random64(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * 0x2545f4914f6cdd1dull;
}
static uint32_t below(uint32_t n) { return (uint32_t)((random64() >> 33) % n); }

static uint64_t fraction(int bits) {
  uint64_t mask = (1ull << bits) - 1, f = random64() & mask;
  switch (below(8)) {
    case 0: return 0;
    case 1: return below(4);
    case 2: return mask - below(4);
    case 3: return f & (mask << below(bits));           /* few bits at the top */
    case 4: return f & ~(mask << below(bits)) & mask;   /* few at the bottom */
    case 5: return (1ull << below(bits)) + (below(2) ? below(3) : 0);
    default: return f;
  }
}

/* `bits` of fraction, exponents up to `max`; `near` is another operand's exponent. */
static int exponent(int max, int near, enum shape shape) {
  int bias = max / 2, e;
  switch (below(shape == TOINT ? 14 : 10)) {
    case 0: return below(2) ? 0 : max;
    case 1: return below(3);
    case 2: return max - below(3);
    case 3: return below(max + 1);
    case 4: e = near + (int)below(5) - 2; break;
    case 5: e = near + (int)below(120) - 60; break;
    case 6: e = (shape == DIV ? near + bias : bias - near) + (int)below(60) - 30; break;    /* result about denormal */
    case 7: e = (shape == DIV ? near - bias : 3 * bias - near) + (int)below(6) - 3; break;   /* about infinite */
    case 8: e = (shape == NARROW ? (below(2) ? bias - 127 - (int)below(28) : bias + 126 + (int)below(4)) : bias + (int)below(8) - 4); break;
    default: e = bias + (shape == TOINT ? (int)below(38) - 4 : (int)below(30) - 15); break;
  }
  return e < 0 ? 0 : e > max ? max : e;
}

static uint32_t single(uint32_t other, enum shape shape) {
  uint32_t e = exponent(255, (other >> 23) & 255, shape), f = fraction(23);
  if (e == 255 && below(3)) f = 0;
  if (below(16) == 0) return other ^ (below(2) << 31);
  if (below(40) == 0) return below(2) << 31;
  return (below(2) << 31) | e << 23 | f;
}
static uint64_t dbl(uint64_t other, enum shape shape) {
  uint64_t e = exponent(2047, (other >> 52) & 2047, shape), f = fraction(52);
  if (shape == NARROW && below(2)) f = f & ~0x3fffffffull | (0x10000000ull + below(3) - 1);
  if (e == 2047 && below(3)) f = 0;
  if (below(16) == 0) return other ^ (uint64_t)below(2) << 63;
  if (below(40) == 0) return (uint64_t)below(2) << 63;
  return (uint64_t)below(2) << 63 | e << 52 | f;
}
static uint32_t integer(void) {
  switch (below(5)) {
    case 0: return below(9) - 4;
    case 1: return 0x80000000u + below(5) - 2;
    case 2: return (uint32_t)random64() >> below(32);
    case 3: return -((uint32_t)random64() >> below(32));
    default: return (1u << below(32)) + below(5) - 2;
  }
}

static void operands(struct record *rec) {
  const struct op *op = &ops[rec->op];
  int doubles = op->from == PD || (op->from == SD && op->form == XX && op->shape != TOINT) || (op->form == GX && op->from == SD);
  for (int i = 0; i < 4; i++) rec->dst.w[i] = single(0x3f800000, op->shape);
  for (int i = 0; i < 4; i++) rec->src.w[i] = single(rec->dst.w[i], op->shape);
  if (doubles)
    for (int i = 0; i < 2; i++) {
      rec->dst.q[i] = dbl(0x3ff0000000000000, op->shape);
      rec->src.q[i] = dbl(rec->dst.q[i], op->shape);
      if (op->shape == DIV && below(3) == 0 && (rec->src.q[i] << 1) && (rec->src.q[i] >> 52 & 2047) < 2040) {
        /* A dividend that has a short quotient, or nearly so. */
        double d, q;
        uint64_t bits = 0x3ff0000000000000 | (fraction(52) & (~0ull << 20));
        memcpy(&d, &rec->src.q[i], 8), memcpy(&q, &bits, 8);
        d *= q;
        memcpy(&rec->dst.q[i], &d, 8);
      }
    }
  if (op->from >= INT1)
    for (int i = 0; i < 4; i++) rec->src.w[i] = integer();
}

static uint32_t control(void) {
  uint32_t mx = below(4) << 13 | (below(2) ? 0x1f80 : below(64) << 7);
  if (below(3) == 0) mx |= 0x40;
  if (below(3) == 0) mx |= 0x8000;
  switch (below(4)) {
    case 0: return mx | below(64);
    case 1: return mx | 0x20;
    default: return mx;
  }
}

/* --- The recording ------------------------------------------------------------------------------------------------- */

static int words(enum kind kind) {
  static const int count[] = {4, 1, 4, 2, 1, 2, 4};
  return count[kind];
}

static void print_vector(const union vector *v, int count) {
  for (int i = 0; i < count; i++) printf("%s%08x", i ? "," : " ", v->w[i]);
}

static void print(const struct record *rec) {
  const struct op *op = &ops[rec->op];
  int to = words(op->to), two = op->shape <= DIV || op->shape == ORDER;
  printf("%s %x", op->name, rec->mxcsr);
  if (two) print_vector(&rec->dst, words(op->from));
  print_vector(&rec->src, words(op->from));
  printf(" -> %x", rec->mxcsr_out);
  if (rec->trap) printf(" #XM");
  else if (strstr(op->name, "comis")) printf(" eflags=%x", rec->eflags);
  else print_vector(&rec->out, to);
  putchar('\n');
}

/* Sets of flags that an instruction has raised already, for each rounding mode and use of DAZ and FTZ. */
static uint8_t seen[OPS][16][64];

static void record_all(void) {
  char brand[49] = "";
  for (unsigned i = 0; i < 3; i++) {
    unsigned *b = (unsigned *)brand + 4 * i;
    __get_cpuid(0x80000002 + i, b, b + 1, b + 2, b + 3);
  }
  printf("# recorded on %s\n", brand);
  for (uint32_t op = 0; op < OPS; op++) {
    int approximate = ops[op].name[0] == 'r', compare = ops[op].shape == ORDER;
    for (int count = 0; count < (compare || approximate ? 32 : 64); count++) {
      int mode = count & 31;
      uint32_t rounding = mode & 3, special = mode >> 2 & 3, unmasked = mode >> 4;
      if ((approximate && mode % 5) || (compare && mode % 2)) continue;
      struct record best, rec;
      int best_score = -1;
      for (int tries = 0; tries < 60; tries++) {
        memset(&rec, 0, sizeof rec);
        rec.op = op;
        rec.mxcsr = rounding << 13 | (special & 1 ? 0x40 : 0) | (special & 2 ? 0x8000 : 0);
        rec.mxcsr |= unmasked ? below(64) << 7 : 0x1f80 | (below(3) ? 0 : 0x20);
        operands(&rec);
        run(&rec);
        uint32_t raised = rec.mxcsr_out & 63 & ~(rec.mxcsr & 63);
        int score = (seen[op][mode & 15][raised] ? 0 : 4) + (raised ? __builtin_popcount(raised) : 0) - (int)below(2);
        if (unmasked && rec.trap) score += 1;
        if (score > best_score) best_score = score, best = rec;
      }
      seen[op][mode & 15][best.mxcsr_out & 63 & ~(best.mxcsr & 63)] = 1;
      print(&best);
    }
  }
}

int main(int argc, char **argv) {
  struct sigaction action = {0};
  action.sa_sigaction = on_fpe;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGFPE, &action, 0);
  if (argc == 2) {
    for (int op = 0; op < OPS; op++) puts(ops[op].name);
  } else if (argc == 3) {
    state += strtoull(argv[1], 0, 0) * 0x9e3779b97f4a7c15ull;
    for (int i = 0; i < 10; i++) random64();
    for (long n = atol(argv[2]); n > 0; n--) {
      struct record rec;
      memset(&rec, 0, sizeof rec);
      rec.op = below(OPS);
      rec.mxcsr = control();
      operands(&rec);
      run(&rec);
      fwrite(&rec, sizeof rec, 1, stdout);
    }
  } else {
    record_all();
  }
  return 0;
}
