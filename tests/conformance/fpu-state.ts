/** The x87, MMX and SSE state that a case begins with. */

import type { Random } from "../support/random.ts";
import type { Form } from "./forms.ts";
import { FCW, FDP, FIP, FOP, FSW, FTW, MXCSR, ST, XMM } from "./machine-state.ts";
import { type Element, fill, float80, word } from "./values.ts";

/** Part of the state that an instruction works on. */
export interface Uses {
  readonly x87: boolean;
  readonly mmx: boolean;
  readonly xmm: boolean;
  /** MXCSR matters: rounding, exceptions. */
  readonly sseFloat: boolean;
  /** All registers matter: images of the whole state. */
  readonly all: boolean;
}

export function usesOf({ row, group }: Form): Uses {
  const all = /^(?:fxsave|fxrstor|fnsave|frstor)$/.test(row.mnemonic);
  const simd = /^(?:mmx|sse)/.test(row.feature);
  const mmx = simd && /(?:^|,)(?:[PN]q|Q[qd])/.test(row.operands);
  return {
    x87: group.startsWith("x87"),
    mmx: mmx || row.mnemonic === "emms",
    xmm: all || (simd && /(?:^|,)[VWU]/.test(row.operands)),
    sseFloat: group === "sse-float" || /mxcsr|^fx/.test(row.mnemonic),
    all,
  };
}

/** Type of the elements a SIMD instruction works on. */
export function simdElement(mnemonic: string): Element {
  const conversion = /^cvtt?(pi|dq|si|ps|ss|pd|sd)/.exec(mnemonic);
  const suffix = conversion?.[1] ?? /(?:[ps][sd])$/.exec(mnemonic)?.[0] ?? "";
  if (/^[ps]s$/.test(suffix) && !mnemonic.startsWith("p")) return "f32";
  if (/^[ps]d$/.test(suffix) && !mnemonic.startsWith("p")) return "f64";
  if (mnemonic.startsWith("p")) {
    const letter =
      /(?:^pack.s|^punpck[lh]|^psad|^pmadd)([bwdq])/.exec(mnemonic)?.[1] ??
      /([bwdq])[b]?$/.exec(mnemonic)?.[1];
    if (letter === "b") return "i8";
    if (letter === "w") return "i16";
    if (letter === "q") return "i64";
  }
  return "i32";
}

const ALL_FLAGS = 0x3f;
const STATUS_ES = 0x80;
const STATUS_BUSY = 0x8000;
const CONDITIONS = 0x4700;

/** How far operands of an instruction stray from 1, as exponents. */
function nearness(mnemonic: string): number {
  if (/^(?:f2xm1|fyl2xp1|fs?qrt)$/.test(mnemonic)) return 8;
  if (/^(?:fist|fistp|fbstp|frndint|fscale)$/.test(mnemonic)) return 66;
  if (/^(?:fsin|fcos|fsincos|fptan|fpatan)$/.test(mnemonic)) return 40;
  return /^fst/.test(mnemonic) ? 160 : 70;
}

function controlWord(random: Random): number {
  const precision = random.pick([3, 3, 3, 3, 2, 2, 0, 0, random.below(4)]);
  const masks = random.oneIn(2)
    ? ALL_FLAGS
    : random.below(3) > 0
      ? random.below(64)
      : ALL_FLAGS ^ (1 << random.below(6));
  return 0x40 | masks | (precision << 8) | (random.below(4) << 10);
}

/** @param pending allow an unmasked exception to wait */
function statusWord(random: Random, control: number, pending: boolean): number {
  let flags = random.below(3) > 0 ? 0 : random.below(64);
  if (!pending) flags &= control;
  const wait = (flags & ~control & ALL_FLAGS) !== 0;
  const stackFault = (flags & 1) !== 0 && random.oneIn(2) ? 0x40 : 0;
  return (
    flags |
    stackFault |
    (wait ? STATUS_ES | STATUS_BUSY : 0) |
    (random.word() & CONDITIONS) |
    (random.below(8) << 11)
  );
}

