/** The first line: what runs, whether it does, how fast, in which mode, and which screen this is. */
import { grouped } from "../common/grouped.ts";
import type { Model } from "./model.ts";
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
    { spans: [span(printable(model.image, model.glyphs), BOLD)], drop: 1 },
    { spans: [stateOf(model)], drop: 0 },
  ];
  if (ui.frozen) parts.push({ spans: [span("FROZEN", PAUSED)], drop: 0 });
  if (model.running) parts.push({ spans: [span(`${model.mips.toFixed(1)} MIPS`)], drop: 2 });
  if (ui.speed !== null) parts.push({ spans: [span(`of ${shortCount(ui.speed)}/s`, DIM)], drop: 6 });
  if (status === null) return parts;
  parts.push({ spans: [span(`t ${guestTime(status.icount, hz)}`)], drop: 3 });
  parts.push({ spans: [span(`icount ${grouped(status.icount)}`)], drop: 8 });
  if (status.modes.length > 0) parts.push({ spans: [span(`[${status.modes.join(" ")}]`)], drop: 5 });
  parts.push({ spans: [span(status.policy ?? "bare", status.policy === null ? {} : GLOBAL)], drop: 4 });
  if (model.events.dropped > 0) {
    parts.push({ spans: [span(`${shortCount(model.events.dropped)} dropped`, DIM)], drop: 7 });
  }
  return parts;
}

/** One word for whether the guest runs. */
export function stateWord({ running, stop, snapshot }: Model): "RUN" | "PAUSED" | "HALTED" | "DEAD" {
  if (!running) {
    if (stop?.kind !== "ended") return "PAUSED";
    return stop.reason === "halted" ? "HALTED" : "DEAD";
  }
  return snapshot?.status.halted === true ? "HALTED" : "RUN";
}

function stateOf(model: Model): Span {
  const word = stateWord(model);
  if (word === "PAUSED") return span(word, PAUSED);
  return span(word, word === "DEAD" ? FAULT : {});
}
