/** Numbers as all screens write them: addresses in hexadecimal with fixed digits, counts short, time in its unit. */

import { digits } from "../../common/hex.ts";

/** A guest frame: 5 digits reach to 4 GiB. "-----" for none (-1). */
export const gfnText = (gfn: number): string => (gfn < 0 ? "-----" : digits(gfn, 5));

/** A shadow page by its index in the pool. */
export const spText = (sp: number): string => digits(sp, 3);

/** An index into a table of 512 or 1024 entries. */
export const entryText = (index: number): string => digits(index, 3);

const STEPS: readonly (readonly [from: number, unit: string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** At most 5 characters up to 999T: 41, 1.2k, 31.3M, 312M. Cut, not rounded, so that 999 999 is not "1000k". */
export function shortCount(count: number): string {
  if (count < 0) return `-${shortCount(-count)}`;
  for (const [from, unit] of STEPS) {
    if (count < from) continue;
    const value = count / from;
    return `${value >= 100 ? Math.floor(value) : (Math.floor(value * 10) / 10).toFixed(1)}${unit}`;
  }
  return String(Math.floor(count));
}

/** Guest time: instructions at so many per second, as "20 us", "812 ms", "3.218 s" or "1042 s": 9 cells for months. */
export function guestTime(instructions: number, hz: number): string {
  const us = Math.floor((Math.max(instructions, 0) * 1e6) / hz);
  if (us < 1_000) return `${us} us`;
  if (us < 1_000_000) return `${Math.floor(us / 1_000)} ms`;
  if (us >= 1_000_000_000) return `${Math.floor(us / 1_000_000)} s`;
  return `${Math.floor(us / 1_000_000)}.${String(Math.floor(us / 1_000) % 1_000).padStart(3, "0")} s`;
}
