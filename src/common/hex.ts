/** How numbers print: lower case, zero-padded, with a prefix. */

/** `value` in hexadecimal with at least `digits` digits, for example 0x03f8; exact up to 2^53. */
export function hex(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
