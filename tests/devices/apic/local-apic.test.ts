import { describe, expect, it } from "vitest";
import type { Random } from "../../support/random.ts";
import { deviceContract } from "../contract.ts";
import * as at from "./rig.ts";
import { asPorts, bareRig, rig } from "./rig.ts";

deviceContract("the local APIC", () => {
  const { apic, clock, log, intr } = bareRig();
  return {
    device: asPorts(apic, apic, 16),
    clock,
    ports: 256,
    log,
    wires: [intr],
    stimulate: (random: Random) => {
      switch (random.below(8)) {
        case 0:
          return apic.setLint0(random.oneIn(2));
        case 1:
          return apic.setLint1(random.oneIn(2));
        case 2:
          return void log.push(`acknowledged ${apic.acknowledge()}`);
        case 3:
          return apic.mmioWrite(at.SVR, 4, 0x100 | random.byte());
        case 4:
          return apic.mmioWrite(at.LVT_TIMER, 4, (random.below(4) << 17) | random.byte());
        case 5:
          return apic.mmioWrite(at.TICR, 4, random.below(2000));
        case 6:
          return apic.setPage(random.oneIn(3) ? null : 0xfee0_0000);
        default: {
          const [vector, mode, level] = [random.byte(), random.below(8), random.oneIn(2)];
          apic.deliver({ vector, mode, level, logical: random.oneIn(2), destination: random.byte() });
        }
      }
    },
  };
});

describe("registers", () => {
  it("wake up as after power-on: disabled by software, everything masked", () => {
    const { read } = bareRig();
    expect([read(at.ID), read(at.VERSION), read(at.TPR), read(at.PPR)]).toEqual([0, 0x0005_0014, 0, 0]);
    expect([read(at.LDR), read(at.DFR), read(at.SVR)]).toEqual([0, 0xffff_ffff, 0xff]);
    for (let entry = at.LVT_TIMER; entry <= at.LVT_ERROR; entry += 16) expect(read(entry)).toBe(at.MASKED);
    expect([read(at.TICR), read(at.TCCR), read(at.TDCR), read(at.ICR_LOW)]).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ["ID", at.ID, 0xff00_0000],
    ["TPR", at.TPR, 0x0000_00ff],
    ["LDR", at.LDR, 0xff00_0000],
    ["SVR", at.SVR, 0x0000_03ff],
    ["ICR_HIGH", at.ICR_HIGH, 0xff00_0000],
    ["LVT_TIMER", at.LVT_TIMER, 0x0003_00ff],
    ["LVT_LINT0", at.LVT_LINT0, 0x0001_a7ff],
    ["LVT_ERROR", at.LVT_ERROR, 0x0001_00ff],
    ["TICR", at.TICR, 0xffff_ffff],
    ["TDCR", at.TDCR, 0x0000_000b],
  ])("%s keeps the bits that it has", (_, register, bits) => {
    const { read, write } = rig();
    write(register, 0xffff_ffff);
    expect(read(register)).toBe(bits);
  });

  it("DFR has a model only; its other bits are ones", () => {
    const { read, write } = rig();
    write(at.DFR, 0);
    expect(read(at.DFR)).toBe(0x0fff_ffff);
  });

  it("narrow reads take part of a register; what lies behind the first four bytes is nothing", () => {
    const { read, errors } = rig();
    expect([read(at.VERSION, 1), read(at.VERSION, 2), read(at.VERSION + 2, 1)]).toEqual([0x14, 0x14, 0x05]);
    expect(errors).toEqual([]);
    expect(read(at.VERSION + 4)).toBe(0);
    expect(errors).toHaveLength(1);
  });

  it("a write that is not of four bytes on a multiple of 16 changes nothing", () => {
    const { read, write, errors } = rig();
    write(at.TPR, 0x50, 1);
    write(at.TPR + 4, 0x50);
    expect([read(at.TPR), errors.length]).toEqual([0, 2]);
  });

  it("a register that does not exist is an error that ESR tells", () => {
    const { read, write, errors } = rig();
    expect(read(0x040)).toBe(0);
    write(at.ESR, 0);
    expect([read(at.ESR), errors.length]).toEqual([0x80, 1]);
  });

  it("a read-only register takes no write", () => {
    const { read, write, errors } = rig();
    for (const register of [at.VERSION, at.PPR, at.APR, at.IRR, at.TCCR]) write(register, 0xffff_ffff);
    expect([read(at.VERSION), read(at.IRR), errors.length]).toEqual([0x0005_0014, 0, 5]);
  });
});

