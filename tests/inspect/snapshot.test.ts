/** Snapshots: what is asked for and no more, at any moment of a machine's life, and without a trace in the machine. */
import { describe, expect, it } from "vitest";
import { EIP, ESP } from "../../src/cpu/state.ts";
import { counterTable } from "../../src/inspect/hypervisor.ts";
import { type SnapshotRequest, snapshotOf } from "../../src/inspect/snapshot.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import type { Machine } from "../../src/machine/machine.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { defaultPolicy, policies } from "../../src/mmu/shadow/policy.ts";
import { kvmCounters, umbraCounters } from "../../src/mmu/shadow/stats.ts";
import { guestMachine, machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const forgetful = { unsyncOrigin: () => null, skips: () => 0 };

const everything = (n: number): SnapshotRequest => ({
  cpu: { code: 8, stack: 8 },
  devices: true,
  oos: true,
  shadow: { first: n % 40, count: 20, sort: (["tree", "gfn", "stale", "present"] as const)[n % 4] },
  page: { sp: n % 60, first: n % 7, count: 20 },
  translate: {
    gva: (n * 0x0123_4567) >>> 0,
    access: (["read", "write", "fetch"] as const)[n % 3],
    user: n % 2 === 0,
  },
});

const EVERY = 10_000;
const UNTIL = 1_000_000;

function runWith(
  policy: Policy,
  look: ((machine: Machine, n: number) => void) | null,
  mmu: "bare" | "shadow",
) {
  const machine = guestMachine("kmap", { policy, mmu });
  for (let n = 1; n * EVERY <= UNTIL; n++) {
    machine.run(n * EVERY);
    if (look !== null) look(machine, n);
  }
  const { pic, pit, com1 } = machine.board;
  return {
    hash: stateHash(machine),
    stats: machine.shadow === null ? null : { ...machine.shadow.stats },
    spt: machine.shadow?.kvm.spt.slice(),
    tlb: machine.mmu.tlb.words.slice(),
    devices: [pic.save(), pit.save(), com1.save()],
  };
}

describe("a run with a snapshot every 10 000 instructions ends as one without", () => {
  it.each([
    ["oos+global", defaultPolicy, "shadow"],
    ["modern", policies.modern.policy, "shadow"],
    ["bare", defaultPolicy, "bare"],
  ] as const)("%s", (_name, policy, mmu) => {
    const plain = runWith(policy, null, mmu);
    const watched = runWith(policy, (machine, n) => snapshotOf(machine, forgetful, everything(n)), mmu);
    expect(watched.hash).toBe(plain.hash);
    expect(watched.stats).toEqual(plain.stats);
    expect(watched.devices).toEqual(plain.devices);
    expect(watched.tlb).toEqual(plain.tlb);
    expect(watched.spt).toEqual(plain.spt);
  });
});

describe("a snapshot", () => {
  it("has the parts that were asked for, and always status and counters", () => {
    const machine = guestMachine("kmap");
    machine.run(500_000);
    const parts = (request: SnapshotRequest): string[] =>
      Object.entries(snapshotOf(machine, forgetful, request))
        .filter(([, value]) => value !== null)
        .map(([name]) => name);
    expect(parts({})).toEqual(["status", "counters"]);
    expect(parts({ cpu: { code: 1, stack: 1 } })).toEqual(["status", "counters", "cpu"]);
    expect(parts({ devices: true })).toEqual(["status", "counters", "devices"]);
    expect(parts({ oos: true })).toEqual(["status", "counters", "oos"]);
    expect(parts(everything(4)).length).toBe(8);
  });

  it("survives being sent to another thread", () => {
    const machine = guestMachine("kmap");
    machine.run(800_000);
    const snapshot = snapshotOf(machine, forgetful, everything(4));
    expect(structuredClone(snapshot)).toEqual(snapshot);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  it("has all counters by the names of the table: KVM's, then ours", () => {
    const machine = guestMachine("kmap");
    machine.run(500_000);
    const { counters } = snapshotOf(machine, forgetful, {});
    expect(Object.keys(counters ?? {})).toEqual(counterTable.map(({ name }) => name));
    expect(counterTable).toEqual([...kvmCounters, ...umbraCounters]);
    expect(counters?.exits).toBe(machine.shadow?.stats.exits);
    expect(counters?.exits).toBeGreaterThan(0);
  });

  it("without a hypervisor has no counters, no shadow pages, and half a translation", () => {
    const machine = guestMachine("kmap", { mmu: "bare" });
    machine.run(500_000);
    const snapshot = snapshotOf(machine, forgetful, everything(4));
    expect(snapshot).toMatchObject({ counters: null, oos: null, shadow: null, page: null });
    expect(snapshot.translate?.shadow).toBeNull();
    expect(snapshot.cpu?.code.length).toBe(8);
  });
});

describe("no state of a machine makes a snapshot fail", () => {
  const look = (machine: Machine) => snapshotOf(machine, forgetful, everything(1));
  const tiny = (text: string) => machineFor("tiny", tinyKernel(text), "", { ramBytes: 2 << 20 });

  it("nothing has run yet", () => {
    for (const mmu of ["shadow", "bare"] as const) {
      expect(look(guestMachine("kmap", { mmu })).status.icount).toBe(0);
    }
  });

  it("the next instruction and the stack are where nothing is", () => {
    const machine = tiny("hlt");
    for (const address of [0x8000_0000, 0xffff_fffe, 0xa_0000, -1]) {
      machine.cpu.r[EIP] = address;
      machine.cpu.r[ESP] = address;
      const { cpu } = look(machine);
      expect(cpu?.code.map(({ text }) => text)).toEqual(["(not mapped)"]);
      expect(cpu?.stack[0].value).toBeNull();
    }
  });

  it("the guest is dead, or has left", () => {
    const dead = tiny("int3");
    dead.run();
    expect(look(dead).status.faultChain).not.toBeNull();
    const left = tiny("out 0xf4, eax\nhlt");
    left.run();
    expect(look(left).status.exitStatus).not.toBeNull();
  });

  it("CR3 points to where no memory is", () => {
    const machine = tiny("hlt");
    const { mmu } = machine;
    mmu.setCr3(0x7fff_f000);
    mmu.setCr0(0x8001_0001);
    const { translate, shadow } = look(machine);
    expect(translate?.guest.verdict).toBe("no memory for the table at level 2");
    expect(shadow?.total).toBeGreaterThan(0);
    for (let sp = 0; sp < 70; sp++) {
      snapshotOf(machine, forgetful, { page: { sp, first: 0, count: 512 } });
    }
  });

  it("the request asks for pages, rows and entries that do not exist", () => {
    const machine = guestMachine("kmap");
    machine.run(500_000);
    const { page, shadow, translate } = snapshotOf(machine, forgetful, {
      page: { sp: 1e9, first: -5, count: 0 },
      shadow: { first: 1e9, count: 10, sort: "stale" },
      translate: { gva: -4096, access: "fetch", user: true },
    });
    expect([page, shadow?.rows, translate?.gva]).toEqual([null, [], 0xffff_f000]);
  });
});
