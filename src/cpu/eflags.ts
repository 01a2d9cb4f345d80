/**
 * EFLAGS: its bits, and the six arithmetic flags kept unevaluated in two words.
 *
 *     FLAG_RESULT   the last result, sign-extended to 32 bits
 *     FLAG_AUX      31   CF
 *                   30   with bit 31: OF = bit 31 xor bit 30
 *                   15-8 parity delta: PF is the parity of (result xor delta)
 *                   3    AF
 *                   0    sign delta: SF = bit 31 of result, xor delta
 *
 * An addition stores its result and its carries; nothing else is computed until an instruction asks. The carry
 * out of each bit of a + b = r is `(a & b) | ((a | b) & ~r)`, the borrow out of a - b is `(~a & b) | (~(a ^ b) & r)`:
 * bit 31 of the vector is CF, bit 30 the carry into the sign, bit 3 is AF. Narrow operations shift their vector so
 * that the top carry lands in bit 31.
 *
 * SDM: volume 1, 3.4.3 "EFLAGS register"; volume 1, appendix A for what each instruction does to the flags.
 */
import type { Cpu } from "./cpu.ts";
import { EFLAGS, FLAG_AUX, FLAG_RESULT } from "./state.ts";

export const EFLAGS_CF = 1 << 0;
export const EFLAGS_FIXED = 1 << 1;
export const EFLAGS_PF = 1 << 2;
export const EFLAGS_AF = 1 << 4;
export const EFLAGS_ZF = 1 << 6;
export const EFLAGS_SF = 1 << 7;
export const EFLAGS_TF = 1 << 8;
export const EFLAGS_IF = 1 << 9;
export const EFLAGS_DF = 1 << 10;
export const EFLAGS_OF = 1 << 11;
export const EFLAGS_IOPL = 3 << 12;
export const EFLAGS_NT = 1 << 14;
export const EFLAGS_RF = 1 << 16;
export const EFLAGS_VM = 1 << 17;
export const EFLAGS_AC = 1 << 18;
export const EFLAGS_VIF = 1 << 19;
export const EFLAGS_VIP = 1 << 20;
export const EFLAGS_ID = 1 << 21;

export const ARITHMETIC_FLAGS = EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF;

/** Bits of FLAG_AUX that an addition or subtraction produces. */
const CARRY_BITS = 0xc000_0008 | 0;
const AUX_CF = 0x8000_0000 | 0;

/** 1 for each byte with an even number of set bits. */
const PARITY = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  let bits = byte ^ (byte >> 4);
  bits ^= bits >> 2;
  bits ^= bits >> 1;
  PARITY[byte] = ~bits & 1;
}

// --- Reading -----------------------------------------------------------------------------------------------

export function getCF(cpu: Cpu): number {
  return cpu.r[FLAG_AUX] >>> 31;
}
export function getZF(cpu: Cpu): number {
  return cpu.r[FLAG_RESULT] === 0 ? 1 : 0;
}
export function getSF(cpu: Cpu): number {
  return (cpu.r[FLAG_RESULT] >>> 31) ^ (cpu.r[FLAG_AUX] & 1);
}
export function getOF(cpu: Cpu): number {
  const aux = cpu.r[FLAG_AUX];
  return (aux ^ (aux << 1)) >>> 31;
}
export function getPF(cpu: Cpu): number {
  return PARITY[(cpu.r[FLAG_RESULT] ^ (cpu.r[FLAG_AUX] >>> 8)) & 0xff];
}
export function getAF(cpu: Cpu): number {
  return (cpu.r[FLAG_AUX] >>> 3) & 1;
}

/** The whole EFLAGS register. */
export function readEflags(cpu: Cpu): number {
  return (
    cpu.r[EFLAGS] |
    getCF(cpu) |
    (getPF(cpu) << 2) |
    (getAF(cpu) << 4) |
    (getZF(cpu) << 6) |
    (getSF(cpu) << 7) |
    (getOF(cpu) << 11)
  );
}

// --- Writing -----------------------------------------------------------------------------------------------

/** Sets the six arithmetic flags from an EFLAGS image; other bits of `flags` are ignored. */
export function writeArithmeticFlags(cpu: Cpu, flags: number): void {
  const cf = flags & 1;
  const of = (flags >>> 11) & 1;
  const zf = (flags >>> 6) & 1;
  const sf = (flags >>> 7) & 1;
  const pf = (flags >>> 2) & 1;
  const af = (flags >>> 4) & 1;
  // A result of 0 has even parity, a result of 1 odd: the delta byte corrects either.
  const result = zf ^ 1;
  const parityDelta = (pf ^ 1 ^ result) << 8;
  cpu.r[FLAG_RESULT] = result;
  cpu.r[FLAG_AUX] = (cf << 31) | ((cf ^ of) << 30) | parityDelta | (af << 3) | sf;
}

