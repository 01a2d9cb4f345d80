/**
 * What diskettes there are: how a flat image lies on tracks, at which data rate, and which drive takes it.
 *
 * Datasheet: ECMA-66, ECMA-78, ECMA-99, ECMA-100, ECMA-125, ECMA-147 (the layouts); Intel 82077AA, order 290166, "Data rates".
 */
import type { Disk } from "../disk.ts";

/** The data rate select bits of DSR and CCR. */
export const RATE_500K = 0;
export const RATE_300K = 1;
export const RATE_250K = 2;
export const RATE_1M = 3;

export interface FloppyFormat {
  readonly name: string;
  readonly inches: 5.25 | 3.5;
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
  /** In a drive that was made for it. */
  readonly rate: number;
}

const format = (
  name: string,
  inches: 5.25 | 3.5,
  [cylinders, heads, sectorsPerTrack]: readonly [number, number, number],
  rate: number,
): FloppyFormat => ({ name, inches, cylinders, heads, sectorsPerTrack, rate });

export const FORMATS: readonly FloppyFormat[] = [
  format("160K", 5.25, [40, 1, 8], RATE_250K),
  format("180K", 5.25, [40, 1, 9], RATE_250K),
  format("320K", 5.25, [40, 2, 8], RATE_250K),
  format("360K", 5.25, [40, 2, 9], RATE_250K),
  format("720K", 3.5, [80, 2, 9], RATE_250K),
  format("1.2M", 5.25, [80, 2, 15], RATE_500K),
  format("1.44M", 3.5, [80, 2, 18], RATE_500K),
  format("1.68M", 3.5, [80, 2, 21], RATE_500K),
  format("2.88M", 3.5, [80, 2, 36], RATE_1M),
];

export type DriveKind = "360K" | "720K" | "1.2M" | "1.44M" | "2.88M";

interface KindFacts {
  /** What the CMOS says of the drive. */
  readonly cmosType: number;
  readonly cylinders: number;
  /** The names of the formats that it reads. Its own is the drive's name. */
  readonly formats: readonly string[];
}

const LOW_5_25 = ["160K", "180K", "320K", "360K"];

export const DRIVE_KINDS: Readonly<Record<DriveKind, KindFacts>> = {
  "360K": { cmosType: 1, cylinders: 40, formats: LOW_5_25 },
  "1.2M": { cmosType: 2, cylinders: 80, formats: [...LOW_5_25, "1.2M"] },
  "720K": { cmosType: 3, cylinders: 80, formats: ["720K"] },
  "1.44M": { cmosType: 4, cylinders: 80, formats: ["720K", "1.44M", "1.68M"] },
  "2.88M": { cmosType: 5, cylinders: 80, formats: ["720K", "1.44M", "1.68M", "2.88M"] },
};

export const sectorsOf = ({ cylinders, heads, sectorsPerTrack }: FloppyFormat): number =>
  cylinders * heads * sectorsPerTrack;

/**
 * How an image of so many sectors lies on a diskette in a drive, or null if it cannot. One that has no diskette's size, but fits
 * on the drive's own, is the beginning of one of those.
 */
export function formatFor(kind: DriveKind, sectors: number): FloppyFormat | null {
  const exact = FORMATS.find((each) => sectorsOf(each) === sectors);
  if (exact !== undefined) return DRIVE_KINDS[kind].formats.includes(exact.name) ? exact : null;
  const own = FORMATS.find(({ name }) => name === kind) as FloppyFormat;
  return sectors > 0 && sectors < sectorsOf(own) ? own : null;
}

/** The drive that was made for an image of so many sectors; null if no diskette holds as many. */
export function driveKindFor(sectors: number): DriveKind | null {
  const kinds = Object.keys(DRIVE_KINDS) as DriveKind[];
  const exact = FORMATS.find((each) => sectorsOf(each) === sectors);
  const made = kinds.find((kind) => exact !== undefined && DRIVE_KINDS[kind].formats.includes(exact.name));
  if (made !== undefined) return made;
  if (formatFor("1.44M", sectors) !== null) return "1.44M";
  return formatFor("2.88M", sectors) !== null ? "2.88M" : null;
}

/** A drive of 360 revolutions a minute reads what was written at 300 at six fifths of the rate. */
export const rateIn = (kind: DriveKind, { rate }: FloppyFormat): number =>
  kind === "1.2M" && rate === RATE_250K ? RATE_300K : rate;

/** Why a disk does not go into a drive, in words; null if it does. */
export function misfit(kind: DriveKind, disk: Disk): string | null {
  if (formatFor(kind, disk.sectors) !== null) return null;
  const sizes = DRIVE_KINDS[kind].formats.join(", ");
  return `${disk.name} has ${disk.sectors} sectors; a drive of ${kind} takes ${sizes}`;
}
