/**
 * The guest's side of virtio, small enough to read: it finds the registers as the standard lays them out, places queues in a
 * memory that is an array, offers buffers and collects them. Written from the standard, not from the devices.
 */
import type { DmaMemory } from "../../../src/devices/device.ts";
import type { VirtioDevice, VirtioWires } from "../../../src/devices/virtio/virtio-device.ts";
import { VirtioPci } from "../../../src/devices/virtio/virtio-pci.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { HZ, Probe } from "../contract.ts";

export const NEXT = 1;
export const WRITE = 2;
export const INDIRECT = 4;

export const ACKNOWLEDGE = 1;
export const DRIVER = 2;
export const DRIVER_OK = 4;
export const FEATURES_OK = 8;
export const NEEDS_RESET = 64;

export const INDIRECT_DESC = 1 << 28;
export const EVENT_IDX = 1 << 29;

/** Instructions from a notification to the end of its request: 20 us. */
export const REQUEST = (HZ * 20) / 1_000_000;

export const RAM_BYTES = 0x10_0000;
const QUEUES_AT = 0x1_0000;
const QUEUE_BYTES = 0x4000;
const HEAP_AT = 0x4_0000;

/** RAM from 0 on; the rest reads as ones. */
export class ArrayMemory implements DmaMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  read(gpa: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = this.bytes[gpa + i] ?? 0xff;
  }

  write(gpa: number, from: Uint8Array): void {
    for (let i = 0; i < from.length; i++) if (gpa + i < this.bytes.length) this.bytes[gpa + i] = from[i];
  }
}

/** How a driver reaches the registers. */
export interface Registers {
  readonly isModern: boolean;
  getFeatures(): number;
  setFeatures(value: number): void;
  getStatus(): number;
  setStatus(value: number): void;
  /** Reading it answers the interrupt. */
  isr(): number;
  queueSize(queue: number): number;
  place(queue: number, size: number, desc: number, avail: number, used: number): void;
  notify(queue: number): void;
  config(offset: number, width: 1 | 2 | 4): number;
}

export function legacyRegisters(pci: VirtioPci): Registers {
  const { legacy } = pci;
  return {
    isModern: false,
    getFeatures: () => legacy.portRead(0, 4),
    setFeatures: (value) => legacy.portWrite(4, 4, value >>> 0),
    getStatus: () => legacy.portRead(18, 1),
    setStatus: (value) => legacy.portWrite(18, 1, value),
    isr: () => legacy.portRead(19, 1),
    queueSize: (queue) => {
      legacy.portWrite(14, 2, queue);
      return legacy.portRead(12, 2);
    },
    place: (queue, _size, desc) => {
      legacy.portWrite(14, 2, queue);
      legacy.portWrite(8, 4, desc / 4096);
    },
    notify: (queue) => legacy.portWrite(16, 2, queue),
    config: (offset, width) => legacy.portRead(20 + offset, width),
  };
}

