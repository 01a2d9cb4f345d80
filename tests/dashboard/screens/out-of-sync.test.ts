import { describe, expect, it } from "vitest";
import { oosLines, oosWish } from "../../../src/dashboard/panes/oos-lines.ts";
import { rowsByNeed } from "../../../src/dashboard/panes/oos-list.ts";
import { outOfSyncScreen } from "../../../src/dashboard/screens/out-of-sync.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { lineWidth } from "../../../src/dashboard/text/line.ts";
import { GLOBAL, STALE } from "../../../src/dashboard/text/style.ts";
import {
  BARE,
  EMPTY_LISTS,
  GLOBAL_ROW,
  LONG,
  model,
  oosRow,
  oosView,
  picture,
  SITUATIONS,
  SMALL_BODY,
  STANDARD_BODY,
  snapshot,
  texts,
  UNANSWERED,
  ui,
  WIDE_BODY,
  wrongSizes,
} from "./mmu-views.ts";

const at = (row: number, over: object = {}) => ({
  screen: 3 as const,
  cursors: { "3.0": { at: row, top: 0 } },
  ...over,
});
const words = (text: string): string => text.replace(/[│\n]/g, " ").replace(/\s+/g, " ");
const storyOf = (row: ReturnType<typeof oosRow>): string => {
  const lists = row.global ? { nonGlobal: [], global: [row] } : { nonGlobal: [row], global: [] };
  const one = model({ snapshot: snapshot({ oos: oosView(lists) }), ui: at(0) });
  return words(picture(outOfSyncScreen, one, WIDE_BODY));
};

describe("screen 3: the order of the rows", () => {
  const rows = [
    oosRow({ sp: 1, gfn: 0x300, since: 500, stale: 2 }),
    oosRow({ sp: 2, gfn: 0x100, since: null, stale: 9 }),
    oosRow({ sp: 3, gfn: 0x200, since: 100, stale: 0 }),
  ];
  const lists = snapshot({ oos: oosView({ nonGlobal: rows, global: [GLOBAL_ROW] }) });
  const sorted = (sort: string, row = 0) =>
    model({
      snapshot: lists,
      ui: at(row, { sorts: { 3: outOfSyncScreen.sorts.indexOf(sort) } }),
    });

  it.each([
    ["list", "300 100 200"],
    ["age", "200 300 100"],
    ["stale", "100 300 200"],
    ["gfn", "100 200 300"],
  ])("%s: %s, the two lists apart", (sort, expected) => {
    const drawn = picture(outOfSyncScreen, sorted(sort), WIDE_BODY);
    expect(drawn).toContain(`3 out of sync   sort ${sort}`);
    const shown = [...drawn.matchAll(/^│[> ][ G] 00([1-3]00|042) /gm)].map(([, gfn]) => gfn);
    expect(shown.join(" ")).toBe(`${expected} 042`);
    // The row under the cursor is the one that keys are about.
    const gfns = [0, 1, 2, 3].map((row) => outOfSyncScreen.subject(sorted(sort, row)));
    expect(gfns.map((subject) => (subject?.kind === "page" ? subject.gfn.toString(16) : ""))).toEqual([
      ...expected.split(" "),
      "42",
    ]);
  });
});

