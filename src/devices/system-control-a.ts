/**
 * Port 0x92, system control port A: the fast way to A20 and to a reset.
 *
 * Datasheet: Intel 82371SB (PIIX3), "Port 92 Register".
 *
 *     bit 1   FAST_A20   address bit 20 reaches memory
 *     bit 0   FAST_INIT  a rising edge resets the processor
 */
import type { A20Gate } from "./a20-gate.ts";
import type { Device, PortDevice, Width } from "./device.ts";

const FAST_INIT = 0x01;
const FAST_A20 = 0x02;

export interface SystemControlAState {
  init: boolean;
}

export interface SystemControlAWires {
  readonly a20: A20Gate;
  /** The processor's INIT pin, as a pulse. */
  readonly resetProcessor: () => void;
}

export class SystemControlA implements PortDevice, Device<SystemControlAState> {
  readonly name = "system-control-a";
  private readonly wires: SystemControlAWires;
  private init = false;

  constructor(wires: SystemControlAWires) {
    this.wires = wires;
  }

  portRead(_offset: number, _width: Width): number {
    return (this.wires.a20.open ? FAST_A20 : 0) | (this.init ? FAST_INIT : 0);
  }

  portWrite(_offset: number, _width: Width, value: number): void {
    const init = (value & FAST_INIT) !== 0;
    const rises = init && !this.init;
    this.init = init;
    this.wires.a20.set((value & FAST_A20) !== 0);
    if (rises) this.wires.resetProcessor();
  }

  reset(): void {
    this.init = false;
  }

  save(): SystemControlAState {
    return { init: this.init };
  }

  restore(state: SystemControlAState): void {
    this.init = state.init;
  }

  probe(offset: number): string {
    return offset === 0 ? "PORT_92" : "?";
  }
}
