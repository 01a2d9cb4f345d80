/** Guest memory in the little-endian words of virtio's rings, with the knowledge of where it ends. */
import type { DmaMemory } from "../device.ts";

const FOUR_GIB = 0x1_0000_0000;

export class RingMemory {
  private readonly memory: DmaMemory;
  /** One more than the last address of RAM. */
  private readonly end: number;
  private readonly bytes: readonly Uint8Array[] = [2, 8].map((size) => new Uint8Array(size));
  private readonly views: readonly DataView[] = this.bytes.map(({ buffer }) => new DataView(buffer));

  constructor(memory: DmaMemory, ramBytes: number) {
    this.memory = memory;
    this.end = Math.min(ramBytes, FOUR_GIB);
  }

  /** Is all of this RAM? `high` is the address's upper half. */
  holds(low: number, high: number, length: number): boolean {
    return high === 0 && low + length <= this.end;
  }

  read(gpa: number, into: Uint8Array): void {
    this.memory.read(gpa, into);
  }

  write(gpa: number, from: Uint8Array): void {
    this.memory.write(gpa, from);
  }

  u16(gpa: number): number {
    this.memory.read(gpa, this.bytes[0]);
    return this.views[0].getUint16(0, true);
  }

  setU16(gpa: number, value: number): void {
    this.views[0].setUint16(0, value, true);
    this.memory.write(gpa, this.bytes[0]);
  }

  /** Two words of 32 bits. */
  setPair(gpa: number, first: number, second: number): void {
    this.views[1].setUint32(0, first, true);
    this.views[1].setUint32(4, second, true);
    this.memory.write(gpa, this.bytes[1]);
  }
}
