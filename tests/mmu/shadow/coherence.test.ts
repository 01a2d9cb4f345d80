/** Random guests: every policy gives what a bare machine gives, and the audit is clean after every step. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BareMmu } from "../../../src/mmu/bare.ts";
import { type Policy, policies } from "../../../src/mmu/shadow/policy.ts";
import { Processor, ShadowProcessor } from "../harness.ts";
import { type Mode, type Op, op, RandomGuest } from "./random-guest.ts";

const choices: [string, Partial<Policy>][] = [
  ["oos off", { oos: false }],
  ["oos", { oosGlobal: false }],
  ["oos, global list", {}],
  ["global list, fixed", { oosGlobalFix: true }],
  ["modern", policies.modern.policy],
  ["modern without keeping empty pages", { ...policies.modern.policy, keepEmpty: false, oosGlobal: true }],
  ["no bypass", { bypassGuestPf: false }],
  ["INVLPG prefill", { invlpgPrefill: true }],
  ["svm", { vendor: "svm" }],
];

function run(mode: Mode, policy: Partial<Policy>, ops: Op[], shadowPages = 256, tables = 12): void {
  const bare = new RandomGuest(mode, shadowPages, tables);
  const bareCpu = new Processor(bare.guest, new BareMmu(bare.guest.memory));
  const guest = new RandomGuest(mode, shadowPages, tables);
  const cpu = new ShadowProcessor(guest.guest, policy);
  bare.start(bareCpu);
  guest.start(cpu);
  cpu.check("after a CR0 or CR4 write");
  ops.forEach((step, i) => {
    const expected = bare.step(bareCpu, step);
    const actual = guest.step(cpu, step);
    if (actual !== expected)
      throw new Error(`step ${i} ${JSON.stringify(step)}: ${actual}, bare: ${expected}`);
    cpu.check();
  });
  const ram = (g: RandomGuest): Uint8Array => g.guest.linear.u8.subarray(g.guest.linear.layout.ram);
  expect(Buffer.compare(ram(guest), ram(bare)), "guest RAM").toBe(0);
}

const RUNS = Number(process.env.COHERENCE_RUNS ?? 10);

describe.each<[Mode]>([["pae"], ["2-level"]])("%s", (mode) => {
  it.each(choices)("%s", (_name, policy) => {
    const ops = fc.array(op, { minLength: 20, maxLength: 120 });
    fc.assert(
      fc.property(ops, (steps) => run(mode, policy, steps)),
      { seed: 20081201, numRuns: RUNS },
    );
  });

  it("with a pool so small that pages are recycled all the time", () => {
    const ops = fc.array(op, { minLength: 60, maxLength: 120 });
    fc.assert(
      fc.property(ops, (steps) => run(mode, { shadowPages: 64 }, steps, 64, 90)),
      { seed: 20081231, numRuns: RUNS },
    );
  });
});
