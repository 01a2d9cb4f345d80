import { describe, expect, it } from "vitest";
import { headlessText } from "../../../src/dashboard/panes/translate-rmap.ts";
import { isStale } from "../../../src/dashboard/panes/translate-walk.ts";
import { translateScreen } from "../../../src/dashboard/screens/translate.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { FAULT, STALE, UNSYNC } from "../../../src/dashboard/text/style.ts";
import type { TranslateView, WalkEnd } from "../../../src/inspect/translate-view.ts";
import {
  BARE,
  leaf,
  model,
  type Parts,
  picture,
  SITUATIONS,
  SMALL_BODY,
  STANDARD_BODY,
  snapshot,
  step,
  texts,
  translateView,
  UNANSWERED,
  ui,
  WIDE_BODY,
  wrongSizes,
} from "./mmu-views.ts";

const at = (row: number, over: object = {}) => ({
  screen: 5 as const,
  cursors: { "5.0": { at: row, top: 0 }, "5.1": { at: row, top: 0 } },
  ...over,
});
const of = (over: Partial<TranslateView>, parts: Parts = {}) =>
  model({ snapshot: snapshot({ translate: translateView(over) }), ui: at(0), ...parts });
const usual = translateView();
const guest = (over: Partial<WalkEnd>): WalkEnd => ({ ...usual.guest, ...over });
const shadow = (over: Partial<WalkEnd>): WalkEnd => ({ ...(usual.shadow as WalkEnd), ...over });

