/** From a story that goes wrong to the shortest that goes wrong in the same way. */
import type { Op } from "./ops.ts";
import { complexity, simplerStories } from "./smaller.ts";
import type { Trial } from "./trial.ts";
import type { CheckName } from "./violation.ts";

/** Lets the search end if a story does not get smaller any more but the MMU makes each run very slow. */
const MAX_RUNS = 20_000;

/**
 * Leaves out and simplifies until nothing more can go: no op, no pair of ops can be left out, and no single
 * simplification made, without the violation going away.
 */
export function minimise(trial: Trial, story: readonly Op[], check: CheckName): readonly Op[] {
  return new Minimiser(trial, check).minimise(story);
}

class Minimiser {
  private readonly trial: Trial;
  private readonly check: CheckName;
  private runs: number;

  constructor(trial: Trial, check: CheckName) {
    this.trial = trial;
    this.check = check;
    this.runs = 0;
  }

  minimise(story: readonly Op[]): readonly Op[] {
    let best = this.failing(story) ?? story;
    for (;;) {
      const next = this.withoutOne(best) ?? this.withoutTwo(best) ?? this.simplified(best);
      if (next === null) return best;
      best = next;
    }
  }

  /** The story up to the op that goes wrong; null if none does, or another rule is broken. */
  private failing(story: readonly Op[]): readonly Op[] | null {
    if (this.runs++ > MAX_RUNS) return null;
    const violation = this.trial.run(story);
    return violation === null || violation.check !== this.check ? null : story.slice(0, violation.step + 1);
  }

  private withoutOne(story: readonly Op[]): readonly Op[] | null {
    for (let i = story.length - 1; i >= 0; i--) {
      const found = this.failing([...story.slice(0, i), ...story.slice(i + 1)]);
      if (found !== null) return found;
    }
    return null;
  }

  private withoutTwo(story: readonly Op[]): readonly Op[] | null {
    for (let i = story.length - 1; i > 0; i--) {
      for (let j = i - 1; j >= 0; j--) {
        const found = this.failing(story.filter((_, index) => index !== i && index !== j));
        if (found !== null) return found;
      }
    }
    return null;
  }

  private simplified(story: readonly Op[]): readonly Op[] | null {
    const { mode } = this.trial.setup;
    const limit = complexity(story, mode);
    for (const simpler of simplerStories(story, mode)) {
      if (complexity(simpler, mode) >= limit) continue;
      const found = this.failing(simpler);
      if (found !== null) return found;
    }
    return null;
  }
}
