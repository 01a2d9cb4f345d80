/** Every invariant is broken on purpose, and caught by its name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeViolation } from "../../../src/mmu/shadow/audit/describe-violation.ts";
import { Audit, type Violation, type When } from "../../../src/mmu/shadow/audit.ts";
import { type Kvm, lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { unlinkUnsync } from "../../../src/mmu/shadow/oos-list.ts";
import type { Policy } from "../../../src/mmu/shadow/policy.ts";
import { ROLE_INVALID } from "../../../src/mmu/shadow/role.ts";
import type { ShadowPage } from "../../../src/mmu/shadow/shadow-page.ts";
import { A, NX } from "../../support/page-tables.ts";
import { PAE, PSE, USER } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "./kernel.ts";

interface Parts {
  readonly k: Kernel;
  readonly kvm: Kvm;
  /** The fixmap's page, out of sync and global; the user page's, in sync; the kernel directory's. */
  readonly t: ShadowPage;
  readonly u: ShadowPage;
  readonly m: ShadowPage;
  readonly leafOfT: number;
}

function parts(policy: Partial<Policy> = {}): Parts {
  const k = new Kernel(policy);
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
  ["INV-1", ({ kvm, t }) => (kvm.buckets[t.gfn & kvm.hashMask] = null)],
  ["INV-1", ({ t, u }) => (t.activePrev = u)],
  ["INV-5", ({ t, u }) => (t.parents = u.parents)],
  ["INV-6", ({ t }) => t.present++],
  ["INV-7", ({ t }) => (t.role |= 3 << 8)],
  ["INV-8", ({ t }) => (t.role |= ROLE_INVALID)],
  ["INV-9", ({ m }) => m.rootCount++],
  ["INV-10", ({ kvm }) => (kvm.walker.pdptes[2] = 1)],
  ["INV-11", ({ kvm }) => (kvm.rootLoaded = false)],
  ["INV-12", ({ kvm, leafOfT }) => (kvm.gfns[leafOfT] = 0x77)],
  ["INV-12", ({ kvm, leafOfT }) => (kvm.rmap[kvm.gfns[leafOfT]] = 0)],
  ["INV-12", ({ kvm, leafOfT }) => (kvm.next[leafOfT] = leafOfT)],
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
  ["INV-22", ({ k }) => k.p1.set(k.p1.pde(F), k.t, KERNEL & ~2)],
  ["INV-24", ({ kvm }) => (kvm.oosGlobalPages = null)],
  ["INV-24", ({ kvm, u }) => (kvm.oosGlobalPages = u)],
  ["INV-25", ({ kvm }) => kvm.stats.mmu_unsync_global++],
  ["INV-26", ({ kvm }) => kvm.stats.mmu_unsync++],
  ["INV-28", ({ u }) => (u.global = true)],
  ["INV-30", ({ t }) => (t.global = false)],
  ["INV-31", ({ m }) => m.unsyncChildren++],
  ["INV-31", ({ m }) => m.oosGlobalChildren++],
  ["INV-40", ({ kvm, leafOfT }) => (kvm.spt[leafOfT * 2] &= ~2)],
  ["INV-40", ({ kvm, u }) => (kvm.spt[u.index * 1024] &= ~4)],
  [
    "INV-40",
    ({ k, kvm, leafOfT }) => {
      k.cpu.fetch(F);
      kvm.spt[leafOfT * 2 + 1] |= NX;
    },
  ],
  ["INV-41", ({ kvm }) => kvm.stats.exits_pf++],
  ["INV-42", ({ kvm }) => (kvm.stats.mmu_flooded = 1e6)],
  ["INV-43", ({ kvm }) => kvm.stats.remote_tlb_flush++],
  ["INV-44", ({ kvm }) => (kvm.stats.invlpg = 1e6)],
  // Lists that have become rings.
  ["INV-1", ({ t }) => (t.hashNext = t)],
  ["INV-1", ({ u }) => (u.activeNext = u)],
  ["INV-6", ({ kvm, t }) => (kvm.next[t.parents] = t.parents)],
  ["INV-24", ({ t }) => (t.oosNext = t)],
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

  it("INV-40: also at an address whose directory is gone, and for another frame", () => {
    const { kvm, m, leafOfT } = parts();
    const link = m.index * 512 + ((F >>> 21) & 511);
    const entry = kvm.spt[link * 2];
    kvm.spt[link * 2] = 0;
    expect(namesOf(new Audit(kvm).run())).toContain("INV-40");
    kvm.spt[link * 2] = entry;
    kvm.spt[leafOfT * 2] += 0x1000;
    expect(namesOf(new Audit(kvm).run())).toContain("INV-40");
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

  it("describes the page and the entry of a violation", () => {
    const { kvm, t, leafOfT } = parts();
    kvm.spt[leafOfT * 2] += 0x1000;
    const violation = new Audit(kvm).run().find(({ invariant }) => invariant === "INV-13");
    const text = describeViolation(kvm, violation as Violation).join("\n");
    expect(text).toContain("INV-13 is broken: every leaf maps the host frame of its gfn");
    expect(text).toContain(`page: sp ${t.index.toString(16)}, gfn 00${k16(t.gfn)}, level 1, glevels 3`);
    expect(text).toContain("state GU");
    expect(text).toMatch(
      /entry: 5: spte 00000000_[0-9a-f]{8} \(present\) maps gfn 00123, gpte 00000000_00123163/,
    );
  });

  it("INV-35: global pages under a policy without them", () => {
    const k = new Kernel({ oosGlobal: false });
    k.shadowT();
    const t = lookupPage(k.cpu.shadow.kvm, k.t) as ShadowPage;
    t.global = true;
    expect(namesOf(new Audit(k.cpu.shadow.kvm).run())).toContain("INV-35");
  });
});

const namesOf = (violations: readonly Violation[]): string[] => [
  ...new Set(violations.map(({ invariant }) => invariant)),
];
const k16 = (value: number): string => value.toString(16);

/** A clean machine and an audit that has seen it once. */
function watched(policy: Partial<Policy> = {}): Parts & { readonly again: (after?: When) => string[] } {
  const p = parts(policy);
  const audit = new Audit(p.kvm);
  expect(audit.run()).toEqual([]);
  return { ...p, again: (after) => namesOf(audit.run(after)) };
}

it("docs/audit.md has every invariant with its sentence", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/audit.md"), "utf8");
  const rows = [...text.matchAll(/^\| (INV-\d+) \| (.+?) \|/gm)].map(
    ([, id, sentence]) => `${id} ${sentence}`,
  );
  const { invariants } = new Audit(parts().kvm);
  expect(rows.sort()).toEqual(invariants.map(({ id, sentence }) => `${id} ${sentence}`).sort());
});

