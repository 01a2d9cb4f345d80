/**
 * What chance alone would seldom do: registers and memory in which an instruction finds work. `prepare` comes before the
 * memory operand is placed and may reserve registers, `finish` after it has contents.
 */
import type { Draft } from "./cases.ts";
import { CODE_BYTES, STACK, STACK_BYTES } from "./layout.ts";
import { EBP, EBX, ECX, EDI, EDX, ESI, ESP } from "./machine-state.ts";
import { landing, placeOperand, placeStack } from "./place.ts";
import { word } from "./values.ts";

const EAX = 0;
const COUNTS = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 18, 24, 27, 31, 32, 33, 63, 64, 255];
/** Selectors that lead to nothing on Linux: null, beyond its tables, in the LDT it does not have. */
const SELECTORS = [0, 1, 2, 3, 4, 7, 0x1000, 0x7ff8, 0xfff8, 0xffff, 0x0ffc];
const TRAP_FLAG = 0x100;

type Step = (draft: Draft) => void;

const count: Step = (draft) => {
  const { random } = draft;
  const value = random.oneIn(5) ? random.word() & 0xff : random.pick(COUNTS);
  if (draft.form.row.operands.endsWith("CL")) draft.set(ECX, (random.word() & ~0xff) | value);
  else if (draft.form.row.operands.endsWith("Ib")) draft.immediate = [value];
};

const string: Step = (draft) => {
  const { random, form } = draft;
  const bytes = form.row.operands.includes("b") ? 1 : draft.size;
  const rep = form.row.mnemonic.startsWith("rep_");
  const source = placeOperand(random, bytes, bytes, false);
  let destination = placeOperand(random, bytes, bytes, false);
  if (random.oneIn(5)) destination = source + random.between(-9, 9);
  const inFs = draft.segment !== 0 && draft.base !== 0;
  draft.set(ESI, inFs ? (source - draft.base) | (draft.address16 ? random.word() << 16 : 0) : source);
  draft.set(EDI, destination);
  if (rep) {
    const times = random.oneIn(12) ? random.below(260) : random.below(9);
    draft.set(ECX, draft.address16 ? (random.word() << 16) | times : times);
  }
  if (!/cmps|scas/.test(form.row.mnemonic)) return;
  const length = random.below(9) * bytes;
  const same = Uint8Array.from({ length: 64 }, () => random.word());
  const backwards = (draft.words[9] & 0x400) !== 0;
  const start = (address: number) => (backwards ? address + bytes - 64 : address);
  if (/scas/.test(form.row.mnemonic)) {
    same.fill(draft.words[EAX], 0, 64);
    for (let i = 0; i < 64; i++) same[i] = draft.words[EAX] >>> (8 * (i % bytes));
  }
  const differing = Uint8Array.from(same);
  const at = backwards ? 64 - bytes - length : length;
  if (at >= 0 && at < 64 && !random.oneIn(4)) differing[at] ^= 1 << random.below(8);
  if (/cmps/.test(form.row.mnemonic)) draft.patch(start(source), same);
  draft.patch(start(destination), differing);
};

const bitOffset: Step = (draft) => {
  if (!draft.form.memory || draft.form.row.operands.endsWith("Ib")) return;
  // ESP would be far away as a bit offset.
  if (draft.reg === ESP) draft.reg = EBX;
  const range = draft.form.lock ? 31 : 0x1fff;
  const bits = draft.random.between(draft.form.lock ? 0 : -range, range);
  draft.set(draft.reg, draft.form.operand16 ? (bits & 0xffff) | (draft.random.word() << 16) : bits);
};

/** A relative branch to somewhere in the page that is not the instruction itself; or far away, with 32 bits. */
const relative: Step = (draft) => {
  const { random, form } = draft;
  const short = form.row.operands === "Jb";
  let disp = random.between(-128, 127 - CODE_BYTES);
  if (disp < 0) disp = Math.max(-128, disp - CODE_BYTES);
  if (short) {
    draft.immediate = [disp & 0xff];
    return;
  }
  if (!random.oneIn(3)) disp = landing(random) - draft.at - 8;
  draft.immediate = Array.from({ length: draft.size }, (_, i) => (disp >>> (8 * i)) & 0xff);
};

const target: Step = (draft) => {
  const { random, form, words } = draft;
  const to = landing(random);
  if (form.memory) draft.patch32(draft.address, to);
  else if (draft.rm !== ESP) words[draft.rm] = to;
};

const returnAddress: Step = (draft) => draft.patch32(draft.words[ESP], landing(draft.random));

const loopCount: Step = (draft) => {
  const { random } = draft;
  if (random.below(3) > 0) draft.set(ECX, random.pick([0, 1, 2, 0x1_0000, 0x1_0001, -1]));
  relative(draft);
};

