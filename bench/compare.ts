/** Two result files, as ratios. */
import { geometricMean, mips, type Results, type RowResult } from "./results.ts";
import { GROUPS } from "./rows.ts";

export interface ComparedRow {
  readonly name: string;
  readonly a: number;
  readonly b: number;
  /** Above 1: B is faster. */
  readonly ratio: number;
}

export interface ComparedPeer {
  readonly peer: string;
  readonly rows: readonly ComparedRow[];
  /** Geometric means by group, then of all rows. */
  readonly groups: readonly { readonly group: string; readonly ratio: number }[];
}

export interface Comparison {
  readonly peers: readonly ComparedPeer[];
  /** Whatever could not be compared, one sentence each. */
  readonly notes: readonly string[];
}

export function compareResults(a: Results, b: Results): Comparison {
  const notes: string[] = [];
  const pairs = pairRows(a, b, notes);
  const shared = a.peers
    .map(({ name }) => name)
    .filter((name) => b.peers.some((other) => other.name === name));
  if (shared.length === 0) notes.push("The two runs have no peer in common.");
  if (a.processor !== b.processor) notes.push(`A ran on ${a.processor}, B on ${b.processor}.`);
  if (a.node !== b.node) notes.push(`A ran on Node ${a.node}, B on Node ${b.node}.`);
  for (const { name, about } of a.peers) {
    const other = b.peers.find((peer) => peer.name === name);
    if (other !== undefined && other.about !== about) notes.push(`A is ${about}; B is ${other.about}.`);
  }
  return { peers: shared.map((peer) => comparePeer(peer, pairs)), notes };
}

type Pair = readonly [RowResult, RowResult];

function pairRows(a: Results, b: Results, notes: string[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const row of a.rows) {
    const other = b.rows.find(({ name }) => name === row.name);
    if (other === undefined) notes.push(`${row.name}: only in A.`);
    else if (other.instructions !== row.instructions)
      notes.push(`${row.name}: the guest changed; not compared.`);
    else pairs.push([row, other]);
  }
  for (const { name } of b.rows) {
    if (!a.rows.some((row) => row.name === name)) notes.push(`${name}: only in B.`);
  }
  return pairs;
}

function comparePeer(peer: string, pairs: readonly Pair[]): ComparedPeer {
  const compared = pairs.flatMap(([rowA, rowB]) => {
    const a = mips(rowA, peer);
    const b = mips(rowB, peer);
    return a === null || b === null ? [] : [{ group: rowA.group, name: rowA.name, a, b, ratio: b / a }];
  });
  const groups = [...GROUPS, "all"].flatMap((group) => {
    const ratios = compared.filter((row) => group === "all" || row.group === group).map(({ ratio }) => ratio);
    const ratio = geometricMean(ratios);
    return ratio === null ? [] : [{ group, ratio }];
  });
  return { peer, rows: compared.map(({ name, a, b, ratio }) => ({ name, a, b, ratio })), groups };
}