describe("an interrupt", () => {
  it("waits in IRR, moves to ISR when it is acknowledged, and leaves at its end", () => {
    const { apic, intr, fixed, vectors, write } = rig();
    fixed(0x31);
    expect([intr.level, vectors(at.IRR), vectors(at.ISR)]).toEqual([true, [0x31], []]);
    expect(apic.acknowledge()).toBe(0x31);
    expect([intr.level, vectors(at.IRR), vectors(at.ISR)]).toEqual([false, [], [0x31]]);
    write(at.EOI, 0);
    expect(vectors(at.ISR)).toEqual([]);
  });

  it("of a higher class interrupts the service of another, one of the same class waits", () => {
    const { apic, intr, fixed, write } = rig();
    fixed(0x41);
    apic.acknowledge();
    fixed(0x4f);
    expect(intr.level).toBe(false);
    fixed(0x50);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x50]);
    write(at.EOI, 0);
    expect(intr.level).toBe(false);
    write(at.EOI, 0);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x4f]);
  });

  it("goes before those with lower vectors", () => {
    const { apic, fixed, write } = rig();
    for (const vector of [0x20, 0xff, 0x80, 0x7f]) fixed(vector);
    const order = [0, 1, 2, 3].map(() => {
      const vector = apic.acknowledge();
      write(at.EOI, 0);
      return vector;
    });
    expect(order).toEqual([0xff, 0x80, 0x7f, 0x20]);
  });

  it("merges with one of the same vector that waits, but not with one in service", () => {
    const { apic, fixed, vectors } = rig();
    fixed(0x60);
    fixed(0x60);
    apic.acknowledge();
    expect(vectors(at.IRR)).toEqual([]);
    fixed(0x60);
    expect([vectors(at.IRR), vectors(at.ISR)]).toEqual([[0x60], [0x60]]);
  });

  it("is held back by a task priority of its class", () => {
    const { intr, fixed, write } = rig();
    write(at.TPR, 0x50);
    fixed(0x5f);
    expect(intr.level).toBe(false);
    write(at.TPR, 0x4f);
    expect(intr.level).toBe(true);
  });

  it("acknowledged when there is none is the spurious one, which is not in service", () => {
    const { apic, fixed, vectors, write } = rig();
    write(at.SVR, 0x1e7);
    expect(apic.acknowledge()).toBe(0xe7);
    fixed(0x30);
    write(at.TPR, 0xf0);
    expect([apic.acknowledge(), vectors(at.ISR), vectors(at.IRR)]).toEqual([0xe7, [], [0x30]]);
  });

  it("an end without a service is nothing", () => {
    const { log, write } = rig();
    write(at.EOI, 0);
    expect(log).toEqual([]);
  });

  it.each([
    ["nothing", 0x00, [], 0x00],
    ["the task alone", 0x35, [], 0x35],
    ["the service alone, without its lower half", 0x00, [0x63], 0x60],
    ["the task, when its class is the same", 0x65, [0x63], 0x65],
    ["the service, when its class is higher", 0x5f, [0x63], 0x60],
    ["the highest service", 0x00, [0x63, 0x91], 0x90],
  ])("the processor's priority is that of %s", (_, task, services, priority) => {
    const { apic, fixed, read, write } = rig();
    for (const vector of services) {
      fixed(vector);
      apic.acknowledge();
    }
    write(at.TPR, task);
    expect(read(at.PPR)).toBe(priority);
  });

  it("level-triggered is marked in TMR, and its end is broadcast; that of an edge is not", () => {
    const { apic, fixed, vectors, write, log } = rig();
    fixed(0x70, true);
    expect(vectors(at.TMR)).toEqual([0x70]);
    apic.acknowledge();
    write(at.EOI, 0);
    expect(log).toContain("eoi 70");
    log.length = 0;
    fixed(0x70);
    expect(vectors(at.TMR)).toEqual([]);
    apic.acknowledge();
    write(at.EOI, 0);
    expect(log).not.toContain("eoi 70");
  });

  it("is refused while software has the APIC disabled; what waits already is still handed over", () => {
    const { apic, intr, fixed, write } = rig();
    fixed(0x30);
    write(at.SVR, 0xff);
    expect([fixed(0x40), intr.level, apic.acknowledge()]).toEqual([false, true, 0x30]);
  });

  it("with a vector below 16 is an error, not an interrupt", () => {
    const { intr, fixed, read, write } = rig();
    expect([fixed(0x0f), intr.level]).toEqual([false, false]);
    write(at.ESR, 0);
    expect(read(at.ESR)).toBe(0x40);
  });
});

