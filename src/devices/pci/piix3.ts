/**
 * The ISA bridge: which interrupt request the four PCI interrupts are, and the register that resets the machine.
 *
 * Datasheet: Intel 82371SB (PIIX3), 2.2 "PCI to ISA bridge registers", 2.5.6 "RC: reset control register"; APM ports.
 */
import type { IrqLine, PortDevice } from "../device.ts";
import { PciFunction, type PciFunctionState } from "./pci-function.ts";

const PIRQRCA = 0x60;
const PIRQS = 4;
const PIRQ_OFF = 0x80;
const IRQ_BITS = 0x0f;
/** IRQ 0, 1, 2, 8 and 13 belong to the board. */
const ROUTABLE = 0b1101_1110_1111_1000;
const RC_SYSTEM = 1 << 1;
const RC_CPU = 1 << 2;

const isRoutable = (irq: number): boolean => ((ROUTABLE >> irq) & 1) !== 0;
const NOWHERE: IrqLine = { raise() {}, lower() {} };

export interface Piix3Wires {
  /** A wire of our own to an interrupt request that PCI may use. */
  readonly irq: (number: number) => IrqLine;
  readonly resetSystem: () => void;
  readonly resetProcessor: () => void;
}

export interface Piix3State extends PciFunctionState {
  RC: number;
  APMC: number;
  APMS: number;
  /** Per PIRQ, who holds it, a bit for each wire. */
  owners: number[];
}

export class Piix3 extends PciFunction {
  /** Ports 0cf8 to 0cfb, for accesses that are not four bytes wide: the register is at offset 1. */
  readonly resetControl: PortDevice;
  /** Ports 00b2 and 00b3. */
  readonly apmPorts: PortDevice;
  /** Power management hears of what is written to 00b2. */
  command: (value: number) => void = () => {};
  private readonly wires: Piix3Wires;
  private readonly irqs: IrqLine[];
  private readonly owners = new Array<number>(PIRQS).fill(0);
  private readonly wireCounts = new Array<number>(PIRQS).fill(0);
  /** Which request each PIRQ holds high; -1 for none. */
  private readonly driven = new Array<number>(PIRQS).fill(-1);
  private RC = 0;
  private APMC = 0;
  private APMS = 0;

  constructor(wires: Piix3Wires) {
    super("piix3", {
      vendor: 0x8086,
      device: 0x7000,
      classCode: 0x06_01_00,
      multifunction: true,
    });
    this.wires = wires;
    this.irqs = Array.from({ length: 16 * PIRQS }, (_, i) =>
      isRoutable(i & 15) ? wires.irq(i & 15) : NOWHERE,
    );
    this.define(0x04, 2, 0x0007, 0x0008);
    this.define(0x06, 2, 0x0200, 0, 0x7800);
    this.define(0x4c, 1, 0x4d, 0x7f);
    this.define(0x4e, 2, 0x0003, 0x01ff);
    for (let i = 0; i < PIRQS; i++) this.define(PIRQRCA + i, 1, PIRQ_OFF, 0x8f);
    this.define(0x69, 1, 0x02, 0xf6);
    this.define(0x6a, 2, 0x0000, 0x8011);
    this.define(0x82, 1, 0x00, 0x0f);
    this.written = () => this.route();
    this.resetControl = {
      name: this.name,
      portRead: (offset) => (offset === 1 ? this.RC : 0xff),
      portWrite: (offset, _width, value) => this.writeReset(offset, value),
    };
    this.apmPorts = {
      name: this.name,
      portRead: (offset) => (offset === 0 ? this.APMC : this.APMS),
      portWrite: (offset, _width, value) => this.writeApm(offset, value),
    };
  }

  /** A wire to the PIRQ that pin 1 to 4 of a device goes to: neighbours are turned by one. */
  interrupt(device: number, pin: number): IrqLine {
    const pirq = (device - 1 + pin - 1) & 3;
    const owner = 1 << this.wireCounts[pirq]++;
    return {
      raise: () => this.drive(pirq, this.owners[pirq] | owner),
      lower: () => this.drive(pirq, this.owners[pirq] & ~owner),
    };
  }

  private drive(pirq: number, owners: number): void {
    this.owners[pirq] = owners;
    this.routeOne(pirq);
  }

  private route(): void {
    for (let pirq = 0; pirq < PIRQS; pirq++) this.routeOne(pirq);
  }

  private routeOne(pirq: number): void {
    const register = this.config[PIRQRCA + pirq];
    const irq = register & IRQ_BITS;
    const routed = (register & PIRQ_OFF) === 0 && isRoutable(irq);
    const wanted = routed && this.owners[pirq] !== 0 ? irq : -1;
    const before = this.driven[pirq];
    if (wanted === before) return;
    this.driven[pirq] = wanted;
    if (before >= 0) this.irqs[pirq * 16 + before].lower();
    if (wanted >= 0) this.irqs[pirq * 16 + wanted].raise();
  }

  /** The processor is reset when bit 2 goes from 0 to 1; all of the board if bit 1 is set. */
  private writeReset(offset: number, value: number): void {
    if (offset !== 1) return;
    const starts = (this.RC & RC_CPU) === 0 && (value & RC_CPU) !== 0;
    this.RC = value & (RC_SYSTEM | RC_CPU);
    if (!starts) return;
    if ((value & RC_SYSTEM) !== 0) this.wires.resetSystem();
    else this.wires.resetProcessor();
  }

  private writeApm(offset: number, value: number): void {
    if (offset === 1) {
      this.APMS = value;
      return;
    }
    this.APMC = value;
    this.command(value);
  }

  override reset(): void {
    super.reset();
    this.RC = 0;
    this.APMC = 0;
    this.APMS = 0;
    this.route();
  }

  override save(): Piix3State {
    return { ...super.save(), RC: this.RC, APMC: this.APMC, APMS: this.APMS, owners: this.owners.slice() };
  }

  override restore(state: Piix3State): void {
    super.restore(state);
    this.RC = state.RC;
    this.APMC = state.APMC;
    this.APMS = state.APMS;
    for (let i = 0; i < PIRQS; i++) this.owners[i] = state.owners[i];
    this.route();
  }

  override probe(offset: number): string {
    if (offset >= PIRQRCA && offset < PIRQRCA + PIRQS) return `PIRQRC${"ABCD"[offset - PIRQRCA]}`;
    return super.probe(offset);
  }
}
