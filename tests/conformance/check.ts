/** Replays forms against their vectors. */

import { hashText } from "../support/random.ts";
import { makeCase } from "./cases.ts";
import { differences, same } from "./compare.ts";
import type { Form } from "./forms.ts";
import type { Case, Outcome } from "./machine-state.ts";
import type { Replay } from "./replay.ts";
import { forgive, type Undefined } from "./undefined.ts";
import { addToChecksum, type VectorFile } from "./vectors.ts";

export interface Failure {
  readonly index: number;
  readonly from: Case;
  readonly chip: Outcome;
  readonly ours: Outcome;
  readonly differences: readonly string[];
}

export interface Result {
  readonly form: Form;
  readonly cases: number;
  readonly passed: number;
  /** How often which word of the state, or "memory", differed. */
  readonly words: ReadonlyMap<string, number>;
  /** How many cases pass only because a rule forgives them. */
  readonly forgiven: ReadonlyMap<Undefined, number>;
  /** The first few. */
  readonly failures: readonly Failure[];
  /** Why the form could not be checked: no vectors, or others than its cases'; "" if it was. */
  readonly trouble: string;
}

export interface CheckOptions {
  /** Every k-th case, from one that the form decides; the others are only made, for the checksum. */
  readonly every?: number;
  /** Instructions or iterations that run at a time. */
  readonly slice?: number;
  /** How many failures to keep. */
  readonly keep?: number;
}

/** Where the answers of a form's cases come from, in order. */
interface Source {
  next(from: Case): Outcome;
}

/** Replays cases `start` to `end` - 1 of a form; the checksum is that of the cases. */
export function compareCases(
  replay: Replay,
  form: Form,
  source: Source,
  [start, end]: readonly [start: number, end: number],
  { every = 1, slice, keep = 1 }: CheckOptions = {},
): { readonly result: Result; readonly checksum: number } {
  const first = (hashText(form.id) >>> 0) % every;
  let checksum = 0;
  let cases = 0;
  let passed = 0;
  const words = new Map<string, number>();
  const forgiven = new Map<Undefined, number>();
  const failures: Failure[] = [];
  for (let index = start; index < end; index++) {
    const from = makeCase(form, index);
    checksum = addToChecksum(checksum, from);
    const chip = source.next(from);
    if (index % every !== first) continue;
    cases++;
    const ours = replay.run(from, slice);
    if (!same(chip, ours)) {
      for (const rule of forgive(form, from, chip, ours)) forgiven.set(rule, (forgiven.get(rule) ?? 0) + 1);
    }
    if (same(chip, ours)) {
      passed++;
      continue;
    }
    const lines = differences(from, chip, ours);
    for (const line of lines) {
      const word = line.slice(0, line.indexOf(":"));
      words.set(word, (words.get(word) ?? 0) + 1);
    }
    if (failures.length < keep) failures.push({ index, from, chip, ours, differences: lines });
  }
  return { result: { form, cases, passed, words, forgiven, failures, trouble: "" }, checksum };
}

/** Replays a form against its vectors. */
export function checkForm(
  replay: Replay,
  form: Form,
  file: VectorFile | null,
  options: CheckOptions = {},
): Result {
  const found = file?.outcomesOf(form) ?? null;
  const failed = (trouble: string): Result => ({
    form,
    cases: 0,
    passed: 0,
    words: new Map(),
    forgiven: new Map(),
    failures: [],
    trouble,
  });
  if (found === null) return failed("no vectors: to be recorded");
  const { recorded, reader } = found;
  if (recorded.cases !== form.cases) return failed("vectors of another number of cases: record again");
  const { result, checksum } = compareCases(replay, form, reader, [0, form.cases], options);
  if (checksum !== recorded.checksum) {
    return failed("vectors of other cases: the generator has changed, record again");
  }
  return result;
}
