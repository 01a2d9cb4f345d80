/**
 * The configuration space of one PCI function: 256 bytes, of which the guest may change what the function says it may.
 *
 *     00 vendor   device      04 command  status      08 revision, class code
 *     0c cache line, latency, header type, BIST       10 to 24  base address registers
 *     2c subsystem vendor, subsystem                  34 capabilities
 *     3c interrupt line, pin
 *
 * Datasheet: PCI Local Bus Specification 3.0, 6.1 "Configuration space organization", 6.2.
 */
import type { Device, IrqLine, MmioDevice, PortDevice, Width } from "../device.ts";

export const PCI_VENDOR = 0x00;
export const PCI_DEVICE = 0x02;
export const PCI_COMMAND = 0x04;
export const PCI_STATUS = 0x06;
export const PCI_REVISION = 0x08;
export const PCI_CLASS = 0x09;
export const PCI_HEADER_TYPE = 0x0e;
export const PCI_BAR0 = 0x10;
export const PCI_SUBSYSTEM_VENDOR = 0x2c;
export const PCI_SUBSYSTEM = 0x2e;
export const PCI_CAPABILITIES = 0x34;
export const PCI_INTERRUPT_LINE = 0x3c;
export const PCI_INTERRUPT_PIN = 0x3d;

export const COMMAND_IO = 1 << 0;
export const COMMAND_MEMORY = 1 << 1;
export const COMMAND_MASTER = 1 << 2;
export const COMMAND_NO_INTX = 1 << 10;
export const STATUS_INTERRUPT = 1 << 3;
export const STATUS_CAPABILITIES = 1 << 4;

const CONFIG_BYTES = 256;
const BARS = 6;
const BAR_PORTS = 1;
const COMMAND_WRITABLE = COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX;

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision?: number;
  /** Class, subclass, programming interface: 24 bits. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** 1 to 4 for INTA# to INTD#; 0 or absent for none. */
  readonly pin?: number;
  /** Bit 7 of the header type: the slot has further functions. */
  readonly multifunction?: boolean;
}

/** A range that the guest may place. */
export interface PciBar {
  readonly index: number;
  readonly space: "ports" | "memory";
  /** A power of two: at least 4 ports, or 16 bytes. */
  readonly size: number;
  readonly device: PortDevice | MmioDevice;
}

/** Where a BAR answers now. */
export interface PciWindow {
  readonly bar: PciBar;
  readonly base: number;
}

export interface PciFunctionState {
  config: number[];
}

export class PciFunction implements Device<PciFunctionState> {
  readonly name: string;
  readonly config = new Uint8Array(CONFIG_BYTES);
  readonly bars: PciBar[] = [];
  /** Set by the bus that it is plugged into: its windows may have moved. */
  moved: () => void = () => {};
  /** After a write to `config`: the function looks at registers of its own. */
  written: (offset: number, width: Width) => void = () => {};
  /** The wire of its interrupt pin; set by the bus. */
  intx: IrqLine = { raise() {}, lower() {} };
  private readonly powerOn = new Uint8Array(CONFIG_BYTES);
  private readonly writable = new Uint8Array(CONFIG_BYTES);
  private readonly clearable = new Uint8Array(CONFIG_BYTES);
  private pinLevel = false;

  constructor(name: string, identity: PciIdentity) {
    this.name = name;
    this.define(PCI_VENDOR, 2, identity.vendor);
    this.define(PCI_DEVICE, 2, identity.device);
    this.define(PCI_COMMAND, 2, 0, COMMAND_WRITABLE);
    this.define(PCI_REVISION, 1, identity.revision ?? 0);
    this.define(PCI_CLASS, 1, identity.classCode & 0xff);
    this.define(PCI_CLASS + 1, 2, identity.classCode >>> 8);
    this.define(PCI_HEADER_TYPE, 1, identity.multifunction === true ? 0x80 : 0);
    this.define(PCI_SUBSYSTEM_VENDOR, 2, identity.subsystemVendor ?? 0);
    this.define(PCI_SUBSYSTEM, 2, identity.subsystem ?? 0);
    this.define(PCI_INTERRUPT_LINE, 1, 0, 0xff);
    this.define(PCI_INTERRUPT_PIN, 1, identity.pin ?? 0);
  }

  /**
   * Says what a register of `width` bytes holds after a reset, which of its bits the guest writes, and which it clears by
   * writing ones.
   */
  define(offset: number, width: Width, value: number, writable = 0, clearable = 0): void {
    for (let i = 0; i < width; i++) {
      this.powerOn[offset + i] = value >>> (i * 8);
      this.config[offset + i] = value >>> (i * 8);
      this.writable[offset + i] = writable >>> (i * 8);
      this.clearable[offset + i] = clearable >>> (i * 8);
    }
  }