describe("screen 3: the lists", () => {
  it("tell non-global from global tables, each with its own cause of the next sync", () => {
    const lines = picture(outOfSyncScreen, model({ ui: at(0) }), WIDE_BODY);
    expect(lines).toMatch(/NON-GLOBAL +2/);
    expect(lines).toMatch(/GLOBAL +1/);
    expect(lines).toMatch(/0010c 41c +20 us +2 +19 3a1\/040 +CR3 load/);
    expect(lines).toMatch(/G 00042 2a0 +812 ms +31 +512 118 +CR4\/CR0 write/);
    expect(lines).toContain("CR3 loads 118   synced 402   skipped (G) 236");
  });

  it("a global page has the letter G besides the colour; stale entries are loud, none are quiet", () => {
    const lines = outOfSyncScreen.draw(model({ ui: at(0) }), WIDE_BODY);
    const row = lines.find((one) => texts([one])[0].includes("00042 2a0"));
    expect(row?.find(({ text }) => text === "G")?.style).toMatchObject(GLOBAL);
    expect(row?.find(({ text }) => text.trim() === "31")?.style).toMatchObject(STALE);
    const clean = lines.find((one) => texts([one])[0].includes("0010f 433"));
    expect(clean?.some(({ style }) => style?.color === STALE.color)).toBe(false);
  });

  it("the gauge mmu_unsync counts global pages, too: the picture of the others is the difference", () => {
    // mmu_unsync 3 5 9 4 less mmu_unsync_global 1 1 3 1.
    const lines = texts(outOfSyncScreen.draw(model({ ui: at(0) }), WIDE_BODY));
    expect(lines.find((one) => one.includes("NON-GLOBAL"))).toContain("peak 6");
    expect(lines.find((one) => one.includes("│GLOBAL"))).toContain("peak 3");
    expect(lines.find((one) => one.includes("NON-GLOBAL"))).toContain("▄▆█▅");
  });

  it("the cursor goes through both lists, and stays on the last row when it is beyond", () => {
    const marked = (row: number) =>
      texts(outOfSyncScreen.draw(model({ ui: at(row) }), STANDARD_BODY)).filter((one) => one.includes("│>"));
    expect(marked(0)).toEqual([expect.stringContaining("0010c 41c")]);
    expect(marked(1)).toEqual([expect.stringContaining("0010f 433")]);
    expect(marked(2)).toEqual([expect.stringContaining("00042 2a0")]);
    expect(marked(50)).toEqual([expect.stringContaining("00042 2a0")]);
  });

  it("the cursor is on the last non-global row when there is no global one", () => {
    const one = snapshot({ oos: oosView({ global: [] }) });
    const lines = texts(outOfSyncScreen.draw(model({ snapshot: one, ui: at(9) }), STANDARD_BODY));
    expect(lines.filter((line) => line.includes("│>"))).toEqual([expect.stringContaining("0010f 433")]);
  });

  it("rows are shared by need: a short list leaves its room to the long one", () => {
    expect(rowsByNeed(10, 3, 4)).toEqual([3, 4]);
    expect(rowsByNeed(10, 100, 2)).toEqual([8, 2]);
    expect(rowsByNeed(10, 2, 100)).toEqual([2, 8]);
    expect(rowsByNeed(11, 100, 100)).toEqual([6, 5]);
    expect(rowsByNeed(0, 1, 1)).toEqual([0, 0]);
  });

  it("of a list that is too long, the part around the cursor is shown, and which part it is", () => {
    const lines = picture(outOfSyncScreen, model({ snapshot: LONG, ui: at(320) }), STANDARD_BODY);
    expect(lines).toMatch(/│>G fffeb 141/);
    expect(lines).toMatch(/\d+-21 of 200/);
    expect(outOfSyncScreen.count(model({ snapshot: LONG, ui: at(0) }))).toBe(500);
  });

  it("what the cursor is at is a page", () => {
    expect(outOfSyncScreen.subject(model({ ui: at(2) }))).toEqual({
      kind: "page",
      sp: 0x2a0,
      gfn: 0x42,
      gva: null,
    });
    expect(outOfSyncScreen.subject(model({ snapshot: EMPTY_LISTS, ui: at(0) }))).toBeNull();
  });

  it("asks for the lists", () => {
    expect(outOfSyncScreen.wish(ui(at(0)), STANDARD_BODY)).toEqual({ oos: true });
    expect(oosWish).toEqual({ oos: true });
  });
});

