/**
 * The host bridge: what it is, which pieces of the upper memory area are RAM, and where the DRAM rows end.
 *
 * Datasheet: Intel 82441FX (PMC), 3.2 "PCI configuration space mapped registers".
 */
import type { Width } from "../device.ts";
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PCI_COMMAND,
  PCI_STATUS,
  PciFunction,
  type PciFunctionState,
} from "./pci-function.ts";

const PAM0 = 0x59;
const PAM_REGISTERS = 7;
const DRB0 = 0x60;
const DRB_ROWS = 8;
const SMRAM = 0x72;
const SMRAM_AFTER_RESET = 0x02;
/** Rows are counted in units of 8 MiB. */
const ROW_BYTES = 8 << 20;
const PAM_READ = 1;
const PAM_WRITE = 2;

export interface I440fxWires {
  readonly ramBytes: number;
  /** `bytes` bytes from `base` on: whether reads come from RAM, and whether writes go there. */
  readonly shadow: (base: number, bytes: number, readable: boolean, writable: boolean) => void;
}

export class I440fx extends PciFunction {
  private readonly shadow: I440fxWires["shadow"];

  constructor({ ramBytes, shadow }: I440fxWires) {
    super("i440fx", {
      vendor: 0x8086,
      device: 0x1237,
      revision: 0x02,
      classCode: 0x06_00_00,
      // By which firmware knows an emulated board that answers its questions (fw-cfg.ts).
      subsystemVendor: 0x1af4,
      subsystem: 0x1100,
    });
    this.shadow = shadow;
    // It always answers memory accesses and masters the bus; only the error bits of the command can be written.
    this.define(PCI_COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER, 0x0140);
    this.define(PCI_STATUS, 2, 0x0280);
    for (let i = 0; i < PAM_REGISTERS; i++) this.define(PAM0 + i, 1, 0, i === 0 ? 0x30 : 0x33);
    const rows = Math.min(Math.ceil(ramBytes / ROW_BYTES), 0xff);
    for (let i = 0; i < DRB_ROWS; i++) this.define(DRB0 + i, 1, rows, 0xff);
    this.define(SMRAM, 1, SMRAM_AFTER_RESET, 0x78);
    this.written = (offset, width) => this.noticePam(offset, width);
  }

  private noticePam(offset: number, width: Width): void {
    for (let at = offset; at < offset + width; at++) {
      if (at >= PAM0 && at < PAM0 + PAM_REGISTERS) this.applyPam(at - PAM0);
    }
  }

  /** PAM0 rules the 64 KiB at F0000 by its upper half, the others 16 KiB each by either half, from C0000 on. */
  private applyPam(index: number): void {
    const value = this.config[PAM0 + index];
    const apply = (base: number, bytes: number, bits: number): void =>
      this.shadow(base, bytes, (bits & PAM_READ) !== 0, (bits & PAM_WRITE) !== 0);
    if (index === 0) {
      apply(0xf_0000, 0x1_0000, value >>> 4);
      return;
    }
    const base = 0xc_0000 + (index - 1) * 0x8000;
    apply(base, 0x4000, value);
    apply(base + 0x4000, 0x4000, value >>> 4);
  }

  override reset(): void {
    super.reset();
    for (let i = 0; i < PAM_REGISTERS; i++) this.applyPam(i);
  }

  override restore(state: PciFunctionState): void {
    super.restore(state);
    for (let i = 0; i < PAM_REGISTERS; i++) this.applyPam(i);
  }
}
