/** The log of events: the newest, filtered, in groups, with an honest count of what was never seen. */
import { describe, expect, it } from "vitest";
import type { RingLog } from "../../src/dashboard/event-log.ts";
import { FilterError } from "../../src/trace/event-filter.ts";
import {
  GUEST_ERROR,
  KVM_INJ_EXCEPTION,
  KVM_MMU_SET_SPTE,
  KVM_MMU_UNSYNC_PAGE,
} from "../../src/trace/events.ts";
import { FAULT, GUEST_MISTAKE, LEVEL1_ONE_ROLE, NOTRAP } from "../../src/trace/reasons.ts";
import { exit, ring, STORY, type Written } from "./screens/event-views.ts";

const seqs = (log: RingLog): number[] => log.rows.map(({ record }) => record.seq);
const places = (log: RingLog): string => log.rows.map(({ place }) => place).join(" ");
const exits = (count: number, from = 0): Written[] => Array.from({ length: count }, (_, i) => exit(from + i));
const spte = (icount: number): Written => ({ event: KVM_MMU_SET_SPTE, reason: FAULT, icount });
const unsync = (icount: number): Written => ({
  event: KVM_MMU_UNSYNC_PAGE,
  reason: LEVEL1_ONE_ROLE,
  icount,
});

describe("a guest that runs", () => {
  it("is followed: each poll adds what is new", () => {
    const { log, write } = ring();
    write(exits(3));
    log.poll(10);
    write(exits(2, 3));
    log.poll(10);
    expect(seqs(log)).toEqual([0, 1, 2, 3, 4]);
    expect(log.unseen).toBe(0);
  });

  it("that is faster than the screen is looked at: the newest are shown, the others counted", () => {
    const { log, write } = ring();
    write(exits(100));
    log.poll(10);
    expect(seqs(log)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(log.unseen).toBe(90);
    write(exits(25, 100));
    log.poll(10);
    expect(seqs(log).slice(-10)[0]).toBe(115);
    expect(log.unseen).toBe(105);
  });

  it("shows no more than a few thousand rows, however long it runs", () => {
    const { log, write } = ring(4096);
    for (let i = 0; i < 10; i++) {
      write(exits(1000, 1000 * i));
      log.poll(2048);
    }
    expect(log.rows.length).toBe(4096);
    expect(log.rows.at(-1)?.record.seq).toBe(9999);
    expect(log.unseen).toBe(0);
  });

  it("keeps rare events that pass the filter in view while thousands of others go by", () => {
    const { log, write } = ring(1024);
    log.setFilter("unsync");
    write([unsync(0)]);
    log.poll(100);
    for (let i = 0; i < 20; i++) {
      write(exits(1000, 1 + 1000 * i));
      log.poll(100);
    }
    expect(seqs(log)).toEqual([0]);
    log.reload();
    expect(seqs(log), "also when it stops").toEqual([0]);
    expect(log.find(0)?.event).toBe(KVM_MMU_UNSYNC_PAGE);
  });

  it("costs little: the ring is not read where it was skipped", () => {
    const { log, write } = ring(65536);
    write(exits(60_000));
    const start = performance.now();
    log.poll(2048);
    const took = performance.now() - start;
    expect(seqs(log).length).toBe(2048);
    // 1 ms by itself; an order of magnitude for machines that do other things besides.
    expect(took).toBeLessThan(50);
  });
});

describe("a guest that has stopped", () => {
  it("has its whole past: what passed by unseen is read after all, and no longer counts as dropped", () => {
    const { log, write } = ring(256);
    write(exits(100));
    log.poll(10);
    expect(log.unseen).toBe(90);
    log.reload();
    expect(seqs(log)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(log.unseen).toBe(0);
  });

  it("says dropped of what not even the ring has any more", () => {
    const { log, write } = ring(256);
    write(exits(1000));
    log.poll(10);
    log.reload();
    expect(seqs(log)[0]).toBe(1000 - 256);
    expect(log.unseen).toBe(1000 - 256);
  });

  it("and runs again goes on counting from there", () => {
    const { log, write } = ring(256);
    write(exits(100));
    log.poll(10);
    log.reload();
    write(exits(20, 100));
    log.poll(5);
    expect(log.unseen).toBe(15);
    log.reload();
    expect(log.unseen).toBe(0);
    expect(seqs(log)).toEqual(Array.from({ length: 120 }, (_, i) => i));
  });

  it("gives each event by its number, and null for one that nobody knows", () => {
    const { log, write } = ring(256);
    write(exits(300));
    log.reload();
    expect(log.find(299)?.icount).toBe(299);
    expect(log.find(44)?.icount).toBe(44);
    expect(log.find(43), "the ring has forgotten it").toBeNull();
    expect(log.find(300), "it has not happened").toBeNull();
  });
});

describe("filters", () => {
  it("choose rows; what is hidden can still be found", () => {
    const { log, write } = ring();
    write(STORY);
    log.reload();
    log.setFilter("unsync sp=41c");
    expect(seqs(log)).toEqual([5]);
    expect(log.find(0)).not.toBeNull();
    expect(log.records.length).toBe(STORY.length);
    log.setFilter("");
    expect(log.rows.length).toBe(STORY.length);
  });

  it("apply to what comes later, too", () => {
    const { log, write } = ring();
    log.setFilter("-unsync");
    write([exit(1), unsync(1)]);
    log.poll(10);
    expect(seqs(log)).toEqual([0]);
  });

  it("that make no sense are refused with a sentence, and the old one stays", () => {
    const { log, write } = ring();
    write(STORY);
    log.reload();
    log.setFilter("skip");
    expect(() => log.setFilter("colour=red")).toThrow(FilterError);
    expect(seqs(log)).toEqual([3]);
  });
});

describe("groups", () => {
  it("are an exit and what was done about it at the same instruction", () => {
    const { log, write } = ring();
    write(STORY);
    log.reload();
    expect(places(log)).toBe("start middle middle end start end");
  });

  it("end at the next exit, even at the same instruction", () => {
    const { log, write } = ring();
    write([exit(7), spte(7), exit(7), spte(7), exit(8)]);
    log.reload();
    expect(places(log)).toBe("start end start end alone");
  });

  it("are those of the events in view: a filter may take the trigger away, not the belonging", () => {
    const { log, write } = ring();
    write([exit(7), spte(7), unsync(7), exit(7), spte(7)]);
    log.reload();
    log.setFilter("mmu");
    expect(places(log)).toBe("start end alone");
  });

  it("hold nothing that the guest does by itself", () => {
    const { log, write } = ring();
    write([
      exit(7),
      { event: GUEST_ERROR, reason: GUEST_MISTAKE, icount: 7 },
      { event: KVM_INJ_EXCEPTION, reason: NOTRAP, icount: 7 },
      spte(7),
    ]);
    log.reload();
    expect(places(log)).toBe("alone alone alone alone");
  });

  it("do not reach over events that were never seen", () => {
    const { log, write } = ring();
    write([exit(7), spte(7)]);
    log.poll(10);
    write([exit(7), spte(7), spte(7)]);
    log.poll(1);
    expect(seqs(log)).toEqual([0, 1, 4]);
    expect(places(log)).toBe("start end alone");
  });
});
