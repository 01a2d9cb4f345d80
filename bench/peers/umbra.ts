/** This emulator, through its `Machine` class, bundled as users run it. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { bundleIfStale } from "../../scripts/bundle.mjs";
import { bootInChild, type Peer } from "./peer.ts";

const CHILD = "bench/peers/umbra-child.ts";
const OUTPUT = "node_modules/.cache/umbra/bench";
const PACKAGE = new URL("../../package.json", import.meta.url);

export type MmuKind = "bare" | "shadow";

/** @param nodeArguments for Node, such as --cpu-prof */
export function umbraPeer({ mmu, nodeArguments }: { mmu: MmuKind; nodeArguments: readonly string[] }): Peer {
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  return {
    name: "umbra",
    about: `umbra ${version}, mmu ${mmu}`,
    countsExactly: true,
    boot: async (row, rounds) => {
      const child = await bundleIfStale({ "umbra-child": CHILD }, OUTPUT, ["src", "bench"]);
      return bootInChild(pathToFileURL(child), row, rounds, { mmu }, { nodeArguments });
    },
  };
}
