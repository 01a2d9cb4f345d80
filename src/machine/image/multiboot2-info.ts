/**
 * The information structure that a Multiboot 2 kernel finds at EBX: a size, then tags, each on 8 bytes.
 *
 * Multiboot 2.0: 3.6
 */
import { MEM_LOWER_KIB, memoryMap, memUpperKib } from "./memory-map.ts";
import type { MultibootInfo } from "./multiboot-info.ts";

const TAG_COMMAND_LINE = 1;
const TAG_BOOT_LOADER_NAME = 2;
const TAG_MODULE = 3;
const TAG_BASIC_MEMORY = 4;
const TAG_MEMORY_MAP = 6;
const TAG_FRAMEBUFFER = 8;
const TAG_ELF_SECTIONS = 9;
const TAG_ACPI_OLD = 14;
const TAG_LOAD_BASE = 21;
/** What a kernel may require to be told. */
export const GIVEN_TAGS: ReadonlySet<number> = new Set([
  TAG_COMMAND_LINE,
  TAG_BOOT_LOADER_NAME,
  TAG_MODULE,
  TAG_BASIC_MEMORY,
  TAG_MEMORY_MAP,
  TAG_FRAMEBUFFER,
  TAG_ELF_SECTIONS,
  TAG_ACPI_OLD,
  TAG_LOAD_BASE,
]);

const ALIGN = 8;
const HEADER_SIZE = 8;
const MMAP_ENTRY_SIZE = 24;
const EGA_TEXT = 2;
const TEXT_WINDOW = 0xb_8000;

export interface Multiboot2Info extends MultibootInfo {
  /** The section header table itself: unlike Multiboot 1, the tag holds it. */
  readonly sectionHeaders: Uint8Array | null;
  /** The ACPI root pointer of revision 0, or null. */
  readonly rsdp: Uint8Array | null;
  readonly loadBase: number;
}

/** All of the structure: it has no pointers into itself, so it does not matter where it goes. */
export function encodeMultiboot2Info(info: Multiboot2Info): Uint8Array {
  const tags = [
    tag(TAG_COMMAND_LINE, text(info.commandLine)),
    tag(TAG_BOOT_LOADER_NAME, text(info.bootLoaderName)),
    tag(TAG_BASIC_MEMORY, words(MEM_LOWER_KIB, memUpperKib(info.memBytes))),
    tag(TAG_MEMORY_MAP, mapOf(info.memBytes)),
    ...info.modules.map(({ start, end, commandLine }) =>
      tag(TAG_MODULE, join(words(start, end), text(commandLine))),
    ),
    tag(TAG_FRAMEBUFFER, textFramebuffer()),
    tag(TAG_LOAD_BASE, words(info.loadBase)),
  ];
  const { sections, sectionHeaders, rsdp } = info;
  if (sections !== null && sectionHeaders !== null) {
    const head = words(sections.count, sections.entrySize, sections.namesIndex);
    tags.push(tag(TAG_ELF_SECTIONS, join(head, sectionHeaders)));
  }
  if (rsdp !== null) tags.push(tag(TAG_ACPI_OLD, rsdp));
  tags.push(tag(0, new Uint8Array(0)));
  const all = join(words(0, 0), ...tags);
  new DataView(all.buffer).setUint32(0, all.length, true);
  return all;
}

/** A tag with its padding, which its size does not count. */
function tag(type: number, body: Uint8Array): Uint8Array {
  const size = HEADER_SIZE + body.length;
  const bytes = new Uint8Array(Math.ceil(size / ALIGN) * ALIGN);
  bytes.set(words(type, size));
  bytes.set(body, HEADER_SIZE);
  return bytes;
}

function mapOf(memBytes: number): Uint8Array {
  const entries = memoryMap(memBytes).map(({ gpa, size, type }) => words(gpa, 0, size, 0, type, 0));
  return join(words(MMAP_ENTRY_SIZE, 0), ...entries);
}

/** 80 columns, 25 rows, two bytes a cell. */
function textFramebuffer(): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(words(TEXT_WINDOW, 0, 80 * 2, 80, 25));
  bytes.set([16, EGA_TEXT], 20);
  return bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
