/** `npm run bench -- mmu`: bundles the measuring process, runs it, and compares it with a build without tracepoints. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { bundleIfStale } from "../../scripts/bundle.mjs";
import { nanoseconds, textTable } from "./report.ts";

const CHILD = "bench/mmu/child.ts";
const OUTPUT = "node_modules/.cache/umbra/bench-mmu";
const TAP_TEST = /\b(\w+)\.tap !== null/g;
const PAIRS = 5;

export async function benchMmu(quick: boolean): Promise<number> {
  const child = await bundleIfStale({ "mmu-child": CHILD }, OUTPUT, ["src", "bench"]);
  const effort = quick ? ["--quick"] : [];
  const { status } = spawnSync(process.execPath, [child, ...effort], { stdio: "inherit" });
  if (status !== 0) return 1;
  const bare = withoutTracepoints(child);
  const times = { built: [] as number[], none: [] as number[], ring: [] as number[] };
  for (let i = 0; i < (quick ? 2 : PAIRS); i++) {
    const built = tracingTimes(child, effort);
    times.built.push(built["no trace"]);
    times.ring.push(built["into a ring"]);
    times.none.push(tracingTimes(bare, effort)["no trace"]);
  }
  const base = Math.min(...times.none);
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    nanoseconds(Math.min(...values)),
    (Math.min(...values) / base).toFixed(3),
  ];
  const rows = [
    row("no tracepoints in the code", times.none),
    row("tracepoints, no trace on", times.built),
    row("every event into the ring", times.ring),
  ];
  process.stdout.write(
    `a kmap cycle and a switch, best of all: nanoseconds, and relative\n\n${textTable(["", "ns", "ratio"], rows)}\n`,
  );
  return 0;
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

function tracingTimes(child: string, effort: readonly string[]): Record<string, number> {
  const { stdout } = spawnSync(process.execPath, [child, "--tracing", ...effort], { encoding: "utf8" });
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name, value]) => [name, Number(value)]),
  );
}
