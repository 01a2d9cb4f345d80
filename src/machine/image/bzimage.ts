/**
 * The boot loader for Linux: from a bzImage, an initial RAM disk and a command line to a `BootImage` that starts at the
 * kernel's 32-bit entry point, as other loaders without a BIOS do. The 16-bit setup code, which would ask the BIOS, does
 * not run: what it finds out is in the boot parameters already.
 *
 *     00010000  boot parameters ("zero page"), then the GDT
 *     00020000  command line
 *     00100000  the protected-mode kernel
 *     below the end of RAM or initrd_addr_max  the initial RAM disk
 *
 * Linux: Documentation/arch/x86/boot.rst, zero-page.rst.
 */
import {
  type BootImage,
  type BootSegment,
  CLEAR_EFLAGS,
  flatCode,
  flatData,
  type ImageFile,
  PROTECTED_CR0,
} from "./boot-image.ts";
import { hex8, ImageError, mib } from "./image-error.ts";
import { memoryMap } from "./memory-map.ts";

const BOOT_PARAMS_GPA = 0x1_0000;
const GDT_GPA = 0x1_1000;
const COMMAND_LINE_GPA = 0x2_0000;
const KERNEL_GPA = 0x10_0000;

// Fields of the setup header, at the same offsets in the file and in the boot parameters.
const SETUP_SECTS = 0x1f1;
const VID_MODE = 0x1fa;
const BOOT_FLAG = 0x1fe;
/** Where the jump over the header leads is where the header ends. */
const JUMP = 0x200;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE = 0x234;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;

// Fields of the boot parameters only.
const SCREEN_INFO = 0x000;
const ACPI_RSDP_ADDR = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_ENTRY_BYTES = 20;
const BOOT_PARAMS_BYTES = 4096;

const MAGIC = 0x5372_6448;
/** Where cmdline_size, and with it the 32-bit boot protocol, came in. */
const OLDEST_VERSION = 0x0206;
/** Since when the header says how much memory the kernel needs before it can read the memory map. */
const VERSION_INIT_SIZE = 0x020a;
const LOADED_HIGH = 0x01;
/** The kernel itself runs in 64-bit mode. */
const XLF_KERNEL_64 = 0x01;
const NORMAL_VIDEO_MODE = 0xffff;
const UNKNOWN_LOADER = 0xff;
const PAGE = 4096;
const SETUP_SECTORS_DEFAULT = 4;
const SECTOR = 512;

/** __BOOT_CS and __BOOT_DS. */
const BOOT_CS = 0x10;
const BOOT_DS = 0x18;
/** Null, unused, code, data: flat, 32 bits. */
const GDT = [0, 0, 0, 0, 0x0000_ffff, 0x00cf_9b00, 0x0000_ffff, 0x00cf_9300];

export interface BzImageOptions {
  /** RAM is [0, 0xa0000) and [0x100000, memBytes). */
  readonly memBytes: number;
  readonly commandLine: string;
  readonly initrd: ImageFile | null;
  /** Where the ACPI root pointer will lie; 0 if there is none. */
  readonly rsdpGpa: number;
}

/** Whether this is a Linux kernel in the form that boot loaders take. */
export function isBzImage(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length >= VERSION + 2 && view.getUint32(HEADER_MAGIC, true) === MAGIC;
}

interface Header {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly version: number;
}

