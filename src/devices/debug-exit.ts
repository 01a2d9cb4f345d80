/**
 * A port that ends the run: what a test kernel writes when it knows whether it passed.
 *
 * Datasheet: none; it does what QEMU's isa-debug-exit does, and test kernels expect.
 */

import type { Device, PortDevice, Width } from "./device.ts";

/** The device keeps nothing. */
export type DebugExitState = Record<string, never>;

export class DebugExit implements PortDevice, Device<DebugExitState> {
  readonly name = "debug-exit";
  readonly maxWidth = 4;
  private readonly exit: (status: number) => void;

  /** `exit` hears the exit status, 0 to 255. */
  constructor(exit: (status: number) => void) {
    this.exit = exit;
  }

  portRead(_offset: number, _width: Width): number {
    return 0;
  }

  /** The status is odd, so that no guest can claim success; a process status has eight bits. */
  portWrite(_offset: number, _width: Width, value: number): void {
    this.exit(((value << 1) | 1) & 0xff);
  }

  reset(): void {}

  save(): DebugExitState {
    return {};
  }

  restore(_state: DebugExitState): void {}

  probe(offset: number): string {
    return offset >= 0 && offset < 4 ? "EXIT" : "?";
  }
}
