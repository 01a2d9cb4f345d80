/** What `npm run bench -- mmu` finds: plain data, also what it writes with `--json`. */
import type { PolicyName } from "../../src/mmu/shadow/policy.ts";
import { median, pairedRatio, type Readings } from "./timing.ts";

export const MMU_FORMAT = "umbra-bench-mmu-1";

/** The parts of the benchmark, in the order they run. */
export const SECTIONS = [
  "steps",
  "kmaps",
  "pages",
  "spaces",
  "directories",
  "list",
  "large",
  "tracing",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface Cell {
  readonly section: Section;
  /** What was done, or counted. */
  readonly step: string;
  /** A policy, or in `tracing` the kind of build. */
  readonly subject: string;
  /** How many there were of what the section varies; null if it varies nothing. */
  readonly size: number | null;
  /** Median of all rounds: nanoseconds for one, or a count. */
  readonly value: number;
  /** Median of the ratios, round by round, to the base: the first subject, or the smallest size. */
  readonly ratio: number;
}

export interface MmuResults {
  readonly format: typeof MMU_FORMAT;
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly policies: readonly PolicyName[];
  readonly cells: readonly Cell[];
}

export interface Sampled {
  readonly subject: string;
  readonly size: number | null;
  readonly rounds: readonly Readings[];
}

/** @param baseOf whom a subject is compared with */
export function cellsOf(
  section: Section,
  samples: readonly Sampled[],
  baseOf: (sample: Sampled, step: string) => Sampled,
): Cell[] {
  return samples.flatMap((sample) =>
    Object.keys(sample.rounds[0]).map((step): Cell => {
      const of = ({ rounds }: Sampled): number[] => rounds.map((readings) => readings[step]);
      const values = of(sample);
      const { subject, size } = sample;
      return {
        section,
        step,
        subject,
        size,
        value: median(values),
        ratio: pairedRatio(values, of(baseOf(sample, step))),
      };
    }),
  );
}

/** Rounds that all read the same, as counts must: a count is a property of the policy, not of the computer. */
export function assertSteady(step: string, rounds: readonly Readings[]): void {
  const values = new Set(rounds.map((readings) => readings[step]));
  if (values.size > 1) throw new Error(`${step} differs from round to round: ${[...values].join(", ")}`);
}
