import type { Round } from "../../bench/markers.ts";
import { FORMAT, type Results, type RowResult } from "../../bench/results.ts";
import type { Group } from "../../bench/rows.ts";

export const round = (wallMs: number, cpuMs: number | null = null): Round => ({
  wallMs,
  cpuMs,
  instructions: null,
  check: 0,
});

export interface RowSketch {
  readonly group?: Group;
  readonly instructions?: number;
  readonly events?: number;
  readonly errors?: RowResult["errors"];
}

/** A row of a million instructions, with the wall times of each peer's rounds. */
export const row = (
  name: string,
  times: { readonly [peer: string]: readonly number[] },
  { group = "integer", instructions = 1_000_000, events, errors = {} }: RowSketch = {},
): RowResult => ({
  name,
  group,
  instructions,
  events: events ?? null,
  rounds: Object.fromEntries(
    Object.entries(times).map(([peer, list]) => [peer, list.map((ms) => round(ms))]),
  ),
  errors,
});

export const results = (rows: readonly RowResult[], peers: readonly string[] = ["umbra"]): Results => ({
  format: FORMAT,
  date: "2026-11-22T00:00:00.000Z",
  node: "v20.20.2",
  processor: "a processor",
  peers: peers.map((name) => ({ name, about: `${name} 1` })),
  rows,
});
