/**
 * A transitional virtio device on the PCI bus: legacy registers in BAR0, modern ones in BAR4, and capabilities that say where.
 *
 *     capability   00 ID (09)   01 next   02 length   03 type   04 BAR   05 id   08 offset (4)   0c length (4)
 *                  10 notify: multiplier (4)      10 configuration access: data (4)
 *
 * The last capability is a window to all of it for software that can reach nothing but the configuration space: it writes BAR,
 * offset and length there, and each access to the data is one to the device.
 *
 * Datasheet: VIRTIO 1.2, 4.1 "Virtio Over PCI Bus".
 *
 * Differs: there is no MSI-X; interrupts come by INTA#, which is high until the driver reads the ISR status.
 */
import type { MmioDevice, PortDevice, Width } from "../device.ts";
import {
  PCI_CAPABILITIES,
  PCI_COMMAND,
  PCI_STATUS,
  PciFunction,
  type PciFunctionState,
  STATUS_CAPABILITIES,
} from "../pci/pci-function.ts";
import type { VirtioDevice, VirtioState, VirtioTransport } from "./virtio-device.ts";
import { LEGACY_PORTS, LegacyRegisters } from "./virtio-pci-legacy.ts";
import {
  COMMON_STRUCTURE,
  DEVICE_STRUCTURE,
  ISR_STRUCTURE,
  MODERN_BYTES,
  ModernRegisters,
  NOTIFY_MULTIPLIER,
  NOTIFY_STRUCTURE,
  STRUCTURE_BYTES,
} from "./virtio-pci-modern.ts";

const VENDOR = 0x1af4;
const LEGACY_BAR = 0;
const MODERN_BAR = 4;

const CAP_VENDOR = 0x09;
const CAP_COMMON = 1;
const CAP_NOTIFY = 2;
const CAP_ISR = 3;
const CAP_DEVICE = 4;
const CAP_PCI = 5;
const CAP_BYTES = 16;
const FIRST_CAP = 0x40;
const NO_MORE = 0;

export interface VirtioPciState extends PciFunctionState, VirtioState {
  legacyQueueSelect: number;
  device_feature_select: number;
  driver_feature_select: number;
  queue_select: number;
}

export class VirtioPci extends PciFunction implements VirtioTransport {
  readonly device: VirtioDevice;
  readonly legacy: LegacyRegisters;
  readonly modern: ModernRegisters;
  /** Where the configuration access capability lies. */
  private readonly access: number;

  constructor(device: VirtioDevice) {
    const { id, pciDevice, pciClass } = device.kind;
    super(device.name, {
      vendor: VENDOR,
      device: pciDevice,
      classCode: pciClass,
      subsystemVendor: VENDOR,
      subsystem: id,
      pin: 1,
    });
    this.device = device;
    this.legacy = new LegacyRegisters(device);
    this.modern = new ModernRegisters(device);
    device.transport = this;
    this.addBar({ index: LEGACY_BAR, space: "ports", size: LEGACY_PORTS, device: this.legacy });
    this.addBar({ index: MODERN_BAR, space: "memory", size: MODERN_BYTES, device: this.modern });
    this.access = this.defineCapabilities();
    this.written = (offset, width) => this.afterWrite(offset, width);
  }

  private defineCapabilities(): number {
    this.define(PCI_STATUS, 2, STATUS_CAPABILITIES);
    this.define(PCI_CAPABILITIES, 1, FIRST_CAP);
    let at = FIRST_CAP;
    at = this.defineCapability(at, CAP_COMMON, COMMON_STRUCTURE);
    at = this.defineCapability(at, CAP_ISR, ISR_STRUCTURE);
    at = this.defineCapability(at, CAP_DEVICE, DEVICE_STRUCTURE);
    this.define(at + CAP_BYTES, 4, NOTIFY_MULTIPLIER);
    at = this.defineCapability(at, CAP_NOTIFY, NOTIFY_STRUCTURE, CAP_BYTES + 4);
    this.define(at, 4, CAP_VENDOR | (NO_MORE << 8) | ((CAP_BYTES + 4) << 16) | (CAP_PCI << 24));
    this.define(at + 4, 1, 0, 0xff);
    for (const field of [8, 12, 16]) this.define(at + field, 4, 0, 0xffff_ffff);
    return at;
  }

