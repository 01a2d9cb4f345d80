/** The table of the last `umbra compare`, kept where programs keep their state, for the dashboard's screen 9. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { CompareReport } from "../../dashboard/model.ts";

/** XDG Base Directory Specification: $XDG_STATE_HOME, or ~/.local/state. */
function statePath(): string {
  const base = process.env.XDG_STATE_HOME ?? "";
  return join(base.startsWith("/") ? base : join(homedir(), ".local", "state"), "umbra", "last-compare.txt");
}

/** Keeps a table. That it cannot be kept is no reason to fail. */
export function keepComparison(text: string): void {
  const path = statePath();
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch {
    // No home, or a read-only one.
  }
}

/** The table that was kept last; null if there is none. */
export function lastComparison(): CompareReport | null {
  const path = statePath();
  try {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    return { path, lines: lines.map((line) => line.replace(/\p{Cc}/gu, "?")) };
  } catch {
    return null;
  }
}
