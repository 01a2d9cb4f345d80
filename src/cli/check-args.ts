/** Values of the options of `umbra check`; see args.ts. */
import { InvalidArgumentError } from "commander";

/** Which share of the runs, from 1, and of how many. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const MOST_SHARDS = 10_000;
const LONGEST_STORY = 1_000;
const SEEDS = 2 ** 32;

export function parseShard(text: string): Shard {
  const match = /^(\d{1,5})\/(\d{1,5})$/.exec(text);
  const [index, count] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (!(index >= 1 && index <= count && count <= MOST_SHARDS)) {
    throw new InvalidArgumentError(`Give I/N with I from 1 to N, and N up to ${MOST_SHARDS}, such as 2/8.`);
  }
  return { index, count };
}

export function parseStoryLength(text: string): number {
  const length = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length >= 1 && length <= LONGEST_STORY)) {
    throw new InvalidArgumentError(`Give a number from 1 to ${LONGEST_STORY}.`);
  }
  return length;
}

export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seed < SEEDS)) throw new InvalidArgumentError(`Give a whole number below ${SEEDS}.`);
  return seed;
}
