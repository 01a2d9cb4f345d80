/** The checker's parts, put together for tests. */
import { allocateLinearMemory } from "../../../src/machine/layout.ts";
import { Campaign, type CampaignOptions } from "../../../src/mmu/check/campaign.ts";
import { parseStory } from "../../../src/mmu/check/notation.ts";
import { type Setup, Trial } from "../../../src/mmu/check/trial.ts";
import { type Mode, RAM_BYTES, SHADOW_PAGES } from "../../../src/mmu/check/universe.ts";
import type { Violation } from "../../../src/mmu/check/violation.ts";
import { type Policy, type PolicyName, policies } from "../../../src/mmu/shadow/policy.ts";

export const newMemory = () => allocateLinearMemory({ ramBytes: RAM_BYTES, shadowPages: SHADOW_PAGES });

/** A shadow policy by name, with other choices, or "bare". */
export function setup(
  name: PolicyName | "bare",
  mode: Mode = "pae",
  choices: Partial<Policy> & { strictFaults?: boolean; audit?: boolean } = {},
): Setup {
  const { strictFaults = false, audit = false, ...knobs } = choices;
  return {
    tested:
      name === "bare" ? { mmu: "bare" } : { mmu: "shadow", policy: { ...policies[name].policy, ...knobs } },
    mode,
    audit,
    strictFaults,
    newMemory,
  };
}

/** Runs one story on a new machine. */
export function run(what: Setup, story: string): Violation | null {
  return new Trial(what).run(parseStory(story, what.mode));
}

/** Runs a whole campaign. */
export function campaign(what: Setup, options: Partial<CampaignOptions>): Campaign {
  const all = { runs: 1000, ops: 24, seed: 1, shard: 1, shards: 1, all: false, ...options };
  const made = new Campaign(what, all);
  for (const _ of made.batches());
  return made;
}
