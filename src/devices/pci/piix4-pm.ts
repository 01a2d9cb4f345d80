/**
 * Power management for ACPI: fixed events, the timer, sleeping, and an SMBus host with nothing on its bus.
 *
 *     PMBASE  00 PM1_STS  02 PM1_EN  04 PM1_CNT  08 PM_TMR
 *     afe0    00 GPE0_STS (2 bytes)  02 GPE0_EN (2 bytes)
 *     SMBBASE 00 SMBHSTSTS …
 *
 * Datasheet: Intel 82371AB (PIIX4), chapter 7 "Power management"; ACPI 6.4, 4.8.3 "Fixed hardware registers". Where the
 * general-purpose events lie, and that sleep type 0 is soft off, is as on other emulated boards of this chip set.
 */
import type { Alarm, Clock, GuestErrorSink, IrqLine, PortDevice, Width } from "../device.ts";
import { Ticks } from "../ticks.ts";
import { PciFunction, type PciFunctionState } from "./pci-function.ts";

export const PM_TIMER_HZ = 3_579_545;
const TIMER_BITS = 24;
const TIMER_PERIOD = 2 ** TIMER_BITS;
const HALF_PERIOD = TIMER_PERIOD / 2;

const PMBASE = 0x40;
const DEVACTB = 0x58;
const DEVACTB_APMC_EN = 1 << 25;
const PMREGMISC = 0x80;
const SMBBASE = 0x90;
const SMBHSTCFG = 0xd2;
const PORTS_ENABLE = 1;
/** Base address registers of the function: bits 15 to 6. */
const BASE_MASK = 0xffc0;
const SMB_BASE_MASK = 0xfff0;
const PM_PORTS = 64;
const SMB_PORTS = 16;

export const PM1_TMR = 1 << 0;
const PM1_GBL = 1 << 5;
export const PM1_PWRBTN = 1 << 8;
const PM1_RTC = 1 << 10;
const PM1_WAK = 1 << 15;
const PM1_EVENTS = PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_RTC;
const CNT_SCI_EN = 1 << 0;
const CNT_SLP_EN = 1 << 13;
const CNT_SLP_TYP = 7;
const CNT_WRITABLE = 0x1c03;

/** Values of the command port by which firmware that has no SMM hands the events over, and takes them back. */
export const ACPI_ENABLE = 0xf1;
export const ACPI_DISABLE = 0xf0;

const SMB_DEV_ERR = 1 << 2;
const SMB_START = 1 << 6;

export interface Piix4PmWires {
  readonly clock: Clock;
  /** IRQ 9. */
  readonly sci: IrqLine;
  /** The guest goes to sleep; type 0 is soft off. */
  readonly sleep: (type: number) => void;
  readonly mapPorts: (base: number, count: number, device: PortDevice) => boolean;
  readonly unmapPorts: (base: number) => void;
  readonly guestError: GuestErrorSink;
}

export interface Piix4PmState extends PciFunctionState {
  PM1_STS: number;
  PM1_EN: number;
  PM1_CNT: number;
  GPE0_STS: number;
  GPE0_EN: number;
  SMBHSTSTS: number;
  smb: number[];
}

export class Piix4Pm extends PciFunction {
  /** Ports afe0 to afe3. */
  readonly gpePorts: PortDevice;
  private readonly wires: Piix4PmWires;
  private readonly ticks: Ticks;
  private readonly overflow: Alarm;
  private readonly pmPorts: PortDevice;
  private readonly smbPorts: PortDevice;
  private pmMapped = 0;
  private smbMapped = 0;
  private PM1_STS = 0;
  private PM1_EN = 0;
  private PM1_CNT = 0;
  private GPE0_STS = 0;
  private GPE0_EN = 0;
  private SMBHSTSTS = 0;
  private readonly smb = new Uint8Array(SMB_PORTS);
  /** Changes of the timer's highest bit that PM1_STS knows of. */
  private turnsSeen = 0;

