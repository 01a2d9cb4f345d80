/** One address through the guest's tables and through the shadow tables, side by side, level by level. */
import { hex8 } from "../../common/hex.ts";
import type { TranslateView, WalkEnd } from "../../inspect/translate-view.ts";
import type { WalkStep } from "../../inspect/translation.ts";
import { cursorOf, type Model, type Subject } from "../model.ts";
import { fitTo, type Line, line, lineWidth, restyle, span, wrap } from "../text/line.ts";
import { entryText, gfnText, spText } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { BOLD, DIM, FAULT, GLOBAL, SELECTED, STALE, UNSYNC } from "../text/style.ts";
import { absence, windowOf } from "./lists.ts";
import { guestForm } from "./shadow-marks.ts";

export const WALK_PANE = 0;

/** Names of the entries by level. SDM: volume 3, 4.4 (PAE paging). */
const LEVELS: readonly (readonly [level: number, name: string])[] = [
  [3, "PDPTE"],
  [2, "PDE"],
  [1, "PTE"],
];
const LEAF_LEVEL = 1;

export const askedText = ({ gva, access, user }: Pick<TranslateView, "gva" | "access" | "user">): string =>
  `gva ${hex8(gva)}   ${user ? "user" : "supervisor"} ${access}`;

/** The answer to what is asked; null while it is about something else, or there is none. */
export function answered({ snapshot, ui }: Model): TranslateView | null {
  const view = snapshot?.translate ?? null;
  if (view === null) return null;
  const { gva, access, user } = ui.translate;
  return view.gva >>> 0 === gva >>> 0 && view.access === access && view.user === user ? view : null;
}

/** What a walk needs an address for: the levels are those of the shadow tables, which are always three. */
export const levelCount = (model: Model): number => (answered(model) === null ? 0 : LEVELS.length);

const stepAt = (end: WalkEnd | null, level: number): WalkStep | undefined =>
  end?.steps.find((step) => step.level === level);

const selectedLevel = ({ ui }: Model): number => {
  const { at } = windowOf(cursorOf(ui, WALK_PANE), LEVELS.length, LEVELS.length);
  return LEVELS[at][0];
};

/** The table that the walks read at the chosen level; the address itself where no page is known. */
export function walkSubject(model: Model): Subject | null {
  const view = answered(model);
  if (view === null) return null;
  const level = selectedLevel(model);
  const shadow = stepAt(view.shadow, level);
  const guest = stepAt(view.guest, level);
  if (shadow !== undefined && shadow.level < LEVELS[0][0] && guest !== undefined) {
    return { kind: "page", sp: shadow.table, gfn: guest.table, gva: view.gva };
  }
  return guest === undefined ? { kind: "gva", gva: view.gva } : { kind: "gfn", gfn: guest.table };
}

/** Names of entry bits, each in its place: P W U A D, then what is said only when it is set. SDM: volume 3, 4.4. */
const BITS: readonly (readonly [bit: number, letter: string])[] = [
  [0x1, "P"],
  [0x2, "W"],
  [0x4, "U"],
  [0x20, "A"],
  [0x40, "D"],
];
const PRESENT_BIT = 0x1;
const LARGE_BIT = 0x80;
const GLOBAL_BIT = 0x100;
/** Execute-disable, in the high half. */
const NX_HI = 0x8000_0000 | 0;

/** "PWUAD", a dash for each bit that is clear; then S for a large page, NX, G. */
export function flagSpans(lo: number, hi: number, leaf: boolean): Line {
  const letters = BITS.map(([bit, letter]) => ((lo & bit) === 0 ? "-" : letter)).join("");
  const large = !leaf && (lo & LARGE_BIT) !== 0;
  const more = `${large ? " S" : ""}${(hi & NX_HI) !== 0 ? " NX" : ""}`;
  const global = (leaf || large) && (lo & GLOBAL_BIT) !== 0 ? [span(" "), span("G", GLOBAL)] : [];
  return [span(letters + more), ...global];
}

/**
 * The shadow maps a frame that the guest's tables do not, or allows what they do not, as it may while its table is out
 * of sync.
 */
export function isStale({ guest, shadow, unsync }: TranslateView): boolean {
  if (shadow === null || !unsync || shadow.gfn < 0) return false;
  return shadow.gfn !== guest.gfn || (shadow.allowed && !guest.allowed);
}

