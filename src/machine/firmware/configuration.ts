/**
 * What the configuration device tells: of the board, from power-on on, and of the kernel that was loaded. Firmware that was
 * made for emulated boards reads it, and so do test kernels.
 *
 * QEMU: docs/specs/fw_cfg.rst.
 */
import {
  FW_CFG_CPUS,
  FW_CFG_IRQ0_OVERRIDE,
  FW_CFG_MAX_CPUS,
  FW_CFG_RAM_SIZE,
  type FwCfg,
} from "../../devices/fw-cfg.ts";
import type { KernelParts } from "../image/boot-image.ts";
import { MMAP_AVAILABLE } from "../image/memory-map.ts";
import { acpiTables } from "./acpi-tables.ts";
import { E820_FILE, e820File, kernelItems } from "./fw-cfg-items.ts";
import { littleEndian } from "./little-endian.ts";
import { tableLoaderFiles } from "./table-loader.ts";

export function describeBoard(fwCfg: FwCfg, ramBytes: number, hasApic: boolean): void {
  fwCfg.add(FW_CFG_RAM_SIZE, bytesOf(ramBytes, 8));
  fwCfg.add(FW_CFG_CPUS, bytesOf(1, 2));
  fwCfg.add(FW_CFG_MAX_CPUS, bytesOf(1, 2));
  fwCfg.add(FW_CFG_IRQ0_OVERRIDE, bytesOf(hasApic ? 1 : 0, 4));
  fwCfg.addFile(E820_FILE, e820File([{ gpa: 0, size: ramBytes, type: MMAP_AVAILABLE }]));
  const tables = acpiTables(ramBytes, hasApic);
  for (const { name, bytes } of tableLoaderFiles(tables)) fwCfg.addFile(name, bytes);
}

export function offerKernel(fwCfg: FwCfg, parts: KernelParts): void {
  for (const [key, bytes] of kernelItems(parts)) fwCfg.add(key, bytes);
}

const bytesOf = (value: number, width: number): Uint8Array => Uint8Array.from(littleEndian(value, width));
