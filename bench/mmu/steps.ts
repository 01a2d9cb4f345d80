/** Single steps of the shadow MMU, one at a time, under each policy. */
import { setTrap } from "../../src/mmu/shadow/kvm.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { dropSpte } from "../../src/mmu/shadow/rmap.ts";
import type { CounterName } from "../../src/mmu/shadow/stats.ts";
import { ENTRIES } from "../../src/mmu/types.ts";
import { NO_REASON } from "../../src/trace/reasons.ts";
import { MIB_2, PAGE, Scene } from "./scene.ts";
import { timed, type Work } from "./timing.ts";

export interface Step {
  readonly name: string;
  /** What one of it is. */
  readonly unit: string;
  /** A round of it, which reads nanoseconds for one; null if the policy knows no such step. */
  readonly prepare: (policy: Policy) => Work | null;
}

type Moves = Partial<Record<CounterName, number>>;

/** Nanoseconds that `work` takes, which must move these counters so far: else something else was measured. */
export function counted({ mmu: { stats } }: Scene, moves: Moves, work: () => void): number {
  const names = Object.keys(moves) as CounterName[];
  const before = names.map((name) => stats[name]);
  const nanoseconds = timed(work);
  names.forEach((name, i) => {
    const moved = stats[name] - before[i];
    if (moved !== moves[name]) throw new Error(`${name} moved by ${moved}, not by ${moves[name]}`);
  });
  return nanoseconds;
}

/** Drops all leaves of the first tables of the first address space, as if the host had taken their frames. */
export function dropLeaves(scene: Scene, tables: number): void {
  const { kvm } = scene.mmu;
  for (let t = 0; t < tables; t++) {
    const first = scene.shadowOf(scene.tables[0][t]).index * ENTRIES;
    for (let sptep = first; sptep < first + scene.size.entries; sptep++) {
      dropSpte(kvm, sptep, NO_REASON);
      setTrap(kvm, sptep);
    }
  }
  kvm.tlb.flush();
}

/** Emulated stores of what is there already, to `entries` entries of two tables in turn: three in a row to one of
 * them would count as a flood. */
export function writeInTurn({ mmu, tables }: Scene, entries: number): void {
  const [one, other] = tables[0];
  for (let e = 0; e < entries; e++) {
    mmu.pteWrite(one * PAGE + e * 8, 4);
    mmu.pteWrite(other * PAGE + e * 8, 4);
  }
}

export function switchInTurn({ mmu, roots }: Scene, pairs: number): void {
  for (let i = 0; i < pairs; i++) {
    mmu.setCr3(roots[1]);
    mmu.setCr3(roots[0]);
  }
}

export function invalidate({ mmu, size }: Scene, tables: number): void {
  for (let t = 0; t < tables; t++) {
    for (let e = 0; e < size.entries; e++) mmu.invlpg(t * MIB_2 + e * PAGE);
  }
}

const TABLES = 8;
const MAPPED = 256;
const PAGES = TABLES * MAPPED;
const PASSES = 4;
const SWITCH_PAIRS = 1000;
const UNSYNC_TABLES = 64;

/** Work that does `pass` so many times, each of which returns nanoseconds for `count` of something. */
function passes(name: string, count: number, pass: () => number): Work {
  return () => {
    let total = 0;
    for (let i = 0; i < PASSES; i++) total += pass();
    return { [name]: total / (PASSES * count) };
  };
}

function mapped(policy: Policy): Scene {
  const scene = new Scene(policy, { spaces: 2, tables: TABLES, entries: MAPPED });
  scene.warmUp();
  return scene;
}

const tlbFill: Step = {
  name: "TLB fill",
  unit: "a TLB miss that the shadow tables answer",
  prepare: (policy) => {
    const scene = mapped(policy);
    return passes(tlbFill.name, PAGES, () => {
      scene.mmu.tlb.flush();
      return counted(scene, { tlb_fills: PAGES, exits: 0 }, () => scene.touch(TABLES));
    });
  },
};

