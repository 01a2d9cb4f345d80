/**
 * Makes the cases of a form: instruction bytes, registers and memory, all from a seed, so that recorder and replay
 * need no list of them. Changing anything here changes the cases: the vectors then have to be recorded again, which the
 * checksum of each form's cases in the vector files tells.
 */

import { hashText, Random } from "../support/random.ts";
import type { Form } from "./forms.ts";
import { environmentImage, FpuState, fxsaveImage, simdElement, usesOf } from "./fpu-state.ts";
import { CODE_AT, CODE_END, FS_BASE } from "./layout.ts";
import { type Case, EFLAGS, EIP, ESP, FSW, type Patch, ST, STATE_WORDS, XMM } from "./machine-state.ts";
import { clip, placeOperand, placeStack } from "./place.ts";
import { finish, prepare } from "./shape.ts";
import { type Element, fill, word } from "./values.ts";

const LOCK_PREFIX = 0xf0;
const DS_PREFIX = 0x3e;
const FS_PREFIX = 0x64;
const GS_PREFIX = 0x65;
const ADDRESS_SIZE = 0x67;
const OPERAND_SIZE = 0x66;
/** Bytes of an instruction. */
const MAX_LENGTH = 15;
/** ES, CS, SS, DS: flat, so harmless; but nothing can be written through CS. */
const FLAT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e];

const FLAGS_BASE = 0x202;
const ARITHMETIC = 0x8d5;
const DIRECTION = 0x400;
const ALIGNMENT_CHECK = 1 << 18;
const IDENTIFICATION = 1 << 21;

/** A case while it is made. */
export class Draft {
  readonly form: Form;
  readonly random: Random;
  readonly words = new Int32Array(STATE_WORDS);
  readonly patches: Patch[] = [];
  readonly element: Element;
  /** General registers that addressing must leave alone. */
  reserved = 1 << ESP;
  /** ModR/M fields. */
  reg = 0;
  rm = 0;
  /** Linear address of the memory operand, when `form.memory`. */
  address = 0;
  at = CODE_AT;
  segment = 0;
  address16 = false;
  /** Immediate bytes that the shape has chosen; null leaves it to chance. */
  immediate: readonly number[] | null = null;

  constructor(form: Form, index: number) {
    this.form = form;
    this.random = new Random(hashText(form.id) + Math.imul(index, 0x0019_660d));
    this.element = elementOf(form);
  }

  /** Writes a general register and keeps it. */
  set(register: number, value: number): void {
    this.words[register] = value;
    this.reserved |= 1 << register;
  }

  patch(address: number, bytes: Uint8Array): void {
    this.patches.push(...clip(address, bytes));
  }

