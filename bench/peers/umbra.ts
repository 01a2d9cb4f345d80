/** This emulator, through its `Machine` class. */
import { readFileSync } from "node:fs";
import { bootInChild, type Peer } from "./peer.ts";

const CHILD = new URL("./umbra-child.ts", import.meta.url);
const PACKAGE = new URL("../../package.json", import.meta.url);

export type MmuKind = "bare" | "shadow";

/** @param nodeArguments for Node, such as --cpu-prof */
export function umbraPeer({ mmu, nodeArguments }: { mmu: MmuKind; nodeArguments: readonly string[] }): Peer {
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  return {
    name: "umbra",
    about: `umbra ${version}, mmu ${mmu}`,
    countsExactly: true,
    boot: (row, rounds) => bootInChild(CHILD, row, rounds, { mmu }, { nodeArguments }),
  };
}
