/** The processor in few lines, for the overview: registers, control registers, the next instructions. */
import { hex8 } from "../../common/hex.ts";
import type { CpuView } from "../../inspect/cpu-view.ts";
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model } from "../model.ts";
import { fitTo, type Line, line, type Span, span } from "../text/line.ts";
import { BOLD, CHANGED, DIM } from "../text/style.ts";
import { changedWords } from "./cpu-changes.ts";
import { codeText } from "./cpu-code.ts";
import { cellSpans, gridCells, gridColumns } from "./cpu-registers.ts";
import { flagsText, pendingText } from "./cpu-state.ts";

/** What must be asked so that `cpuLines` can fill so many rows, were they all code. */
export const cpuWish = (rows: number): SnapshotRequest => ({ cpu: { code: Math.max(rows, 1), stack: 0 } });

/** Marks the next instruction; here is no cursor that it could be taken for. */
const NEXT = ">";
/** "cpl 0  flags " and a few flags: so much has room behind the last registers, or gets a line of its own. */
const LEAST_FLAGS = 26;
/** "eax 01f3a067" and a blank. */
const CELL_WIDTH = 13;

/** Registers first, then flags and what waits, then control registers, then code as far as there is room. */
export function cpuLines(model: Model, width: number, rows: number): Line[] {
  const cpu = model.snapshot?.cpu ?? null;
  if (cpu === null) return [line("no answer from the machine yet", DIM)];
  const changes = changedWords(model);
  const state = [...registerLines(cpu, changes, width), ...controlLines(cpu, changes, width)];
  return [...state, ...cpu.code.map((code) => codeText(code, width, NEXT))]
    .slice(0, Math.max(rows, 0))
    .map((content) => fitTo(content, width));
}

function registerLines(cpu: CpuView, changes: ReadonlySet<string>, width: number): Line[] {
  const cells = gridCells(cpu);
  const across = gridColumns(width + 1, CELL_WIDTH);
  const lines: Line[] = [];
  for (let first = 0; first < cells.length; first += across) {
    lines.push(
      cells
        .slice(first, first + across)
        .flatMap((cell) => fitTo(cellSpans(cell, changes.has(cell.name)), CELL_WIDTH)),
    );
  }
  const left = width - ((cells.length - 1) % across) * CELL_WIDTH - CELL_WIDTH;
  if (left < LEAST_FLAGS) return [...lines, flagsLine(cpu)];
  return [...lines.slice(0, -1), [...lines[lines.length - 1], ...flagsLine(cpu)]];
}

function flagsLine(cpu: CpuView): Line {
  const pending = pendingText(cpu);
  return [
    span(`cpl ${cpu.cpl}`),
    span(pending === "" ? "" : `  ${pending}`, BOLD),
    span("  flags ", DIM),
    span(flagsText(cpu)),
  ];
}

/** Control registers flow over as few lines as they need. */
function controlLines(cpu: CpuView, changes: ReadonlySet<string>, width: number): Line[] {
  const lines: Span[][] = [];
  let used = 0;
  for (const [name, value, bits] of cpu.control) {
    const changed = changes.has(name);
    const words = bits.length === 0 ? "" : ` ${bits.join(" ")}`;
    const text = `${name}${changed ? "*" : " "}${hex8(value)}${words}`;
    const isFirst = lines.length === 0 || used + 2 + text.length > width;
    if (isFirst) lines.push([]);
    used = isFirst ? text.length : used + 2 + text.length;
    lines[lines.length - 1].push(span(`${isFirst ? "" : "  "}${text}`, changed ? CHANGED : {}));
  }
  return lines;
}