  addBar(bar: PciBar): void {
    this.bars.push(bar);
    const type = bar.space === "ports" ? BAR_PORTS : 0;
    this.define(PCI_BAR0 + bar.index * 4, 4, type, -bar.size);
  }

  /** A register, little-endian, as an unsigned number. */
  get(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.config[offset + i] * 2 ** (i * 8);
    return value;
  }

  /** Sets a register as the function itself does, whatever the guest may write. */
  set(offset: number, width: Width, value: number): void {
    for (let i = 0; i < width; i++) this.config[offset + i] = value >>> (i * 8);
  }

  /** The guest's write. `offset` is a multiple of `width`. */
  write(offset: number, width: Width, value: number): void {
    const { config, writable, clearable } = this;
    for (let i = 0; i < width; i++) {
      const at = offset + i;
      const byte = (value >>> (i * 8)) & 0xff;
      const kept = config[at] & ~writable[at];
      config[at] = (kept & ~(byte & clearable[at])) | (byte & writable[at]);
    }
    if (offset < PCI_STATUS && offset + width > PCI_COMMAND) {
      this.drivePin();
      this.moved();
    } else if (offset < PCI_BAR0 + BARS * 4 && offset + width > PCI_BAR0) this.moved();
    this.written(offset, width);
  }

  /** The BARs that answer: enabled by the command register, and placed. */
  windows(): PciWindow[] {
    const command = this.get(PCI_COMMAND, 2);
    return this.bars.flatMap((bar) => {
      const ports = bar.space === "ports";
      if ((command & (ports ? COMMAND_IO : COMMAND_MEMORY)) === 0) return [];
      const register = this.get(PCI_BAR0 + bar.index * 4, 4);
      const base = register - (register % 16) + (ports ? register & 0xc : 0);
      const end = base + bar.size;
      // A BAR at 0 has not been placed; one that is being sized lies at the end.
      if (base === 0 || end > (ports ? 0x1_0000 : 0xffff_f000)) return [];
      return [{ bar, base }];
    });
  }

  /** 1 to 4 for INTA# to INTD#, or 0. */
  get pin(): number {
    return this.config[PCI_INTERRUPT_PIN];
  }

  /** May the function read and write memory by itself? */
  get isMaster(): boolean {
    return (this.config[PCI_COMMAND] & COMMAND_MASTER) !== 0;
  }

  /** The function asserts its interrupt pin, or not. */
  setInterrupt(level: boolean): void {
    this.pinLevel = level;
    this.set(PCI_STATUS, 1, (this.config[PCI_STATUS] & ~STATUS_INTERRUPT) | (level ? STATUS_INTERRUPT : 0));
    this.drivePin();
  }

  private drivePin(): void {
    const masked = (this.get(PCI_COMMAND, 2) & COMMAND_NO_INTX) !== 0;
    if (this.pinLevel && !masked) this.intx.raise();
    else this.intx.lower();
  }

  reset(): void {
    this.config.set(this.powerOn);
    this.setInterrupt(false);
    this.moved();
  }

  save(): PciFunctionState {
    return { config: Array.from(this.config) };
  }

  restore(state: PciFunctionState): void {
    this.config.set(state.config);
    this.setInterrupt((this.config[PCI_STATUS] & STATUS_INTERRUPT) !== 0);
    this.moved();
  }

  probe(offset: number): string {
    if (!(offset >= 0 && offset < CONFIG_BYTES)) return "?";
    return NAMES.get(offset) ?? `CONFIG_${offset.toString(16).toUpperCase().padStart(2, "0")}`;
  }
}

const NAMES = new Map<number, string>([
  [PCI_VENDOR, "VID"],
  [PCI_DEVICE, "DID"],
  [PCI_COMMAND, "PCICMD"],
  [PCI_STATUS, "PCISTS"],
  [PCI_REVISION, "RID"],
  [PCI_CLASS, "CLASSC"],
  [PCI_HEADER_TYPE, "HEDT"],
  [PCI_BAR0, "BAR0"],
  [PCI_BAR0 + 4, "BAR1"],
  [PCI_BAR0 + 8, "BAR2"],
  [PCI_BAR0 + 12, "BAR3"],
  [PCI_BAR0 + 16, "BAR4"],
  [PCI_BAR0 + 20, "BAR5"],
  [PCI_SUBSYSTEM_VENDOR, "SVID"],
  [PCI_SUBSYSTEM, "SID"],
  [PCI_CAPABILITIES, "CAPPTR"],
  [PCI_INTERRUPT_LINE, "INTLN"],
  [PCI_INTERRUPT_PIN, "INTPN"],
]);
