/**
 * A split virtqueue: the driver offers descriptor chains in the available ring, the device returns them in the used ring.
 *
 *     descriptors       size x 16 bytes
 *     available ring    00 flags   02 idx   04 ring: size x 2   used_event
 *     used ring         00 flags   02 idx   04 ring: size x (id 4, length 4)   avail_event
 *
 * Indices count for ever, modulo 2^16; a ring's place is the index modulo its size. The events are the notifications' own
 * indices: with VIRTIO_F_EVENT_IDX each side says which entry it wants to hear of.
 *
 * Datasheet: VIRTIO 1.2, 2.7 "Split Virtqueues", 2.7.2 "Legacy Interfaces: A Note on Virtqueue Layout".
 */
import { DESC_BYTES, type DescriptorChain, readChain } from "./descriptor-chain.ts";
import type { RingMemory } from "./ring-memory.ts";
import { F_EVENT_IDX, F_INDIRECT_DESC } from "./virtio-registers.ts";

const AVAIL_F_NO_INTERRUPT = 1;
const RING_FLAGS = 0;
const RING_IDX = 2;
const RING = 4;
const AVAIL_ENTRY = 2;
const USED_ENTRY = 8;
/** Flags, idx and the event behind the ring. */
const RING_EXTRA = 6;
/** Where a legacy queue lies is told by the number of a frame of this size; its used ring begins such a frame too. */
const LEGACY_ALIGN = 4096;

/** What a queue needs of its device. */
export interface QueueOwner {
  readonly memory: RingMemory;
  /** Features 0 to 31 that the driver took. */
  readonly driverFeatures: number;
  /** The rings make no sense: the device stops until it is reset. */
  broken(register: string, detail: string): void;
}

export interface VirtqueueState {
  queue_size: number;
  queue_enable: boolean;
  /** The legacy interface placed it. */
  isLegacy: boolean;
  /** The three parts in the order of the registers: descriptors, driver (available), device (used); low halves, high halves. */
  addresses: number[];
  /** The next index to take from the available ring, and to fill in the used ring. */
  availIndex: number;
  usedIndex: number;
}

export const QUEUE_DESC = 0;
export const QUEUE_DRIVER = 2;
export const QUEUE_DEVICE = 4;

export class Virtqueue {
  readonly index: number;
  readonly maxSize: number;
  queueSize: number;
  isEnabled = false;
  isLegacy = false;
  availIndex = 0;
  usedIndex = 0;
  /** By `QUEUE_DESC` and so on: the low half, and after it the high half. */
  readonly addresses = [0, 0, 0, 0, 0, 0];
  private readonly owner: QueueOwner;

  /** @param maxSize a power of two */
  constructor(owner: QueueOwner, index: number, maxSize: number) {
    this.owner = owner;
    this.index = index;
    this.maxSize = maxSize;
    this.queueSize = maxSize;
  }

  // --- Where it lies ---------------------------------------------------------------------------------------------------

  /** The driver has placed the rings, and the device may look at them. */
  enable(): void {
    const wrong = this.wrongPlace();
    if (wrong !== null) {
      this.broken(wrong);
      return;
    }
    this.isEnabled = true;
    this.availIndex = 0;
    this.usedIndex = 0;
  }

  private wrongPlace(): string | null {
    const { addresses, queueSize } = this;
    const { memory } = this.owner;
    const parts = [
      ["descriptor table", QUEUE_DESC, DESC_BYTES, queueSize * DESC_BYTES],
      ["available ring", QUEUE_DRIVER, 2, queueSize * AVAIL_ENTRY + RING_EXTRA],
      ["used ring", QUEUE_DEVICE, 4, queueSize * USED_ENTRY + RING_EXTRA],
    ] as const;
    for (const [what, at, align, bytes] of parts) {
      if (addresses[at] % align !== 0) return `the ${what} is not aligned to ${align} bytes`;
      if (!memory.holds(addresses[at], addresses[at + 1], bytes)) return `the ${what} lies outside memory`;
    }
    return null;
  }

