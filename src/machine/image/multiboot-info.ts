/**
 * The information structure a kernel finds at EBX, with everything it points to in one block:
 *
 *     structure | memory map | module list | strings (boot-loader name, command lines)
 *
 * Multiboot 0.6.96: 3.3
 */

import { MEM_LOWER_KIB, memoryMap, memUpperKib } from "./memory-map.ts";

const INFO_SIZE = 120;
const MMAP_ENTRY_SIZE = 24;
const MODULE_ENTRY_SIZE = 16;

/** Which fields of the structure are valid. */
export const INFO_MEMORY = 1 << 0;
export const INFO_CMDLINE = 1 << 2;
export const INFO_MODS = 1 << 3;
export const INFO_ELF_SHDR = 1 << 5;
export const INFO_MEM_MAP = 1 << 6;
export const INFO_BOOT_LOADER_NAME = 1 << 9;

/** A module that has its place: `end` is the first byte after it. */
export interface PlacedModule {
  readonly start: number;
  readonly end: number;
  readonly commandLine: string;
}

/** The section header table that has its place. */
export interface PlacedSections {
  readonly gpa: number;
  readonly count: number;
  readonly entrySize: number;
  readonly namesIndex: number;
}

export interface MultibootInfo {
  readonly memBytes: number;
  readonly commandLine: string;
  readonly bootLoaderName: string;
  readonly modules: readonly PlacedModule[];
  readonly sections: PlacedSections | null;
}

/** The block for an information structure at `gpa`. Its length does not depend on `gpa`. */
export function encodeMultibootInfo(info: MultibootInfo, gpa: number): Uint8Array {
  const map = memoryMap(info.memBytes);
  const mapAt = INFO_SIZE;
  const modulesAt = mapAt + map.length * MMAP_ENTRY_SIZE;
  const stringsAt = modulesAt + info.modules.length * MODULE_ENTRY_SIZE;
  const strings = new StringTable(stringsAt);
  const bootLoaderName = strings.add(info.bootLoaderName);
  const commandLine = strings.add(info.commandLine);
  const moduleLines = info.modules.map((module) => strings.add(module.commandLine));

  const bytes = new Uint8Array(strings.end);
  strings.copyTo(bytes);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, ...values: number[]) => {
    for (const [i, value] of values.entries()) view.setUint32(offset + i * 4, value, true);
  };

  let flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODS | INFO_MEM_MAP | INFO_BOOT_LOADER_NAME;
  put(4, MEM_LOWER_KIB, memUpperKib(info.memBytes));
  put(16, gpa + commandLine, info.modules.length, gpa + modulesAt);
  if (info.sections !== null) {
    flags |= INFO_ELF_SHDR;
    put(28, info.sections.count, info.sections.entrySize, info.sections.gpa, info.sections.namesIndex);
  }
  put(44, map.length * MMAP_ENTRY_SIZE, gpa + mapAt);
  put(64, gpa + bootLoaderName);
  put(0, flags);

  for (const [i, range] of map.entries()) {
    // `size` does not count itself; the upper halves of address and length are zero below 4 GiB.
    put(mapAt + i * MMAP_ENTRY_SIZE, MMAP_ENTRY_SIZE - 4, range.gpa, 0, range.size, 0, range.type);
  }
  for (const [i, module] of info.modules.entries()) {
    put(modulesAt + i * MODULE_ENTRY_SIZE, module.start, module.end, gpa + (moduleLines[i] as number), 0);
  }
  return bytes;
}

/** Zero-terminated UTF-8 strings, one after the other. */
class StringTable {
  end: number;
  readonly #start: number;
  readonly #parts: Uint8Array[] = [];

  constructor(start: number) {
    this.#start = start;
    this.end = start;
  }

  /** Returns the string's offset in the block. */
  add(text: string): number {
    const part = new TextEncoder().encode(`${text}\0`);
    const offset = this.end;
    this.#parts.push(part);
    this.end += part.length;
    return offset;
  }

  copyTo(bytes: Uint8Array): void {
    let offset = this.#start;
    for (const part of this.#parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
  }
}
