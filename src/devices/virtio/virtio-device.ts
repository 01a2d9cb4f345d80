/**
 * What all virtio devices have in common, whatever bus they are on: the status handshake, features, queues, and requests that
 * are served one after the other, each a little later.
 *
 *     notify ── (time) ── serve: one chain of each queue that waits ──┬── more: (time) ── serve …
 *                                                                     └── none: asleep until the next notify
 *
 * Datasheet: VIRTIO 1.2, 2.1 to 2.6, 3.1 "Device Initialization".
 *
 * Differs: a request takes the same time whatever its size. VIRTIO_F_NOTIFY_ON_EMPTY is not offered.
 */
import type { Alarm, Clock, DmaMemory, GuestErrorSink, Width } from "../device.ts";
import type { DescriptorChain } from "./descriptor-chain.ts";
import { RingMemory } from "./ring-memory.ts";
import {
  F_ANY_LAYOUT,
  F_EVENT_IDX,
  F_INDIRECT_DESC,
  F_VERSION_1,
  ISR_CONFIG,
  ISR_QUEUE,
  STATUS_ACKNOWLEDGE,
  STATUS_DEVICE_NEEDS_RESET,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
} from "./virtio-registers.ts";
import { type QueueOwner, Virtqueue, type VirtqueueState } from "./virtqueue.ts";

/** Microseconds from a notification, or from the request before, to the end of a request. */
export const REQUEST_US = 20;
/** No request is at work. */
const NEVER = -1;

const DRIVER_STATUS =
  STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK | STATUS_FEATURES_OK | STATUS_FAILED;
const FEATURES_LOW = F_INDIRECT_DESC | F_EVENT_IDX;
const FEATURES_HIGH = F_VERSION_1;

export interface VirtioWires {
  readonly clock: Clock;
  readonly memory: DmaMemory;
  /** Where RAM ends, in bytes from 0. */
  readonly ramBytes: number;
  readonly guestError?: GuestErrorSink;
}

/** What a device of a kind is to its bus and to its driver. */
export interface VirtioKind {
  /** The virtio device type: 2 for a block device. */
  readonly id: number;
  /** The PCI device ID of a transitional device. */
  readonly pciDevice: number;
  readonly pciClass: number;
  /** Features 0 to 23 that it offers. */
  readonly features: number;
  /** How many descriptors each queue has. */
  readonly queueSizes: readonly number[];
  readonly configBytes: number;
}

/** The device's way to its bus; set by whoever plugs it in. */
export interface VirtioTransport {
  /** May it read and write memory? */
  readonly isMaster: boolean;
  setInterrupt(level: boolean): void;
}

export interface VirtioState {
  device_status: number;
  config_generation: number;
  ISR: number;
  driverFeatures: number;
  driverFeaturesHigh: number;
  queues: VirtqueueState[];
  /** Queues that are to be looked at, a bit each, and when (icount); -1 if nothing is at work. */
  waiting: number;
  dueAt: number;
}

export abstract class VirtioDevice implements QueueOwner {
  readonly name: string;
  readonly kind: VirtioKind;
  readonly memory: RingMemory;
  readonly queues: readonly Virtqueue[];
  /** The device-specific configuration. */
  readonly config: Uint8Array;
  transport: VirtioTransport = { isMaster: true, setInterrupt() {} };
  status = 0;
  configGeneration = 0;
  driverFeatures = 0;
  driverFeaturesHigh = 0;
  dueAt = NEVER;
  private readonly clock: Clock;
  private readonly errors: GuestErrorSink | null;
  private readonly alarm: Alarm;
  private readonly requestTime: number;
  private isr = 0;
  private waiting = 0;

  constructor(name: string, kind: VirtioKind, wires: VirtioWires) {
    this.name = name;
    this.kind = kind;
    this.clock = wires.clock;
    this.errors = wires.guestError ?? null;
    this.memory = new RingMemory(wires.memory, wires.ramBytes);
    this.queues = kind.queueSizes.map((size, i) => new Virtqueue(this, i, size));
    this.config = new Uint8Array(kind.configBytes);
    this.requestTime = Math.ceil((wires.clock.hz * REQUEST_US) / 1_000_000);
    this.alarm = wires.clock.alarm(() => this.work());
  }