/** Sets EFLAGS without any privilege rule; the caller has masked what may change. */
export function writeEflags(cpu: Cpu, flags: number): void {
  cpu.r[EFLAGS] = (flags & ~ARITHMETIC_FLAGS) | EFLAGS_FIXED;
  writeArithmeticFlags(cpu, flags);
}

export function setCF(cpu: Cpu, cf: number): void {
  const of = getOF(cpu);
  cpu.r[FLAG_AUX] = (cpu.r[FLAG_AUX] & 0x3fff_ffff) | (cf << 31) | ((cf ^ of) << 30);
}

/** CF and OF as given, SF ZF PF from a 32-bit sign-extended result, AF clear. */
export function flagsResultCfOf(cpu: Cpu, result: number, cf: number, of: number): void {
  cpu.r[FLAG_RESULT] = result;
  cpu.r[FLAG_AUX] = (cf << 31) | ((cf ^ of) << 30);
}

// --- Operations that set them: each returns its result in the operand's width ---------------------------------

export function add32(cpu: Cpu, a: number, b: number): number {
  const r = (a + b) | 0;
  cpu.r[FLAG_RESULT] = r;
  cpu.r[FLAG_AUX] = ((a & b) | ((a | b) & ~r)) & CARRY_BITS;
  return r;
}
export function add16(cpu: Cpu, a: number, b: number): number {
  const r = a + b;
  const carries = (a & b) | ((a | b) & ~r);
  cpu.r[FLAG_RESULT] = (r << 16) >> 16;
  cpu.r[FLAG_AUX] = ((carries << 16) & 0xc000_0000) | (carries & 8);
  return r & 0xffff;
}
export function add8(cpu: Cpu, a: number, b: number): number {
  const r = a + b;
  const carries = (a & b) | ((a | b) & ~r);
  cpu.r[FLAG_RESULT] = (r << 24) >> 24;
  cpu.r[FLAG_AUX] = ((carries << 24) & 0xc000_0000) | (carries & 8);
  return r & 0xff;
}

export function adc32(cpu: Cpu, a: number, b: number): number {
  const r = (a + b + (cpu.r[FLAG_AUX] >>> 31)) | 0;
  cpu.r[FLAG_RESULT] = r;
  cpu.r[FLAG_AUX] = ((a & b) | ((a | b) & ~r)) & CARRY_BITS;
  return r;
}
export function adc16(cpu: Cpu, a: number, b: number): number {
  const r = a + b + (cpu.r[FLAG_AUX] >>> 31);
  const carries = (a & b) | ((a | b) & ~r);
  cpu.r[FLAG_RESULT] = (r << 16) >> 16;
  cpu.r[FLAG_AUX] = ((carries << 16) & 0xc000_0000) | (carries & 8);
  return r & 0xffff;
}
export function adc8(cpu: Cpu, a: number, b: number): number {
  const r = a + b + (cpu.r[FLAG_AUX] >>> 31);
  const carries = (a & b) | ((a | b) & ~r);
  cpu.r[FLAG_RESULT] = (r << 24) >> 24;
  cpu.r[FLAG_AUX] = ((carries << 24) & 0xc000_0000) | (carries & 8);
  return r & 0xff;
}

export function sub32(cpu: Cpu, a: number, b: number): number {
  const r = (a - b) | 0;
  cpu.r[FLAG_RESULT] = r;
  cpu.r[FLAG_AUX] = ((~a & b) | (~(a ^ b) & r)) & CARRY_BITS;
  return r;
}
export function sub16(cpu: Cpu, a: number, b: number): number {
  const r = a - b;
  const borrows = (~a & b) | (~(a ^ b) & r);
  cpu.r[FLAG_RESULT] = (r << 16) >> 16;
  cpu.r[FLAG_AUX] = ((borrows << 16) & 0xc000_0000) | (borrows & 8);
  return r & 0xffff;
}
export function sub8(cpu: Cpu, a: number, b: number): number {
  const r = a - b;
  const borrows = (~a & b) | (~(a ^ b) & r);
  cpu.r[FLAG_RESULT] = (r << 24) >> 24;
  cpu.r[FLAG_AUX] = ((borrows << 24) & 0xc000_0000) | (borrows & 8);
  return r & 0xff;
}

