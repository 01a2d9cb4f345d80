/** Which events someone wants to see: `--events` and `--filter`. */
import { describe, expect, it } from "vitest";
import { makeRole } from "../../src/mmu/shadow/role.ts";
import { FilterError, parseEvents, parseFilter } from "../../src/trace/event-filter.ts";
import {
  events,
  KVM_EXIT,
  KVM_MMU_DROP_SPTE,
  KVM_MMU_SYNC_PAGE,
  KVM_MMU_UNSYNC_PAGE,
} from "../../src/trace/events.ts";
import { CR3_LOAD, EXIT_CR3, EXIT_PF, INVLPG, LEVEL1_ONE_ROLE } from "../../src/trace/reasons.ts";
import type { TraceRecord } from "../../src/trace/trace-record.ts";

let seq = 0;
const record = (icount: number, event: number, reason: number, ...fields: number[]): TraceRecord => ({
  seq: seq++,
  event,
  reason,
  icount,
  eip: 0xc010_1f22 | 0,
  cr3: 0x5000,
  fields,
});

const ROLE = makeRole(3, 1, 0, 0, 7);
const list = {
  fault: record(100, KVM_EXIT, EXIT_PF, 0xffe0_5000 | 0, 3),
  unsync: record(100, KVM_MMU_UNSYNC_PAGE, LEVEL1_ONE_ROLE, 0x41c, 0x10c, ROLE, 1, 1, 1),
  drop: record(200, KVM_MMU_DROP_SPTE, INVLPG, 0x41c, 5, 0x123, 1),
  cr3: record(300, KVM_EXIT, EXIT_CR3, 0, 0),
  sync: record(300, KVM_MMU_SYNC_PAGE, CR3_LOAD, 0x41d, 0x10d, ROLE, 0, 12, 0),
};

const kept = (test: ReturnType<typeof parseFilter>): string[] =>
  Object.entries(list)
    .filter(([, event]) => test(event, null))
    .map(([name]) => name);

describe("--filter: all words must be true", () => {
  it.each([
    ["", "fault unsync drop cr3 sync"],
    ["unsync", "unsync"],
    ["DRIFT", "unsync"],
    ["-exit", "unsync drop sync"],
    ["gfn=10c", "unsync"],
    ["gfn=0x0010C", "unsync"],
    ["gfn!=10c", "drop sync"],
    ["-gfn=10c", "fault drop cr3 sync"],
    ["sp=41c", "unsync drop"],
    ["sp>=41d", "sync"],
    ["gva>=ffe00000", "fault"],
    ["level=1", "unsync drop sync"],
    ["examined=12", "sync"],
    ["examined<12", ""],
    ["changed=0", "sync"],
    ["global=yes", "unsync"],
    ["global=0", "sync"],
    ["reason=level1_one_role", "unsync"],
    ["reason=LEVEL1_ONE_ROLE", "unsync"],
    ["reason=level1*", "unsync"],
    ["level1", "unsync"],
    ["reason=cr3_load", "sync"],
    ["reason=*cr3*", "cr3 sync"],
    ["reason!=cr3_load", "fault unsync drop cr3"],
    ["reason!=*cr3*", "fault unsync drop"],
    ["-reason=exit_*", "unsync drop sync"],
    ["name=kvm_exit", "fault cr3"],
    ["name=exit", "fault cr3"],
    // Not unsync_page, which has it in its name.
    ["name=sync_page", "sync"],
    ["name=mmu_sync_page", "sync"],
    ["name!=sync_page", "fault unsync drop cr3"],
    ["why=*drift*", "unsync"],
    ["why=drift", ""],
    ["access=wu", ""],
    ["access=wu*", "unsync sync"],
    ["error=pw*", "fault"],
    ["category=mmu", "unsync drop sync"],
    ["access=wux", "unsync sync"],
    ["error=pw---", "fault"],
    ["icount>100", "drop cr3 sync"],
    ["icount<=2_00", "fault unsync drop"],
    ["icount=0x64", "fault unsync"],
    ["eip=c0101f22 cr3=5000", "fault unsync drop cr3 sync"],
    ["gfn=10c icount>100", ""],
    ["category=mmu -unsync -drop", "sync"],
  ])("'%s' keeps: %s", (filter, expected) => {
    expect(kept(parseFilter(filter)).join(" ")).toBe(expected);
  });

  it.each([
    ["gfx=10c", "no event has a field 'gfx'"],
    ["icount=soon", "'icount' is compared with a number, not with 'soon'"],
    ["gfn=xyz", "'gfn' is compared with a hexadecimal number, not with 'xyz'"],
    ["global=maybe", "'global' is yes or no, not 'maybe'"],
    ["reason>5", "'reason' is a word and no number"],
    ["=5", "'=5' is no comparison"],
    ["-", "'-' goes before what is not wanted, as in -flush"],
    ["gfn=", "'gfn=' is no comparison"],
    ["constructor=1", "no event has a field 'constructor'"],
    ["reason=level1", "no reason of an event is 'level1'; = means the whole word, as in level1_one_role"],
    ["reason=soon", "no reason of an event is 'soon'. There are none, exit_pf"],
    ["name=sync", "= means the whole word, as in kvm_mmu_unsync_page, kvm_mmu_sync_page"],
    ["category=m", "no category of an event is 'm'"],
    ["reason=*x*y*z", "no reason of an event is"],
  ])("'%s' is refused", (filter, sentence) => {
    expect(() => parseFilter(filter)).toThrow(FilterError);
    expect(() => parseFilter(filter)).toThrow(sentence);
  });

  it("text of an event is no closed list: any word may come", () => {
    expect(() => parseFilter("text=anything error=?")).not.toThrow();
  });
});

describe("--events: names and categories", () => {
  const chosen = (text: string): string[] => {
    const test = parseEvents(text);
    return events
      .filter(({ id, fields }) => test(record(0, id, EXIT_PF, ...fields.map(() => 0)), null))
      .map(({ name }) => name);
  };

  it("a category means all events of it", () => {
    for (const category of ["exit", "mmu", "guest"]) {
      const expected = events.filter((event) => event.category === category).map(({ name }) => name);
      expect(chosen(category)).toEqual(expect.arrayContaining(expected));
      expect(chosen(`${category}.*`)).toEqual(expected);
    }
  });

  it("names go with or without their prefix, with * for anything", () => {
    for (const name of ["kvm_mmu_sync_page", "mmu_sync_page", "sync_page"]) {
      expect(chosen(name)).toEqual(["kvm_mmu_sync_page"]);
    }
    expect(chosen("*sync*")).toEqual(["kvm_mmu_unsync_page", "kvm_mmu_sync_page", "kvm_mmu_sync_skip"]);
    expect(chosen("kvm_mmu_*")).toEqual(chosen("mmu"));
  });

  it("several are separated by commas", () => {
    expect(chosen("sync_page, demote")).toEqual(["kvm_mmu_sync_page", "kvm_mmu_demote"]);
  });

  it.each(["mmus", "", "mmu,", "kvm.mmu*", "a(b"])("'%s' names no event", (text) => {
    expect(() => parseEvents(text)).toThrow(FilterError);
  });
});