describe("invariants that remember", () => {
  it("INV-23: while oos is off no page goes out of sync", () => {
    const { kvm, u, again } = watched();
    kvm.policy.oos = false;
    expect(again()).toEqual([]);
    u.unsync = true;
    expect(again()).toContain("INV-23");
    // Once seen it is old.
    expect(again()).not.toContain("INV-23");
  });

  it("INV-23: what was out of sync when oos was switched off may stay so", () => {
    const { kvm, k, again } = watched();
    kvm.policy.oos = false;
    expect(again()).toEqual([]);
    k.cpu.mmu.exit(0);
    expect(again()).toEqual([]);
    expect(k.state).toBe("GU");
  });

  it("INV-27: remembers who was not global", () => {
    const { u, again } = watched();
    u.global = true;
    expect(again()).toContain("INV-27");
  });

  it("INV-28: while CR4.PGE is clear a global page gets no leaf", () => {
    const k = new Kernel();
    k.p1.map(F2, 0x124, KERNEL);
    k.shadowT();
    k.cpu.mmu.setCr4(PAE | PSE);
    const { kvm } = k.cpu.shadow;
    const audit = new Audit(kvm);
    expect(audit.run()).toEqual([]);
    const t = lookupPage(kvm, k.t) as ShadowPage;
    k.cpu.read(F2);
    expect(t.global).toBe(false);
    t.global = true;
    expect(namesOf(audit.run())).toContain("INV-28");
  });

  it("INV-28: under a policy where G counts by itself it does", () => {
    const k = new Kernel({ globalWithoutPge: true });
    k.p1.map(F2, 0x124, KERNEL);
    k.shadowT();
    k.cpu.mmu.setCr4(PAE | PSE);
    const audit = new Audit(k.cpu.shadow.kvm);
    expect(audit.run()).toEqual([]);
    k.cpu.read(F2);
    expect(k.state).toBe("GS");
    expect(audit.run()).toEqual([]);
  });

  describe("INV-34: a CR3 load leaves the global list and its pages alone", () => {
    it("holds", () => {
      const { k, again } = watched();
      k.cpu.mmu.setCr3(k.p1.cr3);
      expect(again("after a CR3 load")).toEqual([]);
      k.cpu.mmu.setCr3(k.p2.cr3);
      expect(again("after a CR3 load")).toEqual([]);
    });

    it.each<[string, (p: Parts) => void]>([
      ["a page that left the list", ({ kvm, t }) => unlinkUnsync(kvm, t)],
      ["another page in its place", ({ t }) => t.serial++],
      ["an entry that changed", ({ kvm, leafOfT }) => (kvm.spt[leafOfT * 2] &= ~2)],
      ["an entry that is gone", ({ kvm, leafOfT }) => kvm.spt.set([kvm.trapLo, kvm.trapHi], leafOfT * 2)],
    ])("catches %s", (_, harm) => {
      const p = watched();
      p.k.cpu.mmu.setCr3(p.k.p1.cr3);
      harm(p);
      expect(p.again("after a CR3 load")).toContain("INV-34");
    });

    it("says nothing if there was another exit since the audit before", () => {
      const p = watched();
      p.k.cpu.mmu.exit(0);
      p.k.cpu.mmu.setCr3(p.k.p1.cr3);
      unlinkUnsync(p.kvm, p.t);
      expect(p.again("after a CR3 load")).not.toContain("INV-34");
    });

    it("A bits, which the host MMU sets by itself, are no change", () => {
      const { k, kvm, leafOfT, again } = watched();
      kvm.spt[leafOfT * 2] ^= A;
      k.cpu.mmu.setCr3(k.p1.cr3);
      expect(again("after a CR3 load")).toEqual([]);
    });
  });
});

