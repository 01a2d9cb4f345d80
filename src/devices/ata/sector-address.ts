/**
 * Where a command means: three ways to write the address of a sector.
 *
 *     CHS     LBA_HIGH:LBA_MID cylinder, DEVICE 3:0 head, LBA_LOW sector from 1    by INITIALIZE PARAMETERS' geometry
 *     LBA28   DEVICE 3:0, LBA_HIGH, LBA_MID, LBA_LOW                               bit 6 of DEVICE is set
 *     LBA48   the older and the newer values of LBA_HIGH, LBA_MID, LBA_LOW         the EXT commands
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 6.2.1 "Addressing", annex B "Command set summary"; ATA-3 for CHS.
 */
import { DEVICE_ADDRESS, DEVICE_LBA } from "./registers.ts";
import type { TaskFile } from "./task-file.ts";

export const MAX_LBA28 = 0x0fff_ffff;
const DEFAULT_HEADS = 16;
const DEFAULT_SECTORS = 63;
/** The largest geometry of 16 heads and 63 sectors that the standard allows. */
const MAX_CYLINDERS = 16_383;
const MAX_CHS_SECTORS = MAX_CYLINDERS * DEFAULT_HEADS * DEFAULT_SECTORS;

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** The geometry that a drive of so many sectors wakes up with. */
export function defaultGeometry(total: number): Geometry {
  return geometryOf(total, DEFAULT_HEADS, DEFAULT_SECTORS);
}

/** As many cylinders as there are; at least one, whose last sectors may be missing. */
export function geometryOf(total: number, heads: number, sectors: number): Geometry {
  const cylinders = Math.floor(Math.min(total, MAX_CHS_SECTORS) / (heads * sectors));
  return { heads, sectors, cylinders: Math.max(1, Math.min(cylinders, 0xffff)) };
}

/** The sector that the registers name; -1 if the geometry has no such place. */
export function sectorOf(tf: TaskFile, ext: boolean, geometry: Geometry): number {
  if (ext) return tf.address48;
  if ((tf.device & DEVICE_LBA) !== 0) return tf.address28;
  const cylinder = ((tf.lbaHigh & 0xff) << 8) | (tf.lbaMid & 0xff);
  const head = tf.device & DEVICE_ADDRESS;
  const sector = tf.lbaLow & 0xff;
  const { cylinders, heads, sectors } = geometry;
  if (cylinder >= cylinders || head >= heads || sector === 0 || sector > sectors) return -1;
  return (cylinder * heads + head) * sectors + sector - 1;
}

/** Writes a sector's address as the command did that is being answered. */
export function setSector(tf: TaskFile, ext: boolean, geometry: Geometry, lba: number): void {
  if (ext) {
    tf.address48 = lba;
  } else if ((tf.device & DEVICE_LBA) !== 0) {
    tf.address28 = lba;
  } else {
    const { heads, sectors } = geometry;
    const track = Math.floor(lba / sectors);
    const cylinder = Math.floor(track / heads);
    tf.lbaLow = (lba % sectors) + 1;
    tf.lbaMid = cylinder & 0xff;
    tf.lbaHigh = (cylinder >> 8) & 0xff;
    tf.device = (tf.device & ~DEVICE_ADDRESS) | (track % heads);
  }
}
