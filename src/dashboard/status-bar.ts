/** The first line: what runs, whether it does, how fast, in which mode, and which screen this is. */
import { grouped } from "../common/grouped.ts";
import { endOf, type Model } from "./model.ts";
import { printable } from "./printable.ts";
import { screens } from "./screens/index.ts";
import { type Line, lineWidth, type Span, span, spread } from "./text/line.ts";
import { guestTime, shortCount } from "./text/numbers.ts";
import { BOLD, DIM, FAULT, GLOBAL, PAUSED } from "./text/style.ts";

/** A piece of the bar; the one with the highest number goes first where there is no room. */
interface Part {
  readonly spans: Line;
  readonly drop: number;
}

export function statusBar(model: Model, width: number): Line {
  const { ui } = model;
  const screen = screens[ui.screen];
  const right: Line = [span(`${screen.number} ${screen.name}`, BOLD)];
  let parts = partsOf(model);
  const all = (): Line => parts.flatMap(({ spans }) => [...spans, span("  ")]);
  while (parts.length > 1 && lineWidth(all()) + lineWidth(right) + 1 > width) {
    const least = Math.max(...parts.map(({ drop }) => drop));
    if (least === 0) break;
    parts = parts.filter(({ drop }) => drop !== least);
  }
  return spread([span(" "), ...all()], right, width);
}

function partsOf(model: Model): Part[] {
  const { snapshot, ui, hz } = model;
  const status = snapshot?.status ?? null;
  const parts: Part[] = [
    { spans: [span(printable(model.image, model.glyphs), BOLD)], drop: 2 },
    { spans: [stateOf(model)], drop: 0 },
  ];
  if (ui.filter !== "") parts.push({ spans: [span(filterText(model), BOLD)], drop: 1 });
  if (ui.frozen) parts.push({ spans: [span("FROZEN", PAUSED)], drop: 0 });
  if (model.running) parts.push({ spans: [span(`${model.mips.toFixed(1)} MIPS`)], drop: 3 });
  if (ui.speed !== null) parts.push({ spans: [span(`of ${shortCount(ui.speed)}/s`, DIM)], drop: 7 });
  if (status === null) return parts;
  parts.push({ spans: [span(`t ${guestTime(status.icount, hz)}`)], drop: 4 });
  parts.push({ spans: [span(`icount ${grouped(status.icount)}`)], drop: 9 });
  if (status.modes.length > 0) parts.push({ spans: [span(`[${status.modes.join(" ")}]`)], drop: 6 });
  parts.push({ spans: [span(status.policy ?? "bare", status.policy === null ? {} : GLOBAL)], drop: 5 });
  if (model.events.unseen > 0) {
    parts.push({ spans: [span(`${shortCount(model.events.unseen)} unseen`, DIM)], drop: 8 });
  }
  return parts;
}

/** Cells of a filter. */
const FILTER_CELLS = 20;

/** Events that do not pass are hidden: that must be seen on every screen. */
function filterText({ ui, glyphs }: Model): string {
  const words = printable(ui.filter, glyphs);
  const shown = words.length > FILTER_CELLS ? words.slice(0, FILTER_CELLS - 1) + glyphs.unknown : words;
  return `filter ${shown}`;
}

export type StateWord = "RUN" | "PAUSED" | "HALTED" | "ENDED" | "FAILED" | "DEAD";

/** One word for whether the guest runs, or how it has ended. */
export function stateWord(model: Model): StateWord {
  const { running, snapshot } = model;
  if (running) return snapshot?.status.halted === true ? "HALTED" : "RUN";
  const end = endOf(model);
  if (end === null) return "PAUSED";
  if (end.reason === "halted") return "HALTED";
  if (end.reason === "triple-fault") return "DEAD";
  return end.failed ? "FAILED" : "ENDED";
}

function stateOf(model: Model): Span {
  const word = stateWord(model);
  if (word === "PAUSED") return span(word, PAUSED);
  const status = endOf(model)?.status ?? null;
  return span(
    status === null ? word : `${word} ${status}`,
    word === "DEAD" || word === "FAILED" ? FAULT : {},
  );
}
