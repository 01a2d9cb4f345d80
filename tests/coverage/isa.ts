/**
 * `npm run coverage:isa`: runs the tests of the processor and prints, for each row of the opcode table and each mode, how
 * many test files execute it, and the name of one. The exit status is 1 if some row is executed by none.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rows } from "../../src/cpu/opcodes.ts";
import { COLUMNS, type Column } from "./modes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What runs instructions. */
const SUITES = ["tests/cpu", "tests/conformance", "tests/guests", "tests/machine"];

interface Recording {
  readonly file: string;
  readonly columns: Partial<Record<Column, readonly number[]>>;
}

function runTests(folder: string): void {
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...SUITES], {
    cwd: root,
    env: { ...process.env, UMBRA_ISA_COVERAGE: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) {
    process.stderr.write(
      "coverage:isa: some tests fail; run `npm test` to see which. The report may lack rows.\n",
    );
    process.exitCode = 1;
  }
}

function read(folder: string): Recording[] {
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Recording);
}

/** Files that execute each row, by column. */
function tabulate(recordings: readonly Recording[]): Map<Column, string[]>[] {
  const table = rows.map(() => new Map<Column, string[]>());
  for (const { file, columns } of recordings) {
    for (const column of COLUMNS) {
      for (const row of columns[column] ?? []) {
        const files = table[row].get(column) ?? [];
        files.push(file);
        table[row].set(column, files);
      }
    }
  }
  return table;
}

function print(table: readonly Map<Column, string[]>[]): number {
  const line = (cells: readonly string[], last: string): string =>
    `${cells[0].padEnd(14)}${cells[1].padEnd(30)}${cells
      .slice(2)
      .map((cell) => cell.padStart(8))
      .join("")}   ${last}\n`;
  process.stdout.write(
    line(["opcode", "instruction", "real", "v86", "16-bit", "32-bit", "CPL 3"], "for example"),
  );
  let empty = 0;
  const perColumn = COLUMNS.map(() => 0);
  let total = 0;
  rows.forEach(({ key, mnemonic, operands }, row) => {
    if (key === "" || mnemonic === "prefix") return;
    total++;
    const columns = table[row];
    const counts = COLUMNS.map((column, i) => {
      const count = columns.get(column)?.length ?? 0;
      if (count > 0) perColumn[i]++;
      return count;
    });
    const example = COLUMNS.map((column) => columns.get(column)?.[0]).find((file) => file !== undefined);
    if (example === undefined) empty++;
    process.stdout.write(
      line(
        [key, `${mnemonic} ${operands}`, ...counts.map((count) => (count === 0 ? "-" : String(count)))],
        example ?? "NOWHERE",
      ),
    );
  });
  const summary = COLUMNS.map((column, i) => `${column} ${perColumn[i]}`).join(", ");
  process.stdout.write(`${total} rows, ${empty} executed by no test; executed in ${summary}\n`);
  return empty;
}

const folder = mkdtempSync(join(tmpdir(), "umbra-isa-"));
try {
  runTests(folder);
  if (print(tabulate(read(folder))) > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
