/**
 * Operand values that find mistakes: the edges of each type, neighbours of edges, halfway points between what can be
 * represented, and random bits in between. All as bytes, lowest first.
 */
import type { Random } from "../support/random.ts";

/** Type of an element in memory or a register. */
export type Element = "i8" | "i16" | "i32" | "i64" | "f32" | "f64" | "f80" | "bcd";

export const ELEMENT_BYTES: Readonly<Record<Element, number>> = {
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  f32: 4,
  f64: 8,
  f80: 10,
  bcd: 10,
};

const WORDS = [
  0, 1, 2, 3, -1, -2, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0x8001, 0xffff, 0x1_0000, -0x8000,
  -0x8001, -0x80, -0x81, 0x7fff_ffff, 0x7fff_fffe, 0x8000_0000, 0x8000_0001, 0x5555_5555, 0xaaaa_aaaa,
  0x00ff_00ff, 0x0f0f_0f0f,
];

/** A general register's worth of an integer. */
export function word(random: Random): number {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return random.pick(WORDS) | 0;
    case 3:
      // One bit, or all but one.
      return (1 << random.below(32)) ^ -random.below(2);
    case 4:
      return random.word() >> random.below(32);
    case 5:
      return (random.word() >>> random.below(32)) | 0;
    default:
      return random.word();
  }
}

type Pair = readonly [high: number, low: number];

const FLOAT32 = [
  0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 1, 0x8000_0001, 0x007f_ffff, 0x807f_ffff, 0x0080_0000,
  0x8080_0000, 0x7f7f_ffff, 0xff7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0000, 0x7f80_0001,
  0xffa0_0000, 0x7fff_ffff, 0x3f80_0001, 0x3f7f_ffff, 0x3f00_0000, 0xbf00_0000, 0x3fc0_0000, 0x4020_0000,
  0x4060_0000, 0xbfc0_0000, 0x4b00_0000, 0x4b00_0001, 0x4b7f_ffff, 0x4eff_ffff, 0x4f00_0000, 0xcf00_0000,
  0xcf00_0001, 0x4f80_0000, 0x5f00_0000, 0xdf00_0000, 0x46ff_fe00, 0x4700_0000, 0x0000_0002, 0x0100_0000,
  0x3eff_ffff, 0x4000_0000, 0x4040_0000,
];

export function float32(random: Random): number {
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(FLOAT32) | 0;
    case 2:
      return random.word();
    case 3:
      // Small integers and halves.
      return (
        (random.word() & 0x8000_0000) | ((127 + random.below(26)) << 23) | (random.word() & 0x7f_0000) | 0
      );
    case 4:
      // At the ends of the range of exponents.
      return (
        (random.word() & 0x807f_ffff) | ((random.oneIn(2) ? random.below(4) : 251 + random.below(4)) << 23)
      );
    case 5:
      return (
        (random.word() & 0x8000_0000) |
        ((127 - 2 + random.below(5)) << 23) |
        random.pick([0, 1, 0x7f_ffff, 0x40_0000])
      );
    default:
      return (random.word() & 0x807f_ffff) | ((97 + random.below(61)) << 23);
  }
}

const FLOAT64: readonly Pair[] = [
  [0, 0],
  [0x8000_0000, 0],
  [0x3ff0_0000, 0],
  [0xbff0_0000, 0],
  [0, 1],
  [0x8000_0000, 1],
  [0x000f_ffff, -1],
  [0x0010_0000, 0],
  [0x8010_0000, 0],
  [0x7fef_ffff, -1],
  [0xffef_ffff, -1],
  [0x7ff0_0000, 0],
  [0xfff0_0000, 0],
  [0x7ff8_0000, 0],
  [0xfff8_0000, 0],
  [0x7ff0_0000, 1],
  [0xfff4_0000, 0],
  [0x7fff_ffff, -1],
  [0x3ff0_0000, 1],
  [0x3fef_ffff, -1],
  [0x3fe0_0000, 0],
  [0xbfe0_0000, 0],
  [0x3ff8_0000, 0],
  [0x4004_0000, 0],
  [0x4330_0000, 0],
  [0x433f_ffff, -1],
  [0x41df_ffff, 0xffc0_0000],
  [0x41df_ffff, 0xffe0_0000],
  [0x41e0_0000, 0],
  [0xc1e0_0000, 0],
  [0xc1e0_0000, 0x0020_0000],
  [0x43e0_0000, 0],
  [0xc3e0_0000, 0],
  [0x43df_ffff, -1],
  [0x40df_ffc0, 0],
  [0x40e0_0000, 0],
  [0x47ef_ffff, 0xe000_0000],
  [0x47ef_ffff, 0xf000_0000],
  [0x3810_0000, 0],
  [0x380f_ffff, 0xe000_0000],
  [0x36a0_0000, 0],
  [0x3690_0000, 0],
  [0x3ff0_0000, 0x1000_0000],
  [0x3ff0_0000, 0x3000_0000],
  [0x3ff0_0000, 0x0fff_ffff],
];

