/** v86 from npm, with or without its compiler. Multiboot images boot there without a BIOS. */
import { readFileSync } from "node:fs";
import { bootInChild, type Peer, PeerMissing } from "./peer.ts";

const CHILD = new URL("./v86-child.ts", import.meta.url);
const PACKAGE = new URL("../../node_modules/v86/package.json", import.meta.url);

function v86Version(): string {
  try {
    return (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
  } catch {
    throw new PeerMissing("v86 is not installed; run npm ci");
  }
}

export function v86Peer({ jit }: { jit: boolean }): Peer {
  return {
    name: jit ? "v86 jit" : "v86",
    about: `v86 ${v86Version()}, ${jit ? "compiler on" : "disable_jit"}`,
    countsExactly: false,
    boot: (row, rounds) => bootInChild(CHILD, row, rounds, { jit }),
  };
}
