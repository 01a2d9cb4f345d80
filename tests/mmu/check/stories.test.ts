/**
 * Stories that end with a stale translation under the patch of December 2008 and under no other policy: what the
 * global list needs to be sound. docs/history.md tells them.
 */
import { describe, expect, it } from "vitest";
import { policyNames } from "../../../src/mmu/shadow/policy.ts";
import { run, setup } from "./support.ts";

const stories: readonly (readonly [name: string, story: string])[] = [
  [
    "B-1: INVLPG in an address space whose directory does not lead to the page",
    "T0[0]=F0:P,G; read 0x0; cr3 R1; T0[0]=0; invlpg 0x0; cr3 R0; read 0x0",
  ],
  [
    "what was left of B-2: out of sync after CR4.PGE was cleared",
    "T0[0]=F0:P,G; read 0x0; pge 0; T0[0]=0; cr3 R0; read 0x0",
  ],
  [
    "a second address: a directory that a CR3 load gives another gigabyte",
    "T0[0]=F0:P,G; read 0x0; R0[1]=D0:P; T0[0]=0; cr3 R0; read 0x40000000",
  ],
  [
    "a second address: a table that two directories have at different places",
    "D1[1]=T0:P,RW,US; T0[0]=F0:P,G; cr3 R1; read 0x200000; cr3 R0; read 0x0; " +
      "T0[0]=F1:P,G; invlpg 0x0; read 0x0; T0[0]=0; cr3 R1; read 0x200000",
  ],
  [
    "an INVLPG that came before the page went out of sync",
    "T0[0]=F0:P,G; cr3 R1; read 0x0; cr3 R0; D0[0]=0; invlpg 0x0; T0[0]=0; cr3 R1; read 0x0",
  ],
  [
    "a guess where no processor can hold a translation",
    "cr3 R1; T0[0]=F0:P,G; read 0x0; D0[0]=0; cr3 R0; T0[0]=0; T0[0]=F1:P,A,G emulated; T0[0]=0; cr3 R1; read 0x0",
  ],
];

describe.each(stories)("%s", (_name, story) => {
  it("goes wrong under oos+global", () => {
    expect(run(setup("oos+global"), story)).toMatchObject({ check: "inv36" });
  });

  it.each(policyNames.filter((name) => name !== "oos+global"))("not under %s", (name) => {
    expect(run(setup(name), story)).toBeNull();
  });
});
