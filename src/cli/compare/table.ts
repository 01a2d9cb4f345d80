/** The comparison for a person: 80 columns, as many tables as the policies need. */
import { grouped } from "../../common/grouped.ts";
import type { PriceChanges } from "../../inspect/cost-model.ts";
import { policyLabel } from "../policy-options.ts";
import { wrapped } from "../wrapped.ts";
import { numberOf, rows } from "./rows.ts";
import type { Run } from "./runs.ts";

const WIDTH = 80;
const LABEL = 26;
/** The longest name of a policy and two blanks. */
const COLUMN = 18;
const PER_TABLE = Math.floor((WIDTH - LABEL) / COLUMN);

export function comparisonText(
  runs: readonly Run[],
  difference: string | null,
  changes: PriceChanges,
): string {
  const lines = [
    difference === null ? "guest state equal: yes" : `guest state equal: NO\nfirst difference: ${difference}`,
    consoleLine(runs),
    ...choiceLines(runs),
  ];
  for (let at = 0; at < runs.length; at += PER_TABLE) {
    lines.push("", ...table(runs.slice(at, at + PER_TABLE), runs, changes));
  }
  lines.push("", ...interpretation(runs));
  return `${lines.join("\n")}\n`;
}

function consoleLine(runs: readonly Run[]): string {
  const { console, reason, status } = runs[0].result;
  return `${grouped(console.length)} bytes on the console; ends with ${reason}, status ${status}`;
}

/** What runs were given beside their names; without it a name would promise something else. */
function choiceLines(runs: readonly Run[]): string[] {
  return runs
    .map(({ name, choice }) => ({ name, label: policyLabel(choice) }))
    .filter(({ name, label }) => label !== name)
    .flatMap(({ name, label }) => wrapped(`${name} is ${label}`, WIDTH));
}

function times(count: number): string {
  return count === 1 ? "once" : `${grouped(count)} times`;
}

/** Millions, with two decimals where whole ones would say nothing. */
function millions(cycles: number): string {
  return cycles < 1e7 ? (cycles / 1e6).toFixed(2) : grouped(Math.round(cycles / 1e6));
}

function line(label: string, cells: readonly string[]): string {
  return (label.padEnd(LABEL) + cells.map((cell) => cell.padStart(COLUMN)).join("")).trimEnd();
}

function table(runs: readonly Run[], all: readonly Run[], changes: PriceChanges): string[] {
  const found = [
    line(
      "",
      runs.map(({ name }) => name),
    ),
  ];
  for (const { label, name } of rows) {
    // A row of zeros under every policy says nothing.
    if (all.every((run) => numberOf(run, name, changes) === 0)) continue;
    const cell = (run: Run): string =>
      run.result.stats === null && name !== "instructions" ? "-" : grouped(numberOf(run, name, changes));
    found.push(line(label, runs.map(cell)));
  }
  found.push(
    line(
      "host time",
      runs.map(({ result }) => `${result.hostSeconds.toFixed(2)} s`),
    ),
  );
  const first = all.find(({ result }) => result.stats !== null);
  if (first !== undefined) {
    const base = numberOf(first, "cost", changes);
    const cost = (run: Run): number => numberOf(run, "cost", changes);
    const none = (run: Run): boolean => run.result.stats === null;
    found.push(
      line(
        "estimated Mcycles",
        runs.map((run) => (none(run) ? "-" : millions(cost(run)))),
      ),
      line(
        `  against ${first.name}`,
        runs.map((run) => (none(run) ? "-" : (cost(run) / base).toFixed(2))),
      ),
    );
  }
  return found;
}

/** What the numbers mean, only where the policies that show it are there. */
function interpretation(runs: readonly Run[]): string[] {
  const found: string[] = [];
  const plain = runs.find(({ name }) => name === "oos")?.result.stats;
  for (const { name, result } of runs) {
    const { stats } = result;
    if (stats === null || stats.sync_skipped_global === 0) continue;
    const instead = stats.sync_pages_cr0 + stats.sync_pages_cr4;
    found.push(
      ...wrapped(
        `${name}: ${times(stats.sync_skipped_global)} a CR3 load left an unsync global table alone;` +
          ` ${grouped(instead)} tables were synced at CR0 and CR4 writes instead.`,
        WIDTH,
      ),
    );
    if (plain !== undefined && plain !== null) {
      const percent = ((1 - stats.exits / plain.exits) * 100).toFixed(1);
      found.push(
        ...wrapped(
          `Against oos that saves ${grouped(plain.exits - stats.exits)} exits (${percent} %) and` +
            ` ${grouped(plain.sptes_examined - stats.sptes_examined)} of ${grouped(plain.sptes_examined)} comparisons.`,
          WIDTH,
        ),
      );
    }
  }
  found.push(
    ...wrapped(
      "Cycles are an estimate for a processor of 2008 (docs/compare.md has the prices, --cost changes them);" +
        " the host time of an emulator says nothing about that.",
      WIDTH,
    ),
  );
  return found;
}
