/**
 * A guest may write anything to its serial line. Whatever it writes, what we draw of it are printable characters in
 * exactly the cells they were counted for: nothing of the guest's reaches the user's terminal as a command.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConsoleTerminal } from "../../src/dashboard/console-terminal.ts";
import type { Model, Size } from "../../src/dashboard/model.ts";
import { consoleScreen } from "../../src/dashboard/screens/console.ts";
import { ASCII, type Glyphs, UNICODE } from "../../src/dashboard/text/glyphs.ts";
import { type Line, lineWidth, render, textOf } from "../../src/dashboard/text/line.ts";
import { model } from "./screens/mmu-views.ts";

const ESC = "\u001b";
const BEL = "\u0007";
const ST = `${ESC}\\`;

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8");
const raw = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

const SIZES: readonly Size[] = [
  { columns: 40, rows: 7 },
  { columns: 80, rows: 21 },
  { columns: 120, rows: 37 },
];

const modelOf = (console: ConsoleTerminal, glyphs: Glyphs, typing: boolean): Model => ({
  ...model({ glyphs, ui: { screen: 1, typing } }),
  console,
});

/** Every line that the console screen draws of this terminal, at several sizes, while typing and not. */
function allLines(terminal: ConsoleTerminal, glyphs: Glyphs): { line: Line; columns: number }[] {
  return SIZES.flatMap((size) =>
    [true, false].flatMap((typing) =>
      consoleScreen
        .draw(modelOf(terminal, glyphs, typing), size)
        .map((line) => ({ line, columns: size.columns })),
    ),
  );
}

/** Our own colours and attributes: numbers between ESC [ and m. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what we look for
const OWN_SGR = /\u001b\[[0-9;]+m/g;
/** Controls of either kind, characters that turn the direction of writing, lone halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u;

/** What is wrong with what is drawn; "" if nothing is. */
function harm(terminal: ConsoleTerminal): string {
  for (const glyphs of [UNICODE, ASCII]) {
    for (const { line, columns } of allLines(terminal, glyphs)) {
      const left = render(line, true).replaceAll(OWN_SGR, "");
      if (DANGEROUS.test(left)) return `dangerous: ${JSON.stringify(left)}`;
      if (lineWidth(line) !== columns) return `${lineWidth(line)} cells of ${columns}: ${textOf(line)}`;
      if (glyphs === ASCII && /[^ -~]/.test(left)) return `not ASCII: ${left}`;
    }
  }
  return "";
}

async function written(...pieces: Uint8Array[]): Promise<ConsoleTerminal> {
  const terminal = new ConsoleTerminal(() => {});
  for (const piece of pieces) terminal.write(piece);
  await terminal.settled();
  return terminal;
}

const OK = "still here";
const HOSTILE: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["OSC 52 into the clipboard", bytesOf(`${ESC}]52;c;cm0gLXJmIC8=${BEL}`)],
  ["OSC 0 and 2, a title", bytesOf(`${ESC}]0;owned${BEL}${ESC}]2;owned${ST}`)],
  ["OSC 8, a hyperlink", bytesOf(`${ESC}]8;;file:///etc/passwd${ST}click${ESC}]8;;${ST}`)],
  ["an OSC without an end, ended by CAN", bytesOf(`${ESC}]0;${"x".repeat(100_000)}\u0018`)],
  ["alternate screen", bytesOf(`${ESC}[?1049h${ESC}[2J${ESC}[Hinside`)],
  ["full reset", bytesOf(`text${ESC}c`)],
  ["a scroll region of two lines", bytesOf(`${ESC}[5;6r${"scroll\n".repeat(50)}`)],
  ["132 columns", bytesOf(`${ESC}[?40h${ESC}[?3h${"w".repeat(200)}`)],
  ["another size of the window", bytesOf(`${ESC}[8;100;300t${ESC}[3;0;0t${ESC}[2t`)],
  ["questions", bytesOf(`${ESC}[c${ESC}[>c${ESC}[6n${ESC}[?6n${ESC}Z${ESC}[18t${ESC}P$qm${ST}`)],
  ["bracketed paste, focus, mouse", bytesOf(`${ESC}[?2004h${ESC}[?1004h${ESC}[?1000h${ESC}[?1006h`)],
  [
    "sixel and other DCS",
    bytesOf(`${ESC}Pq#0;2;0;0;0#0~~@@vv$-${ST}${ESC}_apc${ST}${ESC}^pm${ST}${ESC}Xsos${ST}`),
  ],
  ["C1 controls as single bytes", raw(...Array.from({ length: 32 }, (_, i) => 0x80 + i), 0x9c)],
  [
    "C1 controls in UTF-8",
    bytesOf(`${Array.from({ length: 32 }, (_, i) => String.fromCharCode(0x80 + i)).join("")}${ST}`),
  ],
  ["all C0 controls and DEL", raw(...Array.from({ length: 32 }, (_, i) => i), 0x7f, 0x18)],
  ["bytes that are no UTF-8", raw(0xff, 0xfe, 0xc0, 0x80, 0xf8, 0x88, 0x80, 0x80, 0x80, 0xe2, 0x82, 0x41)],
  ["halves of surrogate pairs", raw(0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80, 0x41)],
  ["a flood of marks on one letter", bytesOf(`z${"\u0301\u20dd\ufe0f".repeat(50_000)}`)],
  ["marks on nothing, at every line", bytesOf("\u0301\n".repeat(100))],
  ["zero-width characters", bytesOf("a\u200bb\u200dc\u2060d\ufeffe".repeat(200))],
  ["text that turns its direction", bytesOf("\u202eevil\u202c \u2067rtl\u2069 שלום \u0600مرحبا")],
  ["tabs", bytesOf("\t".repeat(500))],
  ["tab stops cleared and set", bytesOf(`${ESC}[3g\t\t${ESC}H${ESC}[5I${ESC}[5Z`)],
  ["lines of 10 000 columns", bytesOf(`${"x".repeat(10_000)}\n`.repeat(5))],
  ["wide characters at every end of line", bytesOf(`a${"漢".repeat(500)}\n${"👍".repeat(500)}`)],
  ["a wide character written over by half", bytesOf(`漢字${ESC}[1;2Hx${ESC}[1;4Hy`)],
  ["flags and joined pictures", bytesOf("🇩🇪🇫🇷👨‍👩‍👧‍👦🏳️‍🌈1️⃣❤️".repeat(20))],
  ["no line wrap", bytesOf(`${ESC}[?7l${"漢".repeat(100)}x\u0301`)],
  ["the other character set", bytesOf(`${ESC}(0lqqk${ESC}(B`)],
  [
    "counts without measure",
    bytesOf([..."@ABCDEFGHIJKLMPSTXZ`abdefg"].map((f) => `x${ESC}[2147483647${f}`).join("")),
  ],
  ["many counts", bytesOf(`q${ESC}[80b${ESC}[25S${ESC}[25L`.repeat(500))],
  ["parameters without end", bytesOf(`${ESC}[${"1;".repeat(5000)}m${ESC}[38:2:${"9".repeat(500)}m`)],
  ["protected, double-height, soft reset", bytesOf(`${ESC}[1"q${ESC}#3${ESC}#8${ESC}[!p`)],
];

