/** One picture: status bar, screen, footer, and what lies over them. The terminal's last row stays free. */
import type { SnapshotRequest } from "../inspect/snapshot.ts";
import { footerLines, QUIT_QUESTION } from "./footer.ts";
import { bodyOf, hasEventLine, isTooSmall, SMALLEST } from "./layout.ts";
import type { Model, Size } from "./model.ts";
import { answerBox } from "./overlays/answer.ts";
import { type Box, overlay } from "./overlays/box.ts";
import { hintLine } from "./overlays/command-line.ts";
import { faultBox } from "./overlays/fault-card.ts";
import { helpBox } from "./overlays/help.ts";
import { whyBox } from "./overlays/why-card.ts";
import { consoleLines, consoleWish } from "./panes/console-lines.ts";
import { lastEventLine } from "./panes/timeline-lines.ts";
import { printable } from "./printable.ts";
import { screens } from "./screens/index.ts";
import { statusBar } from "./status-bar.ts";
import { block, fitTo, type Line, line, wrap } from "./text/line.ts";

/** Exactly `terminal.rows - 1` lines of exactly `terminal.columns` cells. */
export function drawFrame(model: Model, terminal: Size): Line[] {
  const rows = Math.max(terminal.rows - 1, 0);
  if (isTooSmall(terminal)) return block(tooSmall(model, terminal), terminal.columns, rows);
  const body = bodyOf(terminal);
  const { columns } = terminal;
  const screen = block(screens[model.ui.screen].draw(model, body), columns, body.rows);
  const box = boxOf(model, columns);
  const drawn = box === null ? screen : overlay(screen, box, columns, model.glyphs);
  const event = hasEventLine(terminal) ? [fitTo(lastEventLine(model), columns)] : [];
  const bottom = footerLines(model, columns);
  const hint = hintLine(model);
  if (hint !== null && bottom.length === 1) bottom.unshift(fitTo(hint, columns));
  const above = [statusBar(model, columns), ...drawn, ...event].slice(0, rows - bottom.length);
  return [...above, ...bottom];
}

/** What has to be asked to draw it. */
export function wishOf(model: Model, terminal: Size): SnapshotRequest {
  if (isTooSmall(terminal)) return model.ui.screen === 1 ? consoleWish : {};
  const wish = screens[model.ui.screen].wish(model.ui, bodyOf(terminal));
  // The fault card says where the processor was.
  return model.ui.overlay?.kind === "fault" ? { ...wish, cpu: wish.cpu ?? { code: 1, stack: 0 } } : wish;
}

/** The console as it is, or a sentence on as many lines as it takes, and what needs an answer now. */
function tooSmall(model: Model, { columns, rows }: Size): Line[] {
  const { ui, glyphs } = model;
  const words = (text: string): Line[] => wrap(printable(text, glyphs), columns).map((one) => line(one));
  if (ui.overlay?.kind === "quit") return words(QUIT_QUESTION);
  if (ui.screen === 1) return consoleLines(model, columns, rows - 1);
  const needed = `${SMALLEST.columns}x${SMALLEST.rows}`;
  return [
    ...words(
      `umbra: ${columns}x${rows} is too small to draw, ${needed} needed; q quits, 1 shows the console`,
    ),
    ...words(ui.message?.text ?? ""),
  ];
}

/** What lies over the body; null for nothing, and for what is typed into the footer. */
export function boxOf(model: Model, columns: number): Box | null {
  const { ui, glyphs } = model;
  switch (ui.overlay?.kind) {
    case "help":
      return helpBox(ui.screen, ui.overlay.top, columns);
    case "why":
      return { ...whyBox(model, ui.overlay.seq, columns), top: ui.overlay.top ?? 0 };
    case "fault":
      return { ...faultBox(model, columns), top: ui.overlay.top ?? 0 };
    case "answer":
      return answerBox(ui.overlay, columns, glyphs);
    default:
      return null;
  }
}
