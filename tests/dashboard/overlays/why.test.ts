/** The why card: what happened, the rule, what the rule is good for, who applies it, what set it off. */
import { describe, expect, it } from "vitest";
import { whyBox, whyLines } from "../../../src/dashboard/overlays/why-card.ts";
import { lineWidth } from "../../../src/dashboard/text/line.ts";
import { events } from "../../../src/trace/events.ts";
import { reasons } from "../../../src/trace/reasons.ts";
import { model } from "../screens/event-views.ts";
import { texts } from "../screens/mmu-views.ts";

const card = (seq: number, width = 78): string => texts(whyLines(model(), seq, width)).join("\n");

describe("the card of an event", () => {
  it("begins with what happened to what, and the rule in a sentence", () => {
    const lines = texts(whyLines(model(), 5, 78));
    expect(lines[0]).toBe("unsync_page sp 41c l1 gfn 0010c wu-");
    expect(lines[1]).toBe("Level 1, one role: let it drift.");
  });

  it("says what the rule is good for", () => {
    expect(card(5).replace(/\n/g, " ")).toContain(
      "a processor's TLB may be as wrong until the guest flushes",
    );
    expect(card(3).replace(/\n/g, " ")).toContain("a processor keeps global translations over a CR3 load");
  });

  it("says who decides that in KVM, when and where, and what set it off", () => {
    expect(card(5)).toContain("decided by: kvm_unsync_page");
    expect(card(5)).toContain("at icount 4812402, eip c0100000, cr3 00005000");
    expect(card(5)).toMatch(/trigger: event 4, exit gva=c010c018/);
  });

  it("decodes every field", () => {
    const lines = card(2);
    for (const field of ["sp=3f2", "gfn=00107", "level=1", "access=wu-", "examined=512", "changed=3"]) {
      expect(lines).toContain(field);
    }
  });

  it("says G of a page that is global", () => {
    expect(texts(whyLines(model(), 3, 78))[0]).toBe("sync_skip sp 2a0 l1 gfn 00042 wu- G");
  });

  it("finds an event that the filter hides", () => {
    expect(texts(whyLines(model({ filter: "invlpg" }), 5, 78))[0]).toContain("unsync");
  });
});

describe("the card of an event that is not there", () => {
  it("says that it has been overwritten, and which are kept", () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ event: 0, reason: 1, icount: i }));
    const text = texts(whyLines(model({ events: many }), 7, 78)).join(" ");
    expect(text).toMatch(/^Event 7 is not kept any more: .* the events kept are 1976 to 2999\.$/);
  });

  it("says that it has not happened, or that nothing has", () => {
    expect(card(99).replace(/\n/g, " ")).toMatch(/Event 99 is not known: .* kept are 0 to 5\./);
    expect(texts(whyLines(model({ events: [] }), 0, 78))).toEqual([
      "Event 0 is not known: no events are kept.",
    ]);
  });
});

describe("every event with every reason", () => {
  it.each([38, 78, 118])("has a card that fits %i cells", (width) => {
    for (const { id } of events) {
      const of = model({
        events: reasons.map((reason) => ({
          event: id,
          reason: reason.id,
          icount: 1,
          fields: [1, 2, 3, 1, 5, 6],
        })),
      });
      for (const { id: seq, sentence } of reasons) {
        const lines = whyLines(of, seq, width);
        expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(width);
        expect(texts(lines).join(" ").toLowerCase()).toContain(sentence.slice(0, 10).toLowerCase());
      }
    }
  });
});

describe("the box over a screen", () => {
  it("is named after the event and as wide as its inside", () => {
    const box = whyBox(model(), 5, 60);
    expect(box.title).toBe("why: event 5");
    expect(Math.max(...box.lines.map(lineWidth))).toBeLessThanOrEqual(58);
  });
});
