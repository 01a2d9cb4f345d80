/**
 * The header by which a kernel asks for Multiboot 2: found anywhere in the first 32 KiB of the file, on 8 bytes, and
 * followed by tags.
 *
 * Multiboot 2.0: 3.1
 */
import type { ImageFile } from "./boot-image.ts";
import { ImageError } from "./image-error.ts";
import type { HeaderAddresses } from "./multiboot-kernel.ts";

const HEADER_MAGIC = 0xe852_50d6;
const SEARCH_BYTES = 32768;
const HEADER_SIZE = 16;
const TAG_HEADER_SIZE = 8;
const ALIGN = 8;
const ARCHITECTURE_I386 = 0;

const TAG_END = 0;
const TAG_INFORMATION_REQUEST = 1;
const TAG_ADDRESSES = 2;
const TAG_ENTRY = 3;
const TAG_CONSOLE = 4;
const TAG_FRAMEBUFFER = 5;
const TAG_MODULE_ALIGN = 6;
const TAG_EFI_BOOT_SERVICES = 7;
const TAG_ENTRY_EFI32 = 8;
const TAG_ENTRY_EFI64 = 9;
const TAG_RELOCATABLE = 10;
/** Tags that a loader without EFI may pass over, and those that ask for what is always given. */
const FULFILLED: ReadonlySet<number> = new Set([
  TAG_MODULE_ALIGN,
  TAG_ENTRY_EFI32,
  TAG_ENTRY_EFI64,
  TAG_RELOCATABLE,
]);
/** Bit 0 of a tag's flags: the loader may ignore it. */
const OPTIONAL = 1;
/** Bit 0 of the console tag: some console must be there. */
const CONSOLE_REQUIRED = 1;

export interface Multiboot2Header {
  /** Where in the file the header is. */
  readonly offset: number;
  /** Null when the image's own format says where to load. */
  readonly addresses: HeaderAddresses | null;
  /** Physical address to start at; null for the one of the image's own format. */
  readonly entry: number | null;
  /** Tag types that the kernel must be given in its information. */
  readonly required: readonly number[];
  readonly wantsFramebuffer: boolean;
}

const viewOf = ({ bytes }: ImageFile): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the header begins, or -1. */
export function findMultiboot2(file: ImageFile): number {
  const view = viewOf(file);
  const end = Math.min(SEARCH_BYTES, file.bytes.length) - HEADER_SIZE;
  for (let offset = 0; offset <= end; offset += ALIGN) {
    if (view.getUint32(offset, true) === HEADER_MAGIC) return offset;
  }
  return -1;
}

/** Reads the header at `offset`, or says in one sentence why the image cannot be booted. */
export function readMultiboot2Header(file: ImageFile, offset: number): Multiboot2Header {
  const view = viewOf(file);
  const refuse = (reason: string): never => {
    throw new ImageError(file.name, reason);
  };
  const architecture = view.getUint32(offset + 4, true);
  const length = view.getUint32(offset + 8, true);
  const sum = HEADER_MAGIC + architecture + length + view.getUint32(offset + 12, true);
  if (sum % 0x1_0000_0000 !== 0) {
    refuse(`has a Multiboot 2 header at offset ${offset} with a wrong checksum`);
  }
  if (architecture !== ARCHITECTURE_I386) {
    refuse(`is a Multiboot 2 image for architecture ${architecture}, and this is a PC (0)`);
  }
  const end = offset + length;
  if (length < HEADER_SIZE || end > Math.min(SEARCH_BYTES, file.bytes.length)) {
    refuse(`is truncated: its Multiboot 2 header of ${length} bytes at offset ${offset} does not fit`);
  }
  return readTags(file, view, offset, end);
}

function readTags(file: ImageFile, view: DataView, offset: number, end: number): Multiboot2Header {
  const refuse = (reason: string): never => {
    throw new ImageError(file.name, reason);
  };
  let addresses: HeaderAddresses | null = null;
  let entry: number | null = null;
  let wantsFramebuffer = false;
  const required: number[] = [];
  let at = offset + HEADER_SIZE;
  for (;;) {
    if (at + TAG_HEADER_SIZE > end) refuse("has a Multiboot 2 header without an end tag");
    const type = view.getUint16(at, true);
    const optional = (view.getUint16(at + 2, true) & OPTIONAL) !== 0;
    const size = view.getUint32(at + 4, true);
    if (type === TAG_END) break;
    if (size < TAG_HEADER_SIZE || at + size > end) {
      refuse(`has a Multiboot 2 header whose tag ${type} has a wrong size (${size})`);
    }
    const word = (index: number): number =>
      TAG_HEADER_SIZE + index * 4 + 4 <= size
        ? view.getUint32(at + TAG_HEADER_SIZE + index * 4, true)
        : refuse(`has a Multiboot 2 header whose tag ${type} has a wrong size (${size})`);
    if (type === TAG_ADDRESSES) {
      addresses = { headerAddr: word(0), loadAddr: word(1), loadEndAddr: word(2), bssEndAddr: word(3) };
    } else if (type === TAG_ENTRY) {
      entry = word(0);
    } else if (type === TAG_FRAMEBUFFER) {
      wantsFramebuffer = true;
    } else if (type === TAG_INFORMATION_REQUEST) {
      for (let i = 0; TAG_HEADER_SIZE + i * 4 < size && !optional; i++) required.push(word(i));
    } else if (type === TAG_CONSOLE) {
      // There is one: EGA text.
      if ((word(0) & ~(CONSOLE_REQUIRED | 2)) !== 0 && !optional)
        refuse("asks for an unknown kind of console");
    } else if (type === TAG_EFI_BOOT_SERVICES && !optional) {
      refuse("needs EFI boot services, and this PC has a BIOS");
    } else if (!FULFILLED.has(type) && !optional) {
      refuse(`requires a boot-loader feature that Multiboot 2 does not define (header tag ${type})`);
    }
    at += Math.ceil(size / ALIGN) * ALIGN;
  }
  return { offset, addresses, entry, required, wantsFramebuffer };
}