describe("screen 3: the selected page in sentences", () => {
  it("who wrote it and when", () => {
    expect(storyOf(oosRow())).toContain(
      "UNSYNC since a store by the instruction at c0101f22, 20 us ago (icount 32 186 350)",
    );
    expect(storyOf(oosRow({ since: null, eip: null }))).toContain(
      "When that began is not known: nobody listened.",
    );
  });

  it("what will sync it: a CR3 load, or for a global page a CR4 or CR0 write; or a lookup", () => {
    expect(storyOf(oosRow())).toContain(
      "Not global. Next sync: CR3 load, or when the table is looked up again.",
    );
    expect(storyOf(GLOBAL_ROW)).toContain(
      "G: on oos_global_pages, so a CR3 load keeps it; 118 CR3 loads have skipped it so far. Next sync: CR4/CR0 write, or when the table is looked up again.",
    );
    expect(storyOf({ ...GLOBAL_ROW, skipped: 1 })).toContain("1 CR3 load has skipped it");
  });

  it("whether the loaded roots reach it", () => {
    expect(storyOf(oosRow())).toContain("The loaded roots lead to it (parent sp 3a1 [040])");
    expect(storyOf(oosRow({ reachable: false }))).toContain("The loaded roots do not lead to it");
    expect(storyOf(oosRow({ reachable: false, parents: [] }))).toContain("No table links to it");
  });

  it("how much of it is stale", () => {
    expect(storyOf(oosRow())).toContain("STALE: 2 of 19 present entries do not say");
    expect(storyOf(oosRow({ stale: 1 }))).toContain("1 of 19 present entries does not say");
    expect(storyOf(oosRow({ stale: 0 }))).toContain("All 19 present entries still say");
    expect(storyOf(oosRow({ stale: 0, present: 0 }))).toContain("no present entries");
  });

  it("fits below the lists at 80x24", () => {
    const lines = words(picture(outOfSyncScreen, model({ ui: at(2) }), STANDARD_BODY));
    expect(lines).toContain("UNSYNC since");
    expect(lines).toContain("the processor may use its entries now.");
  });
});

describe("screen 3 at any size and in any situation", () => {
  it.each(SITUATIONS)("fills its size exactly: %s", (_, answer) => {
    for (const pane of [0, 1, 9]) {
      for (const glyphs of [UNICODE, ASCII]) {
        expect(
          wrongSizes(outOfSyncScreen, model({ snapshot: answer, glyphs, ui: at(1e6, { pane }) })),
        ).toEqual([]);
      }
    }
  });

  it("a small one is one list under a line with both pictures; columns go, gfn and stale stay", () => {
    const lines = texts(outOfSyncScreen.draw(model({ ui: at(2) }), SMALL_BODY));
    expect(lines[1]).toMatch(/non-global 2 ▄▆█▅ +global 1 ▄▄█▄/);
    expect(lines[2]).toContain("gfn 0010c sp 41c stale   2     20 us");
    expect(lines[4]).toContain(">G gfn 00042 sp 2a0 stale  31    812 ms  skipped 118");
    const least = picture(outOfSyncScreen, model({ ui: at(2) }), { columns: 40, rows: 7 });
    expect(least).toContain(">G gfn 00042 sp 2a0 stale  31");
  });

  it("says in words why there is nothing", () => {
    const words3 = (answer: typeof BARE | null) =>
      picture(outOfSyncScreen, model({ snapshot: answer, ui: at(0) }), STANDARD_BODY);
    expect(words3(BARE)).toContain("no hypervisor: --mmu bare");
    expect(words3(null)).toContain("no answer");
    expect(words3(UNANSWERED)).toContain("no answer");
    expect(words3(EMPTY_LISTS)).toContain("nothing is out of sync");
    expect(words3(EMPTY_LISTS)).toMatch(/NON-GLOBAL +0/);
  });
});

describe("the lists in the overview", () => {
  it("have column heads where there is room, else each a heading, else one line over both", () => {
    const heads = texts(oosLines(model(), 58, 10)).join("\n");
    expect(heads).toContain("next sync");
    expect(heads).toContain("skipped (G) 236");
    const headings = texts(oosLines(model(), 30, 5));
    expect(headings[0]).toMatch(/^non-global +2/);
    expect(headings[1]).toContain("gfn 0010c sp 41c stale   2");
    expect(headings[3]).toMatch(/^global +1/);
    expect(headings[4]).toContain("G gfn 00042 sp 2a0 stale  31");
    expect(texts(oosLines(model(), 58, 3))[0]).toMatch(/non-global 2 .*global 1/);
  });

  it("never have more lines than there are rows, nor wider ones", () => {
    for (const answer of [snapshot(), LONG, EMPTY_LISTS, BARE]) {
      for (let rows = 1; rows < 24; rows++) {
        for (const width of [20, 30, 45, 58, 78]) {
          const lines = oosLines(model({ snapshot: answer }), width, rows);
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const one of lines) expect(lineWidth(one)).toBeLessThanOrEqual(width);
        }
      }
    }
  });
});