export function float64(random: Random): Pair {
  const high = random.word();
  const low = random.word();
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(FLOAT64);
    case 2:
      return [high, low];
    case 3:
      return [(high & 0x800f_f000) | ((1023 + random.below(64)) << 20), random.oneIn(2) ? 0 : low];
    case 4:
      return [
        (high & 0x800f_ffff) | ((random.oneIn(2) ? random.below(4) : 2043 + random.below(4)) << 20),
        low,
      ];
    case 5:
      // Around the range of single precision, near the middle between two of its numbers.
      return [
        (high & 0x800f_ffff) | ((random.oneIn(2) ? 870 + random.below(30) : 1146 + random.below(8)) << 20),
        (low & 0xe000_0000) | random.pick([0, 0x1000_0000, 0x0fff_ffff, 0x1000_0001, 0x1fff_ffff]),
      ];
    case 6:
      return [
        (high & 0x8000_0000) | ((1021 + random.below(5)) << 20) | random.pick([0, 0xf_ffff, 0x8_0000]),
        random.pick([0, 1, -1]),
      ];
    default:
      return [(high & 0x800f_ffff) | ((993 + random.below(61)) << 20), low];
  }
}

/** Sign and exponent, high and low half of the significand. */
export type Triple = readonly [top: number, high: number, low: number];

const INTEGER_BIT = 0x8000_0000 | 0;
const FLOAT80: readonly Triple[] = [
  [0, 0, 0],
  [0x8000, 0, 0],
  [0x3fff, INTEGER_BIT, 0],
  [0xbfff, INTEGER_BIT, 0],
  [0x3ffe, INTEGER_BIT, 0],
  [0x4000, 0xc90f_daa2, 0x2168_c235],
  [0x3fff, 0xb504_f333, 0xf9de_6484],
  [0x3ffe, 0xb172_17f7, 0xd1cf_79ac],
  // Denormals and pseudo-denormals
  [0, 0, 1],
  [0x8000, 0, 1],
  [0, 0x7fff_ffff, -1],
  [0, INTEGER_BIT, 0],
  [0x8000, INTEGER_BIT, 1],
  [1, INTEGER_BIT, 0],
  [0x8001, INTEGER_BIT, 0],
  [0x7ffe, -1, -1],
  [0xfffe, -1, -1],
  // Infinities, NaNs
  [0x7fff, INTEGER_BIT, 0],
  [0xffff, INTEGER_BIT, 0],
  [0xffff, 0xc000_0000, 0],
  [0x7fff, 0xc000_0000, 1],
  [0x7fff, INTEGER_BIT, 1],
  [0xffff, 0xa000_0000, 5],
  [0x7fff, -1, -1],
  // What the 8087 knew and later chips refuse: pseudo-infinity, pseudo-NaN, unnormals
  [0x7fff, 0, 0],
  [0x7fff, 0x4000_0000, 0],
  [0x7fff, 1, 1],
  [0x3fff, 0x4000_0000, 0],
  [0xc000, 0, 1],
  [0x0001, 0, 0],
  // Integers at the ends of their types, and what rounds to them
  [0x401e, INTEGER_BIT, 0],
  [0xc01e, INTEGER_BIT, 0],
  [0x401d, -1, 0],
  [0x401d, -1, INTEGER_BIT],
  [0xc01e, INTEGER_BIT, 1],
  [0x400d, 0xfffe_0000, 0],
  [0x400d, 0xffff_0000, 0],
  [0xc00e, INTEGER_BIT, 0],
  [0xc00e, 0x8001_0000, 0],
  [0x403e, INTEGER_BIT, 0],
  [0xc03e, INTEGER_BIT, 0],
  [0x403d, -1, -1],
  [0x403e, INTEGER_BIT, 1],
  [0x403a, 0xde0b_6b3a, 0x763f_fff0],
  [0x403a, 0xde0b_6b3a, 0x7640_0000],
  // Halfway to the next single, and double; the ends of their ranges
  [0x3fff, 0x8000_0080, 0],
  [0x3fff, 0x8000_0180, 0],
  [0x3fff, 0x8000_0080, 1],
  [0x3fff, 0x8000_007f, -1],
  [0x3fff, INTEGER_BIT, 0x400],
  [0x3fff, INTEGER_BIT, 0xc00],
  [0x3fff, INTEGER_BIT, 0x3ff],
  [0x3fff, INTEGER_BIT, 0x401],
  [0x407e, 0xffff_ff00, 0],
  [0x407e, 0xffff_ff80, 0],
  [0x43fe, -1, 0xffff_f800],
  [0x43fe, -1, 0xffff_fc00],
  [0x3f81, INTEGER_BIT, 0],
  [0x3f80, -1, -1],
  [0x3f6a, INTEGER_BIT, 0],
  [0x3c01, INTEGER_BIT, 0],
  [0x3c00, -1, -1],
  [0x3bcd, INTEGER_BIT, 0],
  [0x3bcc, INTEGER_BIT, 0],
];

