/** Where the checker must find nothing, and that it always does the same. */
import { describe, expect, it } from "vitest";
import { BATCH, type Campaign, type Failure, seedOfBatch } from "../../../src/mmu/check/campaign.ts";
import { formatStory } from "../../../src/mmu/check/notation.ts";
import { type Mode, modes } from "../../../src/mmu/check/universe.ts";
import type { PolicyName } from "../../../src/mmu/shadow/policy.ts";
import { campaign, setup } from "./support.ts";

describe("no failure", () => {
  it.each(modes)("of a bare machine: the oracle never complains about the architecture (%s)", (mode) => {
    expect(campaign(setup("bare", mode), { runs: 5000 }).failures).toEqual([]);
  });

  it.each(
    (["write-protect", "oos", "modern"] as PolicyName[]).flatMap((name) =>
      modes.map((mode): [PolicyName, Mode] => [name, mode]),
    ),
  )("of %s (%s)", (name, mode) => {
    expect(campaign(setup(name, mode), { runs: 2000 }).failures).toEqual([]);
  });

  it("of the audit beside it", () => {
    expect(campaign(setup("oos", "mixed", { audit: true }), { runs: 20 }).failures).toEqual([]);
  });
});

describe("determinism", () => {
  const faulty = setup("oos+global", "pae", { globalWithoutPge: true });
  const stories = (failures: readonly Failure[]) =>
    failures.map(({ ops, count }) => `${count} ${formatStory(ops, "pae")}`);

  it("one seed, one result", () => {
    const options = { runs: 2500, seed: 4, all: true };
    const first = campaign(faulty, options);
    expect(stories(first.failures).length).toBeGreaterThan(0);
    expect(stories(campaign(faulty, options).failures)).toEqual(stories(first.failures));
    expect([first.runs, first.opsRun]).toEqual([2500, 2500 * 24]);
  });

  it("shards together run what one process would", () => {
    const options = { runs: 2500, seed: 4, all: true };
    const whole = campaign(faulty, options);
    const shards = [1, 2, 3].map((shard) => campaign(faulty, { ...options, shard, shards: 3 }));
    const sum = (of: (one: Campaign) => number) => shards.reduce((all, one) => all + of(one), 0);
    expect([sum((one) => one.runs), sum((one) => one.opsRun)]).toEqual([whole.runs, whole.opsRun]);
    const found = (one: Campaign) => one.failures.reduce((all, { count }) => all + count, 0);
    expect(sum(found)).toBe(found(whole));
  });

  it("without --all a campaign ends with its first failure", () => {
    const { failures, runs } = campaign(faulty, { runs: 2500, seed: 4 });
    expect(failures.length).toBe(1);
    expect(runs).toBeLessThan(2500);
  });

  it("batches have seeds of their own", () => {
    const seeds = [0, 1, 2].flatMap((seed) => [0, 1, 2, 3].map((batch) => seedOfBatch(seed, batch)));
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(BATCH).toBe(1000);
  });
});
