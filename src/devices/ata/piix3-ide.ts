/**
 * The IDE function of the PIIX3: two channels at the ports where ISA had them, and their bus masters behind BAR4.
 *
 *     04 command   09 class 010180: IDE, bus master, both channels legacy   20 BMIBA, 16 ports
 *     40 IDETIM primary   42 IDETIM secondary   44 SIDETIM   48 UDMACTL   4a UDMATIM
 *
 * Datasheet: Intel 82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator, 2.3 "PCI configuration registers, function 1".
 *
 * Differs: bit 15 of the timing registers, which enables a channel's ports, is set from the start, as firmware leaves it: a
 * kernel that is started without firmware takes a channel for absent otherwise. The ports answer whatever it says, and
 * whatever the command register says. UDMACTL and UDMATIM are the PIIX4's; they hold what is written, and nothing is
 * faster or slower for any of these.
 */
import type { Clock, Device, DmaMemory, GuestErrorSink, IrqLine, PortDevice } from "../device.ts";
import {
  COMMAND_MASTER,
  PCI_COMMAND,
  PCI_STATUS,
  PciFunction,
  type PciFunctionState,
} from "../pci/pci-function.ts";
import { BUS_MASTER_PORTS, BusMaster, type BusMasterState } from "./bus-master.ts";
import { CdDrive } from "./cd-drive.ts";
import { AtaChannel, type ChannelState, type DriveSpec } from "./channel.ts";

const LATENCY_TIMER = 0x0d;
const IDETIM_PRIMARY = 0x40;
const IDETIM_SECONDARY = 0x42;
const SIDETIM = 0x44;
const UDMACTL = 0x48;
const UDMATIM = 0x4a;
const IDETIM_ENABLE = 0x8000;
const IDETIM_WRITABLE = 0xf3ff;
/** Medium decode speed, fast back-to-back; the bits of aborts are cleared by ones. */
const STATUS_FIXED = 0x0280;
const STATUS_CLEARABLE = 0x3800;

const VENDOR_INTEL = 0x8086;
const DEVICE_PIIX3_IDE = 0x7010;
const CLASS_IDE_MASTER_LEGACY = 0x01_0180;
const BMIBA = 4;

export interface Piix3IdeState {
  pci: PciFunctionState;
  primary: ChannelState;
  secondary: ChannelState;
  primaryMaster: BusMasterState;
  secondaryMaster: BusMasterState;
}

export interface Piix3IdeWires {
  readonly clock: Clock;
  /** IRQ 14 and IRQ 15. */
  readonly irqs: readonly [IrqLine, IrqLine];
  readonly memory: DmaMemory;
  readonly guestError: GuestErrorSink;
}

export class Piix3Ide implements Device<Piix3IdeState> {
  readonly name = "piix3-ide";
  readonly pci: PciFunction;
  readonly channels: readonly [AtaChannel, AtaChannel];
  /** The ports of BAR4: eight for each channel. */
  readonly busMasterPorts: PortDevice;

  /** `drives` are primary master and slave, secondary master and slave. */
  constructor(drives: readonly (DriveSpec | null)[], wires: Piix3IdeWires) {
    const pci = new PciFunction(this.name, {
      vendor: VENDOR_INTEL,
      device: DEVICE_PIIX3_IDE,
      classCode: CLASS_IDE_MASTER_LEGACY,
    });
    pci.define(PCI_STATUS, 2, STATUS_FIXED, 0, STATUS_CLEARABLE);
    pci.define(LATENCY_TIMER, 1, 0, 0xf0);
    pci.define(IDETIM_PRIMARY, 2, IDETIM_ENABLE, IDETIM_WRITABLE);
    pci.define(IDETIM_SECONDARY, 2, IDETIM_ENABLE, IDETIM_WRITABLE);
    pci.define(SIDETIM, 1, 0, 0xff);
    pci.define(UDMACTL, 1, 0, 0x0f);
    pci.define(UDMATIM, 2, 0, 0x3333);
    this.pci = pci;
    this.channels = [this.channel(0, drives.slice(0, 2), wires), this.channel(1, drives.slice(2, 4), wires)];
    const masterOf = (offset: number): BusMaster =>
      this.channels[offset < BUS_MASTER_PORTS ? 0 : 1].busMaster;
    this.busMasterPorts = {
      name: this.name,
      maxWidth: 4,
      portRead: (offset, width) => masterOf(offset).portRead(offset % BUS_MASTER_PORTS, width),
      portWrite: (offset, width, value) =>
        masterOf(offset).portWrite(offset % BUS_MASTER_PORTS, width, value),
    };
    pci.addBar({ index: BMIBA, space: "ports", size: 2 * BUS_MASTER_PORTS, device: this.busMasterPorts });
    pci.written = (offset, width) => this.configWritten(offset, width);
  }

  private channel(number: 0 | 1, drives: readonly (DriveSpec | null)[], wires: Piix3IdeWires): AtaChannel {
    const { clock, memory, guestError } = wires;
    const busMaster = new BusMaster(`${this.name}-master${number}`, {
      memory,
      isMaster: () => this.pci.isMaster,
      started: () => this.channels[number].dmaReady(),
      guestError,
    });
    return new AtaChannel(number, drives, { clock, irq: wires.irqs[number], busMaster, guestError });
  }

  /** A transfer that was started before the function may be bus master begins when it may. */
  private configWritten(offset: number, width: number): void {
    if (offset >= PCI_STATUS || offset + width <= PCI_COMMAND) return;
    if ((this.pci.get(PCI_COMMAND, 2) & COMMAND_MASTER) === 0) return;
    for (const channel of this.channels) channel.dmaReady();
  }

  /** The CD-ROM drives, in the order of the plugs; the host puts discs in them. */
  get cdDrives(): CdDrive[] {
    return this.channels.flatMap(({ drives }) => drives.filter((drive) => drive instanceof CdDrive));
  }

  reset(): void {
    this.pci.reset();
    for (const channel of this.channels) {
      channel.reset();
      channel.busMaster.reset();
    }
  }

  save(): Piix3IdeState {
    const [primary, secondary] = this.channels;
    return {
      pci: this.pci.save(),
      primary: primary.save(),
      secondary: secondary.save(),
      primaryMaster: primary.busMaster.save(),
      secondaryMaster: secondary.busMaster.save(),
    };
  }

  restore(state: Piix3IdeState): void {
    const [primary, secondary] = this.channels;
    this.pci.restore(state.pci);
    primary.busMaster.restore(state.primaryMaster);
    secondary.busMaster.restore(state.secondaryMaster);
    primary.restore(state.primary);
    secondary.restore(state.secondary);
  }

  /** A port of BAR4. */
  probe(offset: number): string {
    if (offset < 0 || offset >= 2 * BUS_MASTER_PORTS) return "?";
    return this.channels[offset < BUS_MASTER_PORTS ? 0 : 1].busMaster.probe(offset % BUS_MASTER_PORTS);
  }
}
