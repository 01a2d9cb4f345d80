/** The whole picture: status bar, screen, footer, in every size that a terminal may have. */
import { describe, expect, it } from "vitest";
import { drawFrame, wishOf } from "../../src/dashboard/frame.ts";
import type { Model, ScreenNumber, Size, UiState } from "../../src/dashboard/model.ts";
import { screens } from "../../src/dashboard/screens/index.ts";
import { ASCII, UNICODE } from "../../src/dashboard/text/glyphs.ts";
import { lineWidth, textOf } from "../../src/dashboard/text/line.ts";
import { endOf } from "../../src/debug/stop.ts";
import type { Snapshot } from "../../src/inspect/snapshot.ts";
import { BARE, LONG, UNANSWERED } from "./screens/mmu-views.ts";
import { console, logOf, wholeModel, wholeSnapshot } from "./whole-model.ts";

const on = (ui: Partial<UiState> = {}, parts: Partial<Omit<Model, "ui">> = {}): Model =>
  wholeModel({ ...parts, ui });
const textsOf = (model: Model, terminal: Size): string[] => drawFrame(model, terminal).map(textOf);
const STANDARD: Size = { columns: 80, rows: 24 };
const WIDE: Size = { columns: 120, rows: 40 };
const status = (model: Model, columns = 80): string => textsOf(model, { columns, rows: 24 })[0];
const footer = (model: Model, columns = 80): string => textsOf(model, { columns, rows: 24 }).at(-1) ?? "";

const COLUMNS = [1, 2, 7, 20, 39, 40, 41, 59, 79, 80, 81, 119, 120, 159, 160, 200];
const ROWS = [1, 2, 5, 9, 10, 11, 12, 16, 23, 24, 25, 39, 40, 41, 49, 50, 60];

/** What is wrong with the frames of a model, in all sizes. */
function wrongFrames(model: Model): string[] {
  const wrong: string[] = [];
  for (const columns of COLUMNS) {
    for (const rows of ROWS) {
      const lines = drawFrame(model, { columns, rows });
      if (lines.length !== rows - 1) wrong.push(`${columns}x${rows}: ${lines.length} lines`);
      for (const one of lines) {
        const text = textOf(one);
        if (lineWidth(one) !== columns)
          wrong.push(`${columns}x${rows}: ${lineWidth(one)} cells in '${text}'`);
        if (/\p{Cc}/u.test(text))
          wrong.push(`${columns}x${rows}: a control character in ${JSON.stringify(text)}`);
        if (model.glyphs === ASCII && /[^\x20-\x7e]/.test(text))
          wrong.push(`${columns}x${rows}: no ASCII '${text}'`);
      }
    }
  }
  return wrong;
}

describe("a frame", () => {
  const situations: readonly (readonly [string, Snapshot | null])[] = [
    ["usual", wholeSnapshot()],
    ["long", { ...wholeSnapshot(), ...LONG, counters: wholeSnapshot().counters, cpu: wholeSnapshot().cpu }],
    ["bare", BARE],
    ["unanswered", UNANSWERED],
    ["none", null],
  ];
  const cases = screens.flatMap(({ number, name }) =>
    situations.map(([what, snapshot]) => [number, name, what, snapshot] as const),
  );

  it.each(cases)("of screen %i, %s, has its size exactly, data %s", (screen, _name, what, snapshot) => {
    // The glyphs alternate with the situations, to look at each size once.
    const glyphs = what === "usual" || what === "bare" ? UNICODE : ASCII;
    expect(wrongFrames(on({ screen }, { snapshot, glyphs }))).toEqual([]);
  });

  it.each(screens)(
    "of screen $number has its size with every pane in focus, and zoomed",
    ({ number, panes }) => {
      for (const [pane] of panes.entries()) {
        for (const zoomed of [false, true]) {
          for (const terminal of [STANDARD, WIDE, { columns: 40, rows: 10 }]) {
            const lines = drawFrame(on({ screen: number, pane, zoomed }), terminal);
            expect(lines.map(lineWidth)).toEqual(Array(terminal.rows - 1).fill(terminal.columns));
          }
        }
      }
    },
  );

  it("has nothing raw in it, whatever the image, a message, a command and an answer are called", () => {
    const raw = "\u001b]0;x\u0007 \u009b 漢字 ü 😀 e\u0301 \t";
    const ui: Partial<UiState> = { screen: 4, message: { text: raw, failed: true } };
    expect(wrongFrames(on(ui, { image: raw, glyphs: ASCII }))).toEqual([]);
    expect(wrongFrames(on({ overlay: { kind: "command", text: raw, at: 3 } }, { glyphs: ASCII }))).toEqual(
      [],
    );
    const lines = [raw, raw.repeat(40)];
    expect(
      wrongFrames(on({ overlay: { kind: "answer", title: raw, lines, top: 0 } }, { glyphs: ASCII })),
    ).toEqual([]);
  });
});

