/** Screen 9: the last comparison, whole at every width that has room for it. */
import { describe, expect, it } from "vitest";
import { fitReport } from "../../../src/dashboard/panes/compare-lines.ts";
import { compareScreen } from "../../../src/dashboard/screens/compare.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { model } from "./event-views.ts";
import { picture, SMALL_BODY, STANDARD_BODY, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

/** As src/cli/compare/table.ts prints it: a label of 26 cells, columns of 18. */
const row = (label: string, ...cells: readonly string[]): string =>
  label.padEnd(26) + cells.map((cell) => cell.padStart(18)).join("");
const TABLE = [
  "umbra compare toyos.elf",
  "",
  "guest state equal: yes",
  "40 bytes on the console; ends with debug-exit, status 0",
  "",
  row("", "write-protect", "oos", "oos+global"),
  row("exits", "1 204 118", "311 420", "310 966"),
  row("  at CR0 and CR4 writes", "0", "0", "41"),
  ...Array.from({ length: 20 }, (_, i) => row(`counter ${i}`, "1", "2", String(i))),
  row("  against write-protect", "1.00", "0.41", "0.36"),
  "",
  "oos+global: 38 323 times a CR3 load left an unsync global table alone; 41 tables",
  "were synced at CR0 and CR4 writes instead.",
];
const REPORT = { path: "/home/ada/.local/state/umbra/last-compare.txt", lines: TABLE };
const shown = (at = 0) => model({ compare: REPORT, ui: { screen: 9, cursors: { "9.0": { at, top: 0 } } } });

describe("a report made to fit", () => {
  it("is left as it is where there is room", () => {
    expect(fitReport(TABLE, 80).map(({ text }) => text)).toEqual(TABLE);
  });

  it("loses blanks between columns, and no digit", () => {
    const narrow = fitReport(TABLE, 66).map(({ text }) => text);
    expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThanOrEqual(66);
    const words = (lines: readonly string[]): string[] => lines.join(" ").split(/\s+/);
    expect(words(narrow)).toEqual(words(TABLE));
    const ends = narrow.slice(5, 29).map((text) => text.length);
    expect(new Set(ends).size, "columns still end below one another").toBe(1);
  });

  it("keeps columns apart, even where it is too narrow for all of them", () => {
    const cramped = fitReport(TABLE, 30).map(({ text }) => text);
    expect(cramped).toContainEqual(expect.stringMatching(/^exits {2,}1 204 118 {2,}311 420 {2,}310 966$/));
    expect(cramped).toContainEqual(expect.stringMatching(/write-protect {2,}oos {2,}oos\+global$/));
  });

  it("wraps sentences anew, and remembers which lines they were", () => {
    const narrow = fitReport(TABLE, 40);
    const prose = narrow.filter(({ source }) => source >= TABLE.length - 2);
    expect(prose.map(({ text }) => text).join(" ")).toBe(TABLE.slice(-2).join(" "));
    expect(prose.length).toBeGreaterThan(2);
    const sources = narrow.map(({ source }) => source);
    expect(sources).toEqual([...sources].sort((one, other) => one - other));
  });
});

describe("the screen", () => {
  it("has the whole table on 80 columns, the last digit too", () => {
    const drawn = picture(compareScreen, shown(), STANDARD_BODY);
    expect(drawn).toMatch(/exits .*1 204 118 +311 420 +310 966 *│/);
    expect(drawn).toContain("guest state equal: yes");
    expect(drawn).toMatch(/9 compare {3}1-19 of 32/);
    expect(drawn).toContain(REPORT.path);
  });

  it.each([STANDARD_BODY, SMALL_BODY, WIDE_BODY])("scrolls to the last line at $columns columns", (size) => {
    const count = compareScreen.count(shown());
    expect(picture(compareScreen, shown(count - 1), size)).toMatch(/│>.*instead\. *│/);
    expect(picture(compareScreen, shown(10_000), size), "out of range").toMatch(/│>.*instead\. *│/);
  });

  it("says how to make one if there is none", () => {
    const drawn = picture(compareScreen, model({ ui: { screen: 9 } }), STANDARD_BODY);
    expect(drawn).toContain("No comparison has been made yet");
    expect(drawn).toContain("umbra compare toyos.elf --policy write-protect,oos,oos+global");
    expect(compareScreen.count(model())).toBe(0);
    expect(compareScreen.subject(shown())).toBeNull();
  });

  it("lets no character of a file name through that would break a line", () => {
    const hostile = { path: "/tmp/\u001b[2J", lines: ["umbra compare \u001b]0;x\u0007 界"] };
    const drawn = picture(compareScreen, model({ compare: hostile }), STANDARD_BODY);
    for (const character of ["\u001b", "\u0007", "界"]) expect(drawn).not.toContain(character);
    expect(drawn).toContain("umbra compare ?]0;x? ?");
  });
});

describe("sizes", () => {
  it.each([
    ["a table", model({ compare: REPORT, ui: { screen: 9 } })],
    ["scrolled", shown(25)],
    ["none", model({ ui: { screen: 9 } })],
    ["an empty file", model({ compare: { path: "x", lines: [] }, ui: { screen: 9 } })],
  ] as const)("%s: each line is as wide and the screen as high as asked", (_, of) => {
    for (const glyphs of [UNICODE, ASCII]) expect(wrongSizes(compareScreen, { ...of, glyphs })).toEqual([]);
  });
});