/** Lays out a kernel in guest RAM. Throws `ImageError` and nothing else. */
export function loadBzImage(file: ImageFile, options: BzImageOptions): BootImage {
  const header = readHeader(file);
  const kernel = protectedModePart(file, header);
  const end = checkMemory(file, header, kernel.length, options.memBytes);
  const { initrd } = options;
  const initrdGpa = initrd === null ? 0 : placeInitrd(header, initrd, end, options.memBytes);
  const parameters = bootParameters(header, options, initrdGpa);
  const line = commandLine(file, header, options.commandLine);
  const segments: BootSegment[] = [
    segment("the kernel", KERNEL_GPA, kernel),
    ...(initrd === null ? [] : [segment(`initrd ${initrd.name}`, initrdGpa, initrd.bytes)]),
    segment("boot parameters", BOOT_PARAMS_GPA, parameters),
    segment("boot GDT", GDT_GPA, new Uint8Array(Uint32Array.from(GDT).buffer)),
    segment("command line", COMMAND_LINE_GPA, line),
  ];
  return {
    entry: KERNEL_GPA,
    segments,
    registers: { eax: 0, ebx: 0, esi: BOOT_PARAMS_GPA },
    start: {
      cr0: PROTECTED_CR0,
      eflags: CLEAR_EFLAGS,
      cs: flatCode(BOOT_CS),
      data: flatData(BOOT_DS),
      gdtr: { base: GDT_GPA, limit: GDT.length * 4 - 1 },
    },
    parts: {
      kernel: { gpa: KERNEL_GPA, bytes: kernel },
      commandLine: { gpa: COMMAND_LINE_GPA, bytes: line },
      initrd: initrd === null ? null : { gpa: initrdGpa, bytes: initrd.bytes },
      setup: { gpa: BOOT_PARAMS_GPA, bytes: setupPart(header, parameters) },
    },
    warnings: [],
  };
}

function segment(name: string, gpa: number, bytes: Uint8Array): BootSegment {
  return { name, gpa, bytes, size: bytes.length };
}

function readHeader(file: ImageFile): Header {
  const { bytes, name } = file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint16(VERSION, true);
  if (version < OLDEST_VERSION) {
    throw new ImageError(
      name,
      `is a Linux kernel of boot protocol ${version >>> 8}.${String(version & 0xff).padStart(2, "0")}, older than 2.06 (Linux 2.6.22): boot it from a disk image with --bios`,
    );
  }
  if (bytes.length < INIT_SIZE + 4) {
    throw new ImageError(name, `is truncated: its setup header ends at byte ${INIT_SIZE + 4}`);
  }
  if (view.getUint16(BOOT_FLAG, true) !== 0xaa55) {
    throw new ImageError(name, "has the magic number of a Linux kernel but no boot signature: it is damaged");
  }
  if ((bytes[LOADFLAGS] & LOADED_HIGH) === 0) {
    throw new ImageError(name, "is a zImage, which loads below 1 MiB: build the kernel as a bzImage");
  }
  if ((view.getUint16(XLOADFLAGS, true) & XLF_KERNEL_64) !== 0) {
    throw new ImageError(name, "is a 64-bit kernel and this is a 32-bit PC: take one for i386 (686)");
  }
  return { bytes, view, version };
}

/** Where in the file the setup code ends and the protected-mode kernel begins. */
function setupEnd({ bytes }: Header): number {
  const sectors = bytes[SETUP_SECTS] === 0 ? SETUP_SECTORS_DEFAULT : bytes[SETUP_SECTS];
  return (sectors + 1) * SECTOR;
}

/** The setup code with the header as the kernel finds it in the boot parameters. */
function setupPart(header: Header, parameters: Uint8Array): Uint8Array {
  const bytes = header.bytes.slice(0, setupEnd(header));
  bytes.set(parameters.subarray(SETUP_SECTS, headerEnd(header)), SETUP_SECTS);
  return bytes;
}

function protectedModePart({ name }: ImageFile, header: Header): Uint8Array {
  const { bytes } = header;
  const start = setupEnd(header);
  if (start >= bytes.length) {
    throw new ImageError(
      name,
      `is truncated: its kernel begins at byte ${start} but the file has ${bytes.length} bytes`,
    );
  }
  return bytes.subarray(start);
}

