import { describe, expect, it } from "vitest";
import { shadowLines, shadowWish } from "../../../src/dashboard/panes/shadow-lines.ts";
import { shadowScreen } from "../../../src/dashboard/screens/shadow.ts";
import { ASCII } from "../../../src/dashboard/text/glyphs.ts";
import { lineWidth } from "../../../src/dashboard/text/line.ts";
import { GLOBAL, STALE, UNSYNC } from "../../../src/dashboard/text/style.ts";
import { KVM_MMU_GET_PAGE, KVM_MMU_SET_SPTE, KVM_MMU_UNSYNC_PAGE } from "../../../src/trace/events.ts";
import { LEVEL1_ONE_ROLE, MISS } from "../../../src/trace/reasons.ts";
import type { TraceRecord } from "../../../src/trace/trace-record.ts";
import {
  BARE,
  EMPTY_LISTS,
  LONG,
  model,
  pageView,
  picture,
  SITUATIONS,
  SMALL_BODY,
  STANDARD_BODY,
  shadowPage,
  shadowView,
  snapshot,
  TREE,
  texts,
  UNANSWERED,
  ui,
  WIDE_BODY,
  wrongSizes,
} from "./mmu-views.ts";

const at = (row: number, pane = 0) => ({ [`2.${pane}`]: { at: row, top: 0 } });
const UNSYNC_ROW = 2;
const GLOBAL_ROW = 7;

const event = (seq: number, id: number, fields: readonly number[], reason = MISS): TraceRecord => ({
  seq,
  event: id,
  reason,
  icount: 1000 + seq,
  eip: 0x8049018,
  cr3: 0x5000,
  fields,
});

describe("screen 2: the tree", () => {
  it("says of each table where it hangs, what it shadows, its state, and what is stale", () => {
    const lines = picture(shadowScreen, model(), WIDE_BODY);
    expect(lines).toContain("2 shadow pages   214 of 1024   sort tree");
    expect(lines).toContain("├─0     sp 3a1 l2 gfn 00106 wux root 1");
    expect(lines).toContain("unsync_children 2");
    expect(lines).toContain("│ ├ 040 sp 41c l1 gfn 0010c wu- UNSYNC    19 sptes stale 2");
    expect(lines).toContain("│ └ 0c8 sp 41f l1 gfn 0a000 wu- direct   512 sptes");
    expect(lines).toContain("├─1 not present");
    expect(lines).toContain("└─3     sp 288");
    expect(lines).toContain("other roots, kept for reuse");
    expect(lines).toContain("root_hpa 0001f000");
    expect(lines).toContain("214 used  810 free");
    expect(lines).toContain("longest chain 3   recycled 0   flooded 0");
  });

  it("marks a global page with the letter G, one out of sync with UNSYNC, and colours both", () => {
    const lines = shadowScreen.draw(model(), WIDE_BODY);
    const row = lines.find((one) => texts([one])[0].includes("sp 2a0"));
    expect(row).toBeDefined();
    expect(row?.find(({ text }) => text === "UNSYNC")?.style).toMatchObject(UNSYNC);
    expect(row?.find(({ text }) => text === "G")?.style).toMatchObject(GLOBAL);
    expect(row?.find(({ text }) => text === "stale 31")?.style).toMatchObject(STALE);
  });

  it("has > before the row under the cursor, only while its pane is the focused one", () => {
    const cursors = at(UNSYNC_ROW);
    expect(picture(shadowScreen, model({ ui: { cursors } }), STANDARD_BODY)).toMatch(/│>.*sp 41c/);
    expect(picture(shadowScreen, model({ ui: { cursors, pane: 1 } }), STANDARD_BODY)).not.toMatch(/│>│/);
  });

  it("asks for the rows that it shows, in the order that is chosen", () => {
    const size = STANDARD_BODY;
    const { shadow } = shadowScreen.wish(ui({ sorts: { "2": 2 } }), size);
    expect(shadow).toMatchObject({ first: 0, sort: "stale" });
    const shown = texts(shadowScreen.draw(model({ snapshot: LONG }), size)).filter((one) =>
      /│[ >]├?.*sp 0/.test(one),
    );
    // The page pane names the page under the cursor in its title only.
    expect(shadow?.count).toBe(shown.length);
    expect(shadowScreen.wish(ui({ cursors: at(500) }), size).shadow?.first).toBe(501 - shown.length);
  });

  it("shows the window around the cursor, and the last row where the cursor is beyond it", () => {
    const middle = picture(shadowScreen, model({ snapshot: LONG, ui: { cursors: at(500) } }), STANDARD_BODY);
    expect(middle).toMatch(/>.*sp 1f5/);
    const beyond = picture(
      shadowScreen,
      model({ snapshot: LONG, ui: { cursors: at(99_999) } }),
      STANDARD_BODY,
    );
    expect(beyond).toMatch(/>.*sp 3e8/);
  });

  it("marks rows that the answer does not hold as unknown, instead of showing others", () => {
    const partial = snapshot({ shadow: shadowView({ first: 5, rows: TREE.slice(5) }) });
    const lines = picture(shadowScreen, model({ snapshot: partial }), STANDARD_BODY);
    expect(lines).toContain("│>…");
    expect(lines).not.toContain("sp 3a1");
  });

  it("in another order than the tree's, says slot and entry instead of drawing branches", () => {
    const rows = TREE.filter(({ kind }) => kind === "page");
    const list = snapshot({ shadow: shadowView({ rows, total: rows.length }) });
    const lines = picture(shadowScreen, model({ snapshot: list, ui: { sorts: { "2": 1 } } }), STANDARD_BODY);
    expect(lines).toContain("sort gfn");
    expect(lines).toContain("0/040   sp 41c");
    expect(lines).not.toContain("├");
  });

  it("counts all rows, and says what the cursor is at", () => {
    const here = (row: number) => shadowScreen.subject(model({ ui: { cursors: at(row) } }));
    expect(shadowScreen.count(model())).toBe(TREE.length);
    expect(here(UNSYNC_ROW)).toEqual({ kind: "page", sp: 0x41c, gfn: 0x10c, gva: 0x0800_0000 });
    expect(here(GLOBAL_ROW)).toEqual({ kind: "page", sp: 0x2a0, gfn: 0x42, gva: 0xc000_0000 });
    expect(here(4)).toEqual({ kind: "gva", gva: 0x4000_0000 });
    expect(here(8)).toBeNull();
    expect(here(9)).toEqual({ kind: "page", sp: 0x31b, gfn: 0x203, gva: null });
  });
});

