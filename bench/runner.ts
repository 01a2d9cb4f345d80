/** Runs rows on peers, boot by boot in turn, so that a noisy minute hits all of them. */
import { cpus } from "node:os";
import type { Round } from "./markers.ts";
import type { Peer } from "./peers/peer.ts";
import { FORMAT, type Results, type RowResult } from "./results.ts";
import type { Row } from "./rows.ts";

export interface Effort {
  /** Boots of each row on each peer. */
  readonly boots: number;
  /** Rounds of each boot. */
  readonly rounds: number;
}

export async function runRow(
  row: Row,
  peers: readonly Peer[],
  { boots, rounds }: Effort,
): Promise<RowResult> {
  const seen: { [peer: string]: Round[] } = {};
  const errors: { [peer: string]: string } = {};
  for (const { name } of peers) seen[name] = [];
  for (let boot = 0; boot < boots; boot++) {
    for (const peer of peers) {
      if (peer.name in errors) continue;
      try {
        const measured = await peer.boot(row, rounds);
        const wrong = complaint(row, peer, measured);
        if (wrong !== null) throw new Error(wrong);
        seen[peer.name].push(...measured);
      } catch (error) {
        errors[peer.name] = (error as Error).message;
        seen[peer.name] = [];
      }
    }
  }
  const { name, group, instructions, events } = row;
  return { name, group, instructions, events, rounds: seen, errors };
}

/** What is wrong with measured rounds, or null. */
function complaint(row: Row, peer: Peer, rounds: readonly Round[]): string | null {
  for (const { check, instructions } of rounds) {
    if (check !== row.check) {
      return `the guest returned ${check.toString(16)}, not ${row.check.toString(16)}: it computed something else`;
    }
    if (peer.countsExactly && instructions !== row.instructions) {
      return `a round took ${instructions} instructions, and bench/rows.ts says ${row.instructions}`;
    }
  }
  return null;
}

export async function runRows(
  rows: readonly Row[],
  peers: readonly Peer[],
  effort: Effort,
  done: (result: RowResult) => void,
): Promise<Results> {
  const results: RowResult[] = [];
  for (const row of rows) {
    const result = await runRow(row, peers, effort);
    results.push(result);
    done(result);
  }
  return {
    format: FORMAT,
    date: new Date().toISOString(),
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    peers: peers.map(({ name, about }) => ({ name, about })),
    rows: results,
  };
}
