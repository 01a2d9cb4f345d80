/**
 * The processor's fast paths are invisible: with each of them switched off, the kmap guest makes the same run to the
 * last bit, on the bare and on the shadow MMU.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Cpu } from "../../src/cpu/cpu.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";

const off = vi.hoisted(() => ({ flatTransitions: false, hotHandlers: false, stringRuns: false }));
/** How often each short way was asked for, so that a test cannot pass because nothing was switched off. */
const asked = vi.hoisted(() => ({ flatTransitions: 0, hotHandlers: 0, stringRuns: 0 }));

vi.mock(import("../../src/cpu/flat-transitions.ts"), async (original) => {
  const real = await original();
  return {
    deliverFlat: (...args) => {
      asked.flatTransitions++;
      return !off.flatTransitions && real.deliverFlat(...args);
    },
    returnFlat: (cpu) => !off.flatTransitions && real.returnFlat(cpu),
  };
});

vi.mock(import("../../src/cpu/dispatch.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    setHandler: (insn, handler) => {
      real.setHandler(insn, handler);
      if (insn.hot !== real.NOT_HOT) asked.hotHandlers++;
      if (off.hotHandlers) insn.hot = real.NOT_HOT;
    },
  };
});

vi.mock(import("../../src/cpu/exec/string-helpers.ts"), async (original) => {
  const real = await original();
  const writableAt: typeof real.writableAt = (...args) => {
    asked.stringRuns++;
    return off.stringRuns ? 0 : real.writableAt(...args);
  };
  return { ...real, writableAt, readableAt: (...args) => (off.stringRuns ? 0 : real.readableAt(...args)) };
});

const IMAGE = readFileSync(resolve(import.meta.dirname, "../../guests/images/kmap.elf"));
const RAM = 32 << 20;

function run(mmu: "bare" | "shadow"): { hash: string; instructions: number; exits: number } {
  const machine = new Machine({ ramBytes: RAM, mmu, policy: defaultPolicy, console: () => {} });
  const commandLine = "workload=fork procs=3 rounds=2";
  const options = { memBytes: RAM, commandLine, modules: [], bootLoaderName: "test" };
  machine.load(loadMultiboot({ name: "kmap", bytes: IMAGE }, options));
  expect(machine.run(100_000_000).reason).toBe("debug-exit");
  expect(machine.exitStatus).toBe(1);
  return {
    hash: stateHash(machine),
    instructions: machine.instructions,
    exits: machine.shadow?.stats.exits ?? 0,
  };
}

describe.each(["bare", "shadow"] as const)("on the %s MMU the run is the same", (mmu) => {
  const reference = run(mmu);

  afterEach(() => {
    Object.assign(off, { flatTransitions: false, hotHandlers: false, stringRuns: false });
    Object.assign(asked, { flatTransitions: 0, hotHandlers: 0, stringRuns: 0 });
    vi.restoreAllMocks();
  });

  it("without the short way for interrupts between flat segments", () => {
    off.flatTransitions = true;
    expect(run(mmu)).toEqual(reference);
    expect(asked.flatTransitions).toBeGreaterThan(500);
  });

  it("with every page fault thrown, none held", () => {
    const mayHold = vi.spyOn(Cpu.prototype, "mayHoldFault").mockReturnValue(false);
    expect(run(mmu)).toEqual(reference);
    expect(mayHold.mock.calls.length).toBeGreaterThan(100);
  });

  it("with every handler called through its pointer", () => {
    off.hotHandlers = true;
    expect(run(mmu)).toEqual(reference);
    expect(asked.hotHandlers).toBeGreaterThan(1000);
  });

  it("with string instructions that copy and compare element by element", () => {
    off.stringRuns = true;
    expect(run(mmu)).toEqual(reference);
    expect(asked.stringRuns).toBeGreaterThan(100);
  });
});
