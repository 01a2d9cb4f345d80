/** A local APIC with everything around it written down: what it does to its wires, and to what time. */

import { LocalApic, type LocalApicWires } from "../../../src/devices/apic/local-apic.ts";
import type { Device, PortDevice, Width } from "../../../src/devices/device.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { HZ, Probe } from "../contract.ts";

export const ID = 0x020;
export const VERSION = 0x030;
export const TPR = 0x080;
export const APR = 0x090;
export const PPR = 0x0a0;
export const EOI = 0x0b0;
export const LDR = 0x0d0;
export const DFR = 0x0e0;
export const SVR = 0x0f0;
export const ISR = 0x100;
export const TMR = 0x180;
export const IRR = 0x200;
export const ESR = 0x280;
export const ICR_LOW = 0x300;
export const ICR_HIGH = 0x310;
export const LVT_TIMER = 0x320;
export const LVT_LINT0 = 0x350;
export const LVT_LINT1 = 0x360;
export const LVT_ERROR = 0x370;
export const TICR = 0x380;
export const TCCR = 0x390;
export const TDCR = 0x3e0;

export const MASKED = 0x1_0000;
export const LEVEL = 0x8000;
export const ACTIVE_LOW = 0x2000;
export const EXT_INT = 0x700;
export const NMI = 0x400;
export const SELF = 1 << 18;

/** An APIC as it wakes up; `pic` is what the other controller answers. */
export function bareRig(options: Pick<LocalApicWires, "busHz"> = {}) {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const intr = new Probe("intr", log, clock);
  const errors: string[] = [];
  const apic = new LocalApic({
    clock,
    interrupt: (level) => intr.set(level),
    acknowledgePic: () => {
      log.push("pic acknowledged");
      return 0x08;
    },
    nmi: () => log.push("nmi"),
    initProcessor: () => log.push("init"),
    eoi: (vector) => log.push(`eoi ${vector.toString(16)}`),
    place: (base) => log.push(`placed ${base === null ? "nowhere" : base.toString(16)}`),
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
    busHz: HZ,
    ...options,
  });
  const read = (offset: number, width: Width = 4) => apic.mmioRead(offset, width);
  const write = (offset: number, value: number, width: Width = 4) => apic.mmioWrite(offset, width, value);
  /** The vectors in ISR, TMR or IRR. */
  const vectors = (register: number) => {
    const all: number[] = [];
    for (let vector = 0; vector < 256; vector++) {
      if (((read(register + (vector >> 5) * 16) >>> (vector & 31)) & 1) !== 0) all.push(vector);
    }
    return all;
  };
  const fixed = (vector: number, level = false) =>
    apic.deliver({ vector, mode: 0, level, logical: false, destination: 0 });
  const pass = (instructions: number) => clock.advance(clock.now + instructions);
  return { apic, clock, log, intr, errors, read, write, vectors, fixed, pass };
}

/** One that software has enabled, with a clean log. */
export function rig(options: Parameters<typeof bareRig>[0] = {}) {
  const r = bareRig(options);
  r.write(SVR, 0x1ff);
  r.log.length = 0;
  return r;
}

/** Registers in memory for the contract of devices with ports: port n is the word at n * `step`. */
export function asPorts<State>(
  device: Device<State> & { readonly name: string },
  mmio: {
    mmioRead(offset: number, width: Width): number;
    mmioWrite(offset: number, width: Width, value: number): void;
  },
  step: number,
): PortDevice & Device<State> {
  return {
    name: device.name,
    maxWidth: 4,
    portRead: (offset, width) => mmio.mmioRead(offset * step, width),
    portWrite: (offset, width, value) => mmio.mmioWrite(offset * step, width, value),
    reset: () => device.reset(),
    save: () => device.save(),
    restore: (state) => device.restore(state),
    probe: (offset) => device.probe(offset * step),
  };
}