describe("invariants under other policies", () => {
  it("INV-18: several roles may be out of sync with unsyncRoles, a shadow of another level may not", () => {
    const { kvm, t, u } = parts({ unsyncRoles: true });
    u.gfn = t.gfn;
    expect(namesOf(new Audit(kvm).run())).not.toContain("INV-18");
    u.role = (u.role & ~0xf0) | 0x20;
    expect(namesOf(new Audit(kvm).run())).toContain("INV-18");
  });

  it.each([
    ["less", 0x40, { zapOnWrite: false }, ["INV-22"]],
    ["less, which zapOnWrite allows", 0x40, { zapOnWrite: true }, []],
    ["more", -0x40, { zapOnWrite: false }, ["INV-22"]],
    ["more, which zapOnWrite does not allow", -0x40, { zapOnWrite: true }, ["INV-22"]],
  ])("INV-22: a large page's table grants %s than the entry, whose D changed", (_, change, policy, found) => {
    const k = new Kernel(policy);
    const dirty = LOCAL | 0x80;
    const at = k.p1.mapLarge(0x80_0000, 0x400, change > 0 ? dirty & ~0x40 : dirty);
    // It was made behind the back of the directory's shadow, which goes.
    k.cpu.shadow.unprotect(at.gfn);
    k.cpu.read(0x80_0000);
    const audit = new Audit(k.cpu.shadow.kvm);
    expect(audit.run()).toEqual([]);
    k.p1.set(at, 0x400, change > 0 ? dirty : dirty & ~0x40);
    expect(namesOf(audit.run())).toEqual(found);
  });

  it("INV-35: with the fixed list nothing is on it while CR4.PGE is clear", () => {
    const { kvm } = parts({ oosGlobalFix: true });
    expect(namesOf(new Audit(kvm).run())).toEqual([]);
    kvm.walker.cr4 &= ~0x80;
    expect(namesOf(new Audit(kvm).run())).toContain("INV-35");
  });
});
