/**
 * Port 0x80: firmware and kernels leave a progress code there, which a card shows on two digits.
 *
 * Datasheet: IBM PC/AT Technical Reference, "Power-On Self-Test"; Intel 82371SB (PIIX3), DMA page registers,
 * whose unused first register answers here and keeps what is written.
 */

import type { Device, PortDevice, Width } from "./device.ts";

export interface PostPortState {
  code: number;
  previous: number;
}

export class PostPort implements PortDevice, Device<PostPortState> {
  readonly name = "post";
  private readonly show: (code: number) => void;
  private last = 0;
  private beforeLast = 0;

  /** `show` hears each new code. Writing the same one again, as I/O delays do, is not news. */
  constructor(show: (code: number) => void) {
    this.show = show;
  }

  /** The code on display. */
  get code(): number {
    return this.last;
  }

  /** The code before it. */
  get previous(): number {
    return this.beforeLast;
  }

  portRead(_offset: number, _width: Width): number {
    return this.last;
  }

  portWrite(_offset: number, _width: Width, value: number): void {
    const code = value & 0xff;
    if (code === this.last) return;
    this.beforeLast = this.last;
    this.last = code;
    this.show(code);
  }

  reset(): void {
    this.last = 0;
    this.beforeLast = 0;
  }

  save(): PostPortState {
    return { code: this.last, previous: this.beforeLast };
  }

  restore(state: PostPortState): void {
    this.last = state.code;
    this.beforeLast = state.previous;
  }

  probe(offset: number): string {
    return offset === 0 ? "POST" : "?";
  }
}