describe("screen 2: one page", () => {
  const open = { page: 0x41c, pane: 1 };

  it("of the page that is open, shows what it is and its entries beside the guest's", () => {
    const lines = picture(shadowScreen, model({ ui: open }), WIDE_BODY);
    for (const fact of [
      "2 sp 41c",
      "gfn     0010c",
      "08000000-081fffff",
      "state   UNSYNC",
      "19, stale 2",
      "sp 3a1 [040]",
      "age     20 us",
      "icount 32 186 350",
      "store by eip c0101f22",
    ]) {
      expect(lines).toContain(fact);
    }
    expect(lines).toContain("04b 00000000 01f3a067 -------- not used yet");
  });

  it("writes shadow entries with the guest's frame, so that they can be compared; raw, with the host's", () => {
    const stale = /049 00000000 01f3a067 (\w+) STALE gfn/;
    expect(stale.exec(picture(shadowScreen, model({ ui: open }), WIDE_BODY))?.[1]).toBe("01e2f065");
    const raw = picture(shadowScreen, model({ ui: { ...open, raw: true } }), WIDE_BODY);
    expect(stale.exec(raw)?.[1]).toBe("02b2f065");
    expect(raw).toContain("raw sptes");
  });

  it("asks for the entries that it shows, of the page that is open", () => {
    expect(shadowScreen.wish(ui(), WIDE_BODY).page).toBeUndefined();
    const { page } = shadowScreen.wish(ui({ ...open, cursors: at(300, 1) }), WIDE_BODY);
    expect(page?.sp).toBe(0x41c);
    const lines = texts(
      shadowScreen.draw(model({ snapshot: LONG, ui: { ...open, cursors: at(300, 1) } }), WIDE_BODY),
    );
    const shown = lines.filter((one) => / -> sp \d+/.test(one));
    expect(page?.count).toBe(shown.length);
    expect(shown[0]).toContain(`-> sp ${page?.first}`);
    expect(shown.at(-1)).toMatch(/│>12c .*-> sp 300/);
  });

  it("without an open page, tells of the row under the cursor what the tree knows", () => {
    const lines = picture(shadowScreen, model({ ui: { cursors: at(UNSYNC_ROW) } }), STANDARD_BODY);
    expect(lines).toContain("2 sp 41c");
    expect(lines).toContain("enter shows its entries");
  });

  it("says that a page is not in use, and shows no other page's entries under its name", () => {
    const gone = model({ ui: { page: 0x99, pane: 1 } });
    const lines = picture(shadowScreen, gone, STANDARD_BODY);
    expect(lines).toContain("sp 099 is not in use");
    expect(lines).not.toContain("STALE gfn");
    expect(shadowScreen.count(gone)).toBe(0);
    expect(shadowScreen.subject(gone)).toBeNull();
  });

  it("the selected entry is an address if the loaded roots lead to it, else a frame", () => {
    const second = { ...open, cursors: at(1, 1) };
    expect(shadowScreen.subject(model({ ui: second }))).toEqual({ kind: "gva", gva: 0x0804_9000 });
    const elsewhere = snapshot({ page: pageView({ gva: null }) });
    expect(shadowScreen.subject(model({ snapshot: elsewhere, ui: second }))).toEqual({
      kind: "gfn",
      gfn: 0x1e2f,
    });
    const directory = snapshot({
      page: pageView({ page: shadowPage({ level: 2 }), gva: [0xc000_0000, 0xffff_ffff] }),
    });
    expect(shadowScreen.subject(model({ snapshot: directory, ui: second }))).toEqual({
      kind: "gva",
      gva: 0xc920_0000,
    });
  });

  it("does not know how long a page has been out of sync if nobody listened", () => {
    const deaf = snapshot({ page: pageView({ since: null }) });
    expect(picture(shadowScreen, model({ snapshot: deaf, ui: open }), WIDE_BODY)).toContain(
      "nobody listened",
    );
  });
});

