/** Guest memory as bus masters reach it: frame by frame, past the processor's caches and the MMU. */
import type { DmaMemory } from "../devices/device.ts";
import type { GuestMemory } from "../mmu/guest-memory.ts";

const PAGE = 4096;

export class Dma implements DmaMemory {
  private readonly memory: GuestMemory;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  read(gpa: number, into: Uint8Array): void {
    const { memory } = this;
    const { u8 } = memory.linear;
    for (let at = 0; at < into.length; ) {
      const next = pieceEnd(gpa, at, into.length);
      const hpa = memory.hpa(gpa + at);
      if (hpa < 0) into.fill(0xff, at, next);
      else into.set(u8.subarray(hpa, hpa + next - at), at);
      at = next;
    }
  }

  write(gpa: number, from: Uint8Array): void {
    const { memory } = this;
    for (let at = 0; at < from.length; ) {
      const next = pieceEnd(gpa, at, from.length);
      const hpa = memory.writableHpa(gpa + at);
      if (hpa >= 0) {
        if (memory.logging) memory.markDirty(Math.floor((gpa + at) / PAGE));
        memory.store(hpa, from.subarray(at, next));
      }
      at = next;
    }
  }
}

/** Where the piece of a transfer that begins at byte `at` leaves its frame, or the transfer ends. */
function pieceEnd(gpa: number, at: number, length: number): number {
  return Math.min(at + PAGE - ((gpa + at) % PAGE), length);
}
