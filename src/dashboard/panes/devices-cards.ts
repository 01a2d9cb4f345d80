/** The devices as cards: name, place, interrupt wire, what it waits for, and its registers. */
import { grouped } from "../../common/grouped.ts";
import type { DeviceCard } from "../../inspect/device-cards.ts";
import { cursorOf, type Model } from "../model.ts";
import { beside, fitTo, type Line, restyle, span, wrap } from "../text/line.ts";
import { guestTime } from "../text/numbers.ts";
import { scrollTo } from "../text/pane.ts";
import { BOLD, CHANGED, DIM, SELECTED } from "../text/style.ts";
import { windowOf } from "./lists.ts";

/** Cells of a card at least; with room for two of them there are two columns. */
const LEAST_WIDTH = 36;
/** Blanks between two cards, and between two registers of one. */
const GAP = 2;
const MARGIN = 1;

type Register = DeviceCard["registers"][number];

/** What the cursor can be at: the registers of all cards; a card without any counts as one. */
const stopsOf = (card: DeviceCard): number => Math.max(card.registers.length, 1);

export const stopCount = (cards: readonly DeviceCard[]): number =>
  cards.reduce((sum, card) => sum + stopsOf(card), 0);

/** A card as lines, and for each of its stops the line it is on. */
interface Sheet {
  readonly lines: readonly Line[];
  readonly lineOf: readonly number[];
}

/** Names of the registers that have changed since the last stop. */
function changesOf(card: DeviceCard, before: readonly DeviceCard[] | null): ReadonlySet<string> {
  const old = before?.find(({ name, where }) => name === card.name && where === card.where);
  if (old === undefined) return new Set();
  const values = new Map(old.registers);
  return new Set(card.registers.flatMap(([name, value]) => (values.get(name) === value ? [] : [name])));
}

/** Guest time from now in the unit that fits, with a decimal where that says more: "20 us", "1.2 ms", "812 ms". */
export function waitText(instructions: number, hz: number): string {
  const ms = (instructions * 1e3) / hz;
  return ms >= 1 && ms < 100 ? `${(Math.floor(ms * 10) / 10).toFixed(1)} ms` : guestTime(instructions, hz);
}

function deadlineText({ deadline }: DeviceCard, icount: number, hz: number): string {
  if (deadline === null) return "waits for the guest";
  const left = deadline - icount;
  return `next at ${grouped(deadline)}, ${left > 0 ? `in ${waitText(left, hz)}` : "due now"}`;
}

function sheetOf(model: Model, card: DeviceCard, width: number, selected: number): Sheet {
  const inside = width - MARGIN;
  const changes = changesOf(card, model.previous?.devices ?? null);
  const icount = model.snapshot?.status.icount ?? 0;
  const lines: Line[] = [
    ...headLines(card, width, selected >= 0),
    ...(card.irq === "" ? [] : [[span(` ${card.irq}`)]]),
    [span(` ${deadlineText(card, icount, model.hz)}`, DIM)],
  ];
  if (card.registers.length === 0) return { lines, lineOf: [0] };
  const lineOf: number[] = [];
  for (const row of rowsOf(card.registers, inside)) {
    const blocks = row.map(({ register, place, cells }) => {
      lineOf.push(lines.length);
      return registerBlock(register, changes.has(register[0]), place === selected, cells + MARGIN);
    });
    const height = Math.max(...blocks.map(({ length }) => length));
    for (let y = 0; y < height; y++) {
      lines.push(blocks.flatMap((block, i) => fitTo(block[y] ?? [], row[i].cells + GAP)));
    }
  }
  return { lines, lineOf };
}

/** Name and place, on two lines if one is too short. */
function headLines({ name, where }: DeviceCard, width: number, selected: boolean): Line[] {
  const mark = span(selected ? ">" : " ");
  const title = span(name, selected ? { ...BOLD, ...SELECTED } : BOLD);
  const fits = MARGIN + name.length + GAP + where.length <= width;
  if (fits) return [[mark, title, span("  "), span(where, DIM)]];
  return [[mark, title], ...wrap(where, width - MARGIN).map((words) => [span(` ${words}`, DIM)])];
}

/** A register, its place among those of the card, and the cells it has without its margin. */
interface Placed {
  readonly register: Register;
  readonly place: number;
  readonly cells: number;
}

const registerWidth = ([name, value]: Register): number => name.length + 1 + value.length;

