/**
 * What the BIOS leaves in the first pages for programs that never call it: where the ports are, how much memory there is.
 *
 * Datasheet: IBM PC/AT Technical Reference, "ROM BIOS data areas".
 */
import type { BootSegment } from "../image/boot-image.ts";
import { EBDA_START, MEM_LOWER_KIB } from "../image/memory-map.ts";

const BDA = 0x400;
const BDA_BYTES = 0x100;
/** Offsets in the BIOS data area. */
const COM_PORTS = 0x00;
const EBDA_SEGMENT = 0x0e;
const EQUIPMENT = 0x10;
const MEMORY_KIB = 0x13;
const VIDEO_MODE = 0x49;
const VIDEO_COLUMNS = 0x4a;
const VIDEO_PAGE_BYTES = 0x4c;
const CRTC_PORT = 0x63;
const DISK_COUNT = 0x75;
const LAST_ROW = 0x84;
const CHARACTER_HEIGHT = 0x85;

export interface LowMemory {
  readonly comPorts: readonly number[];
  readonly disks: number;
  readonly floppies: number;
}

/** Bits of the equipment word: there are floppy drives, and how many more than one. */
export function floppyEquipment(floppies: number): number {
  return floppies === 0 ? 0 : 1 | ((floppies - 1) << 6);
}

/** The BIOS data area, and the size of the extended one. */
export function lowMemory({ comPorts, disks, floppies }: LowMemory): BootSegment[] {
  const bytes = new Uint8Array(BDA_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, port] of comPorts.entries()) view.setUint16(COM_PORTS + index * 2, port, true);
  view.setUint16(EBDA_SEGMENT, EBDA_START >>> 4, true);
  // A coprocessor, a mouse, a colour display of 80 columns, the serial ports.
  view.setUint16(EQUIPMENT, 0x0026 | (comPorts.length << 9) | floppyEquipment(floppies), true);
  view.setUint16(MEMORY_KIB, MEM_LOWER_KIB, true);
  bytes[VIDEO_MODE] = 3;
  view.setUint16(VIDEO_COLUMNS, 80, true);
  view.setUint16(VIDEO_PAGE_BYTES, 0x1000, true);
  view.setUint16(CRTC_PORT, 0x3d4, true);
  bytes[DISK_COUNT] = disks;
  bytes[LAST_ROW] = 24;
  bytes[CHARACTER_HEIGHT] = 16;
  return [
    { name: "BIOS data area", gpa: BDA, bytes, size: bytes.length },
    { name: "extended BIOS data area", gpa: EBDA_START, bytes: Uint8Array.of(1), size: 1 },
  ];
}
