/** What `umbra check` prints: for a person in 80 columns, or as one JSON document. */
import { grouped } from "../common/grouped.ts";
import type { Campaign, Failure } from "../mmu/check/campaign.ts";
import { formatOp, formatStory } from "../mmu/check/notation.ts";
import type { Op } from "../mmu/check/ops.ts";
import { type Told, tell, type Verdict, verdictOf } from "../mmu/check/story.ts";
import type { Setup } from "../mmu/check/trial.ts";
import { PRESET_LINES } from "../mmu/check/universe.ts";
import { wrapped } from "./wrapped.ts";

/** What was asked for, as reports and commands name it. */
export interface Asked {
  /** The policy's name, or "custom" and what makes it so. */
  readonly policy: string;
  /** Options that a command needs to test the same thing. */
  readonly options: readonly string[];
  readonly seed: number;
  readonly shard: string;
  /** Steps in a story. */
  readonly ops: number;
}

const COLUMNS = 80;
const INDENT = 4;

function replayCommand(asked: Asked, setup: Setup, ops: readonly Op[]): string {
  return ["umbra check", ...asked.options, `--replay "${formatStory(ops, setup.mode)}"`].join(" ");
}

// --- Text ------------------------------------------------------------------------------------------------------------

export function campaignText(asked: Asked, setup: Setup, campaign: Campaign): string {
  const { failures, runs } = campaign;
  const shard = asked.shard === "1/1" ? "" : `, shard ${asked.shard}`;
  const head =
    `${asked.policy}, ${setup.mode}: ${grouped(runs)} ${runs === 1 ? "story" : "stories"} ` +
    `of ${asked.ops} steps, seed ${asked.seed}${shard}`;
  if (failures.length === 0) return `${lines(head, 0)}\nNo story went wrong.\n`;
  const found = failures.map((failure, index) => failureText(asked, setup, failure, index + 1));
  return `${lines(head, 0)}\n\n${found.join("\n")}`;
}

function failureText(asked: Asked, setup: Setup, failure: Failure, number: number): string {
  const told = tell(setup, failure.ops);
  const times = failure.count === 1 ? "" : ` (found ${grouped(failure.count)} times)`;
  const stale = failure.reproduced
    ? ""
    : `${lines("This does not go wrong on a machine that is new: what ran before it left something behind.", 0)}\n`;
  const verdict = verdictOf(failure.violation);
  return (
    `${lines(`Story ${number}${times} breaks ${verdict.check}: ${verdict.sentence}.`, 0)}\n${stale}` +
    `${storyText(setup, told)}${verdictText(verdict)}\n` +
    `Again, with what comes of each step:\n${replayCommand(asked, setup, failure.ops)}\n`
  );
}

export function replayText(asked: Asked, setup: Setup, told: Told): string {
  const head = `${asked.policy}, ${setup.mode}: one story\n`;
  const { verdict } = told;
  if (verdict === null) return `${head}${storyText(setup, told)}\nNothing is wrong.\n`;
  const broken = lines(`This breaks ${verdict.check}: ${verdict.sentence}.`, 0);
  return `${head}${storyText(setup, told)}${verdictText(verdict)}\n${broken}\n`;
}

function storyText(setup: Setup, told: Told): string {
  const start = PRESET_LINES[setup.mode].map((line) => lines(line, INDENT, INDENT));
  const steps = told.lines.map((line, index) => {
    const number = `${String(index + 1).padStart(INDENT - 1)}. `;
    return number + lines(line, number.length).trimStart();
  });
  return `\n${start.join("\n")}\n\n${steps.join("\n")}\n`;
}

function verdictText({ got, allowed, why }: Verdict): string {
  if (allowed === "") return `${lines(`Wrong: ${got}.`, INDENT + 1, INDENT + 1)}\n`;
  const because = why === "" ? "" : `\n${lines(`${got}: ${why}.`, INDENT + 1, INDENT + 1)}`;
  return `${lines(`Allowed: ${allowed}.`, INDENT + 1, INDENT + 1)}${because}\n`;
}

/** Breaks a text into lines, the first and the others indented so far. */
function lines(text: string, first: number, others = first): string {
  const pieces = wrapped(text, COLUMNS - Math.max(first, others));
  return pieces.map((piece, index) => " ".repeat(index === 0 ? first : others) + piece).join("\n");
}

// --- JSON ------------------------------------------------------------------------------------------------------------

export function campaignJson(asked: Asked, setup: Setup, campaign: Campaign): object {
  const { failures, runs, opsRun } = campaign;
  return {
    policy: asked.policy,
    mode: setup.mode,
    seed: asked.seed,
    shard: asked.shard,
    runs,
    ops: opsRun,
    failures: failures.map(({ ops, violation, count, reproduced }) => ({
      ...failureJson(asked, setup, ops, verdictOf(violation)),
      count,
      reproduced,
    })),
  };
}

export function replayJson(asked: Asked, setup: Setup, ops: readonly Op[], told: Told): object {
  return {
    policy: asked.policy,
    mode: setup.mode,
    steps: told.lines,
    failures: told.verdict === null ? [] : [failureJson(asked, setup, ops, told.verdict)],
  };
}

function failureJson(asked: Asked, setup: Setup, ops: readonly Op[], verdict: Verdict): object {
  return {
    story: ops.map((op) => formatOp(op, setup.mode)),
    replay: replayCommand(asked, setup, ops),
    invariant: verdict.check,
    got: verdict.got,
    allowed: verdict.allowed,
    why: verdict.why,
  };
}
