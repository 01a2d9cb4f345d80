/*
 * Runs single instructions on this machine's processor and tells what each did to everything a user program can see.
 *
 *     gcc -m32 -nostdlib -static -no-pie -O1 -o recorder recorder.c
 *     ./recorder < cases > answers
 *
 * The cases come from ../record.ts, which also builds and starts this program; ../layout.ts and ../machine-state.ts
 * say what the numbers here mean. Each case ends in an exception: INT3 fills the page of the instruction. The kernel
 * makes a signal of it, whose frame holds all registers; the handler never returns but goes on with the next case.
 *
 * No C library, since few machines have one for 32 bits.
 */
typedef unsigned int u32;
typedef unsigned char u8;

enum {
  PAGE = 4096,
  RESERVED = 0x10000000,
  RESERVED_BYTES = 0x30000000,
  CODE = 0x10000000,
  DATA = 0x20008000,
  DATA_BYTES = 2 * PAGE,
  READ_ONLY = DATA + DATA_BYTES,
  STACK = 0x30000000,
  STACK_BYTES = 2 * PAGE,
  FS_BASE = 0x20000000,
  CODE_BYTES = 16,
};

struct state {
  u32 gpr[8], eip, eflags, vector, error, cr2;
  u32 fcw, fsw, ftw, fop, fip, fdp, mxcsr;
  u32 st[8][3];
  u32 xmm[8][4];
};

/* In a case: the state, the code, the number of patches; then for each its address, length and bytes. */
struct head {
  struct state before;
  u32 at, length;
  u8 code[CODE_BYTES];
  u32 patches;
};

/* FXSAVE's image, as far as it is used. SDM: volume 2, FXSAVE, 32-bit form. */
struct fxsave {
  unsigned short fcw, fsw, ftw, fop;
  u32 fip, fcs, fdp, fds, mxcsr, mxcsr_mask;
  u32 st[8][4];
  u32 xmm[8][4];
  u8 rest[224];
};

/* The kernel's signal frame. */
struct context {
  u32 flags, link, stack[3];
  u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp_at_signal, ss;
  u8 *fpstate;
  u32 oldmask, cr2;
};
/* The FSAVE image before it in the frame. */
enum { FSAVE_BYTES = 112 };

/* What `run_case` loads; named in its assembly. */
struct state entered __attribute__((used));
struct fxsave image __attribute__((aligned(16), used));
/* Stack pointer to come back to; 0 while no case runs, so that a fault of this program itself ends it. */
u32 main_esp __attribute__((used));

static u8 data_background[DATA_BYTES], stack_background[STACK_BYTES];
static u8 data_before[DATA_BYTES], stack_before[STACK_BYTES];
static u8 alternate[1 << 17] __attribute__((aligned(64)));

static int call(int number, u32 a, u32 b, u32 c, u32 d) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return result;
}
enum { SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_mmap = 90, SYS_mprotect = 125, SYS_rt_sigaction = 174,
       SYS_sigaltstack = 186, SYS_set_thread_area = 243 };

static void fail(u32 status) {
  for (;;) call(SYS_exit, status, 0, 0, 0);
}

void *memcpy(void *to, const void *from, u32 bytes) {
  void *result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
  return result;
}
void *memset(void *to, int value, u32 bytes) {
  void *result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return result;
}

/* --- Input and output -------------------------------------------------------------------------------------------- */

static u8 input[1 << 16], output[1 << 16];
static u32 input_at, input_end, output_end;

static u32 get(void *to, u32 bytes) {
  u8 *out = to;
  u32 left = bytes;
  while (left > 0) {
    if (input_at == input_end) {
      int got = call(SYS_read, 0, (u32)input, sizeof input, 0);
      if (got < 0) fail(2);
      if (got == 0) return 0;
      input_at = 0;
      input_end = got;
    }
    u32 piece = input_end - input_at < left ? input_end - input_at : left;
    memcpy(out, input + input_at, piece);
    out += piece;
    input_at += piece;
    left -= piece;
  }
  return 1;
}