/** Follows the capabilities to BAR4, as a driver must. */
export function modernRegisters(pci: VirtioPci): Registers {
  const { modern } = pci;
  const at = new Map<number, number>();
  let multiplier = 0;
  for (let cap = pci.get(0x34, 1); cap !== 0; cap = pci.get(cap + 1, 1)) {
    if (pci.get(cap, 1) !== 9) continue;
    const type = pci.get(cap + 3, 1);
    if (type < 5 && pci.get(cap + 4, 1) !== 4) throw new Error("not in BAR4");
    at.set(type, pci.get(cap + 8, 4));
    if (type === 2) multiplier = pci.get(cap + 16, 4);
  }
  const [common, notify, isr, device] = [1, 2, 3, 4].map((type) => at.get(type) as number);
  return {
    isModern: true,
    getFeatures: () => {
      modern.mmioWrite(common, 4, 0);
      return modern.mmioRead(common + 4, 4);
    },
    setFeatures: (value) => {
      modern.mmioWrite(common + 8, 4, 0);
      modern.mmioWrite(common + 12, 4, value >>> 0);
      modern.mmioWrite(common + 8, 4, 1);
      modern.mmioWrite(common + 12, 4, 1);
    },
    getStatus: () => modern.mmioRead(common + 0x14, 1),
    setStatus: (value) => modern.mmioWrite(common + 0x14, 1, value),
    isr: () => modern.mmioRead(isr, 1),
    queueSize: (queue) => {
      modern.mmioWrite(common + 0x16, 2, queue);
      return modern.mmioRead(common + 0x18, 2);
    },
    place: (queue, size, desc, avail, used) => {
      modern.mmioWrite(common + 0x16, 2, queue);
      modern.mmioWrite(common + 0x18, 2, size);
      for (const [i, gpa] of [desc, avail, used].entries()) {
        modern.mmioWrite(common + 0x20 + i * 8, 4, gpa);
        modern.mmioWrite(common + 0x24 + i * 8, 4, 0);
      }
      modern.mmioWrite(common + 0x1c, 2, 1);
    },
    notify: (queue) => {
      modern.mmioWrite(common + 0x16, 2, queue);
      const offset = modern.mmioRead(common + 0x1e, 2) * multiplier;
      modern.mmioWrite(notify + offset, 2, queue);
    },
    config: (offset, width) => modern.mmioRead(device + offset, width),
  };
}

/** One descriptor of a chain. */
export interface Part {
  readonly gpa: number;
  readonly length: number;
  readonly write?: boolean;
}

/** The driver's view of a queue. */
export class QueueDriver {
  readonly size: number;
  readonly desc: number;
  readonly avail: number;
  readonly used: number;
  private readonly memory: ArrayMemory;
  private nextDescriptor = 0;
  private collected = 0;

  constructor(memory: ArrayMemory, index: number, size: number, isModern: boolean) {
    this.memory = memory;
    this.size = size;
    this.desc = QUEUES_AT + index * QUEUE_BYTES;
    // The legacy layout is fixed; in the modern one the parts lie anywhere.
    const availEnd = this.desc + 16 * size + 6 + 2 * size;
    this.avail = isModern ? this.desc + 0x1802 : this.desc + 16 * size;
    this.used = isModern ? this.desc + 0x2004 : Math.ceil(availEnd / 4096) * 4096;
  }

  get idx(): number {
    return this.memory.view.getUint16(this.avail + 2, true);
  }

  get usedIdx(): number {
    return this.memory.view.getUint16(this.used + 2, true);
  }

  get availEvent(): number {
    return this.memory.view.getUint16(this.used + 4 + 8 * this.size, true);
  }

  setUsedEvent(index: number): void {
    this.memory.view.setUint16(this.avail + 4 + 2 * this.size, index, true);
  }

  setFlags(flags: number): void {
    this.memory.view.setUint16(this.avail, flags, true);
  }

  setIdx(index: number): void {
    this.memory.view.setUint16(this.avail + 2, index, true);
  }

  setDescriptor(table: number, i: number, gpa: number, length: number, flags: number, next = 0): void {
    const { view } = this.memory;
    view.setBigUint64(table + i * 16, BigInt(gpa), true);
    view.setUint32(table + i * 16 + 8, length, true);
    view.setUint16(table + i * 16 + 12, flags, true);
    view.setUint16(table + i * 16 + 14, next, true);
  }

  /** Puts a chain in the table and returns its head; `indirect` is where a table of its own goes. */
  chain(parts: readonly Part[], indirect?: number): number {
    const flagsOf = (part: Part, i: number) =>
      (part.write === true ? WRITE : 0) | (i + 1 < parts.length ? NEXT : 0);
    const head = this.nextDescriptor;
    if (indirect !== undefined) {
      for (const [i, part] of parts.entries())
        this.setDescriptor(indirect, i, part.gpa, part.length, flagsOf(part, i), i + 1);
      this.setDescriptor(this.desc, head, indirect, parts.length * 16, INDIRECT);
      this.nextDescriptor = (head + 1) % this.size;
      return head;
    }
    for (const [i, part] of parts.entries()) {
      const [at, next] = [(head + i) % this.size, (head + i + 1) % this.size];
      this.setDescriptor(this.desc, at, part.gpa, part.length, flagsOf(part, i), next);
    }
    this.nextDescriptor = (head + parts.length) % this.size;
    return head;
  }