const significand = (random: Random): Pair => {
  const high = random.word() | INTEGER_BIT;
  const low = random.word();
  switch (random.below(8)) {
    case 0:
      return [INTEGER_BIT, random.pick([0, 1, 0x400, 0x3ff, 0x800])];
    case 1:
      return [-1, random.pick([-1, -2, 0xffff_f800, 0xffff_fc00, 0])];
    case 2:
      // A double in disguise, or near the middle of two.
      return [high, (low & 0xffff_f800) | random.pick([0, 0, 0x400, 0x3ff, 0x401])];
    case 3:
      return [(high & 0xffff_ff00) | random.pick([0, 0x80, 0x7f]), random.pick([0, 0, 1, -1])];
    case 4:
      return [high & 0xffff_0000, 0];
    default:
      return [high, low];
  }
};

/** @param near how far exponents stray from that of 1, in most values */
export function float80(random: Random, near = 70): Triple {
  const sign = random.word() & 0x8000;
  const [high, low] = significand(random);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return random.pick(FLOAT80);
    case 3:
      return [sign | random.pick([0, 1, 2, 3, 0x7ffd, 0x7ffe, 0x3fff - 63, 0x3fff + 63]), high, low];
    case 4:
      return [sign | random.below(0x7fff), high, low];
    case 5: {
      // An integer, or a half.
      const bits = random.between(1, 62);
      const keep = bits > 31 ? -1 << (63 - bits) : 0;
      return [
        sign | (0x3fff + bits - random.below(2)),
        bits > 31 ? high : high & (-1 << (31 - bits)),
        low & keep,
      ];
    }
    case 6:
      return random.oneIn(3)
        ? [random.word() & 0xffff, random.word(), random.word()]
        : [sign, high & 0x7fff_ffff, low];
    default:
      return [sign | (0x3fff - near + random.below(2 * near + 1)), high, low];
  }
}

/** Packed decimal: ten bytes, mostly of digits. */
function bcd(random: Random, out: Uint8Array): void {
  const digits = random.below(20);
  for (let i = 0; i < 9; i++) {
    const digit = (at: number) => (at >= digits ? 0 : random.oneIn(40) ? random.below(16) : random.below(10));
    out[i] = (digit(i * 2 + 1) << 4) | digit(i * 2);
  }
  out[9] = random.pick([0, 0, 0x80, 0x80, 0x7f, 0xff]);
}

/** Fills `out` with elements of a type. */
export function fill(random: Random, element: Element, out: Uint8Array, near?: number): void {
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const step = ELEMENT_BYTES[element];
  for (let at = 0; at + step <= out.length; at += step) {
    switch (element) {
      case "i8":
        out[at] = word(random);
        break;
      case "i16":
        view.setInt16(at, word(random), true);
        break;
      case "i32":
        view.setInt32(at, word(random), true);
        break;
      case "i64":
        view.setInt32(at, word(random), true);
        view.setInt32(at + 4, random.oneIn(3) ? view.getInt32(at, true) >> 31 : word(random), true);
        break;
      case "f32":
        view.setInt32(at, float32(random), true);
        break;
      case "f64": {
        const [high, low] = float64(random);
        view.setInt32(at, low, true);
        view.setInt32(at + 4, high, true);
        break;
      }
      case "f80": {
        const [top, high, low] = float80(random, near);
        view.setInt32(at, low, true);
        view.setInt32(at + 4, high, true);
        view.setInt16(at + 8, top, true);
        break;
      }
      default:
        bcd(random, out.subarray(at, at + step));
    }
  }
}