  constructor(wires: Piix4PmWires) {
    super("piix4-pm", { vendor: 0x8086, device: 0x7113, revision: 3, classCode: 0x06_80_00, pin: 1 });
    this.wires = wires;
    this.ticks = new Ticks(wires.clock.hz, PM_TIMER_HZ);
    this.overflow = wires.clock.alarm(() => this.driveSci());
    this.define(0x04, 2, 0, 1);
    this.define(0x06, 2, 0x0280, 0, 0x7800);
    this.define(PMBASE, 4, 1, BASE_MASK);
    // There is no SMM here. Firmware that finds APMC_EN set takes SMM for set up; else it waits for ever for its handler.
    this.define(DEVACTB, 4, DEVACTB_APMC_EN, 0x03ff_ffff);
    this.define(PMREGMISC, 1, 0, 0x1f);
    this.define(SMBBASE, 4, 1, SMB_BASE_MASK);
    this.define(SMBHSTCFG, 1, 0, 0x0f);
    this.written = () => this.placePorts();
    this.pmPorts = bytewise(
      this.name,
      (at) => this.readPm(at),
      (at, width, value) => this.writePm(at, width, value),
    );
    this.gpePorts = bytewise(
      this.name,
      (at) => ((at < 2 ? this.GPE0_STS : this.GPE0_EN) >>> ((at & 1) * 8)) & 0xff,
      (at, width, value) => this.writeGpe(at, width, value),
    );
    this.smbPorts = bytewise(
      this.name,
      (at) => (at === 0 ? this.SMBHSTSTS : this.smb[at]),
      (at, width, value) => this.writeSmb(at, width, value),
    );
  }

  /** Someone pressed the button at the front. */
  pressPowerButton(): void {
    this.PM1_STS |= PM1_PWRBTN;
    this.driveSci();
  }

  /** What was written to the command port 00b2. */
  command(value: number): void {
    if (value === ACPI_ENABLE) this.PM1_CNT |= CNT_SCI_EN;
    else if (value === ACPI_DISABLE) this.PM1_CNT &= ~CNT_SCI_EN;
    else return;
    this.driveSci();
  }

  /** 24 bits at 3.58 MHz. */
  get timer(): number {
    return this.ticks.ticksAt(this.wires.clock.now) % TIMER_PERIOD;
  }

  /** For people: what the registers hold. */
  get registers(): { readonly PM1_STS: number; readonly PM1_EN: number; readonly PM1_CNT: number } {
    this.catchUp();
    return { PM1_STS: this.PM1_STS, PM1_EN: this.PM1_EN, PM1_CNT: this.PM1_CNT };
  }

  // --- Where the registers answer --------------------------------------------------------------------------------------

  private placePorts(): void {
    const pm = (this.config[PMREGMISC] & PORTS_ENABLE) !== 0 ? this.get(PMBASE, 2) & BASE_MASK : 0;
    this.pmMapped = this.place(this.pmMapped, pm, PM_PORTS, this.pmPorts);
    const smb = (this.config[SMBHSTCFG] & PORTS_ENABLE) !== 0 ? this.get(SMBBASE, 2) & SMB_BASE_MASK : 0;
    this.smbMapped = this.place(this.smbMapped, smb, SMB_PORTS, this.smbPorts);
  }

  private place(from: number, to: number, count: number, device: PortDevice): number {
    if (from === to) return from;
    if (from !== 0) this.wires.unmapPorts(from);
    if (to === 0 || this.wires.mapPorts(to, count, device)) return to;
    this.wires.guestError(this.name, "PMBASE or SMBBASE", `placed at ${to.toString(16)}, which is taken`);
    return 0;
  }

  // --- Events and control ------------------------------------------------------------------------------------------------

  private readPm(at: number): number {
    this.catchUp();
    const byte = (value: number): number => Math.floor(value / 2 ** ((at & 3) * 8)) & 0xff;
    if (at < 4) return byte(this.PM1_STS + this.PM1_EN * 0x1_0000);
    if (at < 8) return byte(this.PM1_CNT);
    if (at < 12) return byte(this.timer);
    return 0;
  }

  private writePm(at: number, width: Width, value: number): void {
    this.catchUp();
    for (let i = 0; i < width; i++) {
      const shift = ((at + i) & 1) * 8;
      const byte = ((value >>> (i * 8)) & 0xff) << shift;
      const mask = 0xff << shift;
      switch ((at + i) >> 1) {
        case 0:
          this.PM1_STS &= ~(byte & (PM1_EVENTS | PM1_WAK));
          break;
        case 1:
          this.PM1_EN = ((this.PM1_EN & ~mask) | byte) & PM1_EVENTS;
          break;
        case 2:
          this.writeControl(mask, byte);
          break;
        default:
          break;
      }
    }
    this.driveSci();
  }

  private writeControl(mask: number, byte: number): void {
    this.PM1_CNT = (this.PM1_CNT & ~(mask & CNT_WRITABLE)) | (byte & CNT_WRITABLE);
    if ((byte & CNT_SLP_EN) !== 0) this.wires.sleep((this.PM1_CNT >>> 10) & CNT_SLP_TYP);
  }

