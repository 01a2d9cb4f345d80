/**
 * A descriptor chain: the buffers of one request, first those that the device reads, then those that it writes.
 *
 *     descriptor   00 address (8 bytes)   08 length (4)   0c flags (2)   0e next (2)
 *     flags        bit 0 NEXT   bit 1 WRITE: by the device   bit 2 INDIRECT: the buffer is a table of descriptors
 *
 * Datasheet: VIRTIO 1.2, 2.7.4 "Message Framing", 2.7.5 "The Virtqueue Descriptor Table".
 *
 * Differs: an indirect table may be longer than the queue, up to 256 descriptors; drivers are not careful about that.
 */
import type { RingMemory } from "./ring-memory.ts";
import { MAX_QUEUE_SIZE } from "./virtio-registers.ts";

export const DESC_BYTES = 16;
export const DESC_F_NEXT = 1;
export const DESC_F_WRITE = 2;
export const DESC_F_INDIRECT = 4;

/** Buffers one after the other, as if they were one. */
export class Buffers {
  /** In all of them. */
  length = 0;
  private readonly memory: RingMemory;
  private readonly parts: { readonly gpa: number; readonly length: number }[] = [];

  constructor(memory: RingMemory) {
    this.memory = memory;
  }

  add(gpa: number, length: number): void {
    this.parts.push({ gpa, length });
    this.length += length;
  }

  /** The longest of them. */
  get longest(): number {
    return this.parts.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** Fills `into` from byte `offset` on. That many bytes are there. */
  read(offset: number, into: Uint8Array): void {
    this.each(offset, into, (gpa, piece) => this.memory.read(gpa, piece));
  }

  /** Stores `from` at byte `offset`. There is room for it. */
  write(offset: number, from: Uint8Array): void {
    this.each(offset, from, (gpa, piece) => this.memory.write(gpa, piece));
  }

  private each(offset: number, bytes: Uint8Array, move: (gpa: number, piece: Uint8Array) => void): void {
    let start = 0;
    let done = 0;
    for (const { gpa, length } of this.parts) {
      const skip = offset + done - start;
      const count = Math.min(length - skip, bytes.length - done);
      if (count > 0) {
        move(gpa + skip, bytes.subarray(done, done + count));
        done += count;
      }
      start += length;
    }
  }
}

export interface DescriptorChain {
  /** The number of its first descriptor, by which the driver knows it. */
  readonly head: number;
  readonly readable: Buffers;
  readonly writable: Buffers;
}

export interface DescriptorTable {
  readonly gpa: number;
  readonly size: number;
  /** The driver may use indirect tables. */
  readonly indirect: boolean;
}

/** The chain that begins at descriptor `head` of the table, or in words what is wrong with it. */
export function readChain(
  memory: RingMemory,
  table: DescriptorTable,
  head: number,
): DescriptorChain | string {
  const readable = new Buffers(memory);
  const writable = new Buffers(memory);
  const bytes = new Uint8Array(DESC_BYTES);
  const view = new DataView(bytes.buffer);
  let { gpa, size } = table;
  let isIndirect = false;
  let index = head;
  let seen = 0;
  for (;;) {
    if (index >= size) return `descriptor ${index} of a table of ${size}`;
    if (++seen > size) return "the chain is a loop";
    memory.read(gpa + index * DESC_BYTES, bytes);
    const low = view.getUint32(0, true);
    const high = view.getUint32(4, true);
    const length = view.getUint32(8, true);
    const flags = view.getUint16(12, true);
    if (!memory.holds(low, high, length)) return `the buffer of descriptor ${index} lies outside memory`;
    if ((flags & DESC_F_INDIRECT) !== 0) {
      const wrong = wrongTable(table.indirect, isIndirect, flags, length);
      if (wrong !== null) return wrong;
      isIndirect = true;
      gpa = low;
      size = length / DESC_BYTES;
      index = 0;
      seen = 0;
      continue;
    }
    if ((flags & DESC_F_WRITE) !== 0) writable.add(low, length);
    else if (writable.length > 0) return "a buffer to read comes after one to write";
    else readable.add(low, length);
    if ((flags & DESC_F_NEXT) === 0) return { head, readable, writable };
    index = view.getUint16(14, true);
  }
}

function wrongTable(allowed: boolean, nested: boolean, flags: number, length: number): string | null {
  if (!allowed) return "an indirect table, which was not negotiated";
  if (nested) return "an indirect table in an indirect table";
  if ((flags & DESC_F_NEXT) !== 0) return "an indirect table with a next descriptor";
  if (length === 0 || length % DESC_BYTES !== 0 || length > MAX_QUEUE_SIZE * DESC_BYTES)
    return `an indirect table of ${length} bytes`;
  return null;
}