  patch32(address: number, value: number): void {
    this.patch(address, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  /** Bytes of an operand of "v" size. */
  get size(): number {
    return this.form.operand16 ? 2 : 4;
  }

  /** What a segment prefix adds to offsets. */
  get base(): number {
    return this.segment === FS_PREFIX ? FS_BASE : 0;
  }
}

const MEMORY_TYPES: Readonly<Record<string, readonly [Element, number]>> = {
  M32fp: ["f32", 4],
  M64fp: ["f64", 8],
  M80fp: ["f80", 10],
  M16int: ["i16", 2],
  M32int: ["i32", 4],
  M64int: ["i64", 8],
  M80bcd: ["bcd", 10],
  Menv: ["i32", 28],
  Mfpu: ["i32", 108],
  Mfx: ["i32", 512],
  Mw: ["i16", 2],
  Mq: ["i64", 8],
  Ma: ["i32", 8],
};

function elementOf({ row }: Form): Element {
  for (const operand of row.operands.split(","))
    if (MEMORY_TYPES[operand] !== undefined) return MEMORY_TYPES[operand][0];
  return /^(?:mmx|sse)/.test(row.feature) ? simdElement(row.mnemonic) : "i32";
}

/** Bytes that the ModR/M operand has in memory. */
export function operandBytes(form: Form): number {
  for (const operand of form.row.operands.split(",")) {
    if (MEMORY_TYPES[operand] !== undefined) return MEMORY_TYPES[operand][1];
    const [, letter, size] = /^([EMWQRO])(\w*)/.exec(operand) ?? [];
    if (letter === undefined || operand === "Rd") continue;
    if (size === "b") return 1;
    if (size === "w" || operand === "Rv/Mw" || operand === "Rd/Mw") return 2;
    if (size === "d" || size === "ss") return 4;
    if (size === "q" || size === "sd") return 8;
    if (/^(?:dq|p[sd])$/.test(size)) return 16;
    return form.operand16 ? 2 : 4;
  }
  return 4;
}

/** Makes case number `index` of a form. */
export function makeCase(form: Form, index: number): Case {
  const draft = new Draft(form, index);
  const { random, words } = draft;
  for (let register = 0; register < 8; register++) words[register] = word(random);
  words[ESP] = placeStack(random);
  words[EFLAGS] = FLAGS_BASE | (random.word() & (ARITHMETIC | IDENTIFICATION));
  if (random.oneIn(form.group === "string" ? 2 : 8)) words[EFLAGS] |= DIRECTION;
  if (random.oneIn(40)) words[EFLAGS] |= ALIGNMENT_CHECK;
  choosePrefixes(draft);
  chooseFields(draft);
  prepareFpu(draft);
  prepare(draft);
  const body = form.encoding.modrm ? modrmBytes(draft) : [];
  if (form.memory) fillOperand(draft);
  finish(draft);
  return encode(draft, body);
}

function choosePrefixes(draft: Draft): void {
  const { random } = draft;
  if (random.oneIn(6)) draft.segment = random.pick(FLAT_PREFIXES);
  else if (random.oneIn(16)) draft.segment = FS_PREFIX;
  else if (random.oneIn(80)) draft.segment = GS_PREFIX;
  // Offsets of 16 bits reach memory through FS alone.
  if (random.oneIn(12)) {
    draft.address16 = true;
    if (!random.oneIn(8)) draft.segment = FS_PREFIX;
  }
}

function chooseFields(draft: Draft): void {
  const { form, random } = draft;
  const { reg, rm, plusRegister } = form.encoding;
  draft.reg = reg >= 0 ? reg : random.below(8);
  if (form.row.operands.includes("Sw")) draft.reg = random.below(6);
  if (form.row.operands.includes("Cd")) draft.reg = random.pick([0, 2, 3, 4]);
  draft.rm = rm >= 0 ? rm : random.below(8);
  if (plusRegister && form.row.mnemonic === "bswap") draft.rm = random.below(8);
}

function prepareFpu(draft: Draft): void {
  const { form, random, words, element } = draft;
  const fpu = new FpuState(words);
  const uses = usesOf(form);
  fpu.quiet();
  if (uses.x87) fpu.x87(random, form.row.mnemonic, form.memory ? 1 : draft.rm, uses.all);
  if (uses.mmx) fpu.mmx(random, element);
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  if (uses.xmm) fpu.xmm(random, element, uses.all ? all : form.memory ? [draft.reg] : [draft.reg, draft.rm]);
  if (uses.sseFloat) fpu.mxcsr(random);
  const shift = /^ps[lr][lawdq]\w*$/.test(form.row.mnemonic) && !form.row.operands.includes("Ib");
  if (shift && random.below(4) > 0 && !form.memory) {
    const place = uses.mmx ? ST + draft.rm * 3 : XMM + draft.rm * 4;
    words[place] = random.below(72);
    words[place + 1] = 0;
  }
}

// --- Memory operands ------------------------------------------------------------------------------------------------

function modrmBytes(draft: Draft): number[] {
  const { form, reg, rm } = draft;
  if (!form.memory) return [0xc0 | (reg << 3) | rm];
  const bytes = operandBytes(form);
  const align = form.group === "sse-float" || bytes >= 16 ? Math.min(bytes, 16) : Math.min(bytes & -bytes, 8);
  const whole = form.lock || form.row.mnemonic === "xchg";
  if (!whole && !draft.address16 && draft.base === 0 && draft.random.oneIn(24)) {
    return stackOperand(draft, draft.random.oneIn(4) ? 1 : align);
  }
  if (draft.address === 0) draft.address = placeOperand(draft.random, bytes, align, whole);
  return draft.address16 ? address16Bytes(draft) : address32Bytes(draft);
}

const free = (draft: Draft): number[] =>
  [0, 1, 2, 3, 5, 6, 7].filter((r) => ((draft.reserved >> r) & 1) === 0);

/** Little-endian bytes of a displacement of one, two or four. */
const little = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 0xff);

function displacement(random: Random): number {
  return random.oneIn(3) ? random.word() >> random.below(24) : random.between(-128, 127);
}

/** [ESP + disp]: into the stack. POP computes it after it has moved ESP. */
function stackOperand(draft: Draft, align: number): number[] {
  const { random, words } = draft;
  const none = align === 1 && random.oneIn(4);
  let disp = none ? 0 : displacement(random) % 0x300;
  disp -= (((words[ESP] + disp) % align) + align) % align;
  draft.address = (words[ESP] + disp) | 0;
  return withDisplacement(draft, 4, [0x24], disp, none);
}

function address32Bytes(draft: Draft): number[] {
  const { random, words, reg } = draft;
  const offset = (draft.address - draft.base) | 0;
  const registers = free(draft);
  const base = registers.length > 0 ? random.pick(registers) : -1;
  const others = registers.filter((r) => r !== base);
  const kind = random.below(8);
  if (base < 0 || kind === 0) {
    // An absolute address, in the short or the long way.
    if (random.oneIn(2)) return [(reg << 3) | 5, ...little(offset, 4)];
    return [(reg << 3) | 4, 0x25 | (random.below(4) << 6), ...little(offset, 4)];
  }
  if (kind < 5) {
    const none = base !== 5 && random.oneIn(3);
    const disp = none ? 0 : displacement(random);
    words[base] = (offset - disp) | 0;
    return withDisplacement(draft, base, [], disp, none);
  }
  const scale = random.below(4);
  if (kind === 5) {
    // Index without a base.
    const part = (offset >>> scale) - random.below(100);
    words[base] = part;
    return [(reg << 3) | 4, (scale << 6) | (base << 3) | 5, ...little((offset - (part << scale)) | 0, 4)];
  }
  const index = others.length === 0 || kind === 6 ? -1 : random.pick(others);
  const part = index < 0 ? 0 : random.oneIn(2) ? word(random) : random.between(-64, 64);
  const none = base !== 5 && random.oneIn(3);
  const disp = none ? 0 : displacement(random);
  if (index >= 0) words[index] = part;
  words[base] = (offset - disp - (part << scale)) | 0;
  const sib = (scale << 6) | ((index < 0 ? 4 : index) << 3) | base;
  return withDisplacement(draft, 4, [sib], disp, none);
}

function withDisplacement(draft: Draft, rm: number, sib: number[], disp: number, none: boolean): number[] {
  const middle = (draft.reg << 3) | rm;
  if (none) return [middle, ...sib];
  if (disp >= -128 && disp < 128 && !draft.random.oneIn(4)) return [0x40 | middle, ...sib, disp & 0xff];
  return [0x80 | middle, ...sib, ...little(disp, 4)];
}

const ADDRESS16 = [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3]] as const;