  /** Deals with at most one chain of a queue. True if the queue may have another for it now. */
  protected abstract serve(queue: Virtqueue): boolean;

  /** The driver is ready, and the device may begin of its own accord. */
  protected started(): void {}

  /** The driver's reset of what only this kind of device has. */
  protected stopped(): void {}

  /** The driver writes the device-specific configuration. */
  writeConfig(offset: number, _width: Width, _value: number): void {
    this.guestError("device config", `written at ${offset}, but read-only`);
  }

  guestError(register: string, detail: string): void {
    this.errors?.(this.name, register, detail);
  }

  // --- Features and status ---------------------------------------------------------------------------------------------

  /** Features 0 to 31. */
  get featuresLow(): number {
    return this.kind.features | FEATURES_LOW;
  }

  /** Features 32 to 63. */
  get featuresHigh(): number {
    return FEATURES_HIGH;
  }

  /** What the legacy interface offers: its drivers laid requests out in one way, and this says that any other will do. */
  get legacyFeatures(): number {
    return this.featuresLow | F_ANY_LAYOUT;
  }

  get isDriverOk(): boolean {
    return (this.status & STATUS_DRIVER_OK) !== 0;
  }

  get needsReset(): boolean {
    return (this.status & STATUS_DEVICE_NEEDS_RESET) !== 0;
  }

  /** There is no second step in the old handshake: what was not offered is not taken. */
  writeLegacyFeatures(value: number): void {
    if (this.isDriverOk) {
      this.guestError("driver features", "changed after DRIVER_OK");
      return;
    }
    const unknown = (value & ~this.legacyFeatures) >>> 0;
    if (unknown !== 0) this.guestError("driver features", `${unknown.toString(16)} was not offered`);
    this.driverFeatures = value & this.legacyFeatures;
    this.driverFeaturesHigh = 0;
  }

  /** @param word 0 for features 0 to 31, 1 for 32 to 63; the others are all zeros */
  writeFeatures(word: number, value: number): void {
    if ((this.status & STATUS_FEATURES_OK) !== 0)
      this.guestError("driver_feature", "changed after FEATURES_OK");
    else if (word === 0) this.driverFeatures = value | 0;
    else if (word === 1) this.driverFeaturesHigh = value | 0;
    else if (value !== 0)
      this.guestError("driver_feature", `${value.toString(16)} in word ${word} was not offered`);
  }

  /** @param isModern it came by the interface that knows FEATURES_OK */
  writeStatus(value: number, isModern: boolean): void {
    if (value === 0) {
      this.resetByDriver();
      return;
    }
    if ((this.status & ~value & DRIVER_STATUS) !== 0)
      this.guestError("device_status", "bits are cleared only by a reset");
    let added = value & ~this.status & DRIVER_STATUS;
    if (isModern && (added & STATUS_FEATURES_OK) !== 0 && !this.acceptsFeatures())
      added &= ~STATUS_FEATURES_OK;
    if (isModern && (added & STATUS_DRIVER_OK) !== 0 && ((this.status | added) & STATUS_FEATURES_OK) === 0) {
      this.guestError("device_status", "DRIVER_OK without FEATURES_OK");
      added &= ~STATUS_DRIVER_OK;
    }
    this.status |= added;
    if ((added & STATUS_DRIVER_OK) === 0 || this.needsReset) return;
    for (const queue of this.queues) if (queue.isEnabled) this.wake(queue);
    this.started();
  }

  private acceptsFeatures(): boolean {
    const low = (this.driverFeatures & ~this.featuresLow) >>> 0;
    const high = (this.driverFeaturesHigh & ~this.featuresHigh) >>> 0;
    if (low !== 0 || high !== 0) {
      const text = high.toString(16) + low.toString(16).padStart(8, "0");
      this.guestError("driver_feature", `${text} was not offered`);
      return false;
    }
    if ((this.driverFeaturesHigh & F_VERSION_1) !== 0) return true;
    this.guestError("driver_feature", "a modern driver without VIRTIO_F_VERSION_1");
    return false;
  }

  // --- Requests --------------------------------------------------------------------------------------------------------

