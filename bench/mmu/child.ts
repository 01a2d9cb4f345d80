/**
 * A measuring process: `child.js SECTION quick|full POLICY...` (`tracing`: one policy and two bundles) writes its samples to standard output.
 * `npm run bench -- mmu` starts it, bundled, since only a bundle runs as the product does.
 */
import { tuneV8 } from "../../src/cli/tune-v8.ts";
import { type PolicyName, policies } from "../../src/mmu/shadow/policy.ts";
import { type Growth, growths } from "./growth.ts";
import { KMAP_COUNTS, KMAPS_PER_SWITCH, kmapsPerSwitch } from "./kmaps.ts";
import { assertSteady, type Sampled } from "./results.ts";
import { steps } from "./steps.ts";
import { type Effort, FULL, interleaved, QUICK, type Readings, type Work } from "./timing.ts";
import { measureTracing } from "./tracing.ts";

function sampleSteps(names: readonly PolicyName[], effort: Effort): Sampled[] {
  const works = new Map<Sampled, Work>();
  for (const { prepare } of steps) {
    for (const name of names) {
      const work = prepare(policies[name].policy);
      if (work !== null) works.set({ subject: name, size: null, rounds: [] }, work);
    }
  }
  return sampled(works, effort);
}

function sampleKmaps(names: readonly PolicyName[], effort: Effort): Sampled[] {
  const works = new Map<Sampled, Work>();
  for (const name of names) {
    for (const size of KMAPS_PER_SWITCH) {
      works.set({ subject: name, size, rounds: [] }, kmapsPerSwitch(policies[name].policy, size));
    }
  }
  const samples = sampled(works, effort);
  for (const { rounds } of samples) for (const count of KMAP_COUNTS) assertSteady(count, rounds);
  return samples;
}

/** Policy by policy, for the memory that it takes; sizes are what is compared here. */
function sampleGrowth(growth: Growth, names: readonly PolicyName[], effort: Effort): Sampled[] {
  return names.flatMap((name) => {
    const works = new Map<Sampled, Work>();
    for (const size of growth.sizes) {
      const grown = growth.prepare(policies[name].policy, size);
      if (grown !== null) works.set({ subject: name, size: grown.size, rounds: [] }, grown.work);
    }
    return works.size === 0 ? [] : sampled(works, effort);
  });
}

function sampled(works: ReadonlyMap<Sampled, Work>, effort: Effort): Sampled[] {
  return [...interleaved(works, effort)].map(([about, rounds]: [Sampled, Readings[]]) => ({
    ...about,
    rounds,
  }));
}

async function sample(args: readonly string[]): Promise<Sampled[]> {
  const [section, quick, ...rest] = args;
  const effort = quick === "quick" ? QUICK : FULL;
  if (section === "tracing") {
    const [policy, built, bare] = rest;
    return await measureTracing(built, bare, policy as PolicyName, effort);
  }
  const names = rest as PolicyName[];
  if (section === "steps") return sampleSteps(names, effort);
  if (section === "kmaps") return sampleKmaps(names, effort);
  const growth = growths.find((one) => one.section === section);
  if (growth === undefined) throw new Error(`no section ${section}`);
  return sampleGrowth(growth, names, effort);
}

tuneV8();
process.stdout.write(`${JSON.stringify(await sample(process.argv.slice(2)))}\n`);