  private writeGpe(at: number, width: Width, value: number): void {
    for (let i = 0; i < width; i++) {
      const shift = ((at + i) & 1) * 8;
      const byte = ((value >>> (i * 8)) & 0xff) << shift;
      if (at + i < 2) this.GPE0_STS &= ~byte;
      else this.GPE0_EN = (this.GPE0_EN & ~(0xff << shift)) | byte;
    }
    this.driveSci();
  }

  private driveSci(): void {
    this.catchUp();
    const due = (this.PM1_STS & this.PM1_EN) !== 0 || (this.GPE0_STS & this.GPE0_EN) !== 0;
    if (due && (this.PM1_CNT & CNT_SCI_EN) !== 0) this.wires.sci.raise();
    else this.wires.sci.lower();
    this.armOverflow();
  }

  // --- The timer -----------------------------------------------------------------------------------------------------------

  /** Its highest bit changes twice in a period; either sets TMR_STS. Seen when someone looks, so that it wakes nobody. */
  private catchUp(): void {
    const turns = Math.floor(this.ticks.ticksAt(this.wires.clock.now) / HALF_PERIOD);
    if (turns !== this.turnsSeen) this.PM1_STS |= PM1_TMR;
    this.turnsSeen = turns;
  }

  /** Only a guest that wants an interrupt is to be woken by it. */
  private armOverflow(): void {
    const wanted = (this.PM1_EN & ~this.PM1_STS & PM1_TMR) !== 0 && (this.PM1_CNT & CNT_SCI_EN) !== 0;
    if (wanted) this.overflow.at(this.ticks.icountAt((this.turnsSeen + 1) * HALF_PERIOD));
    else this.overflow.cancel();
  }

  // --- SMBus: every device that is asked is absent ------------------------------------------------------------------------------

  private writeSmb(at: number, width: Width, value: number): void {
    for (let i = 0; i < width && at + i < SMB_PORTS; i++) {
      const byte = (value >>> (i * 8)) & 0xff;
      if (at + i === 0) this.SMBHSTSTS &= ~byte;
      else this.smb[at + i] = at + i === 2 ? byte & ~SMB_START : byte;
      if (at + i === 2 && (byte & SMB_START) !== 0) this.SMBHSTSTS |= SMB_DEV_ERR;
    }
  }

  // --- State ---------------------------------------------------------------------------------------------------------------------

  override reset(): void {
    super.reset();
    this.turnsSeen = Math.floor(this.ticks.ticksAt(this.wires.clock.now) / HALF_PERIOD);
    this.PM1_STS = 0;
    this.PM1_EN = 0;
    this.PM1_CNT = 0;
    this.GPE0_STS = 0;
    this.GPE0_EN = 0;
    this.SMBHSTSTS = 0;
    this.smb.fill(0);
    this.placePorts();
    this.driveSci();
  }

  override save(): Piix4PmState {
    this.catchUp();
    const { PM1_STS, PM1_EN, PM1_CNT, GPE0_STS, GPE0_EN, SMBHSTSTS } = this;
    return {
      ...super.save(),
      PM1_STS,
      PM1_EN,
      PM1_CNT,
      GPE0_STS,
      GPE0_EN,
      SMBHSTSTS,
      smb: Array.from(this.smb),
    };
  }

  override restore(state: Piix4PmState): void {
    super.restore(state);
    this.turnsSeen = Math.floor(this.ticks.ticksAt(this.wires.clock.now) / HALF_PERIOD);
    this.PM1_STS = state.PM1_STS;
    this.PM1_EN = state.PM1_EN;
    this.PM1_CNT = state.PM1_CNT;
    this.GPE0_STS = state.GPE0_STS;
    this.GPE0_EN = state.GPE0_EN;
    this.SMBHSTSTS = state.SMBHSTSTS;
    this.smb.set(state.smb);
    this.placePorts();
    this.driveSci();
  }

  override probe(offset: number): string {
    if (offset === PMBASE) return "PMBASE";
    if (offset === PMREGMISC) return "PMREGMISC";
    if (offset === SMBBASE) return "SMBBASE";
    return super.probe(offset);
  }
}

/** Ports that take every width: a read is made of bytes of one moment. */
function bytewise(
  name: string,
  read: (at: number) => number,
  write: (at: number, width: Width, value: number) => void,
): PortDevice {
  return {
    name,
    maxWidth: 4,
    portRead: (offset, width) => {
      let value = 0;
      for (let i = 0; i < width; i++) value += read(offset + i) * 2 ** (i * 8);
      return value;
    },
    portWrite: write,
  };
}