/** Where the memory ends that the kernel takes before it has read the memory map. */
function checkMemory(
  { name }: ImageFile,
  { view, version }: Header,
  length: number,
  memBytes: number,
): number {
  let end = KERNEL_GPA + length;
  if (version >= VERSION_INIT_SIZE) {
    const preferred = view.getUint32(PREF_ADDRESS, true);
    const alignment = Math.max(view.getUint32(KERNEL_ALIGNMENT, true), 1);
    // A relocatable kernel stays where it was loaded if that is above the address it prefers.
    const relocated = view.getUint8(RELOCATABLE) === 0 ? preferred : Math.max(preferred, KERNEL_GPA);
    end = Math.max(end, Math.ceil(relocated / alignment) * alignment + view.getUint32(INIT_SIZE, true));
  }
  if (end <= memBytes) return end;
  throw new ImageError(
    name,
    `needs RAM up to ${hex8(end)} to unpack itself, the machine has ${mib(memBytes)}: give it at least ${mib(end)} with --mem`,
  );
}

/** As high as kernel and memory allow, on a page boundary. */
function placeInitrd({ view }: Header, initrd: ImageFile, kernelEnd: number, memBytes: number): number {
  const limit = Math.min(memBytes, view.getUint32(INITRD_ADDR_MAX, true) + 1);
  const gpa = Math.floor((limit - initrd.bytes.length) / PAGE) * PAGE;
  if (gpa >= kernelEnd) return gpa;
  throw new ImageError(
    initrd.name,
    `this initial RAM disk of ${initrd.bytes.length} bytes does not fit above the kernel, which takes RAM up to ${hex8(kernelEnd)}, the machine has ${mib(memBytes)}: give it more with --mem`,
  );
}

function commandLine({ name }: ImageFile, { view }: Header, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const most = view.getUint32(CMDLINE_SIZE, true);
  if (bytes.length - 1 <= most) return bytes;
  throw new ImageError(
    name,
    `takes a command line of ${most} bytes at most, and --append has ${bytes.length - 1}`,
  );
}

const headerEnd = ({ bytes }: Header): number =>
  Math.min(HEADER_MAGIC + bytes[JUMP + 1], E820_TABLE, bytes.length);

function bootParameters(header: Header, options: BzImageOptions, initrdGpa: number): Uint8Array {
  const { bytes, view } = header;
  const page = new Uint8Array(BOOT_PARAMS_BYTES);
  const out = new DataView(page.buffer);
  page.set(bytes.subarray(SETUP_SECTS, headerEnd(header)), SETUP_SECTS);
  out.setUint16(VID_MODE, NORMAL_VIDEO_MODE, true);
  page[TYPE_OF_LOADER] = UNKNOWN_LOADER;
  page[LOADFLAGS] = view.getUint8(LOADFLAGS);
  out.setUint32(RAMDISK_IMAGE, initrdGpa, true);
  out.setUint32(RAMDISK_SIZE, options.initrd?.bytes.length ?? 0, true);
  out.setUint32(CMD_LINE_PTR, COMMAND_LINE_GPA, true);
  out.setUint32(ACPI_RSDP_ADDR, options.rsdpGpa, true);
  textScreen(out);
  const map = memoryMap(options.memBytes);
  out.setUint32(ALT_MEM_K, (options.memBytes - KERNEL_GPA) / 1024, true);
  page[E820_ENTRIES] = map.length;
  for (const [index, { gpa, size, type }] of map.entries()) {
    const at = E820_TABLE + index * E820_ENTRY_BYTES;
    out.setUint32(at, gpa, true);
    out.setUint32(at + 8, size, true);
    out.setUint32(at + 16, type, true);
  }
  return page;
}

/** What the setup code reads from the BIOS about the display: a VGA in mode 3. Linux: struct screen_info. */
function textScreen(out: DataView): void {
  out.setUint8(SCREEN_INFO + 0x06, 3);
  out.setUint8(SCREEN_INFO + 0x07, 80);
  // No EGA switches: a colour display with 256 KiB.
  out.setUint16(SCREEN_INFO + 0x0a, 0x0003, true);
  out.setUint8(SCREEN_INFO + 0x0e, 25);
  out.setUint8(SCREEN_INFO + 0x0f, 1);
  out.setUint16(SCREEN_INFO + 0x10, 16, true);
}
