/** Small facts about bits that have no better home. */

/** The position of the lowest bit set in a 32-bit value; -1 when none is set. */
export function lowestBit(value: number): number {
  return 31 - Math.clz32(value & -value);
}

/** A four-digit binary-coded decimal, as a number. Digits above nine count as they stand. */
export function fromBcd(value: number): number {
  return (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

/** A number below 10000 as four binary-coded decimal digits. */
export function toBcd(value: number): number {
  const digit = (divisor: number) => Math.trunc(value / divisor) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}
