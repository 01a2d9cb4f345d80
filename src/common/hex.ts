/** How numbers print in hexadecimal: lower case, zero-padded. */

/** Without a prefix, at least `count` digits; exact up to 2^53. A negative number is read as 32 unsigned bits. */
export const digits = (value: number, count = 1): string =>
  (value < 0 ? value >>> 0 : value).toString(16).padStart(count, "0");

/** 32 bits, without a prefix: an address, a register, half an entry. */
export const hex8 = (value: number): string => digits(value >>> 0, 8);

/** With a prefix, for example 0x03f8. */
export const hex = (value: number, count = 8): string => `0x${digits(value, count)}`;