static void flush(void) {
  for (u32 at = 0; at < output_end;) {
    int put = call(SYS_write, 1, (u32)(output + at), output_end - at, 0);
    if (put <= 0) fail(3);
    at += put;
  }
  output_end = 0;
}

static void put(const void *from, u32 bytes) {
  if (output_end + bytes > sizeof output) flush();
  memcpy(output + output_end, from, bytes);
  output_end += bytes;
}

/* --- One case ------------------------------------------------------------------------------------------------------ */

/* Loads everything from `entered` and `image`, and jumps. Comes back through `on_signal` with the frame's context. */
struct context *run_case(void);
void on_signal(void);
__asm__(
    ".globl run_case, on_signal\n"
    "run_case:\n"
    "  pushl %ebx\n  pushl %ebp\n  pushl %esi\n  pushl %edi\n"
    "  movl %esp, main_esp\n"
    "  fxrstor image\n"
    "  movl entered+4, %ecx\n"
    "  movl entered+8, %edx\n"
    "  movl entered+12, %ebx\n"
    "  movl entered+20, %ebp\n"
    "  movl entered+24, %esi\n"
    "  movl entered+28, %edi\n"
    "  pushl entered+36\n"
    "  popfl\n"
    "  movl entered, %eax\n"
    "  movl entered+16, %esp\n"
    "  jmp *entered+32\n"
    "on_signal:\n"
    /* The kernel keeps AC and NT as they were. */
    "  pushl $0x202\n"
    "  popfl\n"
    "  movl 12(%esp), %eax\n"
    "  movl main_esp, %esp\n"
    "  movl $0, main_esp\n"
    "  testl %esp, %esp\n"
    "  jz own_fault\n"
    "  popl %edi\n  popl %esi\n  popl %ebp\n  popl %ebx\n"
    "  ret\n"
    "own_fault:\n"
    "  movl $1, %eax\n"
    "  movl $12, %ebx\n"
    "  int $0x80\n");

static void put_changes(u32 address, const u8 *before, u32 bytes, u32 *count, u32 *space, u8 *runs) {
  const u8 *now = (const u8 *)address;
  for (u32 at = 0; at < bytes;) {
    if (at % 4 == 0 && at + 4 <= bytes && *(const u32 *)(now + at) == *(const u32 *)(before + at)) {
      at += 4;
      continue;
    }
    if (now[at] == before[at]) {
      at++;
      continue;
    }
    u32 end = at;
    while (end < bytes && now[end] != before[end]) end++;
    u32 header[2] = {address + at, end - at};
    u32 padded = (end - at + 3) & ~3u;
    if (*space + 8 + padded > 3 * (DATA_BYTES + STACK_BYTES)) fail(4);
    memcpy(runs + *space, header, 8);
    memcpy(runs + *space + 8, now + at, end - at);
    *space += 8 + padded;
    ++*count;
    at = end;
  }
}