const MARGIN = 1;
const LABEL_CELLS = 11;
/** Cells of "00000000 01f3a067 PWUAD NX G" and of "CR3 00005000" with it. */
const GUEST_CELLS = 29;
/** From here on the two walks stand side by side. */
const ROOM_FOR_BOTH = 70;

/** Rows that the pane needs to say all, border included. */
export function walkRows(model: Model, width: number): number {
  const view = answered(model);
  return view === null ? 0 : BORDER + twoColumns(model, view, width - BORDER, false).length;
}

export function walkPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const title = `5 translate   ${askedText(model.ui.translate)}`;
  const foot = "j/k level  enter open  :translate ADDRESS";
  const view = answered(model);
  if (view === null) {
    const why = model.snapshot === null ? absence(model) : "no answer about this address yet";
    return { title, foot, focused, lines: [line(` ${why}`, DIM)] };
  }
  const inside = { width: width - BORDER, rows: rows - BORDER };
  const lines =
    inside.width >= ROOM_FOR_BOTH
      ? twoColumns(model, view, inside.width, focused)
      : oneColumn(model, view, inside.width, inside.rows, focused);
  return { title, foot, focused, lines };
}

const sentences = (view: TranslateView, width: number): Line[] =>
  wrap(view.explanation, width - 2).map((text) => line(` ${text}`));

const verdictOf = (end: WalkEnd): Line => [span(end.verdict, end.allowed ? {} : FAULT)];
const frameText = ({ gfn }: WalkEnd): string => (gfn < 0 ? "no frame" : `gfn ${gfnText(gfn)}`);

function guestEntry(view: TranslateView, level: number): Line {
  const step = stepAt(view.guest, level);
  if (step !== undefined) {
    // A PDPTE grants nothing but what lies below it. SDM: volume 3, table 4-8.
    const flags =
      level === LEVELS[0][0]
        ? [span((step.lo & PRESENT_BIT) === 0 ? "-" : "P")]
        : flagSpans(step.lo, step.hi, level === LEAF_LEVEL);
    return [span(`${hex8(step.hi)} ${hex8(step.lo)} `), ...flags];
  }
  return [span(whyNoStep(view.guest, level), DIM)];
}

/** Why the guest's walk reads nothing at this level. */
function whyNoStep({ steps }: WalkEnd, level: number): string {
  if (steps.length === 0) return "paging is off";
  if (level > steps[0].level) return "none: 32-bit paging";
  const last = steps[steps.length - 1];
  if ((last.lo & PRESENT_BIT) === 0) return "-";
  return (last.lo & LARGE_BIT) !== 0 ? "large page" : "-";
}

function shadowEntry(model: Model, view: TranslateView, level: number): Line {
  const { shadow } = view;
  if (shadow === null) return [];
  const step = stepAt(shadow, level);
  if (step === undefined) return [span("-", DIM)];
  if (step.kind === "trap") return [span("trap: the access exits")];
  if (step.kind === "absent") return [span("not present")];
  if (level > LEAF_LEVEL) return linkSpans(view, level);
  const stale = isStale(view) ? [span(" "), span("STALE", STALE)] : [];
  const [lo, hi] = model.ui.raw ? [step.lo, step.hi] : guestForm(step.lo, step.hi, shadow.gfn);
  // The high half is said by NX, unless the frame lies above 4 GiB.
  const high = (hi & ~NX_HI) === 0 ? "" : `${hex8(hi)} `;
  return [span(`spte ${high}${hex8(lo)} `), ...flagSpans(lo, hi, true), ...stale];
}

/** Where an upper entry leads; for the last table also whether it is in sync. */
function linkSpans({ shadow, unsync }: TranslateView, level: number): Line {
  const next = stepAt(shadow, level - 1);
  if (next === undefined) return [span("present")];
  const state = unsync && next.level === LEAF_LEVEL ? [span("  "), span("UNSYNC", UNSYNC)] : [];
  return [span(`sp ${spText(next.table)} l${next.level}`), ...state];
}

const indexText = (step: WalkStep | undefined): string =>
  step === undefined ? "     " : `[${entryText(step.index)}]`;

