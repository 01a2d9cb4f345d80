/**
 * Memory between 768 KiB and 1 MiB: the ROMs of cards and firmware, and RAM behind them that the host bridge lets show
 * through piece by piece, for reads, for writes or for both. Firmware copies itself there.
 *
 *     000c0000 to 000effff  twelve pieces of 16 KiB
 *     000f0000 to 000fffff  one of 64 KiB
 *
 * Datasheet: Intel 82441FX (PMC), 3.2.15 "PAM: programmable attribute map registers".
 */
import type { MmioDevice, Width } from "../devices/device.ts";
import type { GuestMemory, MemorySlot } from "../mmu/guest-memory.ts";
import { HIGH_RAM_START } from "./image/memory-map.ts";

export const UPPER_MEMORY = 0xc_0000;
const BIOS_PIECE = 0xf_0000;
const PIECE_BYTES = 0x4000;
const PAGE = 4096;
const PIECES = 13;
/** How much of a firmware ROM shows at the top of the area. */
const LOW_ROM_BYTES = 0x2_0000;
/** Memory slots from this number on belong to the area. */
const FIRST_SLOT = 16;

interface Piece {
  readonly base: number;
  readonly bytes: number;
  /** Reads come from RAM. */
  readable: boolean;
  /** Writes go to RAM. */
  writable: boolean;
}

export type UpperMemoryState = { readonly readable: boolean; readonly writable: boolean }[];

/** Who keeps the memory slots: the hypervisor, where there is one. */
export interface SlotOwner {
  addSlot(slot: MemorySlot): void;
  removeSlot(id: number): unknown;
}

/** Takes what does not go to memory slots: writes to RAM that reads do not come from, and nothing at all. */
export class UpperMemory implements MmioDevice {
  readonly name = "upper-memory";
  private readonly memory: GuestMemory;
  private readonly owner: SlotOwner;
  private readonly ramPfn: number;
  private readonly changed: () => void;
  private readonly pieces: Piece[];
  private readonly byte = new Uint8Array(1);
  private romPfn = 0;
  private romStart = HIGH_RAM_START;

  /** `changed` is told when translations must be forgotten. */
  constructor(memory: GuestMemory, owner: SlotOwner, ramPfn: number, changed: () => void) {
    this.memory = memory;
    this.owner = owner;
    this.ramPfn = ramPfn;
    this.changed = changed;
    this.pieces = Array.from({ length: PIECES }, (_, index) => {
      const base = UPPER_MEMORY + index * PIECE_BYTES;
      const bytes = base === BIOS_PIECE ? HIGH_RAM_START - BIOS_PIECE : PIECE_BYTES;
      return { base, bytes, readable: false, writable: false };
    });
  }

  /** The last 128 KiB of a ROM, at most, show here. `pfn` is the host frame of its first byte. */
  setRom(pfn: number, bytes: number): void {
    const shown = Math.min(bytes, LOW_ROM_BYTES);
    this.romPfn = pfn + (bytes - shown) / PAGE;
    this.romStart = HIGH_RAM_START - shown;
    this.map();
  }

  /** What the host bridge says of `bytes` bytes from `base` on. */
  shadow(base: number, bytes: number, readable: boolean, writable: boolean): void {
    for (const piece of this.pieces) {
      if (piece.base < base || piece.base >= base + bytes) continue;
      piece.readable = readable;
      piece.writable = writable;
    }
    this.map();
  }

  mmioRead(): number {
    return 0xff;
  }

  mmioWrite(offset: number, _width: Width, value: number): void {
    const gpa = UPPER_MEMORY + offset;
    const piece = this.pieces.find(({ base, bytes }) => gpa >= base && gpa < base + bytes);
    if (piece?.writable !== true) return;
    this.byte[0] = value;
    this.memory.store(this.ramPfn * PAGE + offset, this.byte);
  }

  save(): UpperMemoryState {
    return this.pieces.map(({ readable, writable }) => ({ readable, writable }));
  }

  restore(state: UpperMemoryState): void {
    for (const [index, piece] of this.pieces.entries()) {
      piece.readable = state[index].readable;
      piece.writable = state[index].writable;
    }
    this.map();
  }

  /** Nothing but ROM shows. */
  reset(): void {
    for (const piece of this.pieces) {
      piece.readable = false;
      piece.writable = false;
    }
    this.map();
  }

  /** Each piece has a slot of its own, or none. Those that show what they showed stay. */
  private map(): void {
    let forget = false;
    for (const [index, piece] of this.pieces.entries()) {
      const id = FIRST_SLOT + index;
      const old = this.memory.slot(id);
      const wanted = this.slotFor(id, piece);
      if (old?.basePfn === wanted?.basePfn && old?.readOnly === wanted?.readOnly) continue;
      if (old !== undefined) this.owner.removeSlot(id);
      if (wanted !== null) this.owner.addSlot(wanted);
      // Where there was no memory, nothing has been translated.
      forget ||= old !== undefined;
    }
    if (forget) this.changed();
  }

  private slotFor(id: number, { base, bytes, readable, writable }: Piece): MemorySlot | null {
    const slot = { id, baseGfn: base / PAGE, npages: bytes / PAGE };
    if (readable) {
      return { ...slot, basePfn: this.ramPfn + (base - UPPER_MEMORY) / PAGE, readOnly: !writable };
    }
    if (base < this.romStart) return null;
    return { ...slot, basePfn: this.romPfn + (base - this.romStart) / PAGE, readOnly: true };
  }
}
