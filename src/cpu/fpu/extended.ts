/**
 * A number of 80 bits in a computation: double extended precision, as x87 registers hold it.
 *
 *     value = (-1)^sign * (high:low / 2^63) * 2^(exponent - 16383)
 *
 * Bit 31 of `high` is the integer bit, which is explicit: clear with exponent 0 it makes a denormal, clear with any other
 * exponent an encoding that the x87 no longer supports.
 *
 * SDM: volume 1, 4.2.2 "Floating-point data types", tables 4-3 and 8-3.
 */

/** Of zeros and denormals; denormals scale as if it were 1. */
export const EXPONENT_ZERO = 0;
/** Of infinities and NaNs. */
export const EXPONENT_MAX = 0x7fff;
export const EXPONENT_BIAS = 0x3fff;
/** Of numbers whose significand, as an integer of 64 bits, is their value: from here on nothing lies after the point. */
export const EXPONENT_INTEGRAL = EXPONENT_BIAS + 63;
/** The integer bit, in `high`. */
export const INTEGER_BIT = 0x8000_0000 | 0;
/** Set in quiet NaNs, in `high`. */
export const QUIET_BIT = 0x4000_0000;

export class Extended {
  /** 0 or 1. */
  sign = 0;
  /** Biased, 0 to 0x7fff. */
  exponent = 0;
  /** Significand, both halves as signed words. */
  high = 0;
  low = 0;

  set(sign: number, exponent: number, high: number, low: number): void {
    this.sign = sign;
    this.exponent = exponent;
    this.high = high;
    this.low = low;
  }

  copy(from: Extended): void {
    this.sign = from.sign;
    this.exponent = from.exponent;
    this.high = from.high;
    this.low = from.low;
  }
}
