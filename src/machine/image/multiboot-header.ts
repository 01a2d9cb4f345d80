/**
 * The header by which a kernel asks to be booted: found anywhere in the first 8 KiB of the file.
 *
 * Multiboot 0.6.96: 3.1
 */

import type { ImageFile } from "./boot-image.ts";
import { ELF64_REASON, isElf64 } from "./elf32.ts";
import { hex8, ImageError } from "./image-error.ts";
import type { HeaderAddresses } from "./multiboot-kernel.ts";

const HEADER_MAGIC = 0x1bad_b002;
const SEARCH_BYTES = 8192;
const HEADER_SIZE = 12;
const ADDRESS_HEADER_SIZE = 32;

/** Modules on page boundaries: always so here. */
const FLAG_PAGE_ALIGN = 1 << 0;
/** Memory sizes wanted: always given here. */
const FLAG_MEMORY_INFO = 1 << 1;
/** A video mode is wanted. */
const FLAG_VIDEO_MODE = 1 << 2;
/** The address fields say where to load, whatever the file format. */
const FLAG_ADDRESSES = 1 << 16;
/** Bits 0–15 must be understood; bits 16–31 may be ignored. */
const REQUIRED_FLAGS = 0xffff;
const KNOWN_REQUIRED = FLAG_PAGE_ALIGN | FLAG_MEMORY_INFO | FLAG_VIDEO_MODE;

/** The address fields, as in the file. */
export interface Multiboot1Addresses extends HeaderAddresses {
  readonly entryAddr: number;
}

export interface MultibootHeader {
  /** Where in the file the header is. */
  readonly offset: number;
  readonly wantsVideo: boolean;
  /** Null when the image's own format says where to load. */
  readonly addresses: Multiboot1Addresses | null;
}

/** Finds and reads the header, or says in one sentence why the image is not one to boot. */
export function readMultibootHeader(file: ImageFile): MultibootHeader {
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const offset = findHeader(file, view);
  const flags = view.getUint32(offset + 4, true);
  const unknown = flags & REQUIRED_FLAGS & ~KNOWN_REQUIRED;
  if (unknown !== 0) {
    throw new ImageError(
      file.name,
      `requires boot-loader features that Multiboot 1 does not define (header flags 0x${unknown.toString(16)})`,
    );
  }
  return {
    offset,
    wantsVideo: (flags & FLAG_VIDEO_MODE) !== 0,
    addresses: (flags & FLAG_ADDRESSES) !== 0 ? readAddresses(file, view, offset) : null,
  };
}

/** Whether there is a header, sound or not. */
export function isMultiboot({ bytes }: ImageFile): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { good, bad } = searchHeader(view);
  return good >= 0 || bad >= 0;
}

/** Where a header with a right checksum begins, and one with a wrong one; -1 for none. */
function searchHeader(view: DataView): { good: number; bad: number } {
  const end = Math.min(SEARCH_BYTES, view.byteLength) - HEADER_SIZE;
  let bad = -1;
  for (let offset = 0; offset <= end; offset += 4) {
    if (view.getUint32(offset, true) !== HEADER_MAGIC) continue;
    const sum = HEADER_MAGIC + view.getUint32(offset + 4, true) + view.getUint32(offset + 8, true);
    if (sum % 0x1_0000_0000 === 0) return { good: offset, bad };
    if (bad < 0) bad = offset;
  }
  return { good: -1, bad };
}

function findHeader(file: ImageFile, view: DataView): number {
  const { good, bad } = searchHeader(view);
  if (good >= 0) return good;
  if (bad >= 0) {
    throw new ImageError(file.name, `has a multiboot header at offset ${bad} with a wrong checksum`);
  }
  throw new ImageError(file.name, whyNoHeader(file));
}

function readAddresses(file: ImageFile, view: DataView, offset: number): Multiboot1Addresses {
  if (offset + ADDRESS_HEADER_SIZE > Math.min(SEARCH_BYTES, file.bytes.length)) {
    throw new ImageError(
      file.name,
      `is truncated: the multiboot header at offset ${offset} has no address fields`,
    );
  }
  return {
    headerAddr: view.getUint32(offset + 12, true),
    loadAddr: view.getUint32(offset + 16, true),
    loadEndAddr: view.getUint32(offset + 20, true),
    bssEndAddr: view.getUint32(offset + 24, true),
    entryAddr: view.getUint32(offset + 28, true),
  };
}

/** Names what the file is instead, for the mistakes people make. */
function whyNoHeader({ bytes }: ImageFile): string {
  if (bytes.length === 0) return "is empty";
  if (isElf64(bytes)) return ELF64_REASON;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "is compressed with gzip: unpack it first";
  return `is no kernel that can be loaded: it has neither a Multiboot header (${hex8(HEADER_MAGIC)}, or ${hex8(0xe852_50d6)} of version 2) nor that of a Linux bzImage`;
}
