/**
 * The import graph of docs/architecture.md, as a test: who may know whom, no cycles, and nothing below the
 * command line that reads the world outside.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** For each part of src/, the parts it may import besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  common: [],
  trace: ["common"],
  mmu: ["common", "trace"],
  cpu: ["common", "trace", "mmu"],
  devices: ["common"],
  machine: ["common", "trace", "mmu", "cpu", "devices"],
  inspect: ["common", "trace", "mmu", "cpu", "devices", "machine"],
  debug: ["common", "trace", "inspect", "machine"],
  dashboard: ["common", "trace", "inspect", "machine", "debug"],
  cli: ["common", "trace", "mmu", "cpu", "devices", "machine", "inspect", "debug", "dashboard"],
};

/** What would make two runs of one image differ. */
const OUTSIDE_WORLD = [
  /\bDate\.now\b/,
  /\bnew Date\b/,
  /\bperformance\.now\b/,
  /\bMath\.random\b/,
  /\bprocess\./,
  /from "node:(fs|os|child_process|net|process|worker_threads)/,
];
const MAY_READ_THE_WORLD = ["cli", "dashboard", "machine/worker"];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourceFiles(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => {
      const text = readFileSync(join(SRC, path), "utf8");
      const imports = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, target]) =>
        relative(SRC, resolve(SRC, dirname(path), target)),
      );
      return { path, text, imports };
    });
}

const partOf = (path: string): string => path.split("/")[0];
const files = sourceFiles();

describe("the import graph", () => {
  it("has sources to look at", () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(ALLOWED))("%s imports only what is below it", (part, allowed) => {
    const wrong = files
      .filter(({ path }) => partOf(path) === part)
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => partOf(target) !== part && !allowed.includes(partOf(target)))
          .map((target) => `${path} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it("has no part that the table does not know", () => {
    const unknown = new Set(files.map(({ path }) => partOf(path)).filter((part) => !(part in ALLOWED)));
    expect([...unknown].filter((part) => part !== "index.ts")).toEqual([]);
  });

  it("has no cycle between parts", () => {
    const edges = new Map<string, Set<string>>();
    for (const { path, imports } of files) {
      const from = partOf(path);
      for (const target of imports.map(partOf)) {
        if (target !== from) edges.set(from, (edges.get(from) ?? new Set()).add(target));
      }
    }
    const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
      [...(edges.get(from) ?? [])].some(
        (next) => next === goal || (!seen.has(next) && reaches(next, goal, seen.add(next))),
      );
    expect([...edges.keys()].filter((part) => reaches(part, part))).toEqual([]);
  });
});

describe("determinism", () => {
  it("nothing below the command line reads clocks, randomness, the environment or files", () => {
    const wrong = files
      .filter(({ path }) => !MAY_READ_THE_WORLD.some((place) => path.startsWith(`${place}/`)))
      .flatMap(({ path, text }) =>
        OUTSIDE_WORLD.filter((rule) => rule.test(text)).map((rule) => `${path}: ${rule}`),
      );
    expect(wrong).toEqual([]);
  });
});
