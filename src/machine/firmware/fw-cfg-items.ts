/**
 * What goes into items of the configuration device: the memory map, and the parts of a kernel that was loaded.
 *
 * QEMU: docs/specs/fw_cfg.rst.
 */
import {
  FW_CFG_COMMAND_LINE_ADDRESS,
  FW_CFG_COMMAND_LINE_DATA,
  FW_CFG_COMMAND_LINE_SIZE,
  FW_CFG_INITRD_ADDRESS,
  FW_CFG_INITRD_DATA,
  FW_CFG_INITRD_SIZE,
  FW_CFG_KERNEL_ADDRESS,
  FW_CFG_KERNEL_DATA,
  FW_CFG_KERNEL_SIZE,
  FW_CFG_SETUP_ADDRESS,
  FW_CFG_SETUP_DATA,
  FW_CFG_SETUP_SIZE,
} from "../../devices/fw-cfg.ts";
import type { KernelParts, PlacedBytes } from "../image/boot-image.ts";
import type { MemoryRange } from "../image/memory-map.ts";

export const E820_FILE = "etc/e820";
const E820_ENTRY_BYTES = 20;

/** Start and length of 64 bits, type of 32. Firmware wants RAM alone, from 0 on without holes, and adds the rest. */
export function e820File(ranges: readonly MemoryRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * E820_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { gpa, size, type }] of ranges.entries()) {
    const at = index * E820_ENTRY_BYTES;
    view.setUint32(at, gpa % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(gpa / 2 ** 32), true);
    view.setUint32(at + 8, size % 2 ** 32, true);
    view.setUint32(at + 12, Math.floor(size / 2 ** 32), true);
    view.setUint32(at + 16, type, true);
  }
  return bytes;
}

const NOTHING: PlacedBytes = { gpa: 0, bytes: new Uint8Array(0) };

function dword(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** For each part where it goes, how long it is, and what it is, by number of item. */
export function kernelItems({ setup, kernel, commandLine, initrd }: KernelParts): [number, Uint8Array][] {
  const part = (
    address: number,
    size: number,
    data: number,
    { gpa, bytes }: PlacedBytes,
  ): [number, Uint8Array][] => [
    [address, dword(gpa)],
    [size, dword(bytes.length)],
    [data, bytes],
  ];
  return [
    ...part(FW_CFG_KERNEL_ADDRESS, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, kernel),
    ...part(FW_CFG_INITRD_ADDRESS, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, initrd ?? NOTHING),
    ...part(FW_CFG_COMMAND_LINE_ADDRESS, FW_CFG_COMMAND_LINE_SIZE, FW_CFG_COMMAND_LINE_DATA, commandLine),
    ...part(FW_CFG_SETUP_ADDRESS, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA, setup ?? NOTHING),
  ];
}