  /** The driver has put something in the available ring. */
  notify(index: number): void {
    if (this.needsReset) return;
    const queue = this.queues[index];
    if (queue === undefined || !queue.isEnabled) {
      this.guestError("queue notify", `queue ${index} is not set up`);
    } else if (!this.mayServe(queue)) {
      this.guestError("queue notify", `queue ${index} before DRIVER_OK`);
    } else {
      if (!this.transport.isMaster) this.guestError("queue notify", "the device may not be bus master");
      this.wake(queue);
    }
  }

  /** The device has something for the queue, or the queue for the device. */
  protected wake(queue: Virtqueue): void {
    this.waiting |= 1 << queue.index;
    this.arm();
  }

  /** The bus lets the device go on. */
  arm(): void {
    if (this.dueAt !== NEVER || this.waiting === 0 || !this.transport.isMaster) return;
    this.dueAt = this.clock.now + this.requestTime;
    this.alarm.at(this.dueAt);
  }

  /** Drivers of the legacy interface have always used their queues before they set DRIVER_OK. */
  protected mayServe(queue: Virtqueue): boolean {
    return queue.isEnabled && !this.needsReset && (this.isDriverOk || queue.isLegacy);
  }

  private work(): void {
    this.dueAt = NEVER;
    if (!this.transport.isMaster) return;
    for (const queue of this.queues) {
      const bit = 1 << queue.index;
      if ((this.waiting & bit) === 0) continue;
      if (!this.mayServe(queue) || !this.serve(queue)) this.waiting &= ~bit;
    }
    this.arm();
  }

  protected finish(queue: Virtqueue, chain: DescriptorChain, written: number): void {
    if (queue.finish(chain, written)) this.interrupt(ISR_QUEUE);
  }

  broken(register: string, detail: string): void {
    this.guestError(register, `${detail}; the device needs a reset`);
    this.status |= STATUS_DEVICE_NEEDS_RESET;
    this.sleep();
    if (this.isDriverOk) this.interrupt(ISR_CONFIG);
  }

  private sleep(): void {
    this.waiting = 0;
    this.dueAt = NEVER;
    this.alarm.cancel();
  }

  // --- Interrupts ------------------------------------------------------------------------------------------------------

  /** For people: what the driver would read. */
  get pendingInterrupts(): number {
    return this.isr;
  }

  /** What the interrupt was for; reading it answers it. */
  readIsr(): number {
    const causes = this.isr;
    this.isr = 0;
    this.transport.setInterrupt(false);
    return causes;
  }

  protected configChanged(): void {
    this.configGeneration = (this.configGeneration + 1) & 0xff;
    if (this.isDriverOk) this.interrupt(ISR_CONFIG);
  }

  private interrupt(cause: number): void {
    this.isr |= cause;
    this.transport.setInterrupt(true);
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  /** What was at work is forgotten; its buffers are the driver's again. */
  private resetByDriver(): void {
    this.sleep();
    this.status = 0;
    this.driverFeatures = 0;
    this.driverFeaturesHigh = 0;
    this.readIsr();
    for (const queue of this.queues) queue.reset();
    this.stopped();
  }

  reset(): void {
    this.resetByDriver();
    this.configGeneration = 0;
  }

  save(): VirtioState {
    return {
      device_status: this.status,
      config_generation: this.configGeneration,
      ISR: this.isr,
      driverFeatures: this.driverFeatures,
      driverFeaturesHigh: this.driverFeaturesHigh,
      queues: this.queues.map((queue) => queue.save()),
      waiting: this.waiting,
      dueAt: this.dueAt,
    };
  }

  restore(state: VirtioState): void {
    this.status = state.device_status;
    this.configGeneration = state.config_generation;
    this.isr = state.ISR;
    this.driverFeatures = state.driverFeatures;
    this.driverFeaturesHigh = state.driverFeaturesHigh;
    for (const [i, queue] of state.queues.entries()) this.queues[i].restore(queue);
    this.waiting = state.waiting;
    this.dueAt = state.dueAt;
    this.transport.setInterrupt(this.isr !== 0);
    if (this.dueAt === NEVER) this.alarm.cancel();
    else this.alarm.at(this.dueAt);
  }
}
