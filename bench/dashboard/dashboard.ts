/**
 * `npm run bench -- dashboard`: what watching costs. kmap runs in its thread alone and with the dashboard open, in turn;
 * then with someone at the keys.
 */
import { spawnSync } from "node:child_process";
import { bundleIfStale, PRODUCT } from "../../scripts/bundle.mjs";
import type { Measurement } from "./measurement.ts";

const OUTPUT = "bench/out/dashboard";
const SOURCES = ["src", "bench/dashboard", "tests/support"];
const ROUNDS = 7;
const QUICK_ROUNDS = 2;

export interface DashboardCommand {
  readonly quick: boolean;
}

interface Setting {
  readonly title: string;
  readonly arguments: readonly string[];
}

const HEADLESS: Setting = { title: "no dashboard", arguments: ["headless"] };
const WATCHED: readonly Setting[] = [
  { title: "80x24", arguments: ["watched", "80", "24"] },
  { title: "120x40", arguments: ["watched", "120", "40"] },
  { title: "160x50", arguments: ["watched", "160", "50"] },
];
const KEYS: Setting = { title: "keys", arguments: ["keys", "120", "40"] };

/** The exit status. */
export async function benchDashboard({ quick }: DashboardCommand): Promise<number> {
  const child = await bundleIfStale({ child: "bench/dashboard/child.ts", ...PRODUCT }, OUTPUT, SOURCES);
  const settings = [HEADLESS, ...WATCHED, KEYS];
  const results = new Map<Setting, Measurement[]>(settings.map((setting) => [setting, []]));
  for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
    for (const setting of settings) results.get(setting)?.push(run(child, setting));
  }
  process.stdout.write(report(results));
  return 0;
}

function run(child: string, setting: Setting): Measurement {
  const { stdout, stderr, status } = spawnSync(process.execPath, [child, ...setting.arguments], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the measurement '${setting.title}' failed:\n${stderr}`);
  return JSON.parse(stdout) as Measurement;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function report(results: ReadonlyMap<Setting, readonly Measurement[]>): string {
  const alone = results.get(HEADLESS) ?? [];
  const base = median(alone.map(({ seconds }) => seconds));
  const lines = [
    "| kmap, with | seconds | speed kept | frames/s | bytes/s busy | bytes/s idle |",
    "| --- | --: | --: | --: | --: | --: |",
    `| no dashboard | ${base.toFixed(2)} | 100 % | | | |`,
  ];
  for (const setting of WATCHED) {
    const runs = results.get(setting) ?? [];
    const seconds = median(runs.map((one) => one.seconds));
    const kept = median(runs.map((one, i) => alone[i].seconds / one.seconds));
    const frames = median(runs.map((one) => one.frames / one.seconds));
    const bytes = median(runs.map((one) => one.bytes / one.seconds));
    const idle = median(runs.map(({ idleBytes }) => idleBytes));
    lines.push(
      `| ${setting.title} | ${seconds.toFixed(2)} | ${(100 * kept).toFixed(0)} % | ${frames.toFixed(1)} | ${bytes.toFixed(0)} | ${idle} |`,
    );
  }
  const keys = (results.get(KEYS) ?? []).flatMap((one) => one.keys);
  lines.push(
    "",
    `a key's screen, while the guest runs: median ${median(keys).toFixed(0)} ms, longest ${Math.max(...keys).toFixed(0)} ms of ${keys.length}`,
  );
  return `${lines.join("\n")}\n`;
}