/** The registers in their order: two on a line where both are short enough. */
function rowsOf(registers: readonly Register[], width: number): readonly (readonly Placed[])[] {
  const half = Math.floor((width - GAP) / 2);
  const rows: Placed[][] = [];
  registers.forEach((register, place) => {
    const isShort = registerWidth(register) <= half;
    const last = rows.at(-1);
    if (isShort && last?.length === 1 && last[0].cells === half) last.push({ register, place, cells: half });
    else rows.push([{ register, place, cells: isShort ? half : width }]);
  });
  return rows;
}

/** A register in so many cells, margin included: its value flows over as many lines as it needs. */
function registerBlock([name, value]: Register, changed: boolean, selected: boolean, cells: number): Line[] {
  const indent = " ".repeat(name.length + 1);
  const words = wrap(value, Math.max(cells - MARGIN - indent.length, 1));
  const lines = words.length === 0 ? [""] : words;
  return lines.map((text, i) => {
    const label = i > 0 ? indent : `${name}${changed ? "*" : " "}`;
    const content = changed ? [span(label, CHANGED), span(text, CHANGED)] : [span(label, DIM), span(text)];
    const mark = span(selected && i === 0 ? ">" : " ");
    return [mark, ...(selected ? restyle(content, SELECTED) : content)];
  });
}

/** Cards beside one another. */
export const cardColumns = (width: number): number =>
  Math.max(Math.floor((width + GAP) / (LEAST_WIDTH + GAP)), 1);

export interface CardsView {
  readonly lines: readonly Line[];
  /** Cards in sight, the first counted from 1; `total` of all. */
  readonly firstCard: number;
  readonly lastCard: number;
  readonly total: number;
}

/**
 * The cards in as many columns as there is room for, scrolled by whole rows of cards so that the selected register is
 * in sight; by lines where a card is taller than the window.
 */
export function cardsView(
  model: Model,
  cards: readonly DeviceCard[],
  width: number,
  rows: number,
): CardsView {
  const across = Math.min(cardColumns(width), Math.max(cards.length, 1));
  const cardCells = Math.floor((width - GAP * (across - 1)) / across);
  const { at } = windowOf(cursorOf(model.ui, 0), 1, stopCount(cards));
  const lines: Line[] = [];
  const lineOf: number[] = [];
  /** First line of each row of cards. */
  const tops: number[] = [];
  for (let first = 0; first < cards.length; first += across) {
    const sheets = cards.slice(first, first + across).map((card, i) => {
      const before = stopCount(cards.slice(0, first + i));
      return sheetOf(model, card, cardCells, at >= before && at < before + stopsOf(card) ? at - before : -1);
    });
    if (first > 0) lines.push([]);
    tops.push(lines.length);
    for (const sheet of sheets) lineOf.push(...sheet.lineOf.map((one) => lines.length + one));
    lines.push(...sideBySide(sheets, cardCells));
  }
  const row = rowOf(tops, lineOf[at] ?? 0);
  const top = topFor(tops, lines.length, row, lineOf[at] ?? 0, rows);
  const firstRow = rowOf(tops, top);
  const lastRow = rowOf(tops, Math.min(top + rows, lines.length) - 1);
  return {
    lines: lines.slice(top, top + rows),
    firstCard: Math.min(firstRow * across + 1, cards.length),
    lastCard: Math.min((lastRow + 1) * across, cards.length),
    total: cards.length,
  };
}

function sideBySide(sheets: readonly Sheet[], width: number): Line[] {
  const height = Math.max(...sheets.map(({ lines }) => lines.length));
  const blocks = sheets.map(({ lines }, i) => {
    const cells = i === sheets.length - 1 ? width : width + GAP;
    return Array.from({ length: height }, (_, y) => fitTo(lines[y] ?? [], cells));
  });
  return beside(...blocks);
}

/** The row of cards that a line belongs to. */
const rowOf = (tops: readonly number[], line: number): number =>
  Math.max(tops.filter((top) => top <= line).length - 1, 0);

/** The first line in sight: the top of a row of cards, unless the row of the selected register does not fit. */
function topFor(tops: readonly number[], total: number, row: number, selected: number, rows: number): number {
  if (total <= rows) return 0;
  const end = (tops[row + 1] ?? total + 1) - 1;
  if (end - tops[row] > rows) return scrollTo(selected, tops[row], rows, end);
  return tops.find((top) => end - top <= rows) ?? tops[row];
}