const frame: Step = (draft) => {
  const { random } = draft;
  draft.set(EBP, placeStack(random));
  if (draft.form.row.mnemonic !== "enter") return;
  const bytes = random.oneIn(6) ? random.word() & 0xffff : random.below(64);
  const level = random.oneIn(3) ? random.below(5) : random.oneIn(4) ? random.word() & 0xff : 0;
  draft.immediate = [bytes & 0xff, bytes >> 8, level];
  // Frame pointers of the levels around it.
  for (let i = 0; i < 4; i++) draft.patch32(draft.words[EBP] - 4 * i, STACK + random.below(STACK_BYTES));
};

/** Anything but the trap flag, which would end the case before the INT3 does. */
const popFlags: Step = (draft) => draft.patch32(draft.words[ESP], word(draft.random) & ~TRAP_FLAG);

const accumulators: Step = (draft) => {
  draft.reserved |= (1 << EAX) | (1 << EDX);
};
const exchanged: Step = (draft) => {
  draft.reserved |= (1 << EAX) | (1 << EDX) | (1 << ECX) | (1 << EBX);
};

/** The ModR/M operand as an integer, zero-extended; 0 where nothing is known of memory. */
function operandValue(draft: Draft, bytes: number): number {
  const { form, words, rm, patches } = draft;
  let value = 0;
  if (!form.memory) {
    value = bytes === 1 ? words[rm & 3] >>> (rm >= 4 ? 8 : 0) : words[rm];
  } else {
    const patch = patches.find((p) => p.address === draft.address && p.bytes.length >= bytes);
    if (patch !== undefined) for (let i = bytes - 1; i >= 0; i--) value = (value << 8) | patch.bytes[i];
  }
  return bytes === 4 ? value >>> 0 : value & (bytes === 2 ? 0xffff : 0xff);
}

const operandSize = (draft: Draft): number => (draft.form.row.operands === "Eb" ? 1 : draft.size);

/** Mostly a dividend whose quotient fits, just fits, or just does not. */
const dividend: Step = (draft) => {
  const { random, form, words, rm } = draft;
  const bytes = operandSize(draft);
  if (random.oneIn(5)) return;
  // Seldom a division by zero.
  const general = bytes === 1 ? rm & 3 : rm;
  if (!form.memory && operandValue(draft, bytes) === 0 && general !== ESP) words[general] = random.word();
  const divisor = operandValue(draft, bytes);
  if (divisor === 0 || (!form.memory && (rm === EAX || rm === EDX))) return;
  const bits = bytes * 8;
  const signed = form.row.mnemonic === "idiv";
  const range = 2 ** bits;
  const magnitude = signed && divisor >= range / 2 ? range - divisor : divisor;
  let high = (random.word() >>> 0) % (signed ? Math.max(1, Math.floor(magnitude / 2)) : magnitude);
  if (random.oneIn(8)) high = signed ? Math.floor(magnitude / 2) : magnitude - 1;
  if (signed && random.oneIn(2)) high = range - 1 - high;
  if (bytes === 1) words[EAX] = (words[EAX] & ~0xff00) | ((high & 0xff) << 8);
  else if (bytes === 2) words[EDX] = (words[EDX] & ~0xffff) | (high & 0xffff);
  else words[EDX] = high | 0;
};

const compared: Step = (draft) => {
  if (!draft.random.oneIn(2)) return;
  const bytes = draft.form.row.operands.startsWith("Eb") ? 1 : draft.size;
  const value = operandValue(draft, bytes);
  const mask = bytes === 4 ? 0 : bytes === 2 ? ~0xffff : ~0xff;
  draft.words[EAX] = (draft.words[EAX] & mask) | value;
};

const compared8b: Step = (draft) => {
  if (draft.random.oneIn(2)) return;
  draft.patch32(draft.address, draft.words[EAX]);
  draft.patch32(draft.address + 4, draft.words[EDX]);
};

const translated: Step = (draft) => {
  const { random, words } = draft;
  const offset = placeOperand(random, 1, 1, false) - (words[EAX] & 0xff) - draft.base;
  draft.set(EBX, draft.address16 ? (offset & 0xffff) | (random.word() << 16) : offset);
};

const masked: Step = (draft) => {
  const { random } = draft;
  const offset =
    placeOperand(random, draft.form.row.operands.startsWith("P") ? 8 : 16, 1, false) - draft.base;
  draft.set(EDI, draft.address16 ? (offset & 0xffff) | (random.word() << 16) : offset);
};

const absolute: Step = (draft) => {
  const bytes = /[A]L|Ob/.test(draft.form.row.operands) ? 1 : draft.size;
  draft.address = placeOperand(draft.random, bytes, bytes, false);
  if (draft.address16 && draft.base === 0) draft.address &= 0xffff;
};

