/**
 * ELF32 executables for the i386: program headers, entry point, section headers. Every offset is checked
 * against the file before it is used, and nothing is allocated by a size that the file only claims.
 *
 * ELF: System V ABI, generic 4.1, chapters 4 and 5 (header, sections, program headers)
 */

import type { ImageFile } from "./boot-image.ts";
import { hex8, ImageError } from "./image-error.ts";

const EHDR_SIZE = 52;
const PHDR_SIZE = 32;
export const SHDR_SIZE = 40;

const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const EM_386 = 3;
const PT_LOAD = 1;
const SHT_NULL = 0;
const SHT_NOBITS = 8;

/** Offset of `sh_addr` in a section header. */
export const SH_ADDR = 12;

/** A PT_LOAD program header. `bytes` is the file's part (p_filesz), `size` the part in memory (p_memsz). */
export interface Elf32Segment {
  readonly index: number;
  readonly vaddr: number;
  readonly paddr: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** The section header table and the sections that no program header puts into memory. */
export interface Elf32Sections {
  /** The table as it is in the file. */
  readonly headers: Uint8Array;
  readonly count: number;
  /** Index of the section that holds the names (e_shstrndx). */
  readonly namesIndex: number;
  /** Sections with bytes in the file and address 0: symbols, strings, debug information. */
  readonly unplaced: readonly { readonly index: number; readonly bytes: Uint8Array }[];
}

export interface Elf32 {
  /** Physical address of the entry point. */
  readonly entry: number;
  readonly segments: readonly Elf32Segment[];
  readonly sections: Elf32Sections | null;
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** True for an ELF file of the 64-bit class, which deserves its own sentence. */
export function isElf64(bytes: Uint8Array): boolean {
  return isElf(bytes) && bytes[4] === ELFCLASS64;
}

export const ELF64_REASON =
  'is a 64-bit ELF image and this is a 32-bit machine: link it with "-m elf_i386", or convert it with "objcopy -O elf32-i386"';

/** Reads an ELF32 i386 executable, or says in one sentence why it is not one. */
export function parseElf32(file: ImageFile): Elf32 {
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  checkIdentity(file, view);
  const segments = readSegments(file, view);
  if (segments.length === 0)
    throw new ImageError(file.name, "has no segment to load (no PT_LOAD program header)");
  return {
    entry: physicalEntry(file, view.getUint32(24, true), segments),
    segments,
    sections: readSections(file, view),
  };
}

function checkIdentity(file: ImageFile, view: DataView): void {
  const refuse = (reason: string): never => {
    throw new ImageError(file.name, reason);
  };
  if (isElf64(file.bytes)) refuse(ELF64_REASON);
  if (file.bytes.length < EHDR_SIZE)
    refuse(`is truncated: its ELF header ends after ${file.bytes.length} bytes`);
  if (file.bytes[4] !== ELFCLASS32) refuse(`has the unknown ELF class ${file.bytes[4]}`);
  if (file.bytes[5] !== ELFDATA2LSB) refuse("is not a little-endian ELF image");
  const machine = view.getUint16(18, true);
  if (machine !== EM_386) refuse(`is an ELF image for machine type ${machine}, not for the i386 (${EM_386})`);
  const type = view.getUint16(16, true);
  if (type === ET_EXEC) return;
  const kind = ELF_TYPE_NAMES[type] ?? `has ELF type ${type}`;
  refuse(`${kind}, not an executable: link it with "-static -no-pie" at fixed addresses`);
}

const ELF_TYPE_NAMES: Readonly<Record<number, string>> = {
  1: "is an object file",
  3: "is a shared object or position-independent",
  4: "is a core dump",
};

function readSegments(file: ImageFile, view: DataView): Elf32Segment[] {
  const offset = view.getUint32(28, true);
  const entrySize = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  const segments: Elf32Segment[] = [];
  if (count === 0) return segments;
  if (entrySize !== PHDR_SIZE)
    throw new ImageError(file.name, `has program headers of ${entrySize} bytes, not ${PHDR_SIZE}`);
  checkInFile(file, "the program header table", offset, count * PHDR_SIZE);
  for (let index = 0; index < count; index++) {
    const at = offset + index * PHDR_SIZE;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const fileOffset = view.getUint32(at + 4, true);
    const fileSize = view.getUint32(at + 16, true);
    const size = view.getUint32(at + 20, true);
    if (size === 0 && fileSize === 0) continue;
    if (fileSize > size) {
      throw new ImageError(
        file.name,
        `segment ${index} has ${fileSize} bytes in the file but only ${size} in memory`,
      );
    }
    checkInFile(file, `segment ${index}`, fileOffset, fileSize);
    segments.push({
      index,
      vaddr: view.getUint32(at + 8, true),
      paddr: view.getUint32(at + 12, true),
      bytes: file.bytes.subarray(fileOffset, fileOffset + fileSize),
      size,
    });
  }
  return segments;
}

/**
 * e_entry is a virtual address and paging is off, so it is moved by the segment that holds it, as GRUB and QEMU
 * do. Linker scripts that set the entry to a physical address are common: that is taken when no segment's virtual
 * range holds the entry (QEMU's rule; GRUB 2 refuses those).
 */
function physicalEntry(file: ImageFile, entry: number, segments: readonly Elf32Segment[]): number {
  const byVaddr = segments.find((s) => entry >= s.vaddr && entry - s.vaddr < s.size);
  if (byVaddr !== undefined) return byVaddr.paddr + (entry - byVaddr.vaddr);
  const byPaddr = segments.find((s) => entry >= s.paddr && entry - s.paddr < s.size);
  if (byPaddr !== undefined) return entry;
  throw new ImageError(file.name, `has its entry point at ${hex8(entry)}, which is in none of its segments`);
}

/** Null when the file has no section headers: stripped images boot as well. */
function readSections(file: ImageFile, view: DataView): Elf32Sections | null {
  const offset = view.getUint32(32, true);
  const entrySize = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  if (offset === 0 || count === 0) return null;
  if (entrySize !== SHDR_SIZE)
    throw new ImageError(file.name, `has section headers of ${entrySize} bytes, not ${SHDR_SIZE}`);
  checkInFile(file, "the section header table", offset, count * SHDR_SIZE);
  const unplaced: { index: number; bytes: Uint8Array }[] = [];
  for (let index = 0; index < count; index++) {
    const at = offset + index * SHDR_SIZE;
    const type = view.getUint32(at + 4, true);
    const address = view.getUint32(at + SH_ADDR, true);
    const size = view.getUint32(at + 20, true);
    if (type === SHT_NULL || type === SHT_NOBITS || address !== 0 || size === 0) continue;
    const fileOffset = view.getUint32(at + 16, true);
    checkInFile(file, `section ${index}`, fileOffset, size);
    unplaced.push({ index, bytes: file.bytes.subarray(fileOffset, fileOffset + size) });
  }
  return {
    headers: file.bytes.subarray(offset, offset + count * SHDR_SIZE),
    count,
    namesIndex: view.getUint16(50, true),
    unplaced,
  };
}

function checkInFile(file: ImageFile, what: string, offset: number, size: number): void {
  const have = file.bytes.length;
  if (offset + size <= have) return;
  throw new ImageError(
    file.name,
    `is truncated: ${what} ends at byte ${offset + size} but the file has ${have} bytes`,
  );
}