export class FpuState {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;

  constructor(words: Int32Array) {
    this.words = words;
    this.bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** What instructions that leave it alone find: nothing at its initial value. */
  quiet(): void {
    const { words } = this;
    words[FCW] = 0x027f;
    words[FSW] = 0x1900;
    words[FTW] = 0x38;
    words[FOP] = 0x123;
    words[FIP] = 0x1234_5678;
    words[FDP] = 0x0765_4321;
    words[MXCSR] = 0x1f80;
    for (let i = 0; i < 8; i++)
      words.set([0x0102_0304 * (i + 1), 0x8000_0000 | (i << 8), 0x4000 + i], ST + i * 3);
    for (let i = 0; i < 32; i++) words[XMM + i] = Math.imul(i + 1, 0x0123_4567);
  }

  /** Random x87 state for an instruction; `sti` is the register it names besides ST(0). */
  x87(random: Random, mnemonic: string, sti: number, all: boolean): void {
    const { words } = this;
    const control = controlWord(random);
    words[FCW] = control;
    words[FSW] = statusWord(random, control, random.oneIn(20));
    const top = (words[FSW] >>> 11) & 7;
    words[FTW] = random.below(4) > 0 ? 0xff : random.below(256);
    if (/^f(?:ld|ild|bld|xtract|ptan|sincos|decstp)/.test(mnemonic) && random.below(5) > 0) {
      // Room for a push.
      words[FTW] &= ~(1 << ((top - 1) & 7));
    }
    const near = nearness(mnemonic);
    for (const i of all ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, sti])
      this.setRegister((top + i) & 7, random, near);
    this.relate(random, mnemonic, top, sti);
  }

  private setRegister(physical: number, random: Random, near: number): void {
    const [exponent, high, low] = float80(random, near);
    this.words.set([low, high, exponent], ST + physical * 3);
  }

  /** Operands that have something to do with each other, or that a function is defined for. */
  private relate(random: Random, mnemonic: string, top: number, sti: number): void {
    const { words } = this;
    const st0 = ST + top * 3;
    const other = ST + ((top + (sti === 0 ? 1 : sti)) & 7) * 3;
    if (mnemonic === "f2xm1" && !random.oneIn(6) && (words[st0 + 2] & 0x7fff) >= 0x3fff) {
      words[st0 + 2] = (words[st0 + 2] & 0x8000) | (0x3ffe - random.below(66));
    }
    if (mnemonic === "fyl2xp1" && !random.oneIn(6) && (words[st0 + 2] & 0x7fff) >= 0x3ffd) {
      words[st0 + 2] = (words[st0 + 2] & 0x8000) | (0x3ffc - random.below(66));
    }
    if (mnemonic === "fyl2x" && random.below(3) > 0) words[st0 + 2] &= 0x7fff;
    if (mnemonic === "fscale" && random.below(3) > 0) {
      const bits = random.below(15);
      words.set(
        [0, random.word() | 0x8000_0000, (random.word() & 0x8000) | (0x3fff + bits)],
        ST + ((top + 1) & 7) * 3,
      );
    }
    if (/^fprem/.test(mnemonic) && random.below(3) > 0) {
      words[other + 2] =
        (random.word() & 0x8000) | (((words[st0 + 2] & 0x7fff) - random.between(-2, 80)) & 0x7fff);
    }
    if (!random.oneIn(4)) return;
    words.set(words.subarray(st0, st0 + 3), other);
    switch (random.below(5)) {
      case 0:
        words[other + 2] ^= 0x8000;
        break;
      case 1:
        words[other] += random.between(-1, 1);
        break;
      case 2:
        words[other + 2] =
          (words[other + 2] & 0x8000) | ((words[other + 2] + random.between(-66, 66)) & 0x7fff);
        break;
      case 3: {
        // A power of two, and what is just too small to matter to it, or just not.
        const [large, small] = random.oneIn(2) ? [st0, other] : [other, st0];
        words[large] = 0;
        words[large + 1] = 0x8000_0000;
        if ((words[large + 2] & 0x7fff) < 70 || (words[large + 2] & 0x7fff) === 0x7fff)
          words[large + 2] = 0x3fff;
        const exponent = (words[large + 2] & 0x7fff) - random.pick([53, 54, 63, 64, 65, 65, 66, 67]);
        words.set([random.pick([0, 1, -1, random.word()]), random.word() | 0x8000_0000], small);
        words[small + 2] = (random.word() & 0x8000) | exponent;
        break;
      }
      default:
    }
  }

