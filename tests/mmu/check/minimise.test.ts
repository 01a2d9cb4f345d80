/** Shrunk stories are as short as they get; and a machine that ran others before is as good as new. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stories } from "../../../src/mmu/check/generate.ts";
import { minimise } from "../../../src/mmu/check/minimise.ts";
import { formatStory, parseStory } from "../../../src/mmu/check/notation.ts";
import { complexity, simplerStories } from "../../../src/mmu/check/smaller.ts";
import { Trial } from "../../../src/mmu/check/trial.ts";
import { modes } from "../../../src/mmu/check/universe.ts";
import { setup } from "./support.ts";

/** B-1, told at length and in a roundabout way. */
const LONG =
  "cr3 R1; read 0x0; cr3 R0; T1[0]=F2:P,A; read 0x200000; T0[1].lo=T2:P,RW,A,D,G; T0[1].hi=0; wp 0; " +
  "read 0x1000 user; read 0x1000; wp 1; cr3 R1; pge 1; T0[1]=F1:P,A,G; invlpg 0x1000; T2[0]=F0:P; cr3 R0; " +
  "write 0x200000=0; read 0x1000; read 0x0";

describe("minimise", () => {
  const trial = new Trial(setup("oos+global"));
  const story = parseStory(LONG, "pae");

  it("keeps what is wrong, and nothing that can go", () => {
    expect(trial.run(story)?.check).toBe("inv36");
    const short = minimise(trial, story, "inv36");
    expect(trial.run(short)).toMatchObject({ check: "inv36", step: short.length - 1 });
    expect(short.length).toBeLessThanOrEqual(8);
    for (let i = 0; i < short.length; i++) {
      for (let j = i; j < short.length; j++) {
        const rest = short.filter((_, index) => index !== i && index !== j);
        expect(trial.run(rest)?.check, formatStory(rest, "pae")).not.toBe("inv36");
      }
    }
    const limit = complexity(short, "pae");
    for (const simpler of simplerStories(short, "pae")) {
      if (complexity(simpler, "pae") < limit) expect(trial.run(simpler)?.check).not.toBe("inv36");
    }
  });

  it("shortens only what is wrong in the way that was asked for", () => {
    expect(minimise(trial, story, "inv37")).toEqual(story);
  });

  it("a simplification is simpler, or is not one", () => {
    const [ops] = fc.sample(stories("mixed", 24), { seed: 5, numRuns: 1 });
    const less = [...simplerStories(ops, "mixed")].filter(
      (one) => complexity(one, "mixed") < complexity(ops, "mixed"),
    );
    expect(less.length).toBeGreaterThan(20);
    expect(less.every((one) => one.length === ops.length)).toBe(true);
  });
});

describe("a machine that ran other stories", () => {
  it.each(modes)("tells each as a new one does (%s)", (mode) => {
    const what = setup("oos+global", mode, { globalWithoutPge: true });
    const used = new Trial(what);
    const told = (trial: Trial, ops: Parameters<Trial["run"]>[0]) => {
      const outcomes: unknown[] = [];
      const violation = trial.run(ops, (_, outcome) => outcomes.push(outcome));
      return { outcomes, violation };
    };
    for (const ops of fc.sample(stories(mode, 40), { seed: 11, numRuns: 60 })) {
      expect(told(used, ops)).toEqual(told(new Trial(what), ops));
    }
  });
});
