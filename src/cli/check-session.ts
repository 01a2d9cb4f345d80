/** One run of the coherence checker on behalf of the command line. */

import { setImmediate } from "node:timers/promises";
import { grouped } from "../common/grouped.ts";
import { allocateLinearMemory } from "../machine/layout.ts";
import { Campaign } from "../mmu/check/campaign.ts";
import { NotationError, parseStory } from "../mmu/check/notation.ts";
import type { Op } from "../mmu/check/ops.ts";
import { tell } from "../mmu/check/story.ts";
import type { Setup } from "../mmu/check/trial.ts";
import { type Mode, RAM_BYTES, SHADOW_PAGES } from "../mmu/check/universe.ts";
import { type Asked, campaignJson, campaignText, replayJson, replayText } from "./check-report.ts";
import type { CheckOptions } from "./commands/check.ts";
import { CommandError, STATUS_OK, STATUS_SIGNAL, STATUS_USAGE, STATUS_VIOLATION } from "./exit-status.ts";
import { choosePolicy, type PolicyChoice, policyLabel } from "./policy-options.ts";
import { standardOutputFailed } from "./standard-output.ts";
import { StopRequest } from "./stop-request.ts";

const DEFAULT_RUNS = 100_000;
const DEFAULT_OPS = 24;
const DEFAULT_SEED = 1;
/** Milliseconds between two progress lines, and two turns of the event loop. */
const PROGRESS_INTERVAL = 500;
/** Escape sequence that clears the rest of the line. */
const CLEAR = "\r\u001b[K";

export async function checkCommand(options: CheckOptions): Promise<number> {
  refuseIdleOptions(options);
  const choice = choosePolicy(options);
  const mode: Mode = options.mode ?? "pae";
  const setup = setupFor(choice, mode, options);
  const asked: Asked = {
    policy: policyLabel(choice),
    options: optionsAgain(options, mode),
    seed: options.seed ?? DEFAULT_SEED,
    shard: options.shard === undefined ? "1/1" : `${options.shard.index}/${options.shard.count}`,
    ops: options.ops ?? DEFAULT_OPS,
  };
  if (options.replay !== undefined) return replay(options.replay, asked, setup, options);
  return explore(asked, setup, options);
}

function setupFor({ mmu, policy }: PolicyChoice, mode: Mode, options: CheckOptions): Setup {
  const shadowPages = policy.shadowPages === 0 ? SHADOW_PAGES : policy.shadowPages;
  return {
    tested: mmu === "bare" ? { mmu } : { mmu, policy },
    mode,
    audit: options.audit === true,
    strictFaults: options.strictFaults === true,
    newMemory: () => allocateLinearMemory({ ramBytes: RAM_BYTES, shadowPages }),
  };
}

/** Options that would do nothing are a misunderstanding. */
function refuseIdleOptions(options: CheckOptions): void {
  const idle = (["runs", "ops", "seed", "shard", "all"] as const).find((key) => options[key] !== undefined);
  if (options.replay !== undefined && idle !== undefined) {
    throw new CommandError(
      `--replay tells one story, so there is nothing for --${idle} to do; leave it out.`,
      STATUS_USAGE,
    );
  }
  const bare = options.policy === "bare" || options.mmu === "bare";
  if (bare && options.audit === true) {
    throw new CommandError(
      "--audit looks at shadow structures, and bare has none; leave one out.",
      STATUS_USAGE,
    );
  }
}

/** The options that a replay needs, as the user wrote them. */
function optionsAgain(options: CheckOptions, mode: Mode): string[] {
  const notOurs = [
    "runs",
    "ops",
    "seed",
    "shard",
    "all",
    "replay",
    "report",
    "mode",
    "audit",
    "strictFaults",
  ];
  const words: string[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (notOurs.includes(key) || value === undefined) continue;
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    words.push(`--${flag} ${value === true ? "on" : value === false ? "off" : value}`);
  }
  if (mode !== "pae") words.push(`--mode ${mode}`);
  if (options.audit === true) words.push("--audit");
  if (options.strictFaults === true) words.push("--strict-faults");
  return words;
}

function replay(text: string, asked: Asked, setup: Setup, options: CheckOptions): number {
  const ops = storyOf(text, setup.mode);
  const told = tell(setup, ops);
  print(options, replayText(asked, setup, told), () => replayJson(asked, setup, ops, told));
  return told.verdict === null ? STATUS_OK : STATUS_VIOLATION;
}

function storyOf(text: string, mode: Mode): Op[] {
  try {
    return parseStory(text, mode);
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    throw new CommandError(`--replay: ${error.message}.`, STATUS_USAGE);
  }
}

async function explore(asked: Asked, setup: Setup, options: CheckOptions): Promise<number> {
  const campaign = new Campaign(setup, {
    runs: options.runs ?? DEFAULT_RUNS,
    ops: asked.ops,
    seed: asked.seed,
    shard: options.shard?.index ?? 1,
    shards: options.shard?.count ?? 1,
    all: options.all === true,
  });
  const stop = new StopRequest(undefined);
  const progress = new Progress(shareOf(options));
  for (const state of campaign.batches()) {
    if (!progress.isDue()) continue;
    progress.show(state.runs, state.failures);
    await stop.wait(setImmediate());
    if (stop.reason !== null || standardOutputFailed()) break;
  }
  progress.clear();
  stop.close();
  print(options, campaignText(asked, setup, campaign), () => campaignJson(asked, setup, campaign));
  if (stop.reason !== null) return STATUS_SIGNAL + stop.signal;
  return campaign.failures.length === 0 ? STATUS_OK : STATUS_VIOLATION;
}

/** About how many of the runs are ours. */
function shareOf(options: CheckOptions): number {
  return Math.ceil((options.runs ?? DEFAULT_RUNS) / (options.shard?.count ?? 1));
}

function print(options: CheckOptions, text: string, json: () => object): void {
  process.stdout.write(options.report === "json" ? `${JSON.stringify(json(), null, 2)}\n` : text);
}

/** A line on a terminal's standard error that is written again and again. */
class Progress {
  private readonly total: number;
  private last: number;
  private shown: boolean;

  constructor(total: number) {
    this.total = total;
    this.last = performance.now();
    this.shown = false;
  }

  /** Whether it is time to look up from the work. */
  isDue(): boolean {
    const now = performance.now();
    if (now - this.last < PROGRESS_INTERVAL) return false;
    this.last = now;
    return true;
  }

  show(runs: number, failures: number): void {
    if (!process.stderr.isTTY) return;
    const found = failures === 0 ? "" : `, ${failures} kinds of failure`;
    process.stderr.write(`${CLEAR}${grouped(runs)} of about ${grouped(this.total)} stories${found}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) process.stderr.write(CLEAR);
  }
}