  /** MMX registers with elements; what an MMX instruction changes besides (TOP, tags) is random. */
  mmx(random: Random, element: Element): void {
    const { words, bytes } = this;
    words[FCW] = random.oneIn(4) ? controlWord(random) : 0x037f;
    words[FSW] = statusWord(random, words[FCW], random.oneIn(30));
    words[FTW] = random.below(256);
    for (let i = 0; i < 8; i++) {
      fill(random, element, bytes.subarray((ST + i * 3) * 4, (ST + i * 3) * 4 + 8));
      words[ST + i * 3 + 2] = random.oneIn(3) ? 0xffff : random.word() & 0xffff;
    }
  }

  /** XMM registers `registers` with elements. */
  xmm(random: Random, element: Element, registers: readonly number[]): void {
    for (const i of registers) {
      fill(random, element, this.bytes.subarray((XMM + i * 4) * 4, (XMM + i * 4 + 4) * 4));
    }
    const [a, b] = registers;
    if (b === undefined || !random.oneIn(4)) return;
    // Equal, neighbours, or opposites, lane by lane.
    for (let lane = 0; lane < 4; lane++) {
      const change = random.below(5);
      const value = this.words[XMM + a * 4 + lane];
      this.words[XMM + b * 4 + lane] =
        change === 0 ? value ^ 0x8000_0000 : change === 1 ? (value + 1) | 0 : value;
    }
  }

  mxcsr(random: Random): void {
    const masks = random.below(5) > 1 ? ALL_FLAGS : random.below(64);
    const flags = random.oneIn(3) ? random.below(64) : 0;
    const denormals = (random.oneIn(4) ? 0x40 : 0) | (random.oneIn(4) ? 0x8000 : 0);
    this.words[MXCSR] = (masks << 7) | flags | denormals | (random.below(4) << 13);
  }
}

/** FLDENV's image (28 or 14 bytes), or FRSTOR's (108 or 94), of sensible contents. */
export function environmentImage(random: Random, operand16: boolean, registers: boolean): Uint8Array {
  const step = operand16 ? 2 : 4;
  const out = new Uint8Array(7 * step + (registers ? 80 : 0));
  for (let i = 0; i < out.length; i++) out[i] = random.word();
  const view = new DataView(out.buffer);
  const control = random.oneIn(8) ? random.word() : controlWord(random);
  view.setUint16(0, control & 0xffff, true);
  view.setUint16(
    step,
    random.oneIn(8) ? random.word() & 0xffff : statusWord(random, control, random.oneIn(6)),
    true,
  );
  view.setUint16(2 * step, random.pick([0, 0xffff, random.word() & 0xffff]), true);
  if (registers) fill(random, "f80", out.subarray(7 * step));
  return out;
}

/** FXRSTOR's image. */
export function fxsaveImage(random: Random): Uint8Array {
  const out = new Uint8Array(512);
  for (let i = 0; i < 512; i++) out[i] = random.word();
  const view = new DataView(out.buffer);
  const control = random.oneIn(8) ? random.word() & 0xffff : controlWord(random);
  view.setUint16(0, control, true);
  view.setUint16(2, statusWord(random, control, random.oneIn(6)), true);
  view.setInt32(24, random.oneIn(8) ? word(random) : random.word() & 0xffff, true);
  for (let i = 0; i < 8; i++) fill(random, "f80", out.subarray(32 + i * 16, 42 + i * 16));
  return out;
}