function address16Bytes(draft: Draft): number[] {
  const { random, words, reg } = draft;
  // Without FS nothing is mapped where 16 bits reach: the low bits alone decide about the fault.
  const offset = (draft.address - FS_BASE) & 0xffff;
  const fitting = [0, 1, 2, 3, 4, 5, 6, 7].filter((rm) =>
    ADDRESS16[rm].every((r) => ((draft.reserved >> r) & 1) === 0),
  );
  if (draft.segment !== FS_PREFIX) draft.address = offset;
  if (fitting.length === 0 || random.oneIn(8)) return [(reg << 3) | 6, ...little(offset, 2)];
  const rm = random.pick(fitting);
  const [base, index] = ADDRESS16[rm];
  const none = rm !== 6 && random.oneIn(3);
  const disp = none ? 0 : displacement(random);
  let rest = offset - disp;
  if (index !== undefined) {
    words[index] = word(random);
    rest -= words[index];
  }
  // The upper half does not count.
  words[base] = (rest & 0xffff) | (random.word() << 16);
  if (none) return [(reg << 3) | rm];
  if (disp >= -128 && disp < 128 && random.oneIn(2)) return [0x40 | (reg << 3) | rm, disp & 0xff];
  return [0x80 | (reg << 3) | rm, ...little(disp, 2)];
}