/** The register operand is not for addressing. */
const keepRegister: Step = (draft) => {
  draft.reserved |= 1 << draft.reg;
};

const bounds: Step = (draft) => {
  const { random, words, reg, size, address } = draft;
  const lower = word(random) >> 1;
  const upper = lower + (random.below(400) - 20);
  if (size === 4) {
    draft.patch32(address, lower);
    draft.patch32(address + 4, upper);
  } else draft.patch32(address, (lower & 0xffff) | (upper << 16));
  if (random.below(3) > 0 && reg !== ESP) words[reg] = lower + random.between(-3, 400);
};

const selector: Step = (draft) => {
  const { random, form, words } = draft;
  const value = random.pick(SELECTORS);
  if (form.memory) draft.patch(draft.address, Uint8Array.of(value, value >> 8));
  else if (draft.rm !== ESP) words[draft.rm] = (random.word() << 16) | value;
};

const notStackPointer: Step = (draft) => {
  // ESP might be a selector of the recording system.
  if (!draft.form.memory && draft.rm === ESP) draft.rm = EAX;
};

const controlWord: Step = (draft) => {
  const { random } = draft;
  const value = random.oneIn(4) ? random.word() : 0x40 | (random.word() & 0xf3f);
  draft.patch(draft.address, Uint8Array.of(value, value >> 8));
};

const mxcsr: Step = (draft) => {
  const { random } = draft;
  draft.patch32(draft.address, random.oneIn(6) ? word(random) : random.word() & 0xffff);
};

const adjusted: Step = (draft) => {
  draft.immediate = [draft.random.oneIn(3) ? 10 : word(draft.random) & 0xff];
};

const simdCount: Step = (draft) => {
  if (draft.random.below(4) > 0 && draft.form.row.operands.endsWith("Ib"))
    draft.immediate = [draft.random.below(72)];
};

/** Registers with something in common, seldom. */
const related: Step = (draft) => {
  const { form, random, words, reg, rm } = draft;
  if (!form.encoding.modrm || form.memory || form.encoding.reg >= 0 || !random.oneIn(5)) return;
  if (rm !== ESP && reg !== ESP && form.encoding.rm < 0) words[rm] = (words[reg] + random.between(-1, 1)) | 0;
};

interface Shape {
  readonly of: RegExp;
  readonly prepare?: Step;
  readonly finish?: Step;
}

const SHAPES: readonly Shape[] = [
  { of: /^(?:ro[lr]|rc[lr]|s[ha][lr]|sh[lr]d)$/, prepare: count },
  { of: /^(?:rep_)?(?:movs|cmps|stos|lods|scas|ins|outs)$/, prepare: string },
  { of: /^bt[src]?$/, prepare: bitOffset },
  { of: /^(?:loop\w*|jecxz)$/, prepare: loopCount },
  { of: /^ret$/, finish: returnAddress },
  { of: /^(?:enter|leave)$/, prepare: frame },
  { of: /^i?div$/, prepare: accumulators, finish: dividend },
  { of: /^cmpxchg$/, prepare: accumulators, finish: compared },
  { of: /^cmpxchg8b$/, prepare: exchanged, finish: compared8b },
  { of: /^xlat$/, prepare: translated },
  { of: /^maskmov/, prepare: masked },
  { of: /^bound$/, prepare: keepRegister, finish: bounds },
  { of: /^(?:verr|verw|lar|lsl)$/, prepare: notStackPointer, finish: selector },
  { of: /^fldcw$/, finish: controlWord },
  { of: /^ldmxcsr$/, finish: mxcsr },
  { of: /^aa[md]$/, prepare: adjusted },
  { of: /^ps[lr][lawdq]\w*$/, prepare: simdCount },
];

/** Shapes by operands, where the mnemonic has forms of other kinds too. */
function shapeOf({ form }: Draft): Shape {
  const { mnemonic, operands } = form.row;
  if (/^popf/.test(mnemonic)) return { of: /./, finish: popFlags };
  if (/^J[bz]$/.test(operands) && !/^(?:loop|jecxz)/.test(mnemonic)) return { of: /./, prepare: relative };
  if (/^(?:call|jmp)$/.test(mnemonic)) return { of: /./, finish: target };
  if (/(?:^|,)O[bv]/.test(operands)) return { of: /./, prepare: absolute };
  return SHAPES.find(({ of }) => of.test(mnemonic)) ?? { of: /./ };
}

export function prepare(draft: Draft): void {
  related(draft);
  shapeOf(draft).prepare?.(draft);
}

export function finish(draft: Draft): void {
  shapeOf(draft).finish?.(draft);
}