describe("screen 2: events of a page", () => {
  const events = [
    event(1, KVM_MMU_GET_PAGE, [0x41c, 0x777, 0, 1]),
    event(2, KVM_MMU_SET_SPTE, [0x41c, 1, 0x888, 7, 0, 0]),
    event(3, KVM_MMU_GET_PAGE, [0x41c, 0x10c, 0, 1]),
    event(4, KVM_MMU_SET_SPTE, [0x3f2, 1, 0x41c, 7, 0, 0]),
    event(5, KVM_MMU_UNSYNC_PAGE, [0x41c, 0x10c, 0, 0, 1, 0], LEVEL1_ONE_ROLE),
  ];
  const chosen = model({ events, ui: { page: 0x41c, pane: 2 } });

  it("are those whose fields name it, since it was made: a pool index is used again and again", () => {
    const lines = picture(shadowScreen, chosen, WIDE_BODY);
    expect(lines).toContain("2 events for sp 41c");
    expect(lines).toMatch(/1003 +get_page gfn=0010c/);
    expect(lines).toMatch(/1005 +unsync_page gfn=0010c.*level 1, one role: let it drift/);
    expect(lines).not.toContain("00777");
    expect(lines).not.toMatch(/ 1004 /);
    expect(shadowScreen.count(chosen)).toBe(2);
  });

  it("begin with the newest", () => {
    const lines = picture(shadowScreen, chosen, WIDE_BODY);
    expect(lines.indexOf("1005")).toBeLessThan(lines.indexOf("1003"));
  });

  it("can be opened: the cursor is at an event", () => {
    expect(shadowScreen.subject(chosen)).toEqual({ kind: "event", seq: 5 });
    const second = model({ events, ui: { ...chosen.ui, cursors: at(1, 2) } });
    expect(shadowScreen.subject(second)).toEqual({ kind: "event", seq: 3 });
  });

  it("take the place of the page at 80x24 when their pane is focused", () => {
    expect(picture(shadowScreen, chosen, STANDARD_BODY)).toContain("2 events for sp 41c");
    const elsewhere = model({ events, ui: { page: 0x41c, pane: 0 } });
    expect(picture(shadowScreen, elsewhere, STANDARD_BODY)).not.toContain("2 events");
  });

  it("may be hidden by the filter, and then that is said", () => {
    const filtered = model({ ui: { page: 0x41c, pane: 2, filter: "gfn=1" } });
    expect(picture(shadowScreen, filtered, WIDE_BODY)).toContain("the filter hides them");
  });
});