static void case_from(const struct head *head) {
  memcpy((void *)DATA, data_background, DATA_BYTES);
  memcpy((void *)STACK, stack_background, STACK_BYTES);
  for (u32 i = 0; i < head->patches; i++) {
    u32 where[2];
    u8 bytes[1024];
    if (!get(where, 8) || where[1] > sizeof bytes || !get(bytes, (where[1] + 3) & ~3u)) fail(5);
    memcpy((void *)where[0], bytes, where[1]);
  }
  memcpy(data_before, (void *)DATA, DATA_BYTES);
  memcpy(stack_before, (void *)STACK, STACK_BYTES);

  u32 length = head->length;
  if (head->at + length > CODE + PAGE) length = CODE + PAGE - head->at;
  memcpy((void *)head->at, head->code, length);

  entered = head->before;
  memset(&image, 0, sizeof image);
  image.fcw = entered.fcw;
  image.fsw = entered.fsw;
  image.ftw = entered.ftw;
  image.fop = entered.fop;
  image.fip = entered.fip;
  image.fdp = entered.fdp;
  image.mxcsr = entered.mxcsr;
  for (u32 i = 0; i < 8; i++) memcpy(image.st[i], entered.st[i], 10);
  memcpy(image.xmm, entered.xmm, sizeof image.xmm);

  struct context *context = run_case();

  memset((void *)head->at, 0xcc, length);
  struct state after;
  memset(&after, 0, sizeof after);
  after.gpr[0] = context->eax;
  after.gpr[1] = context->ecx;
  after.gpr[2] = context->edx;
  after.gpr[3] = context->ebx;
  after.gpr[4] = context->esp_at_signal;
  after.gpr[5] = context->ebp;
  after.gpr[6] = context->esi;
  after.gpr[7] = context->edi;
  after.eip = context->eip;
  after.eflags = context->eflags;
  after.vector = context->trapno;
  after.error = context->err;
  after.cr2 = context->trapno == 14 ? context->cr2 : 0;
  const struct fxsave *saved = (const struct fxsave *)(context->fpstate + FSAVE_BYTES);
  after.fcw = saved->fcw;
  after.fsw = saved->fsw;
  after.ftw = saved->ftw & 0xff;
  after.fop = saved->fop;
  after.fip = saved->fip;
  after.fdp = saved->fdp;
  after.mxcsr = saved->mxcsr;
  for (u32 i = 0; i < 8; i++) memcpy(after.st[i], saved->st[i], 10);
  memcpy(after.xmm, saved->xmm, sizeof after.xmm);

  static u8 runs[3 * (DATA_BYTES + STACK_BYTES)];
  u32 count = 0, space = 0;
  put_changes(DATA, data_before, DATA_BYTES, &count, &space, runs);
  put_changes(STACK, stack_before, STACK_BYTES, &count, &space, runs);
  put(&after, sizeof after);
  put(&count, sizeof count);
  put(runs, space);
}

/* --- Start ----------------------------------------------------------------------------------------------------------- */

enum { READ = 1, WRITE = 2, EXECUTE = 4, PRIVATE_FIXED_ANONYMOUS = 0x32, NO_RESERVE = 0x4000 };

static void map(u32 address, u32 bytes, u32 protection) {
  u32 arguments[6] = {address, bytes, protection, PRIVATE_FIXED_ANONYMOUS | NO_RESERVE, (u32)-1, 0};
  if ((u32)call(SYS_mmap, (u32)arguments, 0, 0, 0) != address) fail(6);
}

static void set_up(void) {
  map(RESERVED, RESERVED_BYTES, 0);
  map(CODE, PAGE, READ | WRITE | EXECUTE);
  map(DATA, DATA_BYTES, READ | WRITE);
  map(READ_ONLY, PAGE, READ | WRITE);
  map(STACK, STACK_BYTES, READ | WRITE);
  memset((void *)CODE, 0xcc, PAGE);
  if (!get(data_background, DATA_BYTES) || !get((void *)READ_ONLY, PAGE) || !get(stack_background, STACK_BYTES)) fail(7);
  if (call(SYS_mprotect, READ_ONLY, PAGE, READ, 0) != 0) fail(8);

  u32 stack[3] = {(u32)alternate, 0, sizeof alternate};
  if (call(SYS_sigaltstack, (u32)stack, 0, 0, 0) != 0) fail(9);
  /* SA_SIGINFO, SA_ONSTACK, SA_NODEFER */
  u32 action[5] = {(u32)on_signal, 0x4 | 0x08000000 | 0x40000000, 0, 0, 0};
  static const u8 signals[] = {4, 5, 7, 8, 11};
  for (u32 i = 0; i < sizeof signals; i++) {
    if (call(SYS_rt_sigaction, signals[i], (u32)action, 0, 8) != 0) fail(10);
  }
  /* A flat data segment but for its base: 32 bits, limit in pages, usable. */
  u32 descriptor[4] = {(u32)-1, FS_BASE, 0xfffff, 0x51};
  if (call(SYS_set_thread_area, (u32)descriptor, 0, 0, 0) != 0) fail(11);
  __asm__ volatile("movw %w0, %%fs" : : "r"(descriptor[0] * 8 + 3));
}

void start_c(void) __attribute__((used));
void start_c(void) {
  set_up();
  static struct head head;
  while (get(&head, sizeof head)) case_from(&head);
  flush();
  fail(0);
}
__asm__(".globl _start\n_start:\n  andl $-16, %esp\n  call start_c\n");
