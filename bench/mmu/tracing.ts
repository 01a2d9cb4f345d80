/** What tracepoints cost: the same work with them taken out of the code, with no trace on, and with one on. */
import { pathToFileURL } from "node:url";
import type { PolicyName } from "../../src/mmu/shadow/policy.ts";
import type { Sampled } from "./results.ts";
import { type Effort, interleaved } from "./timing.ts";

type Eventful = typeof import("./eventful.ts");

/** How a subject comes to be: from which bundle, and which traces were or are on. */
const SUBJECTS = [
  { subject: "no tracepoints in the code", bundle: "bare", before: false, now: false },
  // How far two measurements of one thing lie apart.
  { subject: "the same once more", bundle: "bare", before: false, now: false },
  { subject: "tracepoints, never a trace", bundle: "built", before: false, now: false },
  { subject: "tracepoints, a trace was on before", bundle: "built", before: true, now: false },
  { subject: "every event into a ring", bundle: "built", before: false, now: true },
] as const;

export const TRACED_STEP = "a kmap and a switch";
const ROUNDS_BEFORE = 200;

/**
 * @param built bundle of eventful.ts
 * @param bare the same without tracepoints
 */
export async function measureTracing(
  built: string,
  bare: string,
  policy: PolicyName,
  effort: Effort,
): Promise<Sampled[]> {
  const works = new Map<string, () => { [TRACED_STEP]: number }>();
  for (const [i, { subject, bundle, before, now }] of SUBJECTS.entries()) {
    // The query makes it a module of its own, with code and type feedback of its own, as in a process of its own.
    const url = `${pathToFileURL(bundle === "bare" ? bare : built).href}?${i}`;
    const { EventfulGuest } = (await import(url)) as Eventful;
    const guest = new EventfulGuest(policy);
    if (before) {
      guest.trace(true);
      for (let round = 0; round < ROUNDS_BEFORE; round++) guest.run();
    }
    guest.trace(now);
    works.set(subject, () => ({ [TRACED_STEP]: guest.run() }));
  }
  // Five modules to compile, and differences of a hundredth to see.
  const more = { warmUpMs: 2 * effort.warmUpMs, rounds: 4 * effort.rounds };
  return [...interleaved(works, more)].map(([subject, rounds]) => ({ subject, size: null, rounds }));
}
