/** Who maps the frame that a translation ends at; and the command that prints the same without a screen. */
import { hex8 } from "../../common/hex.ts";
import type { RmapLeaf } from "../../inspect/translation.ts";
import { cursorOf, type Model, type Subject } from "../model.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { entryText, gfnText, spText } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { DIM, GLOBAL, UNSYNC } from "../text/style.ts";
import { absence, listLine, rangeText, windowOf } from "./lists.ts";
import { guestForm } from "./shadow-marks.ts";
import { answered, flagSpans } from "./translate-walk.ts";

export const RMAP_PANE = 1;

export const rmapCount = (model: Model): number => answered(model)?.rmap.length ?? 0;

export function rmapSubject(model: Model): Subject | null {
  const view = answered(model);
  if (view === null || view.rmapGfn < 0) return null;
  const { at } = windowOf(cursorOf(model.ui, RMAP_PANE), 1, view.rmap.length);
  if (at < 0) return { kind: "gfn", gfn: view.rmapGfn };
  const { sp, table } = view.rmap[at];
  return { kind: "page", sp, gfn: table, gva: null };
}

export function rmapPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const view = answered(model);
  const foot = "enter open";
  const pane = { title: "5 reverse map", foot, focused };
  if (view === null) return { ...pane, lines: [line(` ${absence(model)}`, DIM)] };
  if (view.shadow === null) return { ...pane, lines: [line(" no hypervisor: --mmu bare", DIM)] };
  if (view.rmapGfn < 0) return { ...pane, lines: [line(" the address leads to no frame", DIM)] };
  const room = Math.max(rows - BORDER, 1);
  const { at, first } = windowOf(cursorOf(model.ui, RMAP_PANE), room, view.rmap.length);
  const range = rangeText(first, room, view.rmap.length);
  const title = `5 reverse map of gfn ${gfnText(view.rmapGfn)}${range === "" ? "" : `   ${range}`}`;
  const lines =
    view.rmap.length === 0
      ? [line(" no shadow entry maps it", DIM)]
      : view.rmap
          .slice(first, first + room)
          .map((leaf, i) =>
            listLine(leafSpans(model, view.rmapGfn, leaf), width - BORDER, focused && first + i === at),
          );
  return { title, foot, focused, lines };
}

function leafSpans({ ui }: Model, gfn: number, leaf: RmapLeaf): Line {
  const { sp, entry, table, level, unsync, global } = leaf;
  const [lo, hi] = ui.raw ? [leaf.lo, leaf.hi] : guestForm(leaf.lo, leaf.hi, gfn);
  return [
    span(`sp ${spText(sp)} [${entryText(entry)}] l${level}  `),
    ...fitTo(flagSpans(lo, hi, true), FLAG_CELLS),
    span(" "),
    ...fitTo(unsync ? [span("UNSYNC", UNSYNC)] : [span("sync")], STATE_CELLS),
    span(" "),
    global ? span("G", GLOBAL) : span(" "),
    span(`  table gfn ${gfnText(table)}  spte ${hex8(hi)} ${hex8(lo)}`, DIM),
  ];
}
const FLAG_CELLS = 8;
const STATE_CELLS = 6;

/** What a shell takes as it stands. */
const PLAIN_WORD = /^[\w./+:@%-]+$/;
/** Characters that are one cell each on every terminal, and no control characters. */
const UNSAFE = /[^\x20-\x7e]/gu;

function quoted(word: string): string {
  const printable = word.replace(UNSAFE, "?");
  return PLAIN_WORD.test(printable) ? printable : `'${printable.replaceAll("'", "'\\''")}'`;
}

/** The same question as a command line; null while the moment is not known. */
export function headlessText({ image, machine = [image], snapshot, ui }: Model): string | null {
  if (snapshot === null) return null;
  const { gva, access, user } = ui.translate;
  const question = `translate 0x${hex8(gva)} ${access} ${user ? "user" : "supervisor"}`;
  return `umbra exec ${machine.map(quoted).join(" ")} --until ${snapshot.status.icount} '${question}'`;
}

export function headlessPane(model: Model, width: number, focused: boolean): Pane {
  const text = headlessText(model);
  const title = "5 the same, headless";
  if (text === null) return { title, focused, lines: [line(` ${absence(model)}`, DIM)] };
  return { title, focused, lines: cutAt(text, width - BORDER).map((part) => line(part)) };
}

/** A command is not wrapped at words: it has to be copied as it is. */
function cutAt(text: string, width: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += Math.max(width, 1))
    parts.push(text.slice(at, at + Math.max(width, 1)));
  return parts;
}