describe("the status bar", () => {
  it("says what the design's mock-up says", () => {
    expect(status(on())).toBe(
      " toyos.elf  RUN  12.4 MIPS  t 3.218 s  [PG WP PAE PGE]  oos+global    0 overview",
    );
    expect(status(on({ screen: 3 }), 60)).toBe(
      " toyos.elf  RUN  12.4 MIPS  t 3.218 s          3 out of sync",
    );
  });

  it("says PAUSED, in inverse video too, and no speed", () => {
    const model = on({}, { running: false });
    expect(status(model)).toMatch(/^ toyos\.elf {2}PAUSED {2}t 3/);
    const paused = drawFrame(model, STANDARD)[0].find(({ text }) => text === "PAUSED");
    expect(paused?.style?.inverse).toBe(true);
  });

  it("says HALTED for a guest that waits, ENDED or FAILED with the status of one that has ended, DEAD of a triple fault", () => {
    const { status: state } = wholeSnapshot();
    const halted = wholeSnapshot({ status: { ...state, halted: true } });
    expect(status(on({}, { snapshot: halted }))).toContain("  HALTED  ");
    const ended = (reason: "halted" | "triple-fault") =>
      on(
        {},
        {
          running: false,
          stop: { kind: "ended", reason, detail: "it is over", status: null, failed: false },
        },
      );
    expect(status(ended("halted"))).toContain("  HALTED  ");
    expect(status(ended("triple-fault"))).toContain("  DEAD  ");
    const exited = (raw: number, success: number | null) => {
      const stop = endOf({ exitStatus: raw, faultChain: null }, "debug-exit", success, () => "");
      return status(on({}, { running: false, stop }));
    };
    expect(exited(1, 1), "a guest that ends well").toContain("  ENDED 0  ");
    expect(exited(3, 1), "one that fails").toContain("  FAILED 3  ");
    expect(exited(3, null), "nobody said which status is the good one").toContain("  ENDED 3  ");
    const audit = endOf({ exitStatus: null, faultChain: null }, "stopped", 1, () => "broken");
    expect(status(on({}, { running: false, stop: audit }))).toContain("  FAILED  ");
  });

  it("says FROZEN beside the state, and keeps both at 40 columns", () => {
    expect(textsOf(on({ frozen: true }), { columns: 40, rows: 10 })[0]).toMatch(/RUN {2}FROZEN.*0 overview$/);
  });

  it("says how much passed by unseen and how fast the guest may be, where there is room", () => {
    const events = { ...logOf([]), unseen: 31_300 };
    const bar = status(on({ speed: 100_000 }, { events }), 140);
    expect(bar).toContain("31.3k unseen");
    expect(bar).toContain("of 100k/s");
    expect(status(on(), 140)).not.toContain("unseen");
  });

  it("says which filter hides events, on every screen, also where that costs other words", () => {
    for (const { number } of screens) {
      expect(status(on({ screen: number, filter: "gfn=10c" }))).toContain("  filter gfn=10c  ");
    }
    const long = on({ filter: "reason=level1_one_role icount>1" });
    expect(status(long, 120)).toContain("  filter reason=level1_one_r…  ");
    expect(textsOf(on({ filter: "gfn=10c" }), { columns: 48, rows: 12 })[0]).toContain("RUN  filter gfn=10c");
    expect(status(on(), 120)).not.toContain("filter");
  });

  it("has the icount where it is wide", () => {
    expect(status(on(), 120)).toContain("icount 32 186 550");
  });

  it("says bare without a hypervisor", () => {
    const { status: state } = wholeSnapshot();
    expect(status(on({}, { snapshot: { ...BARE, status: { ...state, policy: null } } }))).toContain(
      "  bare ",
    );
  });

  it("has only what is known before the machine's first answer", () => {
    expect(status(on({}, { snapshot: null, running: false })).trimEnd()).toMatch(
      /^ toyos\.elf {2}PAUSED +0 overview$/,
    );
  });
});

