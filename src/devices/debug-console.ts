/**
 * A port that prints: each byte written goes to the host.
 *
 * Datasheet: none; port 0xe9 is an invention of Bochs that QEMU's isa-debugcon took over.
 */

import type { Device, PortDevice, Width } from "./device.ts";

/** Software finds the device by reading this, wherever it is mapped. */
const PRESENT = 0xe9;

/** The device keeps nothing. */
export type DebugConsoleState = Record<string, never>;

export class DebugConsole implements PortDevice, Device<DebugConsoleState> {
  readonly name: string;
  private readonly output: (byte: number) => void;

  /** `output` hears each byte. */
  constructor(name: string, output: (byte: number) => void) {
    this.name = name;
    this.output = output;
  }

  portRead(_offset: number, _width: Width): number {
    return PRESENT;
  }

  portWrite(_offset: number, _width: Width, value: number): void {
    this.output(value & 0xff);
  }

  reset(): void {}

  save(): DebugConsoleState {
    return {};
  }

  restore(_state: DebugConsoleState): void {}

  probe(offset: number): string {
    return offset === 0 ? "DATA" : "?";
  }
}
