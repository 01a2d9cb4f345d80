/**
 * `npm run bench`: how fast this emulator runs, alone or beside others. docs/performance.md has the method.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type Command, HELP, type LoopsCommand, parseCommand, UsageError } from "./arguments.ts";
import { compareResults } from "./compare.ts";
import { benchDashboard } from "./dashboard/dashboard.ts";
import { benchMmu } from "./mmu/mmu.ts";
import { type Peer, PeerMissing } from "./peers/peer.ts";
import { qemuPeer } from "./peers/qemu.ts";
import { umbraPeer } from "./peers/umbra.ts";
import { v86Peer } from "./peers/v86.ts";
import { comparisonTable, RunTable } from "./report.ts";
import { parseResults, type Results, ResultsError } from "./results.ts";
import { GROUPS, ROWS } from "./rows.ts";
import { runRows } from "./runner.ts";

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function peersOf({ umbra, mmu, peers, cpuProf }: LoopsCommand): readonly Peer[] {
  const nodeArguments = cpuProf === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProf}`];
  return [
    ...(umbra ? [umbraPeer({ mmu, nodeArguments })] : []),
    ...peers.flatMap((name) =>
      name === "qemu" ? [qemuPeer()] : [v86Peer({ jit: false }), v86Peer({ jit: true })],
    ),
  ];
}

/** Runs the guests and prints a line as soon as a row is done. */
async function loops(command: LoopsCommand): Promise<number> {
  const peers = peersOf(command);
  const table = new RunTable(peers.map(({ name }) => name));
  for (const { about } of peers) print(about);
  print(`million instructions per second, best of ${command.effort.boots * command.effort.rounds} rounds\n`);
  print(table.head());
  const results = await runRows(command.rows, peers, command.effort, (row) => print(table.line(row)));
  const foot = table.foot(results.rows);
  if (foot !== "") print(`\n${foot}`);
  if (command.json !== null) writeFileSync(command.json, `${JSON.stringify(results)}\n`);
  return results.rows.some(({ errors }) => Object.keys(errors).length > 0) ? 1 : 0;
}

function readResults(file: string): Results {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new ResultsError(`${file}: cannot be read`);
  }
  return parseResults(file, text);
}

function list(): void {
  for (const group of GROUPS) {
    const names = ROWS.filter((row) => row.group === group).map(({ name }) => name);
    print(`${group.padEnd(9)}${names.join(" ")}`);
  }
}

async function run(command: Command): Promise<number> {
  switch (command.command) {
    case "help":
      print(HELP);
      return 0;
    case "list":
      list();
      return 0;
    case "compare":
      print(comparisonTable(compareResults(readResults(command.a), readResults(command.b))));
      return 0;
    case "dashboard":
      return await benchDashboard(command);
    case "mmu":
      return await benchMmu(command);
    case "loops":
      return await loops(command);
  }
}

try {
  process.exitCode = await run(parseCommand(process.argv.slice(2)));
} catch (error) {
  const forPeople =
    error instanceof UsageError || error instanceof PeerMissing || error instanceof ResultsError;
  if (!forPeople) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
}
