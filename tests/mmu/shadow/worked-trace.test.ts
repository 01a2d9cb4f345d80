/** The worked traces of shadow-mmu.md, sections 5.2 to 5.4: exits and counters, with and without the patch. */
import { describe, expect, it } from "vitest";
import { A, D, type EntryAt, G, P, type PaeTables, RW, TestGuest } from "../../support/page-tables.ts";
import { linear, ShadowProcessor } from "../harness.ts";

const KERNEL = P | RW | A | D | G;
const F = 0xffe0_5000;
const OTHER = 0xffe0_9000;
const HIGH_FRAME = 0x123;

/** Two processes that share the kernel's directory M; T is the fixmap's page table. */
function boot(oosGlobal: boolean, caseB: boolean) {
  const guest = new TestGuest();
  const p1 = guest.pae();
  const m = p1.directory(3);
  const p2: PaeTables = guest.pae();
  p2.directory(3, m);
  for (let mib = 0; mib < 16; mib += 2) p1.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
  const slot: EntryAt = p1.pte(F);
  if (caseB) p1.map(OTHER, 0x140, KERNEL);
  const cpu = new ShadowProcessor(guest, { oosGlobal });
  cpu.startPae(p1.cr3);
  // The linear map of T is in use before T is shadowed.
  cpu.store(linear(slot), 0);
  const setPte = (): void => {
    cpu.store(linear(slot) + 4, 0);
    cpu.store(linear(slot), (HIGH_FRAME << 12) | KERNEL);
  };
  const clearPte = (): void => {
    cpu.store(linear(slot), 0);
    cpu.store(linear(slot) + 4, 0);
  };
  let current = p1;
  const switchProcess = (): void => {
    current = current === p1 ? p2 : p1;
    cpu.mmu.setCr3(current.cr3);
  };
  return { cpu, t: slot.gfn, slot, setPte, clearPte, switchProcess };
}

describe("first cycle of kmap_atomic, touch, kunmap_atomic, CR3 (5.2)", () => {
  it("with the patch: T goes GS, GU and stays GU over the CR3 load", () => {
    const { cpu, t, slot, setPte, switchProcess } = boot(true, false);
    setPte();
    cpu.mark();
    setPte();
    expect(cpu.deltas()).toEqual({});
    expect(cpu.read(F)).toBe(`gfn ${HIGH_FRAME}`);
    expect(cpu.deltas()).toEqual({ exits: 1, mmu_cache_miss: 1, pf_fixed: 1 });
    expect(cpu.states(t)).toEqual(["GS"]);
    cpu.store(linear(slot), 0);
    expect(cpu.deltas()).toEqual({ exits: 1, pf_fixed: 1, mmu_unsync: 1, mmu_unsync_global: 1 });
    expect(cpu.states(t)).toEqual(["GU"]);
    cpu.store(linear(slot) + 4, 0);
    expect(cpu.deltas()).toEqual({});
    cpu.mmu.invlpg(F);
    expect(cpu.deltas()).toEqual({ exits: 1, invlpg: 1, tlb_flush: 1 });
    switchProcess();
    expect(cpu.deltas("after a CR3 load")).toEqual({ exits: 1, tlb_flush: 1 });
    expect(cpu.states(t)).toEqual(["GU"]);
  });

  it("without the patch: the CR3 load finds T empty and zaps it", () => {
    const { cpu, t, slot, setPte, switchProcess } = boot(false, false);
    setPte();
    cpu.mark();
    cpu.read(F);
    expect(cpu.deltas()).toEqual({ exits: 1, mmu_cache_miss: 1, pf_fixed: 1 });
    cpu.store(linear(slot), 0);
    expect(cpu.deltas()).toEqual({ exits: 1, pf_fixed: 1, mmu_unsync: 1 });
    cpu.store(linear(slot) + 4, 0);
    cpu.mmu.invlpg(F);
    expect(cpu.deltas()).toEqual({ exits: 1, invlpg: 1, tlb_flush: 1 });
    switchProcess();
    expect(cpu.deltas("after a CR3 load")).toEqual({
      exits: 1,
      mmu_shadow_zapped: 1,
      mmu_unsync: -1,
      tlb_flush: 1,
    });
    expect(cpu.states(t)).toEqual([]);
  });
});

describe.each([
  ["case A: only kmap entries (5.3)", false],
  ["case B: another entry stays present (5.4)", true],
])("steady state, %s", (_name, caseB) => {
  const steady = (oosGlobal: boolean) => {
    const machine = boot(oosGlobal, caseB);
    const { cpu, setPte, clearPte, switchProcess } = machine;
    for (let i = 0; i < 3; i++) {
      setPte();
      cpu.read(F);
      if (caseB) cpu.read(OTHER);
      clearPte();
      cpu.mmu.invlpg(F);
      switchProcess();
    }
    cpu.deltas("after a CR3 load");
    const rows: unknown[] = [];
    const row = (step: () => unknown): void => {
      step();
      rows.push(cpu.deltas());
    };
    row(setPte);
    row(() => expect(cpu.read(F)).toBe(`gfn ${HIGH_FRAME}`));
    row(clearPte);
    row(() => cpu.mmu.invlpg(F));
    row(switchProcess);
    const { mmu_unsync, mmu_unsync_global } = cpu.shadow.stats;
    return { rows, gauges: [mmu_unsync, mmu_unsync_global] };
  };

  it("with the patch a cycle takes 3 exits", () => {
    const { rows, gauges } = steady(true);
    expect(rows).toEqual([
      {},
      { exits: 1, pf_fixed: 1 },
      {},
      { exits: 1, invlpg: 1, tlb_flush: 1 },
      { exits: 1, tlb_flush: 1 },
    ]);
    expect(gauges).toEqual([1, 1]);
  });

  it(`without it a cycle takes ${caseB ? 4 : 5} exits`, () => {
    const { rows, gauges } = steady(false);
    expect(rows).toEqual(
      caseB
        ? [
            { exits: 1, pf_fixed: 1, mmu_unsync: 1 },
            { exits: 1, pf_fixed: 1 },
            {},
            { exits: 1, invlpg: 1, tlb_flush: 1 },
            { exits: 1, mmu_unsync: -1, tlb_flush: 2 },
          ]
        : [
            { exits: 1, pf_fixed: 1 },
            { exits: 1, mmu_cache_miss: 1, pf_fixed: 1 },
            { exits: 1, pf_fixed: 1, mmu_unsync: 1 },
            { exits: 1, invlpg: 1, tlb_flush: 1 },
            { exits: 1, mmu_shadow_zapped: 1, mmu_unsync: -1, tlb_flush: 1 },
          ],
    );
    expect(gauges).toEqual([0, 0]);
  });
});