const faultFixed: Step = {
  name: "fault fixed",
  unit: "a page-fault exit that makes one shadow entry, and the TLB fill after it",
  prepare: (policy) => {
    const scene = mapped(policy);
    return passes(faultFixed.name, PAGES, () => {
      dropLeaves(scene, TABLES);
      return counted(scene, { pf_fixed: PAGES, exits: PAGES }, () => scene.touch(TABLES));
    });
  },
};

const pteWrite: Step = {
  name: "emulated pte write",
  unit: "an emulated store to a table in sync, without the exit before it",
  prepare: (policy) => {
    const scene = mapped(policy);
    const moves = { mmu_pte_write: 2 * MAPPED, mmu_flooded: 0 };
    const updated = policy.zapOnWrite ? 0 : 2 * MAPPED;
    return passes(pteWrite.name, 2 * MAPPED, () => {
      scene.touch(2);
      return counted(scene, { ...moves, mmu_pte_updated: updated }, () => writeInTurn(scene, MAPPED));
    });
  },
};

const switching: Step = {
  name: "CR3 switch",
  unit: "a MOV to CR3 with nothing out of sync",
  prepare: (policy) => {
    const scene = mapped(policy);
    const count = 2 * SWITCH_PAIRS;
    return passes(switching.name, count, () =>
      counted(scene, { root_loads: count, sync_pages_cr3: 0 }, () => switchInTurn(scene, SWITCH_PAIRS)),
    );
  },
};

/** Two address spaces, of which the one that does not run has tables to let go. */
function drifting(policy: Policy, entries: number): Scene | null {
  if (!policy.oos) return null;
  const scene = new Scene(policy, { spaces: 2, tables: UNSYNC_TABLES, entries });
  scene.warmUp();
  return scene;
}

const goingUnsync: Step = {
  name: "page goes unsync",
  unit: "a store to a table in sync: the exit, letting the table go, the TLB fill, the store",
  prepare: (policy) => {
    const scene = drifting(policy, 1);
    if (scene === null) return null;
    return passes(goingUnsync.name, UNSYNC_TABLES, () => {
      const moves = { mmu_unsync: UNSYNC_TABLES, exits: UNSYNC_TABLES };
      const found = counted(scene, moves, () => scene.unsync(1, UNSYNC_TABLES));
      switchInTurn(scene, 1);
      return found;
    });
  },
};

/** The load itself is in it, shared by all pages. What an entry costs is the difference of many and one. */
const syncing: Step = {
  name: "page synced",
  unit: `one of ${UNSYNC_TABLES} tables that a CR3 load syncs`,
  prepare: (policy) => {
    const one = syncingTables(policy, 1);
    const many = syncingTables(policy, MAPPED);
    if (one === null || many === null) return null;
    return () => {
      const single = one();
      const full = many();
      return {
        "page synced, 1 entry": single,
        [`page synced, ${MAPPED} entries`]: full,
        "entry examined": (full - single) / (MAPPED - 1),
      };
    };
  },
};

function syncingTables(policy: Policy, entries: number): (() => number) | null {
  const scene = drifting(policy, entries);
  if (scene === null) return null;
  const { mmu, roots } = scene;
  const moves = { sync_pages_cr3: UNSYNC_TABLES, sptes_examined_cr3: UNSYNC_TABLES * entries };
  return () => {
    let total = 0;
    for (let i = 0; i < PASSES; i++) {
      scene.unsync(1, UNSYNC_TABLES);
      total += counted(scene, moves, () => mmu.setCr3(roots[1]));
      mmu.setCr3(roots[0]);
    }
    return total / (PASSES * UNSYNC_TABLES);
  };
}

const invlpg: Step = {
  name: "INVLPG",
  unit: "an INVLPG of a page that is mapped by a table in sync",
  prepare: (policy) => {
    const scene = mapped(policy);
    return passes(invlpg.name, PAGES, () => {
      scene.touch(TABLES);
      return counted(scene, { invlpg: PAGES }, () => invalidate(scene, TABLES));
    });
  },
};

export const steps: readonly Step[] = [
  tlbFill,
  faultFixed,
  pteWrite,
  switching,
  goingUnsync,
  syncing,
  invlpg,
];
