/** The terminal that the guest writes to: what arrives on its screen, what it answers, what it forgets. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellWidth } from "../../src/dashboard/cell-width.ts";
import { ConsoleQueue } from "../../src/dashboard/console-queue.ts";
import { ConsoleTerminal } from "../../src/dashboard/console-terminal.ts";
import { lineWidth, type Span, textOf } from "../../src/dashboard/text/line.ts";
import { RGB } from "../../src/dashboard/text/style.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8");

async function terminalWith(text: string, answers: string[] = []): Promise<ConsoleTerminal> {
  const terminal = new ConsoleTerminal((bytes) => answers.push(Buffer.from(bytes).toString("latin1")));
  terminal.write(bytesOf(text));
  await terminal.settled();
  return terminal;
}

const screenText = (terminal: ConsoleTerminal, first = 0, count = 25): string[] =>
  terminal.lines(first, count).map((line) => textOf(line).trimEnd());

/** The piece of a line that holds exactly this text, blanks around it aside. */
const spanWith = (terminal: ConsoleTerminal, text: string): Span | undefined =>
  terminal
    .lines(0, 25)
    .flat()
    .find((one) => one.text.trim() === text);

describe("lines", () => {
  it("LF and CR LF both begin a new line at its first column", async () => {
    const terminal = await terminalWith("one\ntwo\r\nthree");
    expect(screenText(terminal, 0, 3)).toEqual(["one", "two", "three"]);
    expect(terminal.cursor).toEqual({ column: 5, row: 2 });
  });

  it("LF still does when the guest has reset the new line mode, alone or among others", async () => {
    const terminal = await terminalWith("\u001b[20lone\ntwo");
    expect(screenText(terminal, 0, 2)).toEqual(["one", "two"]);
  });

  it("a character split between two writes arrives whole", async () => {
    const terminal = new ConsoleTerminal(() => {});
    const euro = bytesOf("€");
    terminal.write(euro.subarray(0, 1));
    terminal.write(euro.subarray(1));
    await terminal.settled();
    expect(screenText(terminal, 0, 1)).toEqual(["€"]);
  });

  it("after the last column the cursor waits in it, and the next character starts a line", async () => {
    const terminal = await terminalWith("x".repeat(80));
    expect(terminal.cursor).toEqual({ column: 79, row: 0 });
    terminal.write(bytesOf("y"));
    await terminal.settled();
    expect(screenText(terminal, 1, 1)).toEqual(["y"]);
  });

  it("keeps 5000 lines above the screen, the newest", async () => {
    const terminal = await terminalWith(Array.from({ length: 6000 }, (_, i) => `line ${i}\n`).join(""));
    expect(terminal.scrollback).toBe(5000);
    expect(screenText(terminal, terminal.scrollback + 23, 1)).toEqual(["line 5999"]);
    expect(screenText(terminal, 0, 1)).toEqual([`line ${6000 - 24 - 5000}`]);
  });

  it("gives only lines that exist", async () => {
    const terminal = await terminalWith("x");
    expect(terminal.lines(-5, 3)).toHaveLength(3);
    expect(terminal.lines(20, 100)).toHaveLength(5);
    expect(terminal.lines(25, 10)).toEqual([]);
  });
});