  offer(head: number): void {
    const { idx } = this;
    this.memory.view.setUint16(this.avail + 4 + (idx % this.size) * 2, head, true);
    this.setIdx((idx + 1) & 0xffff);
  }

  add(parts: readonly Part[], indirect?: number): number {
    const head = this.chain(parts, indirect);
    this.offer(head);
    return head;
  }

  /** What has come back since the last call. */
  collect(): { head: number; length: number }[] {
    const { view } = this.memory;
    const back: { head: number; length: number }[] = [];
    for (; this.collected !== this.usedIdx; this.collected = (this.collected + 1) & 0xffff) {
      const at = this.used + 4 + (this.collected % this.size) * 8;
      back.push({ head: view.getUint32(at, true), length: view.getUint32(at + 4, true) });
    }
    return back;
  }
}

export interface RigOptions {
  readonly interface?: "legacy" | "modern";
  /** Of what is offered: those that the driver takes. */
  readonly features?: number;
  readonly ramBytes?: number;
  /** How many descriptors the driver wants in a queue. */
  readonly queueSize?: number;
}

/** A device on its bus, before anything has been written to it. */
export function plug<D extends VirtioDevice>(make: (wires: VirtioWires) => D, ramBytes = RAM_BYTES) {
  const clock = new MachineClock(HZ);
  const memory = new ArrayMemory(ramBytes);
  const errors: string[] = [];
  const log: string[] = [];
  const guestError = (device: string, register: string, detail: string) => {
    errors.push(`${device} ${register}: ${detail}`);
  };
  const device = make({ clock, memory, ramBytes, guestError });
  const pci = new VirtioPci(device);
  const intx = new Probe("intx", log, clock);
  pci.intx = intx;
  return { clock, memory, errors, log, device, pci, intx };
}

/** A device whose driver has done the handshake and placed all queues. */
export function start<D extends VirtioDevice>(make: (wires: VirtioWires) => D, options: RigOptions = {}) {
  const rig = plug(make, options.ramBytes);
  const { pci, memory, clock, device } = rig;
  pci.write(4, 2, 7);
  const registers = options.interface === "legacy" ? legacyRegisters(pci) : modernRegisters(pci);
  registers.setStatus(0);
  registers.setStatus(ACKNOWLEDGE | DRIVER);
  registers.setFeatures(registers.getFeatures() & (options.features ?? 0));
  let status = ACKNOWLEDGE | DRIVER;
  if (registers.isModern) {
    status |= FEATURES_OK;
    registers.setStatus(status);
  }
  const queues = device.queues.map((_, i) => {
    const size = Math.min(registers.queueSize(i), options.queueSize ?? 256);
    const queue = new QueueDriver(memory, i, size, registers.isModern);
    registers.place(i, size, queue.desc, queue.avail, queue.used);
    return queue;
  });
  registers.setStatus(status | DRIVER_OK);
  let heap = HEAP_AT;
  return {
    ...rig,
    registers,
    queues,
    queue: queues[0],
    pass: (instructions: number) => clock.advance(clock.now + instructions),
    /** Memory for a buffer, filled. */
    buffer: (length: number, fill: ArrayLike<number> = []) => {
      const gpa = heap;
      heap += length;
      memory.bytes.set(Array.from(fill), gpa);
      return gpa;
    },
    bytes: (gpa: number, length: number) => Array.from(memory.bytes.subarray(gpa, gpa + length)),
    /** Notifies and lets `requests` of them happen. */
    run: (index = 0, requests = 1) => {
      registers.notify(index);
      clock.advance(clock.now + requests * REQUEST);
    },
  };
}
