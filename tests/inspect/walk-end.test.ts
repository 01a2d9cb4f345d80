/** Where a walk ends for each kind of access, and which level denies it, in both sets of tables. */
import { describe, expect, it } from "vitest";
import { type AccessKind, translateView } from "../../src/inspect/translate-view.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { PE, PG, type Processor, ShadowProcessor } from "../mmu/harness.ts";
import { F, F2, Kernel, V } from "../mmu/shadow/kernel.ts";
import { NX, P, PAGE, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";

const ask = (cpu: Processor, gva: number, access: AccessKind = "read", user = false) => {
  const shadow = cpu instanceof ShadowProcessor ? cpu.shadow : null;
  return translateView({ mmu: cpu.mmu, shadow }, { gva, access, user });
};

/** Guest's verdict on an access to V: [read, write, fetch] of the supervisor, then of the user. */
function verdicts(cpu: Processor, gva = V): string[] {
  return [false, true].flatMap((user) =>
    (["read", "write", "fetch"] as const).map((access) => ask(cpu, gva, access, user).guest.verdict),
  );
}

function paeWith(flags: number, tableFlags: number = TABLE, policy: Partial<Policy> = {}): ShadowProcessor {
  const guest = new TestGuest();
  const tables = guest.pae();
  tables.map(V, 0x150, flags, tableFlags);
  return new ShadowProcessor(guest, policy).startPae(tables.cr3);
}

const OK = "allowed";

describe("the guest's verdict on [read, write, fetch] by supervisor and user (SDM: volume 3, 4.6)", () => {
  it.each([
    ["everything granted", PAGE | US, TABLE, [OK, OK, OK, OK, OK, OK]],
    ["U clear in the PTE", PAGE, TABLE, [OK, OK, OK, ...Array(3).fill("supervisor only at level 1")]],
    [
      "U clear in the PDE",
      PAGE | US,
      TABLE & ~US,
      [OK, OK, OK, ...Array(3).fill("supervisor only at level 2")],
    ],
    [
      "W clear in the PTE, CR0.WP set",
      (PAGE & ~RW) | US,
      TABLE,
      [OK, "read-only at level 1", OK, OK, "read-only at level 1", OK],
    ],
    [
      "W clear in the PDE",
      PAGE | US,
      TABLE & ~RW,
      [OK, "read-only at level 2", OK, OK, "read-only at level 2", OK],
    ],
    [
      "NX in the PTE, EFER.NXE set",
      PAGE | US | NX,
      TABLE,
      [OK, OK, "no execute at level 1", OK, OK, "no execute at level 1"],
    ],
    ["P clear in the PTE", US, TABLE, Array(6).fill("not present at level 1")],
    ["P clear in the PDE", PAGE | US, TABLE & ~P, Array(6).fill("not present at level 2")],
  ])("%s", (_name, flags, tableFlags, expected) => {
    expect(verdicts(paeWith(flags, tableFlags))).toEqual(expected);
  });

  it("a PDPTE that is not present ends the walk at level 3", () => {
    const { guest } = ask(paeWith(PAGE), 0x8000_0000);
    expect([guest.verdict, guest.gfn, guest.steps.length]).toEqual(["not present at level 3", -1, 1]);
  });

  it("CR0.WP clear lets a supervisor write what is read-only, but no user", () => {
    const cpu = paeWith((PAGE & ~RW) | US);
    cpu.mmu.setCr0(PG | PE);
    expect([ask(cpu, V, "write").guest.verdict, ask(cpu, V, "write", true).guest.verdict]).toEqual([
      OK,
      "read-only at level 1",
    ]);
  });

  it("with EFER.NXE clear the bit NX is reserved, whatever the access", () => {
    const cpu = paeWith(PAGE | NX);
    cpu.mmu.setEfer(0);
    expect(ask(cpu, V).guest.verdict).toBe("reserved bit at level 1");
  });

  it("a table where there is no memory is none", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.set(tables.pde(V), 0xa5, TABLE);
    const { verdict } = ask(new ShadowProcessor(guest).startPae(tables.cr3), V).guest;
    expect(verdict).toBe("no memory for the table at level 1");
  });

  it("not present counts for more than rights, but in KVM 2.6.29 rights of upper levels come first", () => {
    const verdict = (model: "sdm" | "kvm") =>
      ask(paeWith(0, TABLE & ~RW, { model }), V, "write").guest.verdict;
    expect([verdict("sdm"), verdict("kvm")]).toEqual(["not present at level 1", "read-only at level 2"]);
  });

  it("a large page ends the walk at level 2, at the frame within it", () => {
    const guest = new TestGuest();
    const pae = guest.pae();
    pae.mapLarge(V, 0x200, PAGE & ~RW);
    const two = guest.twoLevel();
    two.mapLarge(V, 0x400, PAGE & ~RW);
    const wide = ask(new ShadowProcessor(guest).startPae(pae.cr3), V + 0x5000, "write").guest;
    expect([wide.gfn, wide.verdict, wide.steps.length]).toEqual([0x205, "read-only at level 2", 2]);
    const narrow = ask(new ShadowProcessor(guest).startTwoLevel(two.cr3), V + 0x20_5000, "write").guest;
    expect([narrow.gfn, narrow.verdict, narrow.steps.length]).toEqual([0x605, "read-only at level 2", 1]);
  });

  it("a large page of 4 MiB has reserved bits between its frame and the bits of PSE-36", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    const at = tables.mapLarge(V, 0x400, PAGE);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    expect(ask(cpu, V).guest.verdict).toBe(OK);
    guest.memory.write32(at.gfn, at.offset, guest.memory.read32(at.gfn, at.offset) | (1 << 17));
    expect(ask(cpu, V).guest).toMatchObject({ verdict: "reserved bit at level 2", gfn: -1 });
  });

  it("32-bit tables of 4 KiB pages have no NX, and two levels", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    tables.map(V, 0x150, PAGE | US);
    const { guest: end } = ask(new ShadowProcessor(guest).startTwoLevel(tables.cr3), V, "fetch", true);
    expect([end.verdict, end.gfn, end.steps.map(({ level }) => level)]).toEqual([OK, 0x150, [2, 1]]);
  });

  it("without paging all is allowed, and there are no entries", () => {
    const view = ask(new ShadowProcessor(new TestGuest()), 0x12_3456, "write", true);
    expect([view.guest.verdict, view.guest.gfn, view.guest.steps]).toEqual([OK, 0x123, []]);
  });
});

describe("the shadow's verdict", () => {
  it("a slot, link or leaf that is absent faults, one that traps exits", () => {
    const k = new Kernel();
    k.shadowT();
    const verdict = (gva: number) => ask(k.cpu, gva).shadow?.verdict;
    expect(verdict(0x8000_0000)).toBe("not present at level 3");
    expect(verdict(V)).toBe("trap at level 2");
    expect(verdict(F)).toBe(OK);
    expect(verdict(F2)).toBe("not present at level 1");
    k.cpu.mmu.invlpg(F);
    expect(verdict(F)).toBe("trap at level 1");
  });

  it("obeys W whatever the guest's CR0.WP, since KVM keeps the real one set", () => {
    const cpu = paeWith((PAGE & ~RW) | US | NX);
    cpu.mmu.setCr0(PG | PE);
    cpu.read(V);
    const verdict = (access: AccessKind) => ask(cpu, V, access).shadow?.verdict;
    expect([verdict("read"), verdict("write"), verdict("fetch")]).toEqual([
      OK,
      "read-only at level 1",
      "no execute at level 1",
    ]);
    const system = paeWith(PAGE);
    system.read(V);
    expect(ask(system, V, "read", true).shadow?.verdict).toBe("supervisor only at level 1");
  });
});