  /** The legacy interface places all parts at once; frame 0 takes the queue away. */
  placeLegacy(pfn: number): void {
    this.reset();
    if (pfn === 0) return;
    const table = pfn * LEGACY_ALIGN;
    const avail = table + this.queueSize * DESC_BYTES;
    const availEnd = avail + this.queueSize * AVAIL_ENTRY + RING_EXTRA;
    this.setAddress(QUEUE_DESC, table);
    this.setAddress(QUEUE_DRIVER, avail);
    this.setAddress(QUEUE_DEVICE, Math.ceil(availEnd / LEGACY_ALIGN) * LEGACY_ALIGN);
    this.isLegacy = true;
    this.enable();
  }

  /** What the legacy interface shows. */
  get pfn(): number {
    const { addresses, isEnabled } = this;
    return isEnabled
      ? Math.floor((addresses[QUEUE_DESC] + addresses[QUEUE_DESC + 1] * 2 ** 32) / LEGACY_ALIGN)
      : 0;
  }

  private setAddress(at: number, gpa: number): void {
    this.addresses[at] = gpa % 2 ** 32;
    this.addresses[at + 1] = Math.floor(gpa / 2 ** 32);
  }

  // --- Its rings -------------------------------------------------------------------------------------------------------

  /**
   * The next chain that the driver offers; null if there is none, and then it is asked to say when there is. The chain
   * stays the next one until `finish`.
   */
  peek(): DescriptorChain | null {
    const { memory, driverFeatures } = this.owner;
    const { availIndex, queueSize, addresses } = this;
    const avail = addresses[QUEUE_DRIVER];
    const idx = memory.u16(avail + RING_IDX);
    const offered = (idx - availIndex) & 0xffff;
    if (offered === 0) {
      if ((driverFeatures & F_EVENT_IDX) !== 0)
        memory.setU16(addresses[QUEUE_DEVICE] + RING + queueSize * USED_ENTRY, availIndex);
      return null;
    }
    if (offered > queueSize) {
      this.broken(`available index ${idx} after ${availIndex}: more than ${queueSize} descriptors`);
      return null;
    }
    const head = memory.u16(avail + RING + (availIndex % queueSize) * AVAIL_ENTRY);
    const indirect = (driverFeatures & F_INDIRECT_DESC) !== 0;
    const chain = readChain(memory, { gpa: addresses[QUEUE_DESC], size: queueSize, indirect }, head);
    if (typeof chain !== "string") return chain;
    this.broken(chain);
    return null;
  }

  /** Returns the next chain, its first `written` writable bytes filled. True if the driver wants an interrupt for it. */
  finish(chain: DescriptorChain, written: number): boolean {
    const { memory, driverFeatures } = this.owner;
    const { queueSize, usedIndex } = this;
    const avail = this.addresses[QUEUE_DRIVER];
    const used = this.addresses[QUEUE_DEVICE];
    memory.setPair(used + RING + (usedIndex % queueSize) * USED_ENTRY, chain.head, written);
    this.usedIndex = (usedIndex + 1) & 0xffff;
    memory.setU16(used + RING_IDX, this.usedIndex);
    this.availIndex = (this.availIndex + 1) & 0xffff;
    if ((driverFeatures & F_EVENT_IDX) === 0)
      return (memory.u16(avail + RING_FLAGS) & AVAIL_F_NO_INTERRUPT) === 0;
    return memory.u16(avail + RING + queueSize * AVAIL_ENTRY) === usedIndex;
  }

  private broken(detail: string): void {
    this.owner.broken(`queue ${this.index}`, detail);
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  reset(): void {
    this.queueSize = this.maxSize;
    this.isEnabled = false;
    this.isLegacy = false;
    this.availIndex = 0;
    this.usedIndex = 0;
    this.addresses.fill(0);
  }

  save(): VirtqueueState {
    const { queueSize, isEnabled, isLegacy, addresses, availIndex, usedIndex } = this;
    return {
      queue_size: queueSize,
      queue_enable: isEnabled,
      isLegacy,
      addresses: [...addresses],
      availIndex,
      usedIndex,
    };
  }

  restore(state: VirtqueueState): void {
    this.queueSize = state.queue_size;
    this.isEnabled = state.queue_enable;
    this.isLegacy = state.isLegacy;
    for (const [at, half] of state.addresses.entries()) this.addresses[at] = half;
    this.availIndex = state.availIndex;
    this.usedIndex = state.usedIndex;
  }
}
