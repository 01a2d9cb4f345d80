/** `npm run bench -- mmu`: bundles the measuring processes, runs them one after the other, and reports. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { bundleIfStale } from "../../scripts/bundle.mjs";
import type { PolicyName } from "../../src/mmu/shadow/policy.ts";
import { ResultsError } from "../results.ts";
import { growths } from "./growth.ts";
import { growthReport, kmapsReport, stepsReport, tracingReport } from "./report.ts";
import {
  type Cell,
  cellsOf,
  MMU_FORMAT,
  type MmuResults,
  type Sampled,
  SECTIONS,
  type Section,
} from "./results.ts";

const OUTPUT = "node_modules/.cache/umbra/bench-mmu";
const SOURCES = ["src", "bench"];
const TAP_TEST = /\b(\w+)\.tap !== null/g;
/** Processes that measure tracing: how V8 compiles varies more from process to process than from round to round. */
const TRACING_PROCESSES = 3;
const OUTPUT_BYTES = 1 << 26;

export interface MmuCommand {
  readonly policies: readonly PolicyName[];
  readonly quick: boolean;
  /** File for all that was found. */
  readonly json: string | null;
}

/** The exit status. */
export async function benchMmu(command: MmuCommand): Promise<number> {
  if (command.json !== null) assertWritable(command.json);
  const cells: Cell[] = [];
  process.stdout.write("medians of interleaved rounds; a shared computer is noisy, so compare ratios\n\n");
  for (const section of SECTIONS) {
    const samples = await measure(section, command);
    const found = cellsOf(section, samples, (sample, step) => baseOf(section, samples, sample, step));
    process.stdout.write(`## ${titleOf(section)}\n\n${reportOf(section, found)}\n\n`);
    cells.push(...found);
  }
  if (command.json !== null) writeFileSync(command.json, `${JSON.stringify(resultsOf(command, cells))}\n`);
  return 0;
}

/** Before minutes of measuring, not after. */
function assertWritable(file: string): void {
  try {
    closeSync(openSync(file, "a"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ResultsError(`${file} cannot be written (${code}); name another file after --json`);
  }
}

function resultsOf({ policies }: MmuCommand, cells: readonly Cell[]): MmuResults {
  return {
    format: MMU_FORMAT,
    date: new Date().toISOString(),
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    policies,
    cells,
  };
}

async function measure(section: Section, { policies, quick }: MmuCommand): Promise<Sampled[]> {
  const child = await bundleIfStale({ "mmu-child": "bench/mmu/child.ts" }, OUTPUT, SOURCES);
  const effort = quick ? "quick" : "full";
  if (section !== "tracing") return runChild(child, [section, effort, ...policies]);
  const built = await bundleIfStale({ eventful: "bench/mmu/eventful.ts" }, `${OUTPUT}-eventful`, SOURCES);
  const bare = withoutTracepoints(built);
  const policy = policies.includes("oos+global") ? "oos+global" : policies[0];
  const runs = Array.from({ length: TRACING_PROCESSES }, () =>
    runChild(child, [section, effort, policy, built, bare]),
  );
  return runs[0].map((sample, i) => ({ ...sample, rounds: runs.flatMap((run) => run[i].rounds) }));
}

function runChild(child: string, args: readonly string[]): Sampled[] {
  const { status, signal, stdout } = spawnSync(process.execPath, [child, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: OUTPUT_BYTES,
  });
  if (status !== 0) throw new Error(`measuring ${args[0]} ended with ${signal ?? `status ${status}`}`);
  return JSON.parse(stdout) as Sampled[];
}

/** The same bundle with every test for a tap replaced by `false`. */
function withoutTracepoints(bundle: string): string {
  const text = readFileSync(bundle, "utf8");
  const stripped = text.replaceAll(TAP_TEST, "false");
  if (stripped === text) throw new Error(`${bundle} has no tracepoints to take out`);
  const path = bundle.replace(/\.js$/, "-untraced.js");
  writeFileSync(path, stripped);
  return path;
}

/** Whom a sample is compared with: in growth the smallest of its policy, elsewhere "oos", or whoever comes first. */
function baseOf(section: Section, samples: readonly Sampled[], sample: Sampled, step: string): Sampled {
  const knows = ({ rounds }: Sampled): boolean => step in rounds[0];
  if (growths.some((growth) => growth.section === section)) {
    return samples.find((other) => other.subject === sample.subject && knows(other)) ?? sample;
  }
  const peers = samples.filter((other) => other.size === sample.size && knows(other));
  return peers.find(({ subject }) => subject === "oos") ?? peers[0];
}

function titleOf(section: Section): string {
  if (section === "steps") return "single steps";
  if (section === "kmaps") return "N kmaps for each switch of processes";
  if (section === "tracing") return "tracepoints";
  return `growth: ${growths.find((growth) => growth.section === section)?.of ?? section}`;
}

function reportOf(section: Section, cells: readonly Cell[]): string {
  if (cells.length === 0) return "nothing to measure: none of these policies has a global list";
  if (section === "steps") return stepsReport(cells);
  if (section === "kmaps") return kmapsReport(cells);
  return section === "tracing" ? tracingReport(cells) : growthReport(cells);
}
