/**
 * Many random stories, shard by shard. fast-check makes and shrinks them in batches with a seed each, and shard i of n
 * takes every n-th batch: together the shards run exactly what one process would, and their counts add up.
 */
import fc from "fast-check";
import { stories } from "./generate.ts";
import { minimise } from "./minimise.ts";
import type { Op } from "./ops.ts";
import { shapeOf } from "./shape.ts";
import { type Setup, Trial } from "./trial.ts";
import type { Violation } from "./violation.ts";

/** Stories in a batch. Part of what a seed means. */
export const BATCH = 1000;

export interface CampaignOptions {
  /** Of all shards together. */
  readonly runs: number;
  /** Ops in a story. */
  readonly ops: number;
  readonly seed: number;
  /** From 1 to `shards`. */
  readonly shard: number;
  readonly shards: number;
  /** Go on after a failure, and report each shape of story once. */
  readonly all: boolean;
}

/** A story that goes wrong, as short as it gets. */
export interface Failure {
  readonly ops: readonly Op[];
  readonly violation: Violation;
  /** Stories of this shape that were found. */
  count: number;
  /** False: it does not go wrong on a machine that is new, so what ran before it left something behind. */
  readonly reproduced: boolean;
}

export interface Progress {
  readonly runs: number;
  readonly failures: number;
}

export class Campaign {
  readonly failures: Failure[];
  /** Stories, and ops of them, that were run, without those that shrinking took. */
  runs: number;
  opsRun: number;
  private readonly setup: Setup;
  private readonly options: CampaignOptions;
  private readonly arbitrary: fc.Arbitrary<readonly Op[]>;
  private trial: Trial;
  private readonly shapes: Map<string, Failure>;

  constructor(setup: Setup, options: CampaignOptions) {
    this.setup = setup;
    this.options = options;
    this.arbitrary = stories(setup.mode, options.ops);
    this.trial = new Trial(setup);
    this.failures = [];
    this.shapes = new Map();
    this.runs = 0;
    this.opsRun = 0;
  }

  /** Runs batch by batch; between two of them the caller may look at the clock, or stop. */
  *batches(): IterableIterator<Progress> {
    const { runs, shard, shards, all } = this.options;
    for (let batch = shard - 1; batch * BATCH < runs; batch += shards) {
      this.runBatch(batch, Math.min(BATCH, runs - batch * BATCH));
      yield { runs: this.runs, failures: this.failures.length };
      if (this.failures.length > 0 && !all) return;
    }
  }

  private runBatch(batch: number, count: number): void {
    const seed = seedOfBatch(this.options.seed, batch);
    for (let done = 0; done < count; ) {
      let fresh = true;
      const property = fc.property(this.arbitrary, (ops) => {
        const sound = this.trial.run(ops) === null;
        // After the first that goes wrong come the shrunk ones.
        if (fresh) this.opsRun += ops.length;
        if (!sound) fresh = false;
        return sound;
      });
      const result = fc.check(property, {
        seed,
        numRuns: count - done,
        path: done === 0 ? "" : String(done),
      });
      this.runs += result.numRuns;
      done += result.numRuns;
      if (!result.failed) return;
      if (result.counterexample === null) throw new Error("fast-check found a failure but shows no story");
      this.report(result.counterexample[0]);
      if (!this.options.all) return;
    }
  }

  /** Shortens a story further than fast-check does, and runs it on a machine that is new. */
  private report(found: readonly Op[]): void {
    const violation = this.trial.run(found);
    const ops = violation === null ? found : minimise(this.trial, found, violation.check);
    const short = violation === null ? null : this.trial.run(ops);
    const again = new Trial(this.setup);
    const judged = again.run(ops);
    // Whatever was left behind may as well hide the next failure.
    if (judged === null) this.trial = new Trial(this.setup);
    const shown = judged ?? short ?? violation;
    if (shown === null) {
      const detail = "it went wrong when it was found, and never again";
      this.keep(ops, { check: "crash", step: ops.length - 1, detail, access: null }, false);
      return;
    }
    this.keep(ops, shown, judged !== null);
  }

  private keep(ops: readonly Op[], violation: Violation, reproduced: boolean): void {
    const shape = shapeOf(ops, violation);
    const known = this.shapes.get(shape);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const failure: Failure = { ops, violation, count: 1, reproduced };
    this.shapes.set(shape, failure);
    this.failures.push(failure);
  }
}

/** Seeds of neighbouring batches and campaigns have nothing to do with each other. */
export function seedOfBatch(seed: number, batch: number): number {
  let x = (Math.imul(seed, 0x9e37_79b1) + Math.imul(batch + 1, 0x85eb_ca6b)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return (x ^ (x >>> 15)) | 0;
}
