/** Golden event lists: the explanations are tested text. The scenarios of shadow-mmu.md, section 5. */
import { describe, expect, it } from "vitest";
import { events } from "../../../src/trace/events.ts";
import { reasons } from "../../../src/trace/reasons.ts";
import { RingReader, RingWriter } from "../../../src/trace/ring.ts";
import { Tap } from "../../../src/trace/tap.ts";
import { linear } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL } from "./kernel.ts";

/** Attaches a tap to a running machine and returns a function that takes the events out as "name reason". */
function listen(k: Kernel): () => string[] {
  const { layout, i32 } = k.guest.linear;
  const tap = new Tap(new RingWriter(i32, layout.ring, layout.ringBytes));
  k.cpu.shadow.attachTap(tap);
  const reader = new RingReader(i32, layout.ring, layout.ringBytes);
  return () =>
    reader
      .read()
      .map(({ event, reason }) => `${events[event].name.replace("kvm_", "")} ${reasons[reason].key}`);
}

describe("first kmap cycle", () => {
  it("with the patch the CR3 load skips T, and says so", () => {
    const k = new Kernel();
    k.cpu.store(linear(k.pte(F)), (0x123 << 12) | KERNEL);
    const heard = listen(k);
    k.cpu.read(F);
    expect(heard()).toEqual([
      "exit exit_pf",
      "page_fault fault",
      "mmu_get_page miss",
      "mmu_write_protect shadowed",
      "mmu_set_spte fault",
    ]);
    k.cpu.store(linear(k.pte(F)), 0);
    expect(heard()).toEqual([
      "exit exit_pf",
      "page_fault fault",
      "mmu_unsync_page level1_one_role",
      "mmu_set_spte fault",
    ]);
    k.cpu.mmu.invlpg(F);
    expect(heard()).toEqual(["exit exit_invlpg", "invlpg invlpg", "mmu_drop_spte invlpg"]);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(heard()).toEqual([
      "exit exit_cr3",
      "cr exit_cr3",
      "mmu_free_roots cr3_load",
      "mmu_get_page miss",
      "mmu_get_page hit",
      "mmu_load_roots cr3_load",
      "mmu_sync_skip global",
    ]);
  });

  it("without it T is protected, found empty and zapped", () => {
    const k = new Kernel({ oosGlobal: false });
    k.unsyncT();
    k.cpu.mmu.invlpg(F);
    k.cpu.mmu.setCr3(k.p2.cr3);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.unsyncT();
    k.cpu.mmu.invlpg(F);
    const heard = listen(k);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(heard().slice(3)).toEqual([
      "mmu_get_page hit",
      "mmu_get_page hit",
      "mmu_load_roots cr3_load",
      "mmu_write_protect cr3_load",
      "mmu_sync_page cr3_load",
      "mmu_zap_page empty",
    ]);
  });
});

describe("decisions carry their reason", () => {
  it("why a table stays protected", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    const heard = listen(k);
    k.cpu.store(linear(k.p1.pde(0xffa0_0000)), 0);
    expect(heard()).toContain("mmu_keep_protected upper_level");
    k.cpu.store(linear(k.pte(F2)), 0);
    expect(heard()).toEqual([
      "exit exit_pf",
      "page_fault fault",
      "mmu_keep_protected policy_off",
      "mmu_set_spte fault",
      "emulate_insn protected_store",
      "mmu_pte_write emulated",
    ]);
  });

  it("why a page left the global list", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F2), 0x124, LOCAL);
    const heard = listen(k);
    k.cpu.read(F2);
    expect(heard()).toContain("mmu_demote non_global_spte");
  });

  it("why entries were dropped by a sync", () => {
    const k = new Kernel();
    k.shadowT(LOCAL);
    k.p1.map(F2, 0x124, LOCAL);
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F2).offset, 4);
    k.write(k.pte(F2), 0x125, LOCAL);
    k.write(k.pte(F), 0x123, LOCAL & ~0x20);
    const heard = listen(k);
    k.cpu.mmu.setCr3(k.p1.cr3);
    const list = heard();
    expect(list).toContain("mmu_drop_spte not_accessed");
    expect(list).toContain("mmu_drop_spte gpte_changed");
    expect(list).toContain("mmu_sync_page cr3_reload");
  });

  it("who delivered a fault", () => {
    const k = new Kernel();
    k.shadowT();
    const heard = listen(k);
    k.cpu.read(F2);
    expect(heard()).toEqual(["inj_exception notrap"]);
    k.cpu.access(0xc010_0000, 4);
    expect(heard()).toEqual(["exit exit_pf", "inj_exception guest_fault"]);
  });
});

it("a tap changes nothing that is counted", () => {
  const run = (tapped: boolean) => {
    const k = new Kernel();
    if (tapped) listen(k);
    k.unsyncT();
    k.cpu.mmu.setCr3(k.p2.cr3);
    k.flushGlobal();
    k.cpu.shadow.unprotect(k.m);
    return { ...k.cpu.shadow.stats };
  };
  expect(run(true)).toEqual(run(false));
});
