/** The guest's display on the console screen: when it is shown, what it looks like, and who gets the keys. */
import { describe, expect, it } from "vitest";
import type { ConsoleScreen } from "../../../src/dashboard/console-screen.ts";
import { displayScreen } from "../../../src/dashboard/display-screen.ts";
import type { Model, UiState } from "../../../src/dashboard/model.ts";
import { press } from "../../../src/dashboard/perform.ts";
import { consoleScreen } from "../../../src/dashboard/screens/console.ts";
import { shownConsole, sourceOf } from "../../../src/dashboard/shown-console.ts";
import { textOf } from "../../../src/dashboard/text/line.ts";
import { RGB } from "../../../src/dashboard/text/style.ts";
import { type DisplayView, displayView } from "../../../src/inspect/display-view.ts";
import { machineFor } from "../../support/guest-machine.ts";
import { tinyKernel } from "../../support/tiny-kernel.ts";
import { MODE_13, setMode } from "../../support/vga-modes.ts";
import { model, snapshot } from "./mmu-views.ts";

/** What a kernel that stores these words into the text window displays. */
function displayed(stores: string, programming = ""): DisplayView {
  const machine = machineFor("k", tinyKernel(`${programming}\n${stores}\ncli\nhlt`), "", {
    ramBytes: 2 << 20,
  });
  machine.run(10_000);
  return displayView(machine.board.vga);
}
const store = (row: number, column: number, word: number) =>
  `mov word [${0xb_8000 + (row * 80 + column) * 2}], ${word}`;
const HELLO = [store(0, 0, 0x0748), store(0, 1, 0x1f69), store(24, 79, 0xc02a)].join("\n");

const COM1: ConsoleScreen = {
  columns: 80,
  rows: 25,
  scrollback: 0,
  cursor: { row: 0, column: 0 },
  lines: () => [[{ text: "from the serial port" }]],
};
const modelWith = (display: DisplayView | null, isSilent: boolean, ui: Partial<UiState> = {}): Model => ({
  ...model({ ui: { screen: 1, ...ui } }),
  snapshot: snapshot({ display }),
  console: { ...COM1, isSilent },
});

describe("what the console screen shows", () => {
  const blank = displayed("");
  const text = displayed(HELLO);

  it.each<[string, Model, string]>([
    ["the display of a guest that writes there and sends nothing", modelWith(text, true), "display"],
    ["the serial port once something came from there", modelWith(text, false), "COM1"],
    ["the serial port as long as the display is blank", modelWith(blank, true), "COM1"],
    ["the serial port before anything is known", modelWith(null, true), "COM1"],
    ["the display if someone chose it", modelWith(blank, false, { source: "display" }), "display"],
    ["the serial port if someone chose it", modelWith(text, true, { source: "COM1" }), "COM1"],
  ])("%s", (_, subject, source) => {
    expect(sourceOf(subject)).toBe(source);
    expect(textOf(consoleScreen.draw(subject, { columns: 80, rows: 27 })[0])).toContain(
      `1 console ${source}`,
    );
  });

  it("v goes to the other, and forgets where the list keys were", () => {
    const { ui } = press("v", modelWith(text, false, { cursors: { "1.0": { at: 3, top: 0 } } }), 0);
    expect([ui.source, ui.cursors]).toEqual(["display", {}]);
    expect(press("v", modelWith(text, true), 0).ui.source).toBe("COM1");
  });

  it("whoever types keeps what he types to in sight, whatever the guest does then", () => {
    expect(press("i", modelWith(text, true), 0).ui).toMatchObject({ typing: true, source: "display" });
    expect(press("i", modelWith(text, false), 0).ui).toMatchObject({ typing: true, source: "COM1" });
  });
});

it("from a screen that did not ask for the display, typing leaves it open which of the two it is", () => {
  const elsewhere = modelWith(null, true, { screen: 3 });
  expect(press("i", elsewhere, 0).ui).toMatchObject({ typing: true, screen: 1, source: null });
  expect(sourceOf({ ...modelWith(displayed(HELLO), true), ui: press("i", elsewhere, 0).ui })).toBe("display");
});

describe("the display", () => {
  it("has the guest's characters, in what the user's terminal calls their colours", () => {
    const screen = displayScreen(displayed(HELLO));
    const [first] = screen.lines(0, 1);
    expect(first.slice(0, 2)).toEqual([
      { text: "H", style: { color: 7, background: 0 } },
      { text: "i", style: { color: 15, background: 4 } },
    ]);
    expect(textOf(first)).toHaveLength(80);
    // Bright red on black in attribute cc would blink: bit 7.
    expect(screen.lines(24, 5)).toHaveLength(1);
    expect(screen.lines(24, 1)[0].at(-1)).toEqual({
      text: "*",
      style: { color: 0, background: 1, bold: true },
    });
  });

  it("has colours that the guest made as it made them", () => {
    const color7 =
      "mov dx, 0x3c8\nmov al, 7\nout dx, al\ninc dx\nmov al, 63\nout dx, al\nmov al, 0\nout dx, al\nout dx, al";
    const [first] = displayScreen(displayed(HELLO, color7)).lines(0, 1);
    expect(first[0].style).toEqual({ color: RGB | 0xff0000, background: 0 });
  });

  it("draws characters of code page 437", () => {
    const [first] = displayScreen(displayed(store(0, 0, 0x07c9))).lines(0, 1);
    expect(textOf(first)[0]).toBe("╔");
  });

  it("draws a picture with half a character for each dot", () => {
    const { vga } = machineFor("k", tinyKernel("hlt"), "", { ramBytes: 2 << 20 }).board;
    setMode(vga, MODE_13);
    // The upper half of the screen in colour 4; the default colours of 256 begin like the 16.
    for (let at = 0; at < 320 * 100; at++) vga.memory.mmioWrite(at, 1, 4);
    const view = displayView(vga);
    const screen = displayScreen(view);
    expect([screen.columns, screen.rows, sourceOf(modelWith(view, true))]).toEqual([80, 25, "display"]);
    const red = RGB | 0xaa0000;
    const dots = "▀".repeat(80);
    expect(screen.lines(0, 1)).toEqual([[{ text: dots, style: { color: red, background: red } }]]);
    expect(screen.lines(12, 2)).toEqual([
      [{ text: dots, style: { color: red, background: RGB } }],
      [{ text: dots, style: { color: RGB, background: RGB } }],
    ]);
  });

  it("says so where it shows nothing", () => {
    const view = displayed("", "mov dx, 0x3c4\nmov ax, 0x2101\nout dx, ax");
    expect(textOf(displayScreen(view).lines(0, 1)[0])).toBe("The display shows no text: it is dark.");
    expect(sourceOf(modelWith(view, true))).toBe("COM1");
  });

  it("has nothing before the machine has told anything", () => {
    expect(shownConsole({ ...modelWith(null, true, { source: "display" }) }).lines(0, 2)).toEqual([[], []]);
  });
});
