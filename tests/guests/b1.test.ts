/** The b1 guest: INVLPG is honoured by every policy and by no hypervisor at all, but for the patch of December 2008. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy, type Policy, policies, policyNames } from "../../src/mmu/shadow/policy.ts";

const bytes = readFileSync(resolve(import.meta.dirname, "../../guests/images/b1.elf"));
const RAM = 4 << 20;

function boot(mmu: "bare" | "shadow", policy: Policy): string {
  let text = "";
  const machine = new Machine({
    ramBytes: RAM,
    mmu,
    policy,
    console: (byte) => {
      text += String.fromCharCode(byte);
    },
  });
  machine.load(
    loadMultiboot(
      { name: "b1", bytes },
      { memBytes: RAM, commandLine: "", modules: [], bootLoaderName: "test" },
    ),
  );
  const { reason } = machine.run(10_000);
  return `${text}${reason} ${machine.exitStatus ?? 0}`;
}

const HONOURED = "b1: new page: INVLPG was honoured\npower-off 0";
const LOST = "b1: old page: INVLPG was lost (B-1)\ndebug-exit 1";

describe("b1", () => {
  it("oos+global loses its INVLPG", () => {
    expect(boot("shadow", policies["oos+global"].policy)).toBe(LOST);
  });

  it.each(policyNames.filter((name) => name !== "oos+global"))("%s honours it", (name) => {
    expect(boot("shadow", policies[name].policy)).toBe(HONOURED);
  });

  it("a processor without a hypervisor honours it", () => {
    expect(boot("bare", defaultPolicy)).toBe(HONOURED);
  });

  it.each(["vendor", "bypassGuestPf", "invlpgPrefill"] as const)("%s does not decide it", (knob) => {
    const other = knob === "vendor" ? { vendor: "svm" as const } : { [knob]: !defaultPolicy[knob] };
    expect(boot("shadow", { ...defaultPolicy, ...other })).toBe(LOST);
  });
});