describe("looks", () => {
  it.each([
    ["one of 16 colours", "31", { color: 1 }],
    ["one of the 8 bright ones", "92;104", { color: 10, background: 12 }],
    ["one of 256", "38;5;208", { color: 208 }],
    ["a colour in full, behind", "48;2;1;2;3", { background: RGB | 0x010203 }],
    ["black in full is not the default", "38;2;0;0;0", { color: RGB }],
    ["bold, dim, underlined, inverse", "1;2;4;7", { bold: true, dim: true, underline: true, inverse: true }],
  ])("%s", async (_, sgr, style) => {
    const terminal = await terminalWith(`plain \u001b[${sgr}mword\u001b[0m plain`);
    expect(spanWith(terminal, "word")?.style).toEqual(style);
  });

  it("hidden text is blank", async () => {
    const terminal = await terminalWith("a\u001b[8msecret\u001b[0mb");
    expect(screenText(terminal, 0, 1)).toEqual(["a      b"]);
  });

  it("hyperlinks are text and nothing else: neither kept nor marked", async () => {
    const terminal = await terminalWith("\u001b]8;;http://example.org\u0007word\u001b]8;;\u0007 plain");
    expect(terminal.lines(0, 1)[0][0]).toMatchObject({
      text: expect.stringMatching(/^word plain/),
      style: {},
    });
  });

  it("neighbours that look the same are one piece", async () => {
    const terminal = await terminalWith("\u001b[31mone \u001b[1;22;31mtwo");
    expect(terminal.lines(0, 1)[0].map(({ text }) => text.trimEnd())).toEqual(["one two", ""]);
  });
});

describe("widths", () => {
  it.each([
    ["a wide character", "漢", 2, "漢"],
    ["a picture", "👍", 2, "👍"],
    ["a picture with a skin tone, which is not shown", "👍🏽", 2, "👍"],
    ["a letter with an accent of its own", "e\u0301", 1, "e\u0301"],
    ["a syllable of Hangul in its parts", "\u1112\u1161\u11ab", 2, "\u1112\u1161\u11ab"],
  ])("%s", async (_, text, width, shown) => {
    const terminal = await terminalWith(`a${text}b`);
    const [line] = terminal.lines(0, 1);
    expect(line[1]).toMatchObject({ text: shown, width });
    expect(lineWidth(line)).toBe(80);
    expect(terminal.cursor.column).toBe(2 + width);
  });

  it("the letters of a flag stay letters, so that no terminal makes a picture of two cells of them", async () => {
    expect(screenText(await terminalWith("🇩🇪!"), 0, 1)).toEqual(["DE!"]);
  });

  it.each([
    [0x41, 1],
    [0xad, 1],
    [0x200b, 0],
    [0x202e, 0],
    [0x301, 0],
    [0x4e00, 2],
    [0x1f600, 2],
    [0x2764, 1],
    [0x20000, 2],
  ])("U+%s", (code, width) => {
    expect(cellWidth(code)).toBe(width);
  });
});

describe("answers", () => {
  it.each([
    ["what are you (DA)", "\u001b[c", "\u001b[?1;2c"],
    ["are you well (DSR 5)", "\u001b[5n", "\u001b[0n"],
    ["where is the cursor (DSR 6)", "ab\n c\u001b[6n", "\u001b[2;3R"],
    ["where is it, DEC's way", "\u001b[?6n", "\u001b[?1;1R"],
  ])("%s is answered to the guest", async (_, question, answer) => {
    const answers: string[] = [];
    await terminalWith(question, answers);
    expect(answers).toEqual([answer]);
  });

  it.each([
    ["DA2, whose answer is the same question", "\u001b[>c"],
    ["the state of a mode", "\u001b[?25$p"],
    ["a setting", "\u001bP$qm\u001b\\"],
    ["the window's size", "\u001b[18t"],
    ["the title", "\u001b]2;rm -rf\u0007\u001b[21t"],
    ["a colour", "\u001b]10;?\u0007"],
    ["the clipboard", "\u001b]52;c;?\u0007"],
  ])("%s is not", async (_, question) => {
    const answers: string[] = [];
    await terminalWith(question, answers);
    expect(answers).toEqual([]);
  });

  it("a guest that echoes every answer ends the talk", async () => {
    let count = 0;
    const terminal: ConsoleTerminal = new ConsoleTerminal((bytes) => {
      count++;
      if (count < 100) terminal.write(bytes);
    });
    terminal.write(bytesOf("\u001b[c\u001b[>c\u001b[5n\u001b[6n\u001b[?6n"));
    await terminal.settled();
    expect(count).toBe(4);
  });
});