describe("screen 5: two walks side by side", () => {
  it("has a line for each level: the guest's entry, and what the processor walks", () => {
    const lines = picture(translateScreen, model({ ui: at(0) }), STANDARD_BODY);
    expect(lines).toContain("5 translate   gva 08049ffc   user read");
    expect(lines).toMatch(/CR3 +00005000 +pae_root/);
    expect(lines).toMatch(/PDPTE \[000\] 00000000 00106001 P +\[000\] sp 3a1 l2/);
    expect(lines).toMatch(/PDE {3}\[040\] 00000000 0010c067 PWUAD +\[040\] sp 41c l1 {2}UNSYNC/);
    expect(lines).toMatch(/PTE {3}\[049\] 00000000 01f3a067 PWUAD +\[049\] spte 01e2f065 P-UAD STALE/);
    expect(lines).toMatch(/a walk now {2}gfn 01f3a +the CPU {2}gfn 01e2f/);
    expect(lines).toContain("They differ, and that is legal");
  });

  it("says UNSYNC and STALE in words, and colours them", () => {
    const spans = translateScreen.draw(model({ ui: at(0) }), STANDARD_BODY).flat();
    expect(spans.find(({ text }) => text === "UNSYNC")?.style).toMatchObject(UNSYNC);
    expect(spans.find(({ text }) => text === "STALE")?.style).toMatchObject(STALE);
  });

  it("the shadow entry has the guest's frame in it, raw the host's", () => {
    const lines = picture(translateScreen, model({ ui: at(0, { raw: true }) }), STANDARD_BODY);
    expect(lines).toContain("spte 02b2f065");
  });

  it("stale is a shadow that leads elsewhere or allows more, while its table is out of sync", () => {
    expect(isStale(usual)).toBe(true);
    expect(isStale({ ...usual, unsync: false })).toBe(false);
    expect(isStale({ ...usual, guest: guest({ gfn: 0x1e2f }) })).toBe(false);
    expect(isStale({ ...usual, guest: guest({ gfn: 0x1e2f, allowed: false }) })).toBe(true);
    expect(isStale({ ...usual, shadow: shadow({ gfn: -1 }) })).toBe(false);
    expect(isStale({ ...usual, shadow: null })).toBe(false);
  });

  it("a verdict that denies is a fault's colour, and says which level denies", () => {
    const denied = of({ guest: guest({ allowed: false, verdict: "read-only at level 1", gfn: -1 }) });
    const spans = translateScreen.draw(denied, STANDARD_BODY).flat();
    expect(spans.find(({ text }) => text.startsWith("read-only at level 1"))?.style).toMatchObject(FAULT);
    expect(picture(translateScreen, denied, STANDARD_BODY)).toContain("a walk now  no frame");
  });

  it("long verdicts get a line each instead of being cut", () => {
    const verdict = "supervisor only at level 2, a page of 2 MiB, and then some";
    const lines = picture(translateScreen, of({ guest: guest({ allowed: false, verdict }) }), STANDARD_BODY);
    expect(lines).toContain(verdict);
    expect(lines).toMatch(/shadow +allowed/);
  });

  it("tells a trap from an entry that is not present, and an entry never reached from both", () => {
    const [first, second, third] = (usual.shadow as WalkEnd).steps;
    const ending = (last: typeof third) =>
      of({ unsync: false, shadow: shadow({ steps: [first, second, last], gfn: -1 }) });
    expect(picture(translateScreen, ending({ ...third, kind: "trap" }), STANDARD_BODY)).toContain(
      "trap: the access exits",
    );
    expect(picture(translateScreen, ending({ ...third, kind: "absent" }), STANDARD_BODY)).toContain(
      "[049] not present",
    );
    const early = of({ shadow: shadow({ steps: [first, { ...second, kind: "absent" }], gfn: -1 }) });
    expect(picture(translateScreen, early, STANDARD_BODY)).toMatch(/PTE .* -$|PTE .* - +│/m);
  });

  it("says large page, 32-bit paging, or that paging is off where the guest's walk reads nothing", () => {
    const [, pde] = usual.guest.steps;
    const large = of({ guest: guest({ steps: [usual.guest.steps[0], { ...pde, lo: 0x0a00_01e7 }] }) });
    const text = picture(translateScreen, large, STANDARD_BODY);
    expect(text).toContain("0a0001e7 PWUAD S G");
    expect(text).toMatch(/PTE +large page/);
    const narrow = of({ guest: guest({ steps: usual.guest.steps.slice(1) }) });
    expect(picture(translateScreen, narrow, STANDARD_BODY)).toMatch(/PDPTE +none: 32-bit paging/);
    const off = of({ guest: guest({ steps: [] }) });
    expect(picture(translateScreen, off, STANDARD_BODY)).toContain("paging is off");
  });

  it("says NX", () => {
    const steps = [...usual.guest.steps.slice(0, 2), step({ hi: 0x8000_0000 | 0 })];
    expect(picture(translateScreen, of({ guest: guest({ steps }) }), STANDARD_BODY)).toContain("PWUAD NX");
  });

  it("an explanation of four lines is whole at 80x24: the reverse map gives room", () => {
    const explanation = `${"word ".repeat(56)}end`;
    expect(picture(translateScreen, of({ explanation }), STANDARD_BODY)).toMatch(/word end/);
  });

  it("shows no answer to another question under this one's title", () => {
    const asked = { gva: 0x1234, access: "write" as const, user: false };
    const waiting = model({ ui: at(0, { translate: asked }) });
    const lines = picture(translateScreen, waiting, STANDARD_BODY);
    expect(lines).toContain("gva 00001234   supervisor write");
    expect(lines).toContain("no answer about this address yet");
    expect(lines).not.toContain("01f3a");
    expect(translateScreen.wish(ui({ translate: asked }), STANDARD_BODY)).toEqual({ translate: asked });
  });

  it("the cursor chooses a level: its table is what can be opened", () => {
    expect(translateScreen.count(model({ ui: at(0) }))).toBe(3);
    const here = (row: number) => translateScreen.subject(model({ ui: at(row) }));
    expect(here(0)).toEqual({ kind: "gfn", gfn: 5 });
    expect(here(1)).toEqual({ kind: "page", sp: 0x3a1, gfn: 0x106, gva: 0x0804_9ffc });
    expect(here(2)).toEqual({ kind: "page", sp: 0x41c, gfn: 0x10c, gva: 0x0804_9ffc });
    expect(here(9)).toEqual(here(2));
    expect(picture(translateScreen, model({ ui: at(2) }), STANDARD_BODY)).toMatch(/│>PTE/);
  });
});