export function sbb32(cpu: Cpu, a: number, b: number): number {
  const r = (a - b - (cpu.r[FLAG_AUX] >>> 31)) | 0;
  cpu.r[FLAG_RESULT] = r;
  cpu.r[FLAG_AUX] = ((~a & b) | (~(a ^ b) & r)) & CARRY_BITS;
  return r;
}
export function sbb16(cpu: Cpu, a: number, b: number): number {
  const r = a - b - (cpu.r[FLAG_AUX] >>> 31);
  const borrows = (~a & b) | (~(a ^ b) & r);
  cpu.r[FLAG_RESULT] = (r << 16) >> 16;
  cpu.r[FLAG_AUX] = ((borrows << 16) & 0xc000_0000) | (borrows & 8);
  return r & 0xffff;
}
export function sbb8(cpu: Cpu, a: number, b: number): number {
  const r = a - b - (cpu.r[FLAG_AUX] >>> 31);
  const borrows = (~a & b) | (~(a ^ b) & r);
  cpu.r[FLAG_RESULT] = (r << 24) >> 24;
  cpu.r[FLAG_AUX] = ((borrows << 24) & 0xc000_0000) | (borrows & 8);
  return r & 0xff;
}

/** AND, OR, XOR, TEST: CF and OF clear, SF ZF PF from the result. AF is undefined and is cleared, as chips do. */
export function logic32(cpu: Cpu, r: number): number {
  cpu.r[FLAG_RESULT] = r;
  cpu.r[FLAG_AUX] = 0;
  return r;
}
export function logic16(cpu: Cpu, r: number): number {
  cpu.r[FLAG_RESULT] = (r << 16) >> 16;
  cpu.r[FLAG_AUX] = 0;
  return r;
}
export function logic8(cpu: Cpu, r: number): number {
  cpu.r[FLAG_RESULT] = (r << 24) >> 24;
  cpu.r[FLAG_AUX] = 0;
  return r;
}

/** INC and DEC leave CF: OF, and with it bit 30, is rebuilt around the old carry. */
function keepCarry(cpu: Cpu, carries: number, cf: number): void {
  const of = (carries ^ (carries << 1)) & AUX_CF;
  cpu.r[FLAG_AUX] = cf | (((cf ^ of) >>> 1) & 0x4000_0000) | (carries & 8);
}
export function inc32(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = (a + 1) | 0;
  cpu.r[FLAG_RESULT] = r;
  keepCarry(cpu, ((a & 1) | ((a | 1) & ~r)) & CARRY_BITS, cf);
  return r;
}
export function inc16(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = add16(cpu, a, 1);
  keepCarry(cpu, cpu.r[FLAG_AUX], cf);
  return r;
}
export function inc8(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = add8(cpu, a, 1);
  keepCarry(cpu, cpu.r[FLAG_AUX], cf);
  return r;
}
export function dec32(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = (a - 1) | 0;
  cpu.r[FLAG_RESULT] = r;
  keepCarry(cpu, ((~a & 1) | (~(a ^ 1) & r)) & CARRY_BITS, cf);
  return r;
}
export function dec16(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = sub16(cpu, a, 1);
  keepCarry(cpu, cpu.r[FLAG_AUX], cf);
  return r;
}
export function dec8(cpu: Cpu, a: number): number {
  const cf = cpu.r[FLAG_AUX] & AUX_CF;
  const r = sub8(cpu, a, 1);
  keepCarry(cpu, cpu.r[FLAG_AUX], cf);
  return r;
}

// --- Conditions --------------------------------------------------------------------------------------------------

/** Condition code of Jcc, SETcc, CMOVcc: the low four bits of the opcode. SDM: volume 1, appendix B. */
export function condition(cpu: Cpu, code: number): boolean {
  let holds: boolean;
  switch (code >> 1) {
    case 0:
      holds = getOF(cpu) !== 0;
      break;
    case 1:
      holds = getCF(cpu) !== 0;
      break;
    case 2:
      holds = getZF(cpu) !== 0;
      break;
    case 3:
      holds = (getCF(cpu) | getZF(cpu)) !== 0;
      break;
    case 4:
      holds = getSF(cpu) !== 0;
      break;
    case 5:
      holds = getPF(cpu) !== 0;
      break;
    case 6:
      holds = getSF(cpu) !== getOF(cpu);
      break;
    default:
      holds = (getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) !== 0;
  }
  return (code & 1) === 0 ? holds : !holds;
}
