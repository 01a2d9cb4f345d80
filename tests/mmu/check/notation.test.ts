/** Stories as text: what prints parses to the same, and what does not parse says why. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stories } from "../../../src/mmu/check/generate.ts";
import { formatOp, formatStory, NotationError, parseStory } from "../../../src/mmu/check/notation.ts";
import type { Op } from "../../../src/mmu/check/ops.ts";
import { simplerStories, smallerStories } from "../../../src/mmu/check/smaller.ts";
import { type Mode, modes } from "../../../src/mmu/check/universe.ts";

const failure = (text: string, mode: Mode = "pae"): string => {
  try {
    parseStory(text, mode);
  } catch (error) {
    if (error instanceof NotationError) return error.message;
    throw error;
  }
  return "it was read";
};

describe("round trip", () => {
  it.each(modes)("random stories come back as they were (%s)", (mode) => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(stories(mode, 24), (ops) => {
        for (const { kind } of ops) kinds.add(kind);
        expect(parseStory(formatStory(ops, mode), mode)).toEqual(ops);
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(kinds.size).toBe(10);
  });

  it.each(modes)("so do the stories that shrinking makes of them (%s)", (mode) => {
    const [ops] = fc.sample(stories(mode, 12), { seed: 3, numRuns: 1 });
    const made = [...smallerStories(ops), ...simplerStories(ops, mode)].filter((one) => one.length > 0);
    expect(made.length).toBeGreaterThan(100);
    for (const story of made) expect(parseStory(formatStory(story, mode), mode)).toEqual(story);
  });

  it.each<[string, Mode]>([
    ["T0[1]=F0:P,RW,A,D", "pae"],
    ["T0[1]=F0:P,R36,NX emulated", "pae"],
    ["D0[0].lo=F1:P,PS,R17", "pae"],
    ["T0[256].hi=NX", "pae"],
    ["T0[2].w=T0:P,G", "pae"],
    ["T0[2].b=P,RW", "pae"],
    ["T0[513]=AL:P", "32bit"],
    ["T0[0]=0x7025", "32bit"],
    ["T0[512+1]=F0:P,A&F1:P emulated", "32bit"],
    ["T0[0]=0x12300007025", "pae"],
    ["write 0x1008=F1:P,A user delivery", "pae"],
    ["fetch 0x40000000 user", "pae"],
    ["pae 0", "mixed"],
    ["slot read-only", "pae"],
    ["alias off", "pae"],
    ["tight", "pae"],
  ])("%s (%s)", (text, mode) => {
    expect(parseStory(text, mode).map((op) => formatOp(op, mode))).toEqual([text]);
  });
});

describe("reading", () => {
  it("blanks and empty steps do not matter", () => {
    const ops: Op[] = [
      { kind: "cr3", frame: 1 },
      { kind: "access", gva: 0x1000, access: 0 },
    ];
    expect(parseStory("  cr3   R1 ;; read 4096;", "pae")).toEqual(ops);
  });

  it.each<[string, Mode, RegExp]>([
    ["", "pae", /no steps/],
    ["jump 0x0", "pae", /is no step; steps look like/],
    ["cr3 R7", "pae", /there is no frame R7; the frames are R0, /],
    ["T0[3]=0", "pae", /entry 3 is not in play; those that are: 0, 1, 2, 128 and 256/],
    ["T0[6]=0", "32bit", /those that are: 0 to 5, 256/],
    ["T0[0].lo=0", "32bit", /have no halves/],
    ["T0[0]=F0", "pae", /"F0" is no entry; write a frame and flags/],
    ["T0[0]=F0:P,XX", "pae", /is no entry/],
    ["T0[0]=F0:NX", "32bit", /is no entry/],
    ["T0[0].w=F1:P", "pae", /is no entry/],
    ["T0[0+1]=F1:P", "32bit", /two entries at once are an even one and the next/],
    ["T0[1+1]=0&0", "32bit", /two entries at once/],
    ["T0[0+1]=0&0", "pae", /two entries at once/],
    ["T0[0].b=G", "pae", /is no entry/],
    ["read 0x3000", "pae", /0x3000 is not in play; the pages of --mode pae are 0x0 0x1000/],
    ["read 0x4", "pae", /is not in play/],
    ["write 0x30=0", "pae", /the offset must be that of an entry in play/],
    ["write 0x0=P", "pae", /is no entry/],
    ["pae 0", "pae", /only in stories of --mode mixed/],
    ["pge 2", "pae", /is no step/],
    ["slot up", "pae", /is no step/],
  ])("%j (%s) is refused with a sentence", (text, mode, sentence) => {
    expect(failure(text, mode)).toMatch(sentence);
  });
});