const marked = (content: Line, width: number, selected: boolean): Line => {
  const whole = fitTo([span(selected ? ">" : " "), ...content], width);
  return selected ? restyle(whole, SELECTED) : whole;
};

function twoColumns(model: Model, view: TranslateView, width: number, focused: boolean): Line[] {
  const { guest, shadow } = view;
  const chosen = selectedLevel(model);
  const row = (label: string, left: Line, right: Line): Line => [
    ...fitTo([span(label)], LABEL_CELLS + 1),
    ...fitTo(left, GUEST_CELLS),
    span("  "),
    ...right,
  ];
  const cr3 = model.snapshot === null ? "" : hex8(model.snapshot.status.cr3);
  const bare: Line = [span(absence(model), DIM)];
  return [
    marked(row("", [span("guest, in RAM", DIM)], [span("shadow, what the CPU walks", DIM)]), width, false),
    marked(row("CR3", [span(cr3)], shadow === null ? bare : [span("pae_root")]), width, false),
    ...LEVELS.map(([level, name]) => {
      const index = indexText(stepAt(guest, level));
      const shadowIndex = shadow === null ? "" : `${indexText(stepAt(shadow, level))} `;
      const right = [span(shadowIndex), ...shadowEntry(model, view, level)];
      const content = row(`${name.padEnd(6)}${index}`, guestEntry(view, level), right);
      return marked(content, width, focused && level === chosen);
    }),
    [],
    marked(
      row("a walk now", [span(frameText(guest), BOLD)], shadow === null ? [] : cpuFrame(shadow)),
      width,
      false,
    ),
    ...verdictLines(view, width),
    [],
    ...sentences(view, width),
  ];
}

/** Side by side, or each on its line where a verdict is too long for that. */
function verdictLines({ guest, shadow }: TranslateView, width: number): Line[] {
  const left = [...fitTo([], LABEL_CELLS + 1), ...fitTo(verdictOf(guest), GUEST_CELLS), span("  ")];
  const second = shadow === null ? [] : verdictOf(shadow);
  const needs = MARGIN + lineWidth(left) + lineWidth(second);
  if (guest.verdict.length <= GUEST_CELLS && needs <= width) {
    return [fitTo([span(" "), ...left, ...second], width)];
  }
  const alone = (name: string, words: Line): Line => [span(` ${name.padEnd(LABEL_CELLS)} `), ...words];
  const lines = [alone("guest", verdictOf(guest))];
  return shadow === null ? lines : [...lines, alone("shadow", second)];
}

const cpuFrame = (shadow: WalkEnd): Line => [span("the CPU  "), span(frameText(shadow), BOLD)];

/** For small terminals: the answer first, then one walk under the other. */
function oneColumn(model: Model, view: TranslateView, width: number, rows: number, focused: boolean): Line[] {
  const { guest, shadow } = view;
  const chosen = selectedLevel(model);
  const answer: Line[] = [
    [span(" guest  "), span(`${frameText(guest)}, `), ...verdictOf(guest)],
    shadow === null
      ? [span(` shadow ${absence(model)}`, DIM)]
      : [span(" shadow "), span(`${frameText(shadow)}, `), ...verdictOf(shadow)],
  ];
  const levels = LEVELS.flatMap(([level, name]): Line[] => {
    const selected = focused && level === chosen;
    const left = [span(`${name.padEnd(6)}${indexText(stepAt(guest, level))} `), ...guestEntry(view, level)];
    const index = indexText(stepAt(shadow, level));
    const right = [span(`${"".padEnd(6)}${index} `), ...shadowEntry(model, view, level)];
    return [marked(left, width, selected), ...(shadow === null ? [] : [marked(right, width, false)])];
  });
  const whole = [...answer, [], ...levels, [], ...sentences(view, width)];
  if (whole.length <= rows) return whole;
  // Without room for all, what the cursor chooses stays in sight below the answer.
  const perLevel = levels.length / LEVELS.length;
  const at = LEVELS.findIndex(([level]) => level === chosen) * perLevel;
  const rest = [...levels, ...sentences(view, width)];
  const room = Math.max(rows - answer.length, 0);
  const first = focused ? Math.max(0, Math.min(at, rest.length - room)) : 0;
  return [...answer, ...rest.slice(first, first + room)];
}