describe("errors", () => {
  it("show in ESR after it is written, and are gone with the next write", () => {
    const { read, write, fixed } = rig();
    fixed(1);
    expect(read(at.ESR)).toBe(0);
    write(at.ESR, 0);
    expect(read(at.ESR)).toBe(0x40);
    write(at.ESR, 0);
    expect(read(at.ESR)).toBe(0);
  });

  it("interrupt once, and again only after ESR was written", () => {
    const { apic, read, write, vectors } = rig();
    write(at.LVT_ERROR, 0xfe);
    read(0x040);
    expect(apic.acknowledge()).toBe(0xfe);
    read(0x040);
    expect(vectors(at.IRR)).toEqual([]);
    write(at.ESR, 0);
    read(0x040);
    expect(vectors(at.IRR)).toEqual([0xfe]);
  });
});

describe("messages of ICR", () => {
  it.each([
    ["itself by shorthand", 0, 0x4_0000, true],
    ["all", 0, 0x8_0000, true],
    ["all others", 0, 0xc_0000, false],
    ["its ID", 5, 0, true],
    ["another ID", 6, 0, false],
    ["the broadcast ID", 0xff, 0, true],
    ["a logical set with it", 0x06, 0x800, true],
    ["a logical set without it", 0x05, 0x800, false],
    ["all logical ones", 0xff, 0x800, true],
  ])("for %s", (_, destination, low, arrives) => {
    const { write, read, vectors } = rig();
    write(at.ID, 5 << 24);
    write(at.LDR, 0x02 << 24);
    write(at.ICR_HIGH, destination << 24);
    write(at.ICR_LOW, low | 0x4000 | 0x90);
    expect(vectors(at.IRR)).toEqual(arrives ? [0x90] : []);
    expect(read(at.ICR_LOW) & 0x1000, "delivery status: idle").toBe(0);
  });

  it.each([
    ["its cluster and bit", 0x22, true],
    ["its cluster, other bits", 0x2d, false],
    ["another cluster", 0x32, false],
    ["all clusters, its bit", 0xf2, true],
  ])("in the cluster model for %s", (_, destination, arrives) => {
    const { write, vectors } = rig();
    write(at.DFR, 0x0fff_ffff);
    write(at.LDR, 0x22 << 24);
    write(at.ICR_HIGH, destination << 24);
    write(at.ICR_LOW, 0x4000 | 0x800 | 0x90);
    expect(vectors(at.IRR)).toEqual(arrives ? [0x90] : []);
  });

  it.each([
    ["lowest priority", 0x190, ["0 intr high"]],
    ["NMI", 0x400, ["nmi"]],
    ["INIT", 0x500, ["init"]],
    ["INIT de-asserted, which does nothing", 0x8500, []],
    ["start-up, which nobody waits for", 0x608, []],
    ["SMI, which there is not", 0x200, []],
    ["ExtINT", 0x700, ["0 intr high"]],
  ])("of mode %s", (_, low, seen) => {
    const { write, log } = rig();
    write(at.ICR_HIGH, 0);
    write(at.ICR_LOW, low | (low === 0x8500 ? 0 : 0x4000));
    expect(log).toEqual(seen);
  });

  it("with a vector below 16 are an error of the sender, and of the receiver", () => {
    const { read, write } = rig();
    write(at.ICR_LOW, at.SELF | 0x0f);
    write(at.ESR, 0);
    expect(read(at.ESR)).toBe(0x60);
    write(at.ICR_LOW, 0xc_000f);
    write(at.ESR, 0);
    expect(read(at.ESR)).toBe(0x20);
  });

  it("go out while software has the APIC disabled; NMI and INIT arrive, too", () => {
    const { write, log } = bareRig();
    write(at.ICR_LOW, 0x400);
    write(at.ICR_LOW, 0x500);
    write(at.ICR_LOW, at.SELF | 0x90);
    expect(log).toEqual(["nmi", "init"]);
  });

  it("what firmware does to find other processors finds none, and hangs nobody", () => {
    const { write, read, log, errors } = rig();
    write(at.ICR_LOW, 0x000c_4500);
    write(at.ICR_LOW, 0x000c_4610);
    expect([log, errors, read(at.ICR_LOW)]).toEqual([[], [], 0x000c_4610]);
  });
});

