/**
 * The system guests: kernels that put a processor into its modes and check what the SDM promises there, on every
 * processor model and with and without a hypervisor. Every line that a guest prints is a rule that holds, a check that
 * the model has no part for, or a fault of ours.
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CPU_MODELS, type CpuModelName, DEFAULT_CPU } from "../../src/cpu/models.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { policies } from "../../src/mmu/shadow/policy.ts";

const RAM = 16 << 20;
/** Ten times what the longest guest takes. */
const INSTRUCTIONS = 20_000_000;
/** The guest's success, as a process status. */
const PASSED = 33;

const IMAGES = resolve(import.meta.dirname, "../../guests/images");
const SOURCES = resolve(import.meta.dirname, "../../guests/conformance");
const names = readdirSync(SOURCES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "lib")
  .map((entry) => entry.name);

interface Result {
  readonly ok: readonly string[];
  readonly skipped: readonly string[];
  /** Lines of any other kind. */
  readonly others: readonly string[];
  /** The sum that the guest prints at its end. */
  readonly sum: string;
  readonly end: string;
}

function run(name: string, mmu: "bare" | "shadow", cpu: CpuModelName): Result {
  const file = `conformance-${name}.elf`;
  const bytes = readFileSync(resolve(IMAGES, file));
  let text = "";
  const machine = new Machine({
    ramBytes: RAM,
    mmu,
    cpu,
    // Not the default one: that has a fault which no guest may depend on.
    policy: policies.modern.policy,
    console: (byte) => {
      text += String.fromCharCode(byte);
    },
  });
  machine.load(
    loadMultiboot(
      { name: file, bytes },
      { memBytes: RAM, commandLine: "", modules: [], bootLoaderName: "test" },
    ),
  );
  const { reason } = machine.run(INSTRUCTIONS);
  const lines = text.split("\n").filter((line) => line !== "");
  const sum = lines.at(-1)?.startsWith("conformance ") ? (lines.pop() as string) : "";
  const kind = (word: string) => lines.filter((line) => line.startsWith(`${word} `));
  return {
    ok: kind("ok"),
    skipped: kind("skip"),
    others: lines.filter((line) => !/^(ok|skip) /.test(line)),
    sum,
    end: `${reason} ${machine.exitStatus ?? ""}`.trim(),
  };
}

function expectPassed(name: string, result: Result): void {
  expect(result.others).toEqual([]);
  expect(result.end).toBe(`debug-exit ${PASSED}`);
  const { ok, skipped } = result;
  expect(result.sum).toBe(`conformance ${name}: ${ok.length} ok, 0 failed, ${skipped.length} skipped`);
}

describe.each(names)("%s", (name) => {
  it("holds without a hypervisor", () => {
    const result = run(name, "bare", DEFAULT_CPU);
    expectPassed(name, result);
    expect(result.ok.length).toBeGreaterThan(80);
  });

  it("holds under the shadow MMU, with the same lines", () => {
    const result = run(name, "shadow", DEFAULT_CPU);
    expectPassed(name, result);
    expect(result.ok).toEqual(run(name, "bare", DEFAULT_CPU).ok);
  });

  it.each(CPU_MODELS.map((model) => model.name).filter((model) => model !== DEFAULT_CPU))(
    "holds on %s",
    (model) => {
      expectPassed(name, run(name, "bare", model));
    },
  );

  it("skips nothing but NMI on the processor that has everything", () => {
    expect(run(name, "bare", "max").skipped.filter((line) => !line.startsWith("skip NMI: "))).toEqual([]);
  });
});
