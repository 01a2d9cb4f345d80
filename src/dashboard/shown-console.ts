/** Which console is shown, and has the keys when someone types: that of the serial port, or the display. */
import type { ConsoleScreen, ConsoleSource } from "./console-screen.ts";
import { displayScreen } from "./display-screen.ts";
import type { Model } from "./model.ts";

/** What the person chose; else the display of a guest that shows something there and has sent nothing. */
export function sourceOf({
  ui,
  console,
  snapshot,
}: Pick<Model, "ui" | "console" | "snapshot">): ConsoleSource {
  if (ui.source !== null) return ui.source;
  const display = snapshot?.display ?? null;
  const shows = display?.kind === "picture" || (display?.kind === "text" && !display.isBlank);
  return shows && console.isSilent === true ? "display" : "COM1";
}

export function shownConsole(model: Model): ConsoleScreen {
  return sourceOf(model) === "COM1" ? model.console : displayScreen(model.snapshot?.display ?? null);
}
