import { describe, expect, it } from "vitest";
import * as at from "./rig.ts";
import { bareRig, rig } from "./rig.ts";

describe("the local vector table", () => {
  it("is masked while software has the APIC disabled, and cannot be unmasked", () => {
    const { read, write } = rig();
    write(at.LVT_LINT1, at.NMI);
    write(at.SVR, 0xff);
    expect(read(at.LVT_LINT1)).toBe(at.MASKED | at.NMI);
    write(at.LVT_LINT1, at.NMI);
    expect(read(at.LVT_LINT1)).toBe(at.MASKED | at.NMI);
    write(at.SVR, 0x1ff);
    expect(read(at.LVT_LINT1), "enabling unmasks nothing").toBe(at.MASKED | at.NMI);
  });

  it.each([1, 3, 6])("complains about mode %i, which is reserved, and delivers nothing for it", (mode) => {
    const { apic, write, errors, log } = rig();
    write(at.LVT_LINT0, (mode << 8) | 0x30);
    apic.setLint0(true);
    expect(errors).toEqual([`apic LVT_LINT0: delivery mode ${mode} is reserved`]);
    expect(log).toEqual([]);
  });
});

describe("the PIC behind LINT0", () => {
  it("is not heard after power-on, and heard through a virtual wire", () => {
    const { apic, intr, read } = bareRig();
    apic.setLint0(true);
    expect(intr.level).toBe(false);
    apic.setVirtualWire();
    expect([intr.level, read(at.SVR), read(at.LVT_LINT0), read(at.LVT_LINT1)]).toEqual([
      true,
      0x1ff,
      at.EXT_INT,
      at.NMI,
    ]);
  });

  it("gives the vector itself, whatever the priorities are; nothing is in service", () => {
    const { apic, intr, fixed, write, vectors } = rig();
    write(at.LVT_LINT0, at.EXT_INT);
    write(at.TPR, 0xff);
    apic.setLint0(true);
    fixed(0x99);
    expect([intr.level, apic.acknowledge(), vectors(at.ISR)]).toEqual([true, 0x08, []]);
  });

  it("stops asking when it lets go of the wire, or the pin is masked", () => {
    const { apic, intr, write } = rig();
    write(at.LVT_LINT0, at.EXT_INT);
    apic.setLint0(true);
    apic.setLint0(false);
    expect(intr.level).toBe(false);
    apic.setLint0(true);
    write(at.LVT_LINT0, at.EXT_INT | at.MASKED);
    expect(intr.level).toBe(false);
    write(at.LVT_LINT0, at.EXT_INT);
    expect(intr.level).toBe(true);
  });

  it("asked for by a message of the I/O APIC is acknowledged once", () => {
    const { apic, intr } = rig();
    apic.deliver({ vector: 0, mode: 7, level: false, logical: false, destination: 0 });
    expect([intr.level, apic.acknowledge(), intr.level]).toEqual([true, 0x08, false]);
  });
});

describe("a pin with a vector", () => {
  it("interrupts at each edge; a masked edge is lost", () => {
    const { apic, write, vectors } = rig();
    write(at.LVT_LINT0, at.MASKED | 0x44);
    apic.setLint0(true);
    write(at.LVT_LINT0, 0x44);
    expect(vectors(at.IRR)).toEqual([]);
    apic.setLint0(false);
    apic.setLint0(true);
    expect([vectors(at.IRR), vectors(at.TMR)]).toEqual([[0x44], []]);
  });

  it("active low interrupts when the wire falls", () => {
    const { apic, write, vectors } = rig();
    apic.setLint0(true);
    write(at.LVT_LINT0, at.ACTIVE_LOW | 0x44);
    expect(vectors(at.IRR)).toEqual([]);
    apic.setLint0(false);
    expect(vectors(at.IRR)).toEqual([0x44]);
  });

  it("level-triggered shows remote IRR until its end, and then interrupts again if it is still asserted", () => {
    const { apic, read, write, vectors } = rig();
    write(at.LVT_LINT0, at.LEVEL | 0x44);
    apic.setLint0(true);
    expect([read(at.LVT_LINT0), vectors(at.TMR)]).toEqual([at.LEVEL | 0x4000 | 0x44, [0x44]]);
    apic.acknowledge();
    expect(vectors(at.IRR)).toEqual([]);
    write(at.EOI, 0);
    expect(vectors(at.IRR)).toEqual([0x44]);
    apic.acknowledge();
    apic.setLint0(false);
    write(at.EOI, 0);
    expect([vectors(at.IRR), read(at.LVT_LINT0)]).toEqual([[], at.LEVEL | 0x44]);
  });

  it("LINT1 knows edges only", () => {
    const { apic, write, vectors, errors } = rig();
    write(at.LVT_LINT1, at.LEVEL | 0x45);
    apic.setLint1(true);
    expect([vectors(at.TMR), vectors(at.IRR), errors]).toEqual([
      [],
      [0x45],
      ["apic LVT_LINT1: LINT1 takes edges only"],
    ]);
  });

  it("of mode NMI is an edge, even if the entry says level", () => {
    const { apic, write, log } = rig();
    write(at.LVT_LINT1, at.NMI | at.LEVEL);
    apic.setLint1(true);
    apic.setLint1(true);
    apic.setLint1(false);
    apic.setLint1(true);
    expect(log).toEqual(["nmi", "nmi"]);
  });
});
