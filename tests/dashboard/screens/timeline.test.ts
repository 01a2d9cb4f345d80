/** Screen 4: events in words, in groups, with the reason of the selected one below. */
import { describe, expect, it } from "vitest";
import { eventWords } from "../../../src/dashboard/panes/event-words.ts";
import { lastEventLine, timelineLines } from "../../../src/dashboard/panes/timeline-lines.ts";
import { timelineScreen } from "../../../src/dashboard/screens/timeline.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { lineWidth, textOf } from "../../../src/dashboard/text/line.ts";
import { GLOBAL as GLOBAL_STYLE, UNSYNC } from "../../../src/dashboard/text/style.ts";
import { eventText } from "../../../src/trace/describe.ts";
import { parseFilter } from "../../../src/trace/event-filter.ts";
import {
  events,
  GUEST_ERROR,
  KVM_CR,
  KVM_EXIT,
  KVM_MMU_GET_PAGE,
  KVM_MMU_LOAD_ROOTS,
  KVM_MMU_SET_SPTE,
} from "../../../src/trace/events.ts";
import { EXIT_CR4, EXIT_INTR_WINDOW, FAULT, GUEST_MISTAKE, reasons } from "../../../src/trace/reasons.ts";
import { exit, model, ring, STORY, TEXTS, type Written } from "./event-views.ts";
import { picture, SMALL_BODY, STANDARD_BODY, texts, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

const spte = (icount: number): Written => ({ event: KVM_MMU_SET_SPTE, reason: FAULT, icount });
const many = (count: number): Written[] => Array.from({ length: count }, (_, i) => exit(1000 + i));
const words = (written: Written) => {
  const { log, write } = ring();
  write([written]);
  log.reload();
  return eventWords(log.rows[0].record, log.texts);
};

describe("an event in words", () => {
  it.each(events)("$name has the short name that it has everywhere: without KVM's prefix", ({ id, name }) => {
    const written = { event: id, reason: FAULT, icount: 1, fields: [1, 2, 3, 1, 5, 6] };
    const { what } = words(written);
    expect(what.split(" ")[0]).toBe(name.replace(/^kvm_(mmu_)?/, ""));
    expect(what.length).toBeLessThanOrEqual(16);
    // The trace, the monitor and screen 2 say the same, and a filter takes it.
    const { log, write } = ring();
    write([written]);
    log.reload();
    expect(eventText(log.rows[0].record, TEXTS).split(" ")[0]).toBe(what.split(" ")[0]);
    expect(parseFilter(`name=${what.split(" ")[0]}`)(log.rows[0].record, TEXTS as never)).toBe(true);
  });

  it("an exit has its reason in its name, a page that was made is new", () => {
    expect(words(exit(1, EXIT_CR4)).what).toBe("exit cr4");
    const page = (created: number) =>
      words({ event: KVM_MMU_GET_PAGE, reason: FAULT, icount: 1, fields: [1, 2, 0, created] });
    expect([page(1).what, page(0).what]).toEqual(["get_page new", "get_page"]);
  });

  it.each(reasons)("reason $key is said whole", ({ id, sentence }) => {
    expect(words({ event: KVM_EXIT, reason: id, icount: 1 }).why).toContain(sentence);
  });

  it("says of a fault who wanted what, and where", () => {
    expect(words(exit(1, STORY[4].reason, 0xbfff_e004 | 0, 6))).toMatchObject({
      what: "exit pf",
      subject: "gva bfffe004 user write",
    });
    expect(words(exit(1, STORY[4].reason, 0, 16)).subject).toBe("gva 00000000 sup fetch");
    expect(words(exit(1, EXIT_INTR_WINDOW))).toMatchObject({ what: "exit intr_window", subject: "" });
  });

  it("says of a sync how much of the work was worth it", () => {
    expect(words(STORY[2])).toMatchObject({
      what: "sync_page",
      subject: "sp 3f2 l1 gfn 00107 wu-",
      global: false,
    });
    expect(words(STORY[2]).why).toMatch(/^3 of 512 changed; /);
  });

  it("says G of a page that a CR3 load skips because it is global", () => {
    expect(words(STORY[3])).toMatchObject({
      what: "sync_skip",
      subject: "sp 2a0 l1 gfn 00042 wu-",
      global: true,
    });
  });

  it("names the bits of control registers", () => {
    const written = { event: KVM_CR, reason: EXIT_CR4, icount: 1, fields: [4, 0xa0] };
    expect(words(written)).toMatchObject({ what: "cr", subject: "cr4 000000a0 PAE PGE" });
  });

  it("names roots, and entries by their index", () => {
    const roots = { event: KVM_MMU_LOAD_ROOTS, reason: FAULT, icount: 1, fields: [3, 0x3a1, 0, 0, 0x288] };
    expect(words(roots).subject).toBe("sp 3a1 - - 288");
    expect(words({ ...spte(1), fields: [0x41c, 0x49, 0x1e2f, 0x27, 1, 0] })).toMatchObject({
      subject: "sp 41c[049] gfn 01e2f",
      why: expect.stringMatching(/^pwua- nx; /),
    });
  });

  it("keeps control characters of texts off the screen", () => {
    const { log, write } = ring();
    write([{ event: GUEST_ERROR, reason: GUEST_MISTAKE, icount: 1 }]);
    log.reload();
    const hostile = { textOf: () => "port 80\u001b[2J\u009b\n" };
    expect(eventWords(log.rows[0].record, hostile).why).toBe("port 80?[2J??");
    expect(eventWords(log.rows[0].record, TEXTS).why).toBe("text 0");
  });
});

describe("the list", () => {
  it("at 80 columns: icount, group, what, to what, why", () => {
    const drawn = picture(timelineScreen, model(), STANDARD_BODY).split("\n");
    expect(drawn[0]).toMatch(/4 timeline {3}6 shown {3}0 unseen/);
    expect(drawn[1]).toMatch(/icount +what +subject +why/);
    expect(drawn[4]).toMatch(/ 4812330 │ sync_page +sp 3f2 l1 gfn 00107 wu- +3 of 512 changed/);
    expect(drawn[5]).toMatch(/ 4812330 └ sync_skip +sp 2a0 l1 gfn 00042 wu- +G on oos_global/);
    expect(drawn[7]).toMatch(/^│> +4812402 └ unsync_page +sp 41c l1 gfn 0010c wu- /);
  });

  it("gives the room of the subject to the reason where there is no subject", () => {
    const drawn = picture(timelineScreen, model(), STANDARD_BODY).split("\n");
    expect(drawn[2]).toMatch(/ 4812330 ┌ exit cr3 {9}the guest wrote CR3 /);
  });

  it("says in words and colours which page drifts and which is global", () => {
    const styles = timelineScreen.draw(model(), STANDARD_BODY).flatMap((line) => [...line]);
    expect(styles.find(({ text }) => text.startsWith("unsync"))?.style).toMatchObject(UNSYNC);
    expect(styles.find(({ text }) => text === "G ")?.style).toEqual(GLOBAL_STYLE);
  });

  it("says which filter hides the others, and how many were never seen", () => {
    expect(picture(timelineScreen, model({ filter: "unsync" }), STANDARD_BODY)).toMatch(
      /4 timeline {3}filter unsync {3}1 shown {3}0 unseen/,
    );
    const of = model();
    expect(
      picture(timelineScreen, { ...of, events: { ...of.events, rows: [], unseen: 12345 } }, STANDARD_BODY),
    ).toContain("12 345 unseen");
  });

  it("says why it is empty", () => {
    expect(picture(timelineScreen, model({ events: [] }), STANDARD_BODY)).toContain("no events yet");
    expect(picture(timelineScreen, model({ filter: "invlpg" }), STANDARD_BODY)).toContain(
      "no event passes the filter 'invlpg'",
    );
  });

  it("that follows has the newest event selected and in sight, whatever the cursor was", () => {
    const of = model({ events: many(200), ui: { screen: 4, cursors: { "4.0": { at: 3, top: 0 } } } });
    expect(picture(timelineScreen, of, STANDARD_BODY)).toMatch(/│> +1199 .*\n└/);
    expect(timelineScreen.subject(of)).toEqual({ kind: "event", seq: 199 });
  });

  it("that does not follow has the cursor where it was moved to", () => {
    const cursors = { "4.0": { at: 3, top: 0 } };
    const of = model({ events: many(200), ui: { screen: 4, follow: false, cursors } });
    expect(picture(timelineScreen, of, STANDARD_BODY)).toMatch(/│> +1003 /);
    expect(picture(timelineScreen, of, STANDARD_BODY)).toMatch(/1-10 of 200/);
    expect(timelineScreen.subject(of)).toEqual({ kind: "event", seq: 3 });
    const far = model({ ui: { screen: 4, follow: false, cursors: { "4.0": { at: 999, top: 999 } } } });
    expect(timelineScreen.subject(far), "out of range").toEqual({ kind: "event", seq: 5 });
  });

  it("moves as many rows as there are events, and starts at the newest", () => {
    const of = model({ events: many(200), ui: { screen: 4 } });
    expect(timelineScreen.count(of)).toBe(200);
    expect(timelineScreen.start?.(of).at).toBe(199);
    expect(timelineScreen.count(model({ ui: { screen: 4, pane: 1 } })), "the card has no cursor").toBe(0);
  });
});

describe("a long group", () => {
  const long = [exit(1), exit(7), ...Array.from({ length: 9 }, () => spte(7))];

  it("is folded while the list follows: four lines, how many more, the last", () => {
    const drawn = texts(timelineLines(model({ events: long }), 80, 20));
    expect(drawn.map((text) => text.slice(8, 27).trimEnd())).toEqual([
      "1   exit pf",
      "7 ┌ exit pf",
      "7 │ set_spte",
      "7 │ set_spte",
      "7 │ set_spte",
      "7 │ … 5 more",
      "7 └ set_spte",
    ]);
  });

  it("is whole as soon as the person moves in it", () => {
    const of = model({ events: long, ui: { screen: 4, follow: false } });
    const drawn = picture(timelineScreen, of, WIDE_BODY);
    expect(drawn).not.toContain("more");
    expect(drawn.match(/set_spte/g)?.length).toBe(9);
  });

  it("of six lines is not folded", () => {
    const six = texts(timelineLines(model({ events: long.slice(1, 7) }), 80, 20));
    expect(six.length).toBe(6);
    expect(six.join()).not.toContain("more");
    expect(texts(timelineLines(model({ events: long.slice(1, 8) }), 80, 20)).join()).toContain("2 more");
  });
});

describe("the card below", () => {
  it("explains the selected event", () => {
    const drawn = picture(timelineScreen, model(), STANDARD_BODY);
    expect(drawn).toContain("4 why: event 5");
    expect(drawn).toContain("Level 1, one role: let it drift.");
    expect(drawn).toContain("Instead of emulating");
  });

  it("has the screen to itself on a small terminal, when it is chosen", () => {
    expect(picture(timelineScreen, model(), SMALL_BODY)).not.toContain("why: event");
    expect(picture(timelineScreen, model({ ui: { screen: 4, pane: 1 } }), SMALL_BODY)).toContain(
      "why: event 5",
    );
  });
});

describe("short forms", () => {
  it("have the last events that fit, in lines of the width asked for", () => {
    const lines = timelineLines(model(), 60, 3);
    expect(lines.map(lineWidth)).toEqual([60, 60, 60]);
    expect(textOf(lines[2])).toContain("unsync");
    expect(texts(timelineLines(model({ events: [] }), 60, 3))).toHaveLength(1);
  });

  it("of narrow lists have the last digits of icount, with a mark where more come before", () => {
    const narrow = (icount: number, glyphs = UNICODE) =>
      textOf(timelineLines(model({ events: [exit(icount)], glyphs }), 38, 1)[0]);
    expect(narrow(19_998_632)).toMatch(/^…98632 {3}exit pf/);
    expect(narrow(19_998_632, ASCII)).toMatch(/^\?98632 /);
    expect(narrow(998_632), "all of it").toMatch(/^998632 /);
    expect(textOf(timelineLines(model({ events: [exit(19_998_632)] }), 60, 1)[0])).toMatch(/^ 19998632 /);
  });

  it("one line: what happened last", () => {
    expect(textOf(lastEventLine(model()))).toMatch(/^ 4812402 unsync_page sp 41c .*level 1, one role/);
    expect(lastEventLine(model({ events: [] }))).toEqual([]);
  });
});

describe("sizes", () => {
  const situations = [
    ["usual", STORY],
    ["nothing", []],
    ["more than fits", many(300)],
    ["one long group", [exit(7), ...Array.from({ length: 99 }, () => spte(7))]],
    [
      "every event",
      events.map(({ id }) => ({
        event: id,
        reason: FAULT,
        icount: 2 ** 40,
        fields: [-1, -1, -1, -1, -1, -1],
      })),
    ],
  ] as const;

  it.each(situations)("%s: each line is as wide and the screen as high as asked", (_, written) => {
    for (const glyphs of [UNICODE, ASCII]) {
      for (const pane of [0, 1, 9]) {
        for (const follow of [true, false]) {
          expect(
            wrongSizes(timelineScreen, model({ events: written, glyphs, ui: { screen: 4, pane, follow } })),
          ).toEqual([]);
        }
      }
    }
  });
});