describe("screen 5: reverse map and command line", () => {
  it("lists the leaves that map the frame, with the state of their tables", () => {
    const lines = picture(translateScreen, model({ ui: at(0) }), STANDARD_BODY);
    expect(lines).toContain("5 reverse map of gfn 01e2f");
    expect(lines).toMatch(/sp 41c \[049\] l1 {2}P-UAD +UNSYNC +table gfn 0010c/);
    expect(lines).toMatch(/sp 2b1 \[02f\] l1 .* sync +G +table gfn 00044/);
  });

  it("the cursor is at a shadow page there, or at the frame if nothing maps it", () => {
    const second = model({ ui: at(1, { pane: 1 }) });
    expect(translateScreen.count(second)).toBe(2);
    expect(translateScreen.subject(second)).toEqual({ kind: "page", sp: 0x2b1, gfn: 0x44, gva: null });
    const alone = of({ rmap: [] }, { ui: at(0, { pane: 1 }) });
    expect(translateScreen.subject(alone)).toEqual({ kind: "gfn", gfn: 0x1e2f });
    expect(picture(translateScreen, alone, STANDARD_BODY)).toContain("no shadow entry maps it");
    const nowhere = of({ rmap: [], rmapGfn: -1 });
    expect(picture(translateScreen, nowhere, STANDARD_BODY)).toContain("leads to no frame");
  });

  it("scrolls with its cursor and says which part is in sight", () => {
    const many = of(
      { rmap: Array.from({ length: 40 }, (_, i) => leaf({ sp: i + 1 })) },
      { ui: at(39, { pane: 1 }) },
    );
    const lines = picture(translateScreen, many, STANDARD_BODY);
    expect(lines).toMatch(/│>sp 028/);
    expect(lines).toContain("-40 of 40");
  });

  it("prints the command that answers the same question without a screen", () => {
    expect(headlessText(model({ ui: at(0) }))).toBe(
      "umbra exec toyos.elf --until 32186550 'translate 0x08049ffc read user'",
    );
    expect(picture(translateScreen, model({ ui: at(0) }), STANDARD_BODY)).toContain(
      "umbra exec toyos.elf --until 32186550 'translate 0x08049ffc read user'",
    );
  });

  it("quotes an image's name for the shell, and lets no control character through", () => {
    const named = (image: string) => headlessText(model({ image, ui: at(0) }));
    expect(named("my kernel.elf")).toContain("exec 'my kernel.elf' --until");
    expect(named("it's.elf")).toContain(`exec 'it'\\''s.elf' --until`);
    expect(named("a\u001b[2J\n.elf")).toContain("exec 'a?[2J?.elf' --until");
    expect(named("$(reboot).elf")).toContain("exec '$(reboot).elf'");
  });
});

describe("screen 5 at any size and in any situation", () => {
  it.each(SITUATIONS)("fills its size exactly: %s", (_, answer) => {
    for (const pane of [0, 1, 2]) {
      for (const glyphs of [UNICODE, ASCII]) {
        const image = "a very long\u0007 name of an image ".repeat(12);
        expect(
          wrongSizes(translateScreen, model({ snapshot: answer, glyphs, image, ui: at(1e6, { pane }) })),
        ).toEqual([]);
      }
    }
  });

  it("a small one says the answer first, and keeps the chosen level in sight", () => {
    const lines = texts(translateScreen.draw(model({ ui: at(0) }), SMALL_BODY));
    expect(lines[1]).toContain("guest  gfn 01f3a, allowed");
    expect(lines[2]).toContain("shadow gfn 01e2f, allowed");
    const least = picture(translateScreen, model({ ui: at(2) }), { columns: 40, rows: 7 });
    expect(least).toContain(">PTE");
    expect(least).toContain("guest  gfn 01f3a");
  });

  it("without a hypervisor shows the guest's half, and says so of the other", () => {
    const lines = picture(translateScreen, model({ snapshot: BARE, ui: at(0) }), WIDE_BODY);
    expect(lines).toContain("01f3a067 PWUAD");
    expect(lines).toContain("no hypervisor: --mmu bare");
    expect(translateScreen.subject(model({ snapshot: BARE, ui: at(2) }))).toEqual({
      kind: "gfn",
      gfn: 0x10c,
    });
  });

  it("says in words that there is no answer", () => {
    for (const answer of [null, UNANSWERED]) {
      expect(picture(translateScreen, model({ snapshot: answer, ui: at(0) }), STANDARD_BODY)).toContain(
        "no answer",
      );
    }
  });
});
