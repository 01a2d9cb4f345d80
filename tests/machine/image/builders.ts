/** Small images, built byte by byte, with every field open to spoiling. */

const HEADER_MAGIC = 0x1bad_b002;

export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return bytes;
}

/** A multiboot header; `rest` are the address fields. */
export function header(flags: number, ...rest: number[]): Uint8Array {
  return words(HEADER_MAGIC, flags, -(HEADER_MAGIC + flags) >>> 0, ...rest);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export interface SegmentSpec {
  paddr: number;
  /** Default: the same as `paddr`. */
  vaddr?: number;
  bytes: Uint8Array;
  /** p_memsz; default: the length of `bytes`. */
  memSize?: number;
  /** p_type; default PT_LOAD. */
  type?: number;
}

export interface SectionSpec {
  type: number;
  address: number;
  bytes: Uint8Array;
}

export interface ElfSpec {
  entry?: number;
  /** Multiboot header flags, or null for none. It comes right after the program headers. */
  flags?: number | null;
  segments?: SegmentSpec[];
  sections?: SectionSpec[];
}

const CODE = new Uint8Array([0xf4, 0xeb, 0xfd]);

/** ELF header, program headers, multiboot header, contents of segments and sections, section headers. */
export function buildElf(spec: ElfSpec = {}): Uint8Array {
  const segments = spec.segments ?? [{ paddr: 0x10_0000, bytes: CODE, memSize: 0x2000 }];
  const sections = spec.sections ?? [];
  const flags = spec.flags === undefined ? 3 : spec.flags;
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let end = 52 + segments.length * 32;
  const append = (bytes: Uint8Array) => {
    const at = end;
    parts.push({ at, bytes });
    end = Math.ceil((at + bytes.length) / 4) * 4;
    return at;
  };
  if (flags !== null) append(header(flags));
  const segmentOffsets = segments.map((s) => append(s.bytes));
  const sectionOffsets = sections.map((s) => append(s.bytes));
  const shoff = sections.length === 0 ? 0 : end;

  const file = new Uint8Array(end + sections.length * 40);
  for (const { at, bytes } of parts) file.set(bytes, at);
  const view = viewOf(file);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  file.set(words(1, spec.entry ?? segments[0]?.vaddr ?? segments[0]?.paddr ?? 0, 52, shoff, 0), 20);
  for (const [i, half] of [52, 32, segments.length, 40, sections.length, 0].entries()) {
    view.setUint16(40 + i * 2, half, true);
  }
  for (const [i, s] of segments.entries()) {
    const { paddr, vaddr = paddr, bytes, memSize = bytes.length, type = 1 } = s;
    file.set(words(type, segmentOffsets[i]!, vaddr, paddr, bytes.length, memSize, 7, 4), 52 + i * 32);
  }
  for (const [i, s] of sections.entries()) {
    file.set(words(0, s.type, 0, s.address, sectionOffsets[i]!, s.bytes.length, 0, 0, 4, 0), shoff + i * 40);
  }
  return file;
}

export interface FlatSpec {
  /** Bytes before the header in the file. */
  headerOffset?: number;
  headerAddr?: number;
  loadAddr?: number;
  loadEndAddr?: number;
  bssEndAddr?: number;
  entryAddr?: number;
  fileSize?: number;
}

/** An image that is loaded by its header's address fields. By default all of it, at 1 MiB. */
export function buildFlat(spec: FlatSpec = {}): Uint8Array {
  const { headerOffset = 16, loadAddr = 0x10_0000, fileSize = 256 } = spec;
  const {
    headerAddr = loadAddr + headerOffset,
    loadEndAddr = 0,
    bssEndAddr = 0,
    entryAddr = loadAddr,
  } = spec;
  const file = new Uint8Array(fileSize);
  for (let i = 0; i < file.length; i++) file[i] = i & 0x7f;
  file.set(header(0x1_0003, headerAddr, loadAddr, loadEndAddr, bssEndAddr, entryAddr), headerOffset);
  return file;
}
