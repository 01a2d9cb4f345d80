/** Bus masters: physical addresses, no MMU, and nobody's decoded code goes stale. */
import { describe, expect, it } from "vitest";
import { Dma } from "../../src/machine/dma.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

function build() {
  const machine = new Machine({ ramBytes: 2 << 20, mmu: "shadow", policy: defaultPolicy, console: () => {} });
  return { machine, dma: new Dma(machine.memory) };
}
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe("direct memory access", () => {
  it("crosses frames", () => {
    const { dma, machine } = build();
    dma.write(0x1ff0, bytes(9000));
    const back = new Uint8Array(9000);
    dma.read(0x1ff0, back);
    expect(back).toEqual(bytes(9000));
    expect(machine.memory.readBytes(0x1ff0, 9000)).toEqual(bytes(9000));
  });

  it("reads ones and writes nothing where there is no memory, and goes on behind", () => {
    const { dma } = build();
    dma.write(0x9_fffe, bytes(4));
    const back = new Uint8Array(4);
    dma.read(0x9_fffe, back);
    expect([...back]).toEqual([0, 1, 0xff, 0xff]);
    dma.write(0xffff_ffff_f000, bytes(4));
  });

  it("does not write ROM", () => {
    const { dma, machine } = build();
    machine.loadRom(new Uint8Array(0x1_0000).fill(7));
    dma.write(0xf_0000, bytes(4));
    const back = new Uint8Array(2);
    dma.read(0xf_0000, back);
    expect([...back]).toEqual([7, 7]);
  });

  it("replaces code that has been decoded", () => {
    const machine = machineFor("spin", tinyKernel("spin: inc ecx\njmp spin"));
    machine.run(1000);
    const { eip } = machine.cpu;
    // HLT over the INC, with interrupts off: the processor never runs again.
    new Dma(machine.memory).write(eip & ~15, new Uint8Array(16).fill(0xf4));
    expect(machine.run(2000)).toEqual({ reason: "halted" });
  });

  it("is seen by the dirty log", () => {
    const { dma, machine } = build();
    machine.memory.setDirtyLog(0, true);
    dma.write(0x5ffe, bytes(4));
    const bitmap = machine.memory.takeDirtyBitmap(0);
    expect((bitmap as Uint32Array)[0]).toBe((1 << 5) | (1 << 6));
  });
});
