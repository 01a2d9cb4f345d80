/** The document for Perfetto: exits as slices that hold their events, on a clock that never runs backwards. */
import { describe, expect, it } from "vitest";
import {
  GUEST_ERROR,
  KVM_CR,
  KVM_EXIT,
  KVM_INJ_EXCEPTION,
  KVM_MMU_SET_SPTE,
  KVM_PAGE_FAULT,
} from "../../src/trace/events.ts";
import { traceFormat } from "../../src/trace/formats.ts";
import { EXIT_CR3, EXIT_IO, EXIT_PF, FAULT, GUEST_MISTAKE, NOTRAP } from "../../src/trace/reasons.ts";
import { TextTable } from "../../src/trace/text-table.ts";

interface Item {
  readonly ph: "M" | "X" | "i" | "C";
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly cat?: string;
  readonly args: Record<string, unknown>;
}

interface Step {
  readonly icount: number;
  readonly event: number;
  readonly reason: number;
  readonly fields?: readonly number[];
  readonly unsync?: readonly [number, number];
}

/** The document that these events make, as a reader of it sees it. */
function trace(...steps: Step[]): Item[] {
  const format = traceFormat("json", new TextTable());
  let text = format.begin();
  steps.forEach(({ icount, event, reason, fields = [0, 0, 0, 0, 0, 0], unsync = [0, 0] }, seq) => {
    const record = { seq, event, reason, icount, eip: 0xc010_0000, cr3: 0x1000, fields };
    text += format.add(record, { mmu_unsync: unsync[0], mmu_unsync_global: unsync[1] });
  });
  const document = JSON.parse(text + format.end());
  expect(document.displayTimeUnit).toBe("ns");
  return document.traceEvents;
}

const of = (items: Item[], ph: Item["ph"]): Item[] => items.filter((item) => item.ph === ph);
const fault = (icount: number): Step[] => [
  { icount, event: KVM_EXIT, reason: EXIT_PF, fields: [0xffe0_5000 | 0, 3, 0, 0, 0, 0] },
  { icount, event: KVM_PAGE_FAULT, reason: FAULT },
  { icount, event: KVM_MMU_SET_SPTE, reason: FAULT },
];

describe("a trace for Perfetto", () => {
  it("without events is a document still", () => {
    expect(of(trace(), "M").map(({ name, args }) => [name, args.name])).toEqual([
      ["process_name", "Umbra"],
      ["thread_name", "vCPU 0"],
    ]);
  });

  it("has an exit as a slice at its guest time in microseconds, 100 instructions each", () => {
    const [slice] = of(trace(...fault(12_345)), "X");
    expect(slice).toMatchObject({ name: "exit_pf", cat: "exit", ts: 123.45, dur: 0.003 });
    expect(slice.args).toMatchObject({ gva: "ffe05000", error: "pw---", icount: 12_345, eip: "c0100000" });
    expect(slice.args.why).toBe("exit_pf: the shadow tables do not allow the access");
  });

  it("has what happened during an exit inside its slice", () => {
    const items = trace(...fault(100), ...fault(250));
    const [first, second] = of(items, "X");
    const instants = of(items, "i");
    expect(instants.map(({ name }) => name)).toEqual(["page_fault", "set_spte", "page_fault", "set_spte"]);
    for (const [slice, inside] of [
      [first, instants.slice(0, 2)],
      [second, instants.slice(2)],
    ] as const) {
      for (const { ts } of inside) {
        expect(ts).toBeGreaterThan(slice.ts);
        expect(ts).toBeLessThan(slice.ts + slice.dur);
      }
    }
  });

  it("lays exits of one instruction side by side, not over each other", () => {
    const slices = of(trace(...fault(100), ...fault(100), ...fault(100)), "X");
    for (let i = 1; i < slices.length; i++) {
      expect(slices[i].ts).toBeGreaterThanOrEqual(Number((slices[i - 1].ts + slices[i - 1].dur).toFixed(3)));
    }
    expect(slices).toHaveLength(3);
  });

  it("never runs backwards, and waits for the guest where exits are dense", () => {
    const steps = Array.from({ length: 40 }, (_, i) => fault(100 + (i < 30 ? 0 : (i - 29) * 50))).flat();
    const slices = of(trace(...steps), "X");
    for (let i = 1; i < slices.length; i++) expect(slices[i].ts).toBeGreaterThan(slices[i - 1].ts);
    expect(slices.at(-1)?.ts).toBe(6);
  });

  it("has what the guest does by itself outside", () => {
    const items = trace(
      { icount: 100, event: KVM_EXIT, reason: EXIT_IO },
      { icount: 100, event: GUEST_ERROR, reason: GUEST_MISTAKE },
      { icount: 200, event: KVM_EXIT, reason: EXIT_CR3 },
      { icount: 200, event: KVM_CR, reason: EXIT_CR3 },
      { icount: 200, event: KVM_INJ_EXCEPTION, reason: NOTRAP },
      { icount: 300, event: KVM_INJ_EXCEPTION, reason: NOTRAP },
    );
    expect(of(items, "X").map(({ name, dur }) => [name, dur])).toEqual([
      ["exit_io", 0.001],
      ["exit_cr3", 0.002],
    ]);
    expect(of(items, "i").map(({ ts }) => ts)).toEqual([1.001, 2.001, 2.002, 3]);
  });

  it("draws both gauges, a point for each change", () => {
    const [exit, ...rest] = fault(100);
    const items = trace(
      exit,
      { ...rest[0], unsync: [1, 1] },
      { ...rest[1], unsync: [1, 1] },
      { icount: 900, event: KVM_EXIT, reason: EXIT_CR3, unsync: [2, 1] },
    );
    expect(of(items, "C").map(({ name, ts, args }) => [name, ts, args.pages])).toEqual([
      ["mmu_unsync", 1, 0],
      ["mmu_unsync_global", 1, 0],
      ["mmu_unsync", 1.001, 1],
      ["mmu_unsync_global", 1.001, 1],
      ["mmu_unsync", 9, 2],
    ]);
  });

  it("keeps its nanoseconds in a run of an hour of guest time", () => {
    const hour = 3600 * 100_000_000;
    const [slice] = of(trace(...fault(hour + 1)), "X");
    expect(slice.ts).toBe(3_600_000_000.01);
  });
});