describe("IA32_APIC_BASE", () => {
  it("moves the page of registers, which is at fee00000 after a reset", () => {
    const { apic, log } = rig();
    apic.setPage(0x4200_0000);
    expect([log, apic.save().page]).toEqual([["placed 42000000"], 0x4200_0000]);
    log.length = 0;
    apic.reset();
    expect([log[0], apic.save().page]).toEqual(["placed fee00000", 0xfee0_0000]);
  });

  it("disables the APIC: LINT0 is the interrupt pin, LINT1 the NMI pin, and no register answers", () => {
    const { apic, log, intr, read, write, fixed } = rig();
    apic.setPage(null);
    expect([apic.isEnabled, log, read(at.VERSION)]).toEqual([false, ["placed nowhere"], 0xffff_ffff]);
    log.length = 0;
    write(at.SVR, 0x1ff);
    expect(fixed(0x30)).toBe(false);
    apic.setLint0(true);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x08]);
    apic.setLint0(false);
    apic.setLint1(true);
    expect(log).toEqual(["0 intr high", "pic acknowledged", "0 intr low", "nmi"]);
  });

  it("off and on again leaves the APIC as after power-on", () => {
    const { apic, read, fixed, vectors } = rig();
    fixed(0x30);
    apic.setPage(null);
    apic.setPage(0xfee0_0000);
    expect([read(at.SVR), vectors(at.IRR)]).toEqual([0xff, []]);
  });
});

describe("INIT", () => {
  it("clears all but the ID, the base and the levels of the pins", () => {
    const { apic, read, write, intr } = rig();
    write(at.ID, 3 << 24);
    apic.setPage(0x4200_0000);
    write(at.LVT_LINT0, at.EXT_INT);
    apic.setLint0(true);
    expect(intr.level).toBe(true);
    apic.init();
    expect([read(at.ID), apic.save().page, read(at.LVT_LINT0), intr.level]).toEqual([
      3 << 24,
      0x4200_0000,
      at.MASKED,
      false,
    ]);
    apic.setVirtualWire();
    expect(intr.level).toBe(true);
  });
});