describe("screen 2 at any size and in any situation", () => {
  it.each(SITUATIONS)("fills its size exactly: %s", (_, answer) => {
    for (const pane of [0, 1, 2]) {
      for (const page of [null, 0x41c]) {
        expect(wrongSizes(shadowScreen, model({ snapshot: answer, ui: { pane, page } }))).toEqual([]);
      }
    }
  });

  it("fills it with long lists of events, too", () => {
    const events = Array.from({ length: 80 }, (_, i) =>
      event(i, KVM_MMU_UNSYNC_PAGE, [0x41c, 0xfffff, 0x1f_ffff, 1, 512, 512], LEVEL1_ONE_ROLE),
    );
    const cursors = at(79, 2);
    expect(wrongSizes(shadowScreen, model({ events, ui: { page: 0x41c, pane: 2, cursors } }))).toEqual([]);
  });

  it("fills it with ASCII only where the terminal has no more, and with cursors far out of range", () => {
    const cursors = { ...at(1e6), ...at(1e6, 1), ...at(1e6, 2) };
    for (const pane of [0, 1, 2, 7]) {
      expect(wrongSizes(shadowScreen, model({ glyphs: ASCII, ui: { pane, page: 0x41c, cursors } }))).toEqual(
        [],
      );
    }
  });

  it("a small or zoomed one has the focused pane only", () => {
    const small = picture(shadowScreen, model({ ui: { pane: 1, page: 0x41c } }), SMALL_BODY);
    expect(small).toContain("2 sp 41c");
    expect(small).not.toContain("2 shadow pages");
    const zoomed = picture(shadowScreen, model({ ui: { zoomed: true } }), WIDE_BODY);
    expect(zoomed).toContain("2 shadow pages");
    expect(zoomed).not.toContain("┌ 2 sp ");
  });

  it("says in words why there is nothing", () => {
    expect(picture(shadowScreen, model({ snapshot: BARE }), STANDARD_BODY)).toContain(
      "no hypervisor: --mmu bare",
    );
    expect(picture(shadowScreen, model({ snapshot: null }), STANDARD_BODY)).toContain("no answer");
    expect(picture(shadowScreen, model({ snapshot: UNANSWERED }), STANDARD_BODY)).toContain("no answer");
    expect(picture(shadowScreen, model({ snapshot: EMPTY_LISTS }), STANDARD_BODY)).toContain(
      "no roots are loaded",
    );
  });
});

describe("the tree in the overview", () => {
  it("fits, and says how many rows there are besides", () => {
    const lines = shadowLines(model(), 58, 4);
    expect(lines.length).toBe(4);
    expect(texts(lines)[0]).toContain("pae_root 0  l2 gfn 00106 wux root 1  unsync_children 2");
    expect(texts(lines)[3]).toContain("5 more on screen 2");
    for (const width of [20, 30, 58, 90]) {
      for (const one of shadowLines(model(), width, 20)) expect(lineWidth(one)).toBe(width);
    }
  });

  it("leaves out slots without a directory, for which its wish makes up", () => {
    expect(texts(shadowLines(model(), 58, 20)).join("\n")).not.toContain("not present");
    expect(shadowWish(10).shadow?.count).toBeGreaterThanOrEqual(10 + 3);
  });

  it("says G, UNSYNC and stale", () => {
    expect(texts(shadowLines(model(), 58, 20)).join("\n")).toMatch(/gfn 00042 .*UNSYNC G .*stale {2}31\/512/);
  });

  it("says in words why there is nothing", () => {
    expect(texts(shadowLines(model({ snapshot: BARE }), 58, 5))[0]).toContain("no hypervisor");
    expect(texts(shadowLines(model({ snapshot: EMPTY_LISTS }), 58, 5))[0]).toContain("no roots are loaded");
  });
});
