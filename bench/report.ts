/** Tables of at most 80 columns. */
import type { Comparison } from "./compare.ts";
import { eventMicroseconds, geometricMean, mips, type RowResult, speedRatio } from "./results.ts";

const NAME_WIDTH = 11;
const COUNT_WIDTH = 8;
const MIPS_WIDTH = 9;
const RATIO_WIDTH = 8;
const EVENT_WIDTH = 8;

/** Three significant digits, as few characters as that takes. */
export function number(value: number | null): string {
  if (value === null) return "-";
  if (value >= 99.95) return value.toFixed(0);
  if (value >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

/** The columns of a run: MIPS of each peer, the first one's speed against some others, its time per event. */
export class RunTable {
  private readonly peers: readonly string[];
  private readonly against: readonly string[];

  /** @param peers in the order of the columns; ratios are the first one's, against all but compilers' columns */
  constructor(peers: readonly string[]) {
    this.peers = peers;
    this.against = peers.slice(1).filter((peer) => !peer.endsWith(" jit"));
  }

  head(): string {
    const names = this.peers.map((peer) => peer.padStart(MIPS_WIDTH));
    const ratios = this.against.map((peer) => `: ${peer}`.padStart(RATIO_WIDTH));
    return [
      "row".padEnd(NAME_WIDTH),
      "M insns".padStart(COUNT_WIDTH),
      ...names,
      ...ratios,
      "us/event".padStart(EVENT_WIDTH + 1),
    ].join("");
  }

  line(row: RowResult): string {
    const [first] = this.peers;
    return [
      row.name.padEnd(NAME_WIDTH),
      number(row.instructions / 1e6).padStart(COUNT_WIDTH),
      ...this.peers.map((peer) =>
        (peer in row.errors ? "failed" : number(mips(row, peer))).padStart(MIPS_WIDTH),
      ),
      ...this.against.map((peer) => number(speedRatio(row, first, peer)).padStart(RATIO_WIDTH)),
      number(eventMicroseconds(row, first)).padStart(EVENT_WIDTH + 1),
    ].join("");
  }

  /** Geometric means of the ratios, and the rows where the first peer is the slower one. */
  foot(rows: readonly RowResult[]): string {
    const [first] = this.peers;
    const lines: string[] = [];
    for (const peer of this.against) {
      const ratios = rows.flatMap((row) => {
        const ratio = speedRatio(row, first, peer);
        return ratio === null ? [] : [{ name: row.name, ratio }];
      });
      if (ratios.length === 0) continue;
      const mean = number(geometricMean(ratios.map(({ ratio }) => ratio)));
      const behind = ratios.filter(({ ratio }) => ratio < 1).map(({ name }) => name);
      lines.push(`${first} is ${mean} times as fast as ${peer} (geometric mean of ${ratios.length} rows)`);
      lines.push(behind.length === 0 ? "no row is slower" : `slower on: ${behind.join(" ")}`);
    }
    for (const row of rows) {
      for (const [peer, why] of Object.entries(row.errors)) lines.push(`${row.name} on ${peer}: ${why}`);
    }
    return lines.flatMap((line) => wrap(line)).join("\n");
  }
}

/** Breaks a line at spaces so that it fits in 80 columns. */
export function wrap(text: string, width = 80): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines;
}

export function comparisonTable(comparison: Comparison): string {
  const lines: string[] = [];
  for (const { peer, rows, groups } of comparison.peers) {
    const head = ["A MIPS", "B MIPS", "B : A"].map((word) => word.padStart(10)).join("");
    if (lines.length > 0) lines.push("");
    lines.push(`${peer.padEnd(NAME_WIDTH)}${head}`);
    for (const { name, a, b, ratio } of rows) {
      const numbers = [a, b, ratio].map((value) => number(value).padStart(10)).join("");
      lines.push(`${name.padEnd(NAME_WIDTH)}${numbers}`);
    }
    for (const { group, ratio } of groups) {
      lines.push(`${`mean, ${group}`.padEnd(NAME_WIDTH + 20)}${number(ratio).padStart(10)}`);
    }
  }
  for (const note of comparison.notes) lines.push(...wrap(note));
  return lines.join("\n");
}
