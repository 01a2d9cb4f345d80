/**
 * `npm run mutants [-- --first] [--only TEXT]`: applies each wrong change of `mutants.ts` to a copy of the sources and
 * asks the checker, the checker with the audit, and the tests whether they notice. Prints a table; the exit status is
 * 1 if something survives. With `--first` the later ones are not asked once a mutant is caught.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { type Mutant, mutants } from "./mutants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = join(root, "node_modules/.cache/umbra/mutants");
const COPIED = [
  "src",
  "tests",
  "docs",
  "scripts",
  "bin",
  "guests",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
/** Policies in which nothing may fail; `oos+global` has faults of its own. */
const POLICIES = ["write-protect", "oos", "oos+global-fixed", "modern"];
const MODES = ["pae", "32bit", "mixed"];
const CHECK_RUNS = 4000;
const AUDIT_RUNS = 400;
/** Status of `umbra check` for a failure found. */
const FOUND = 4;
/** Milliseconds; what takes longer hangs because of the change. */
const LIMIT = 240_000;

const run = promisify(execFile);

/** What noticed a change: where, or "" if it went unnoticed. */
type Verdict = string;

interface Outcome {
  readonly status: number;
  readonly killed: boolean;
}

async function outcomeOf(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  try {
    await run(command, args, { cwd, timeout: LIMIT, killSignal: "SIGKILL", maxBuffer: 1 << 26 });
    return { status: 0, killed: false };
  } catch (error) {
    const { code, killed } = error as { code?: number | null; killed?: boolean };
    return { status: typeof code === "number" ? code : -1, killed: killed === true };
  }
}

function copySources(name: string): string {
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const entry of COPIED) cpSync(join(root, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function apply(folder: string, { file, from, to, name }: Mutant): void {
  const path = join(folder, "src/mmu/shadow", file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`"${name}": its text is not in ${file} exactly once`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

async function check(folder: string, runs: number, options: readonly string[]): Promise<Verdict> {
  for (const policy of POLICIES) {
    for (const mode of MODES) {
      const args = [
        "bin/umbra.js",
        "check",
        "--policy",
        policy,
        "--mode",
        mode,
        "--runs",
        String(runs),
        ...options,
      ];
      const { status, killed } = await outcomeOf(process.execPath, args, folder);
      if (status === FOUND) return `${policy}, ${mode}`;
      if (killed) return `${policy}, ${mode}: hangs`;
      if (status !== 0) return `${policy}, ${mode}: stops with status ${status}`;
    }
  }
  return "";
}

async function test(folder: string): Promise<Verdict> {
  const report = join(folder, "tests.json");
  const args = ["vitest", "run", "--root", folder, "tests/mmu", "--reporter=json", `--outputFile=${report}`];
  const { status, killed } = await outcomeOf("npx", args, folder);
  if (status === 0) return "";
  if (killed) return "hangs";
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: { assertionResults: { status: string; title: string }[] }[];
  };
  const failed = testResults
    .flatMap((file) => file.assertionResults)
    .filter((one) => one.status === "failed");
  return failed.length === 0 ? `stops with status ${status}` : `${failed.length} fail`;
}

interface Row {
  readonly name: string;
  readonly verdicts: readonly Verdict[];
}

const catchers = [
  { title: "checker", ask: (folder: string) => check(folder, CHECK_RUNS, []) },
  { title: "checker with audit", ask: (folder: string) => check(folder, AUDIT_RUNS, ["--audit"]) },
  { title: "tests/mmu", ask: test },
];

async function judge(folder: string, first: boolean): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { ask } of catchers) {
    const caught = verdicts.some((verdict) => verdict !== "");
    verdicts.push(first && caught ? "" : await ask(folder));
  }
  return verdicts;
}

function print({ name, verdicts }: Row): void {
  const caught = verdicts.some((verdict) => verdict !== "");
  process.stdout.write(`${caught ? "caught  " : "SURVIVED"}  ${name}\n`);
  verdicts.forEach((verdict, i) => {
    if (verdict !== "") process.stdout.write(`            ${catchers[i].title}: ${verdict}\n`);
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { first: { type: "boolean", default: false }, only: { type: "string", default: "" } },
  });
  const clean = await judge(copySources("unchanged"), false);
  if (clean.some((verdict) => verdict !== "")) {
    print({ name: "the unchanged sources", verdicts: clean });
    process.stderr.write(
      "mutants: something fails without any change; nothing can be learned from mutants now.\n",
    );
    return 1;
  }
  const chosen = mutants.filter(({ name, file }) => `${file} ${name}`.includes(values.only));
  const rows: Row[] = [];
  const queue = [...chosen];
  const worker = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const folder = copySources(`mutant-${mutants.indexOf(mutant)}`);
      apply(folder, mutant);
      const row = { name: mutant.name, verdicts: await judge(folder, values.first) };
      rows.push(row);
      print(row);
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await Promise.all([worker(), worker()]);
  const caughtBy = (i: number): number => rows.filter(({ verdicts }) => verdicts[i] !== "").length;
  const survivors = rows.filter(({ verdicts }) => verdicts.every((verdict) => verdict === ""));
  process.stdout.write(
    `${rows.length} mutants, ${survivors.length} survived` +
      `${catchers.map(({ title }, i) => `; ${title}: ${caughtBy(i)}`).join("")}\n`,
  );
  return survivors.length === 0 && rows.length > 0 ? 0 : 1;
}

process.exitCode = await main();
