/** Interrupt wires that several devices share: an input is high while any of its owners holds it high. */

import { assert } from "../common/assert.ts";
import type { IrqLine } from "./device.ts";

/** One bit of a 32-bit integer per owner. */
const OWNERS_PER_INPUT = 31;

export class WiredOr {
  private readonly name: string;
  private readonly change: (input: number, level: boolean) => void;
  /** Per input, the bits of the owners that hold it high. */
  private readonly owners: number[];
  private readonly wires: number[];

  /** `change` hears when an input goes high or low. */
  constructor(name: string, inputs: number, change: (input: number, level: boolean) => void) {
    this.name = name;
    this.change = change;
    this.owners = new Array<number>(inputs).fill(0);
    this.wires = new Array<number>(inputs).fill(0);
  }

  /** A new owner's wire to `input`. */
  wire(input: number): IrqLine {
    const owner = this.wires[input]++;
    assert(owner < OWNERS_PER_INPUT, `${this.name}: too many wires to input ${input}`);
    return new Wire(this, input, 1 << owner);
  }

  drive(input: number, owner: number, level: boolean): void {
    const before = this.owners[input];
    const after = level ? before | owner : before & ~owner;
    this.owners[input] = after;
    if ((before === 0) !== (after === 0)) this.change(input, level);
  }

  /** All wires low, without a word to `change`. */
  reset(): void {
    this.owners.fill(0);
  }

  save(): number[] {
    return this.owners.slice();
  }

  /** Without a word to `change`; returns the levels, one bit per input. */
  restore(owners: readonly number[]): number {
    let levels = 0;
    for (let input = 0; input < this.owners.length; input++) {
      this.owners[input] = owners[input];
      if (owners[input] !== 0) levels |= 1 << input;
    }
    return levels;
  }
}

class Wire implements IrqLine {
  private readonly inputs: WiredOr;
  private readonly input: number;
  private readonly owner: number;

  constructor(inputs: WiredOr, input: number, owner: number) {
    this.inputs = inputs;
    this.input = input;
    this.owner = owner;
  }

  raise(): void {
    this.inputs.drive(this.input, this.owner, true);
  }

  lower(): void {
    this.inputs.drive(this.input, this.owner, false);
  }
}
