/**
 * The guest can detect staleness: on an MMU with one deliberate fault the kmap guest says FAIL. Each fault leaves out
 * one duty of the hypervisor; nothing else of the machine is changed.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";

/** The duty that is left out. */
const duty = vi.hoisted(() => ({ omitted: "none" }));

vi.mock(import("../../src/mmu/shadow/sync.ts"), async (original) => {
  const sound = await original();
  return {
    ...sound,
    syncRoots: (kvm, reason) => {
      if (duty.omitted !== "sync roots") sound.syncRoots(kvm, reason);
    },
    syncGlobal: (kvm, reason) => {
      if (duty.omitted !== "sync global") sound.syncGlobal(kvm, reason);
    },
  };
});

const IMAGE = resolve(import.meta.dirname, "../../guests/images/kmap.elf");
const RAM = 64 << 20;
/** A broken guest may well hang: the sound run needs less than 63 million. */
const MOST_INSTRUCTIONS = 80_000_000;

function boot(): string {
  let text = "";
  const machine = new Machine({
    ramBytes: RAM,
    mmu: "shadow",
    policy: defaultPolicy,
    console: (byte) => {
      text += String.fromCharCode(byte);
    },
  });
  const image = { name: "kmap", bytes: readFileSync(IMAGE) };
  machine.load(
    loadMultiboot(image, { memBytes: RAM, commandLine: "workload=all", modules: [], bootLoaderName: "test" }),
  );
  if (duty.omitted === "invlpg") machine.mmu.invlpg = () => {};
  machine.run(MOST_INSTRUCTIONS);
  return text;
}

describe("the kmap guest", () => {
  beforeEach(() => {
    duty.omitted = "none";
  });

  it("passes on a sound MMU, in this very set-up", () => {
    const text = boot();
    expect(text).toContain("PASS mix");
    expect(text).not.toContain("FAIL");
  });

  it.each([
    ["sync roots", "tables that are not global are not synced at CR3 loads"],
    ["sync global", "the global list is not synced at CR4 writes"],
    ["invlpg", "INVLPG drops nothing"],
  ])("says FAIL without %s: %s", (omitted) => {
    duty.omitted = omitted;
    expect(boot()).toContain("FAIL");
  });
});