describe("whatever a guest writes", () => {
  it.each(HOSTILE)(
    "%s: nothing harmful is drawn, in exactly its cells, and the console goes on",
    async (_, bytes) => {
      const terminal = await written(bytes);
      expect(harm(terminal)).toBe("");
      expect([terminal.columns, terminal.rows]).toEqual([80, 25]);

      // CAN ends what was left open; a reset clears the screen.
      terminal.write(bytesOf(`\u0018${ESC}c${OK}`));
      await terminal.settled();
      expect(textOf(terminal.lines(terminal.scrollback, 1)[0]).trimEnd()).toBe(OK);
    },
  );

  it("no flood of one kind makes the terminal stand still", async () => {
    const start = performance.now();
    for (const final of "ILMSTZb@PX") {
      await written(bytesOf(`x${ESC}[2147483647${final}`.repeat(2000)));
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it("one cell keeps a few marks of a flood, not all", async () => {
    const terminal = await written(bytesOf(`z${"\u0301".repeat(100_000)}`));
    const longest = Math.max(...terminal.lines(0, 25).flatMap((line) => line.map(({ text }) => text.length)));
    expect(longest).toBeLessThanOrEqual(80);
    expect(terminal.lines(0, 1)[0][0].text).toBe(`z${"\u0301".repeat(8)}`);
  });
});

describe("random bytes with pieces of escape sequences", () => {
  const fragment = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(...HOSTILE.map(([, bytes]) => bytes).filter(({ length }) => length < 2000)),
    fc
      .constantFrom(
        "\u001b[",
        "\u001b]",
        "\u001bP",
        "\u009b",
        "\u009d",
        "\u001b",
        ";",
        "?",
        "\n",
        "漢",
        "\u0301",
        "🇩",
      )
      .map(bytesOf),
    fc
      .tuple(
        fc.array(fc.nat(3000), { maxLength: 3 }),
        fc.constantFrom(..."@ABCDEFGHIJKLMPSTXZ`abcdefghlmnrstu"),
      )
      .map(([numbers, final]) => bytesOf(`${ESC}[${numbers.join(";")}${final}`)),
    fc
      .tuple(fc.constantFrom(1, 3, 5, 6, 7, 45, 47, 1047, 1048, 1049, 2004, 2026), fc.constantFrom("h", "l"))
      .map(([mode, final]) => bytesOf(`${ESC}[?${mode}${final}`)),
    fc.string({ unit: "binary", maxLength: 20 }).map(bytesOf),
    fc.string({ unit: "grapheme", maxLength: 20 }).map(bytesOf),
  );

  it("are never harmful", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fragment, { maxLength: 30 }), async (pieces) => {
        expect(harm(await written(...pieces))).toBe("");
      }),
      { numRuns: 100 },
    );
  });
});