describe("changes", () => {
  it("the version stays as long as nothing is written, and rises when something was", async () => {
    const terminal = await terminalWith("x");
    const { version } = terminal;
    await terminal.settled();
    terminal.write(new Uint8Array(0));
    await terminal.settled();
    expect(terminal.version).toBe(version);
    terminal.write(bytesOf("y"));
    await terminal.settled();
    expect(terminal.version).toBeGreaterThan(version);
  });
});

describe("a guest that writes faster than a terminal reads", () => {
  it("loses old lines, whole ones, and the count of bytes says how much", async () => {
    const LINES = 150_000;
    const terminal = await terminalWith(
      Array.from({ length: LINES }, (_, i) => `<line ${String(i).padStart(8, "0")}>\n`).join(""),
    );
    const lines = screenText(terminal, 0, terminal.scrollback + 24);
    expect(terminal.droppedBytes).toBeGreaterThan(1_000_000);
    expect(terminal.droppedBytes % 16).toBe(0);
    expect(lines.at(-1)).toBe(`<line ${String(LINES - 1).padStart(8, "0")}>`);
    expect(lines.filter((line) => !/^<line \d{8}>$/.test(line))).toEqual([]);
  });

  it("an escape sequence that lost its end does not swallow what follows", async () => {
    const terminal = new ConsoleTerminal(() => {});
    terminal.write(bytesOf("before\u001b]0;a title without end "));
    const flood = "x".repeat(99);
    for (let i = 0; i < 30; i++) terminal.write(bytesOf(`${flood}\n`.repeat(1000)));
    terminal.write(bytesOf("after"));
    await terminal.settled();
    expect(terminal.droppedBytes).toBeGreaterThan(0);
    expect(screenText(terminal, terminal.scrollback, 25).at(-1)).toBe("after");
    expect(screenText(terminal, terminal.scrollback, 25)[0]).toMatch(/^x+$/);
  });
});

describe("the queue", () => {
  const chunk = fc.uint8Array({ maxLength: 40 });
  const step = fc.oneof(chunk, fc.integer({ min: 0, max: 30 }));

  it("never holds more than its capacity, loses nothing uncounted, and gives the newest in order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 64 }), (steps, capacity) => {
        const queue = new ConsoleQueue(capacity);
        const pushed: number[] = [];
        let taken = 0;
        for (const one of steps) {
          if (typeof one === "number") {
            const got = queue.take(one);
            taken += got.length;
            const end = taken + queue.dropped;
            expect([...got]).toEqual(pushed.slice(end - got.length, end));
          } else {
            pushed.push(...one);
            queue.push(one);
          }
          expect(queue.length).toBeLessThanOrEqual(capacity);
          expect(taken + queue.dropped + queue.length).toBe(pushed.length);
        }
      }),
    );
  });

  it("drops to the end of a line, and says once that there is a gap", () => {
    const queue = new ConsoleQueue(12);
    queue.push(bytesOf("one\ntwo\n"));
    expect(queue.takeGap()).toBe(false);
    queue.push(bytesOf("three\n"));
    expect(Buffer.from(queue.take(100)).toString()).toBe("two\nthree\n");
    expect(queue.dropped).toBe(4);
    expect([queue.takeGap(), queue.takeGap()]).toEqual([true, false]);
  });

  it("without an end of line in reach, drops to the start of a character", () => {
    const queue = new ConsoleQueue(6);
    queue.push(bytesOf("€€"));
    queue.push(bytesOf("a"));
    expect(Buffer.from(queue.take(100)).toString()).toBe("€a");
    expect(queue.dropped).toBe(3);
  });

  it("does not keep the caller's array", () => {
    const bytes = bytesOf("abc").slice();
    const queue = new ConsoleQueue(8);
    queue.push(bytes);
    bytes.fill(0);
    expect(Buffer.from(queue.take(8)).toString()).toBe("abc");
  });
});
