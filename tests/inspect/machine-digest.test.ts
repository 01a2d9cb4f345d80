/** The digest of a machine: whatever a guest can see and two runs differ in is found, and called by its name. */
import { describe, expect, it } from "vitest";
import {
  CPL,
  CR0,
  CR2,
  CR3,
  CR4,
  CS,
  DR0,
  DR6,
  DR7,
  EAX,
  EDI,
  EFER,
  EFLAGS,
  EIP,
  ESP,
  FLAG_RESULT,
  GDTR_BASE,
  GDTR_LIMIT,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  TR,
  TSC_OFFSET,
} from "../../src/cpu/state.ts";
import { firstDifference, machineDigest } from "../../src/inspect/machine-digest.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";

const PAGE = 4096;
const RAM = 1 << 20;
const FRAMES = RAM / PAGE;

function machine(mmu: "bare" | "shadow" = "bare"): Machine {
  return new Machine({ ramBytes: RAM, mmu, policy: defaultPolicy, console: () => {} });
}

/** Where a machine differs from a fresh one after this was done to it. */
function differenceAfter(change: (changed: Machine) => void) {
  const changed = machine();
  change(changed);
  return firstDifference(machineDigest(machine()), machineDigest(changed));
}

const poke = (address: number, value: number) => (changed: Machine) => {
  changed.linear.u8[changed.linear.layout.ram + address] = value;
};

describe("registers", () => {
  it.each<[string, number]>([
    ["eip", EIP],
    ["eflags", EFLAGS],
    ["cpl", CPL],
    ["eax", EAX],
    ["esp", ESP],
    ["edi", EDI],
    ["cs.selector", SEG_SELECTOR + CS],
    ["gs.base", SEG_BASE + GS],
    ["tr.limit", SEG_LIMIT + TR],
    ["tr.attributes", SEG_ATTR + TR],
    ["gdtr.base", GDTR_BASE],
    ["gdtr.limit", GDTR_LIMIT],
    ["idtr.base", IDTR_BASE],
    ["idtr.limit", IDTR_LIMIT],
    ["cr0", CR0],
    ["cr2", CR2],
    ["cr3", CR3],
    ["cr4", CR4],
    ["efer", EFER],
    ["sysenter_cs", SYSENTER_CS],
    ["sysenter_esp", SYSENTER_ESP],
    ["sysenter_eip", SYSENTER_EIP],
    ["dr0", DR0],
    ["dr6", DR6],
    ["dr7", DR7],
    ["tsc_offset", TSC_OFFSET],
    ["tsc_offset_high", TSC_OFFSET + 1],
  ])("a change of %s is found and has that name, also in the hash", (name, word) => {
    const change = (changed: Machine): void => {
      changed.cpu.r[word] ^= 0x0008_0000;
    };
    expect(differenceAfter(change)).toMatchObject({ kind: "register", name });
    const changed = machine();
    change(changed);
    expect(stateHash(changed)).not.toBe(stateHash(machine()));
  });

  it("come with both values, as unsigned words", () => {
    const difference = differenceAfter(({ cpu }) => {
      cpu.r[EAX] = -1;
    });
    expect(difference).toEqual({ kind: "register", name: "eax", values: [0, 0xffff_ffff] });
  });

  it("arithmetic flags count by value, however the processor keeps them", () => {
    const withResult = (result: number): Machine => {
      const one = machine();
      one.cpu.r[FLAG_RESULT] = result;
      return one;
    };
    const difference = (one: number, other: number) =>
      firstDifference(machineDigest(withResult(one)), machineDigest(withResult(other)));
    // 3 and 5 are positive and have an even number of bits: the same flags.
    expect(difference(3, 5)).toBeNull();
    expect(stateHash(withResult(3))).toBe(stateHash(withResult(5)));
    // 0 has ZF.
    expect(difference(3, 0)).toMatchObject({ kind: "register", name: "eflags" });
  });

  it("go before memory", () => {
    const difference = differenceAfter((changed) => {
      poke(0, 1)(changed);
      changed.cpu.r[TSC_OFFSET + 1] = 1;
    });
    expect(difference).toMatchObject({ kind: "register", name: "tsc_offset_high" });
  });
});

describe("memory", () => {
  it.each([0, 1, 77, FRAMES - 1])("one bit anywhere in frame %i is found", (frame) => {
    for (const byte of [0, 1, 3, 2048, PAGE - 1]) {
      expect(differenceAfter(poke(frame * PAGE + byte, 0x80))).toEqual({ kind: "page", frame });
    }
  });

  it("single bits at all places of words and frame are found", () => {
    const base = machineDigest(machine());
    const changed = machine();
    const { u8, layout } = changed.linear;
    for (let bit = 0; bit < PAGE * 8; bit += 61) {
      const at = layout.ram + 5 * PAGE + (bit >>> 3);
      u8[at] ^= 1 << (bit & 7);
      expect(firstDifference(base, machineDigest(changed))).toEqual({ kind: "page", frame: 5 });
      u8[at] ^= 1 << (bit & 7);
    }
  });

  it("the same words in another order are a difference", () => {
    const [one, other] = [machine(), machine()];
    for (const [changed, words] of [
      [one, [1, 2]],
      [other, [2, 1]],
    ] as const) {
      poke(0x3000, words[0])(changed);
      poke(0x3004, words[1])(changed);
    }
    expect(firstDifference(machineDigest(one), machineDigest(other))).toEqual({ kind: "page", frame: 3 });
  });

  it("the lowest page that differs is named", () => {
    const difference = differenceAfter((changed) => {
      poke(9 * PAGE, 1)(changed);
      poke(4 * PAGE, 1)(changed);
    });
    expect(difference).toEqual({ kind: "page", frame: 4 });
  });

  it("does not hold what the hypervisor has beside it", () => {
    // RAM starts at another place of the linear memory, behind the shadow pages, which are not the guest's.
    const [bare, shadow] = [machine("bare"), machine("shadow")];
    expect(shadow.linear.layout.ram).not.toBe(bare.linear.layout.ram);
    shadow.linear.u8[shadow.linear.layout.shadow] ^= 1;
    poke(0x5000, 7)(bare);
    poke(0x5000, 7)(shadow);
    expect(firstDifference(machineDigest(bare), machineDigest(shadow))).toBeNull();
    expect(stateHash(bare)).toBe(stateHash(shadow));
  });
});