describe("the footer", () => {
  it("has the keys of the design's mock-ups, the less important ones only where there is room", () => {
    expect(footer(on())).toBe(
      " 0-9 screen  tab pane  space pause  s step  / filter  : command  ? help  q quit ",
    );
    expect(footer(on(), 120).trimEnd()).toBe(
      " 0-9 screen  tab pane  space pause  s step  n next  c continue  b break  / filter  : command  ? help  q quit",
    );
    expect(footer(on(), 40).trimEnd()).toBe(" 0-9 screen  space pause  ? help  q quit");
  });

  it("says resume where the guest stands still", () => {
    expect(footer(on({}, { running: false }))).toContain("space resume");
  });

  it("has the message instead while there is one", () => {
    expect(footer(on({ message: { text: "1 breakpoint", failed: false } })).trim()).toBe("1 breakpoint");
  });

  it("takes up to four lines for a message that is too long for one, and marks what is cut", () => {
    const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(" ");
    const two = textsOf(on({ message: { text: words(20), failed: true } }), STANDARD);
    expect(two).toHaveLength(STANDARD.rows - 1);
    expect(`${two.at(-2)?.trim()} ${two.at(-1)?.trim()}`).toBe(words(20));
    expect(two[0]).toContain("0 overview");
    const cut = textsOf(on({ message: { text: words(100), failed: true } }), STANDARD);
    expect(cut.slice(-4).every((text) => text.includes("word"))).toBe(true);
    expect(cut.at(-5)).not.toContain("word");
    expect(cut.at(-1)?.trimEnd()).toMatch(/…$/);
  });

  it("has what is wrong with a command above it, whole", () => {
    const overlay = { kind: "command", text: "sort x", at: 6 } as const;
    const said = `there is no order ${"x ".repeat(50)}end`;
    const lines = textsOf(on({ overlay, message: { text: said, failed: true } }), STANDARD);
    expect(lines.at(-1)).toMatch(/^:sort x/);
    expect(
      lines
        .slice(-3, -1)
        .map((text) => text.trim())
        .join(" "),
    ).toBe(said);
  });

  it("offers no key that is about a running guest once the machine has ended", () => {
    const stop = { kind: "ended", reason: "halted", detail: "", status: null, failed: false } as const;
    const ended = on({}, { running: false, stop });
    expect(footer(ended, 120).trimEnd()).toBe(" 0-9 screen  tab pane  / filter  : command  ? help  q quit");
    expect(textsOf(ended, WIDE).join()).not.toContain("i type");
    expect(textsOf(on({ screen: 1 }, { running: false, stop }), STANDARD).join()).toContain(
      "the machine has ended",
    );
  });

  it("says who has the keys", () => {
    expect(footer(on({ typing: true })).trim()).toBe("keys go to the guest  ^] takes them back");
  });
});

describe("a small terminal", () => {
  it("below 40x10 gets one sentence, on as many lines as it takes", () => {
    const sentence = "umbra: 38x9 is too small to draw, 40x10 needed; q quits, 1 shows the console";
    const text = textsOf(on(), { columns: 38, rows: 9 })
      .map((one) => one.trimEnd())
      .join(" ")
      .trim();
    expect(text).toBe(sentence);
    expect(textsOf(on(), { columns: 100, rows: 9 })[0].trimEnd()).toBe(sentence.replace("38", "100"));
  });

  it("shows the console's lines as they are after key 1, the newest last", () => {
    const said = ["one", "two", "three", "four", "five"];
    const lines = textsOf(on({ screen: 1 }, { console: console(said) }), { columns: 20, rows: 5 });
    expect(lines.map((one) => one.trimEnd())).toEqual(["three", "four", "five", ""].slice(-4));
  });

  it("asks there, too, before it quits", () => {
    const text = textsOf(on({ overlay: { kind: "quit" } }), { columns: 30, rows: 9 }).join(" ");
    expect(text).toContain("Quit?");
  });

  it("asks the machine for nothing that nobody sees", () => {
    expect(wishOf(on({ screen: 2 }), { columns: 30, rows: 9 })).toEqual({});
  });

  it("of one pane has the last event above the footer, unless the pane needs the row", () => {
    expect(textsOf(on({ screen: 3 }), { columns: 60, rows: 16 }).at(-2)).toContain("4812059 unsync");
    expect(textsOf(on({ screen: 3 }), { columns: 40, rows: 10 }).join()).not.toContain("4812059");
    expect(textsOf(on({ screen: 3 }), STANDARD).join()).not.toContain("4812059 unsync");
  });
});

describe("what is asked of the machine", () => {
  it.each(screens)("is what screen $number, $name, wishes for its body", ({ number, wish }) => {
    const { ui } = on({ screen: number as ScreenNumber });
    expect(wishOf(on({ screen: number as ScreenNumber }), WIDE)).toEqual(
      wish(ui, { columns: 120, rows: 37 }),
    );
  });

  it("has the processor for the fault card", () => {
    expect(wishOf(on({ screen: 1, overlay: { kind: "fault" } }), STANDARD).cpu).toBeDefined();
    expect(wishOf(on({ screen: 1 }), STANDARD).cpu).toBeUndefined();
  });
});
