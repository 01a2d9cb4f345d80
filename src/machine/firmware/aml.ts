/**
 * Writing ACPI Machine Language: each function gives the bytes of one construct, and larger ones are made of smaller ones.
 *
 * ACPI 6.4: 20.2 "AML grammar definition", 6.4 "Resource data types for ACPI", 19.3.4 "ASL macros" (EISAID).
 */
import { littleEndian } from "./little-endian.ts";

export type Aml = readonly number[];

const ZERO_OP = 0x00;
const ONE_OP = 0x01;
const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const METHOD_OP = 0x14;
const DUAL_NAME_PREFIX = 0x2e;
const MULTI_NAME_PREFIX = 0x2f;
const EXT_PREFIX = 0x5b;
const DEVICE_OP = 0x82;
const PROCESSOR_OP = 0x83;

export function integer(value: number): Aml {
  if (value === 0) return [ZERO_OP];
  if (value === 1) return [ONE_OP];
  if (value < 0x100) return [BYTE_PREFIX, value];
  if (value < 0x1_0000) return [WORD_PREFIX, ...littleEndian(value, 2)];
  return [DWORD_PREFIX, ...littleEndian(value, 4)];
}

/** Names of up to four characters with dots between them; from the root with a backslash: `\_SB.PCI0`. */
export function nameString(name: string): Aml {
  const root = name.startsWith("\\");
  const segments = (root ? name.slice(1) : name).split(".");
  const bytes = segments.flatMap((part) => [...part.padEnd(4, "_")].map((char) => char.charCodeAt(0)));
  const prefix =
    segments.length === 1
      ? []
      : segments.length === 2
        ? [DUAL_NAME_PREFIX]
        : [MULTI_NAME_PREFIX, segments.length];
  return [...(root ? [0x5c] : []), ...prefix, ...bytes];
}

/** A length counts itself: one byte up to 63, then four bits and one or two bytes. */
function withLength(body: readonly number[]): number[] {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  if (body.length + 2 < 0x1000) {
    const length = body.length + 2;
    return [0x40 | (length & 15), length >>> 4, ...body];
  }
  const length = body.length + 3;
  return [0x80 | (length & 15), (length >>> 4) & 0xff, length >>> 12, ...body];
}

export function named(name: string, value: Aml): Aml {
  return [NAME_OP, ...nameString(name), ...value];
}

export function scope(name: string, ...body: Aml[]): Aml {
  return [SCOPE_OP, ...withLength([...nameString(name), ...body.flat()])];
}

export function device(name: string, ...body: Aml[]): Aml {
  return [EXT_PREFIX, DEVICE_OP, ...withLength([...nameString(name), ...body.flat()])];
}

/** A method that does nothing, whatever `argumentCount` values it is given. */
export function emptyMethod(name: string, argumentCount: number): Aml {
  return [METHOD_OP, ...withLength([...nameString(name), argumentCount])];
}

/** A processor that has no registers for power states. */
export function processor(name: string, id: number): Aml {
  return [EXT_PREFIX, PROCESSOR_OP, ...withLength([...nameString(name), id, ...littleEndian(0, 4), 0])];
}

export function aPackage(...elements: Aml[]): Aml {
  return [PACKAGE_OP, ...withLength([elements.length, ...elements.flat()])];
}

/** `PNP0A03`: three letters of five bits and four hexadecimal digits, as an integer. */
export function eisaId(id: string): Aml {
  const letters = [...id.slice(0, 3)].map((char) => char.charCodeAt(0) - 0x40);
  const vendor = (letters[0] << 10) | (letters[1] << 5) | letters[2];
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD_PREFIX, vendor >>> 8, vendor & 0xff, product >>> 8, product & 0xff];
}

// --- Resources ---------------------------------------------------------------------------------------------------------

const IRQ_NO_FLAGS = 0x22;
const DMA = 0x2a;
/** Not a bus master, transfers of bytes, at the speed of the original bus. */
const DMA_BYTES = 0x00;
const IO_PORT = 0x47;
const DECODES_16 = 1;
const END_TAG = 0x79;
const DWORD_SPACE = 0x87;
const WORD_SPACE = 0x88;
const EXTENDED_IRQ = 0x89;
/** The device uses the interrupt; it is a level, active high, and shared. */
const SHARED_LEVEL_HIGH = 0x09;
/** Minimum and maximum are fixed, and the bus passes on what it decodes. */
const FIXED_PRODUCER = 0x0c;
const MEMORY_RANGE = 0;
const IO_RANGE = 1;
const BUS_RANGE = 2;
const ENTIRE_RANGE = 3;
const READ_WRITE = 1;

export function ports(base: number, count: number): Aml {
  return [IO_PORT, DECODES_16, ...littleEndian(base, 2), ...littleEndian(base, 2), 1, count];
}

/** Edge-triggered, active high, as on the ISA bus. */
export function irq(number: number): Aml {
  return [IRQ_NO_FLAGS, ...littleEndian(1 << number, 2)];
}

/** An interrupt of PCI functions, as the ISA bridge makes one of theirs: active high. */
export function sharedIrq(number: number): Aml {
  return [EXTENDED_IRQ, ...littleEndian(6, 2), SHARED_LEVEL_HIGH, 1, ...littleEndian(number, 4)];
}

/** A channel of the DMA controller for bytes, as on the original bus. */
export function dma(channel: number): Aml {
  return [DMA, 1 << channel, DMA_BYTES];
}

function wordSpace(type: number, flags: number, first: number, last: number): Aml {
  const fields = [0, first, last, 0, last - first + 1].flatMap((word) => littleEndian(word, 2));
  return [WORD_SPACE, ...littleEndian(3 + fields.length, 2), type, FIXED_PRODUCER, flags, ...fields];
}

export const busNumbers = (first: number, last: number): Aml => wordSpace(BUS_RANGE, 0, first, last);
export const portWindow = (first: number, last: number): Aml =>
  wordSpace(IO_RANGE, ENTIRE_RANGE, first, last);

export function memoryWindow(first: number, last: number): Aml {
  const fields = [0, first, last, 0, last - first + 1].flatMap((word) => littleEndian(word, 4));
  return [
    DWORD_SPACE,
    ...littleEndian(3 + fields.length, 2),
    MEMORY_RANGE,
    FIXED_PRODUCER,
    READ_WRITE,
    ...fields,
  ];
}

/** A list of resources, with its end tag, as a buffer. */
export function resources(...list: Aml[]): Aml {
  const bytes = [...list.flat(), END_TAG, 0];
  return [BUFFER_OP, ...withLength([...integer(bytes.length), ...bytes])];
}