  /** Returns where the next one lies. */
  private defineCapability(at: number, type: number, structure: number, bytes = CAP_BYTES): number {
    const next = at + bytes;
    this.define(at, 4, CAP_VENDOR | (next << 8) | (bytes << 16) | (type << 24));
    this.define(at + 4, 1, MODERN_BAR);
    this.define(at + 8, 4, structure);
    this.define(at + 12, 4, STRUCTURE_BYTES);
    return next;
  }

  // --- Access by the configuration space -------------------------------------------------------------------------------

  /** Reading the data of the access capability reads the device, with all that follows from it. */
  override get(offset: number, width: Width): number {
    if (this.isAccess(offset, width)) {
      const target = this.accessTarget();
      if (target !== null) this.set(this.access + CAP_BYTES, target.width, target.read());
    }
    return super.get(offset, width);
  }

  private afterWrite(offset: number, width: Width): void {
    if (offset < PCI_STATUS && offset + width > PCI_COMMAND) this.device.arm();
    if (!this.isAccess(offset, width)) return;
    const target = this.accessTarget();
    if (target !== null) target.write(super.get(this.access + CAP_BYTES, target.width));
  }

  private isAccess(offset: number, width: Width): boolean {
    const data = this.access + CAP_BYTES;
    return offset < data + 4 && offset + width > data;
  }

  /** What the capability points to; null if to nothing. A length of 0 is one that nobody has set. */
  private accessTarget(): {
    readonly width: Width;
    read(): number;
    write(value: number): void;
  } | null {
    const { access } = this;
    const index = this.config[access + 4];
    const offset = super.get(access + 8, 4);
    const length = super.get(access + 12, 4);
    if (length === 0) return null;
    const bar = this.bars.find((one) => one.index === index);
    const isWidth = length === 1 || length === 2 || length === 4;
    if (bar === undefined || !isWidth || offset % length !== 0 || offset + length > bar.size) {
      const place = `${length} bytes at ${offset.toString(16)} of BAR${index}`;
      this.device.guestError("PCI configuration access", `${place}: no register is there`);
      return null;
    }
    const width = length as Width;
    if (bar.space === "ports") {
      const device = bar.device as PortDevice;
      return {
        width,
        read: () => device.portRead(offset, width),
        write: (value) => device.portWrite(offset, width, value),
      };
    }
    const device = bar.device as MmioDevice;
    return {
      width,
      read: () => device.mmioRead(offset, width),
      write: (value) => device.mmioWrite(offset, width, value),
    };
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  override reset(): void {
    super.reset();
    this.legacy.queueSelect = 0;
    this.modern.reset();
    this.device.reset();
  }

  override save(): VirtioPciState {
    return {
      ...super.save(),
      ...this.device.save(),
      legacyQueueSelect: this.legacy.queueSelect,
      device_feature_select: this.modern.deviceFeatureSelect,
      driver_feature_select: this.modern.driverFeatureSelect,
      queue_select: this.modern.queueSelect,
    };
  }

  override restore(state: VirtioPciState): void {
    super.restore(state);
    this.legacy.queueSelect = state.legacyQueueSelect;
    this.modern.deviceFeatureSelect = state.device_feature_select;
    this.modern.driverFeatureSelect = state.driver_feature_select;
    this.modern.queueSelect = state.queue_select;
    this.device.restore(state);
  }

  override probe(offset: number): string {
    if (this.isAccess(offset, 1)) return "PCI_CFG_DATA";
    if (offset >= FIRST_CAP && offset < this.access + CAP_BYTES) return "VIRTIO_PCI_CAP";
    return super.probe(offset);
  }
}
