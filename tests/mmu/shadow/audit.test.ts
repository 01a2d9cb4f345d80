/** Every invariant is broken on purpose, and caught by its name. */
import { describe, expect, it } from "vitest";
import { Audit } from "../../../src/mmu/shadow/audit.ts";
import { type Kvm, lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { ROLE_INVALID } from "../../../src/mmu/shadow/role.ts";
import type { ShadowPage } from "../../../src/mmu/shadow/shadow-page.ts";
import { USER } from "../harness.ts";
import { F, KERNEL, Kernel, LOCAL, V } from "./kernel.ts";

interface Parts {
  readonly k: Kernel;
  readonly kvm: Kvm;
  /** The fixmap's page, out of sync and global; the user page's, in sync; the kernel directory's. */
  readonly t: ShadowPage;
  readonly u: ShadowPage;
  readonly m: ShadowPage;
  readonly leafOfT: number;
}

function parts(): Parts {
  const k = new Kernel();
  k.unsyncT();
  k.cpu.read(V, USER);
  k.cpu.read(F);
  const { kvm } = k.cpu.shadow;
  const t = lookupPage(kvm, k.t) as ShadowPage;
  const u = lookupPage(kvm, k.p1.pte(V).gfn) as ShadowPage;
  const m = lookupPage(kvm, k.m) as ShadowPage;
  const leafOfT = t.index * 512 + ((F >>> 12) & 511);
  return { k, kvm, t, u, m, leafOfT };
}

const damage: [string, (p: Parts) => void][] = [
  ["INV-1", ({ t }) => (t.live = false)],
  ["INV-2", ({ kvm }) => kvm.freeMmuPages--],
  ["INV-3", ({ t, u }) => Object.assign(u, { role: t.role, gfn: t.gfn })],
  ["INV-4", ({ t }) => (t.parents = 0)],
  ["INV-5", ({ t, u }) => (t.parents = u.parents)],
  ["INV-6", ({ t }) => t.present++],
  ["INV-7", ({ t }) => (t.role |= 3 << 8)],
  ["INV-8", ({ t }) => (t.role |= ROLE_INVALID)],
  ["INV-9", ({ m }) => m.rootCount++],
  ["INV-10", ({ kvm }) => (kvm.walker.pdptes[2] = 1)],
  ["INV-11", ({ kvm }) => (kvm.rootLoaded = false)],
  ["INV-12", ({ kvm, leafOfT }) => (kvm.gfns[leafOfT] = 0x77)],
  ["INV-13", ({ kvm, leafOfT }) => (kvm.spt[leafOfT * 2] += 0x1000)],
  ["INV-14", ({ t }) => (t.slotBitmap = 0)],
  ["INV-15", ({ kvm, t }) => kvm.writeCount[t.gfn >>> 9]++],
  ["INV-16", ({ t }) => (t.unsync = false)],
  ["INV-17", ({ m }) => (m.unsync = true)],
  ["INV-18", ({ t, u }) => (u.gfn = t.gfn)],
  ["INV-19", ({ kvm, leafOfT }) => kvm.spt.fill(0, leafOfT * 2, leafOfT * 2 + 2)],
  ["INV-20", ({ k, u }) => k.p1.set({ gfn: u.gfn, offset: 80 }, 5, LOCAL)],
  ["INV-21", ({ k, u }) => k.p1.set({ gfn: u.gfn, offset: 0 }, 0x151, LOCAL)],
  ["INV-21", ({ k, u }) => k.p1.set({ gfn: u.gfn, offset: 0 }, 0x150, LOCAL & ~2)],
  ["INV-22", ({ k }) => k.p1.set(k.p1.pde(F), 0x99, KERNEL)],
  ["INV-24", ({ kvm }) => (kvm.oosGlobalPages = null)],
  ["INV-25", ({ kvm }) => kvm.stats.mmu_unsync_global++],
  ["INV-26", ({ kvm }) => kvm.stats.mmu_unsync++],
  ["INV-28", ({ u }) => (u.global = true)],
  ["INV-30", ({ t }) => (t.global = false)],
  ["INV-31", ({ m }) => m.unsyncChildren++],
  ["INV-31", ({ m }) => m.oosGlobalChildren++],
  ["INV-40", ({ kvm, leafOfT }) => (kvm.spt[leafOfT * 2] &= ~2)],
  ["INV-41", ({ kvm }) => kvm.stats.exits_pf++],
  ["INV-42", ({ kvm }) => (kvm.stats.mmu_flooded = 1e6)],
  ["INV-43", ({ kvm }) => kvm.stats.remote_tlb_flush++],
  ["INV-44", ({ kvm }) => (kvm.stats.invlpg = 1e6)],
];

describe("audit", () => {
  it("is clean before the damage", () => {
    expect(new Audit(parts().kvm).run()).toEqual([]);
  });

  it.each(damage)("%s", (id, harm) => {
    const p = parts();
    harm(p);
    const found = new Audit(p.kvm).run();
    expect(found.map(({ invariant }) => invariant)).toContain(id);
    expect(found.every(({ sentence, detail }) => sentence !== "" && detail !== "")).toBe(true);
  });

  it("INV-27: remembers who was not global", () => {
    const { kvm, u } = parts();
    const audit = new Audit(kvm);
    audit.run();
    u.global = true;
    expect(audit.run().map(({ invariant }) => invariant)).toContain("INV-27");
  });

  it("INV-29: a direct map with leaves", () => {
    const k = new Kernel();
    k.cpu.mmu.setCr0(1);
    k.cpu.read(0x30_0000);
    const { kvm } = k.cpu.shadow;
    const direct = kvm.pages.find(
      (sp) => sp.live && sp.present > 0 && (sp.role & 0xff) === 0x10,
    ) as ShadowPage;
    direct.global = true;
    expect(new Audit(kvm).run().map(({ invariant }) => invariant)).toContain("INV-29");
  });

  it("INV-32, INV-33: only asked for after their events", () => {
    const { k, kvm } = parts();
    const audit = new Audit(kvm);
    expect(audit.run("after a CR0 or CR4 write").map(({ invariant }) => invariant)).toEqual(["INV-32"]);
    const local = new Kernel();
    local.unsyncT(LOCAL);
    expect(new Audit(local.cpu.shadow.kvm).run("after a CR3 load").map(({ invariant }) => invariant)).toEqual(
      ["INV-33"],
    );
    expect(k.state).toBe("GU");
  });

  it("INV-35: global pages under a policy without them", () => {
    const k = new Kernel({ oosGlobal: false });
    k.shadowT();
    const t = lookupPage(k.cpu.shadow.kvm, k.t) as ShadowPage;
    t.global = true;
    expect(new Audit(k.cpu.shadow.kvm).run().map(({ invariant }) => invariant)).toContain("INV-35");
  });
});
