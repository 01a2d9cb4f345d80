/** How device cards write registers and places. */
import { digits, hex8 } from "../common/hex.ts";
import type { MmioDevice, PortDevice } from "../devices/device.ts";
import type { Bus } from "../machine/bus.ts";

export const hex2 = (value: number): string => digits(value & 0xff, 2);
export const hex4 = (value: number): string => digits(value & 0xffff, 4);

/** A register and what it says: "0b DTR RTS OUT2". */
export const withWords = (value: number, words: readonly string[]): string =>
  [hex2(value), ...words].join(" ");

export type NamedBit = readonly [bit: number, name: string];

/** A register with the names of the bits that are set. */
export function withBits(value: number, bits: readonly NamedBit[]): string {
  return withWords(
    value,
    bits.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name),
  );
}

/** Where the bus has a device: "ports 040-043", several ranges with commas; "" if nowhere. */
export function placeOf({ portRanges }: Bus, ...devices: readonly PortDevice[]): string {
  const mine = portRanges.filter(({ device }) => devices.includes(device));
  if (mine.length === 0) return "";
  const ranges = mine.map(({ base, count }) =>
    count === 1 ? digits(base, 3) : `${digits(base, 3)}-${digits(base + count - 1, 3)}`,
  );
  return `${mine.length === 1 && mine[0].count === 1 ? "port" : "ports"} ${ranges.join(", ")}`;
}

/** "memory fee00000-fee00fff"; "" if it is not on the bus. */
export function memoryPlaceOf({ mmioRanges }: Bus, memory: MmioDevice): string {
  const range = mmioRanges.find(({ device }) => device === memory);
  return range === undefined ? "" : `memory ${hex8(range.base)}-${hex8(range.end - 1)}`;
}
