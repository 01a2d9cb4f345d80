/**
 * Vitest setup file, idle unless UMBRA_ISA_COVERAGE names a folder: notes which rows of the opcode table a test file
 * executes in which mode, by putting itself in front of the handler of each decoded instruction.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, expect } from "vitest";
import { type Block, BlockCache } from "../../src/cpu/block-cache.ts";
import type { Cpu } from "../../src/cpu/cpu.ts";
import type { Insn } from "../../src/cpu/insn.ts";
import { modeColumn } from "./modes.ts";

const folder = process.env.UMBRA_ISA_COVERAGE;
if (folder !== undefined) record(folder);

function record(into: string): void {
  /** Rows executed, by column. */
  const seen = new Map<string, Set<number>>();
  const { add } = BlockCache.prototype;
  BlockCache.prototype.add = function (this: BlockCache, block: Block): void {
    const column = modeColumn(block.mode);
    let rows = seen.get(column);
    if (rows === undefined) {
      rows = new Set();
      seen.set(column, rows);
    }
    for (const insn of block.insns) watch(insn, rows);
    add.call(this, block);
  };
  afterAll(() => {
    const file = relative(process.cwd(), expect.getState().testPath ?? "unknown");
    mkdirSync(into, { recursive: true });
    const columns = Object.fromEntries([...seen].map(([column, rows]) => [column, [...rows]]));
    writeFileSync(join(into, `${file.replaceAll("/", "_")}.json`), JSON.stringify({ file, columns }));
  });
}

function watch(insn: Insn, rows: Set<number>): void {
  if (rows.has(insn.row)) return;
  const { exec } = insn;
  insn.hot = -1;
  insn.exec = (cpu: Cpu, self: Insn) => {
    rows.add(self.row);
    exec(cpu, self);
  };
}