function fillOperand(draft: Draft): void {
  const { form, random, element, address, words } = draft;
  const { mnemonic } = form.row;
  let bytes = new Uint8Array(Math.max(operandBytes(form), 16));
  if (mnemonic === "fldenv" || mnemonic === "frstor") {
    bytes = new Uint8Array(environmentImage(random, form.operand16, mnemonic === "frstor"));
  } else if (mnemonic === "fxrstor") bytes = new Uint8Array(fxsaveImage(random));
  else {
    fill(random, element, bytes);
    if (/^f32|f64$/.test(element) && form.group.startsWith("x87") && random.oneIn(4)) relateTop(draft, bytes);
    if (/^sse/.test(form.row.feature) && random.oneIn(5)) {
      const register = new Uint8Array(words.buffer, (XMM + draft.reg * 4) * 4, 16);
      bytes.set(register);
    }
    const shift = /^ps[lr][lawdq]\w*$/.test(mnemonic);
    if (shift && random.below(4) > 0) {
      bytes.fill(0, 0, 8);
      bytes[0] = random.below(72);
    }
  }
  draft.patch(address, bytes);
}

/** Makes ST(0) what the memory operand is, if that is a normal number; or its opposite, or one off. */
function relateTop({ random, words, element }: Draft, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  const single = element === "f32";
  const high = view.getInt32(single ? 0 : 4, true);
  const low = single ? 0 : view.getInt32(0, true);
  const exponent = single ? (high >>> 23) & 0xff : (high >>> 20) & 0x7ff;
  if (exponent === 0 || exponent === (single ? 0xff : 0x7ff)) return;
  const at = ST + ((words[FSW] >>> 11) & 7) * 3;
  const sign = (high >>> 16) & 0x8000;
  words[at + 2] = (random.oneIn(4) ? 0x8000 - sign : sign) | (exponent + 0x3fff - (single ? 0x7f : 0x3ff));
  words[at + 1] = single ? 0x8000_0000 | (high << 8) : 0x8000_0000 | (high << 11) | (low >>> 21);
  words[at] = ((single ? 0 : low << 11) + (random.oneIn(4) ? random.between(-1, 1) : 0)) | 0;
}

// --- Bytes of the instruction ---------------------------------------------------------------------------------------

function immediateBytes(draft: Draft): readonly number[] {
  if (draft.immediate !== null) return draft.immediate;
  const { form, random, size } = draft;
  const out: number[] = [];
  for (const operand of form.row.operands.split(",")) {
    if (/^(?:Ib|Ibs)$/.test(operand)) out.push((random.oneIn(2) ? word(random) : random.word()) & 0xff);
    else if (operand === "Iw") out.push(...little(word(random), 2));
    else if (/^(?:Iz|Iv|Jz)$/.test(operand)) out.push(...little(word(random), size));
    else if (operand.startsWith("O"))
      out.push(...little(draft.address - draft.base, draft.address16 ? 2 : 4));
  }
  return out;
}

/** Instructions on which a stray LOCK would not be #UD but something else. */
const mayLock = ({ form }: Draft): boolean => form.row.lock && form.memory;

function encode(draft: Draft, body: readonly number[]): Case {
  const { form, random, words } = draft;
  const { twoByte, opcode, plusRegister } = form.encoding;
  const prefixes: number[] = [];
  if (form.lock || (!mayLock(draft) && random.oneIn(60))) prefixes.push(LOCK_PREFIX);
  if (draft.segment !== 0) prefixes.push(draft.segment);
  if (draft.address16) prefixes.push(ADDRESS_SIZE);
  if (form.operand16) prefixes.push(OPERAND_SIZE);
  if (form.prefix !== 0) prefixes.push(form.prefix);
  // In any order.
  for (let i = prefixes.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [prefixes[i], prefixes[j]] = [prefixes[j], prefixes[i]];
  }
  const first = plusRegister ? opcode + draft.rm : opcode;
  const immediate = immediateBytes(draft);
  if (random.oneIn(90)) {
    // As long as an instruction may be, or a byte longer: #GP(0).
    const length = prefixes.length + (twoByte ? 2 : 1) + body.length + immediate.length;
    const redundant = draft.segment === 0 ? DS_PREFIX : draft.segment;
    const longest = MAX_LENGTH + (random.oneIn(3) ? 1 : 0);
    for (let more = longest - length; more > 0; more--) prefixes.unshift(redundant);
  }
  const code = Uint8Array.of(...prefixes, ...(twoByte ? [0x0f] : []), first, ...body, ...immediate);
  if (random.oneIn(60)) draft.at = CODE_END - random.between(1, code.length);
  words[EIP] = draft.at;
  return { code, at: draft.at, before: words, patches: draft.patches };
}
