/** What is measured of the shadow MMU: each a scene, and a function that does the work once and says how often. */
import { setTrap } from "../../src/mmu/shadow/kvm.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { dropSpte } from "../../src/mmu/shadow/rmap.ts";
import type { CounterName } from "../../src/mmu/shadow/stats.ts";
import { NO_REASON } from "../../src/trace/reasons.ts";
import { Scene } from "./scene.ts";

/** Does the work; returns nanoseconds for one. */
export type Measured = () => number;

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly prepare: (policy: Policy) => Measured;
}

/** Nanoseconds that `work` takes, for each of the `count` things it does. */
export function timed(count: number, work: () => void): number {
  const start = performance.now();
  work();
  return ((performance.now() - start) * 1e6) / count;
}

/** As `timed`, of work that must move a counter by `count`: else something else was measured. */
function counted({ mmu }: Scene, counter: CounterName, count: number, work: () => void): number {
  const before = mmu.stats[counter];
  const found = timed(count, work);
  const moved = mmu.stats[counter] - before;
  if (moved !== count) throw new Error(`${counter} moved by ${moved}, not by ${count}`);
  return found;
}

const MIB_2 = 1 << 21;
const ENTRIES = 256;
const TABLES = 8;

/** Drops all user leaves of the first address space, as if the host had taken their frames. */
function dropLeaves({ mmu, tables }: Scene): void {
  const { kvm } = mmu;
  for (const page of kvm.pages) {
    if (!page.live || !tables[0].includes(page.gfn)) continue;
    for (let sptep = page.index * 512; sptep < page.index * 512 + ENTRIES; sptep++) {
      dropSpte(kvm, sptep, NO_REASON);
      setTrap(kvm, sptep);
    }
  }
  mmu.tlb.flush();
}

export const measures: readonly Measure[] = [
  {
    name: "TLB fill",
    unit: "a TLB miss that the shadow tables answer",
    prepare: (policy) => {
      const scene = new Scene(policy, { spaces: 2, tables: TABLES, entries: ENTRIES });
      scene.warmUp();
      return () => {
        scene.mmu.tlb.flush();
        return counted(scene, "tlb_fills", TABLES * ENTRIES, () => scene.touchAll());
      };
    },
  },
  {
    name: "fault fixed",
    unit: "a page-fault exit that makes one shadow entry",
    prepare: (policy) => {
      const scene = new Scene(policy, { spaces: 1, tables: TABLES, entries: ENTRIES });
      scene.warmUp();
      return () => {
        dropLeaves(scene);
        return counted(scene, "pf_fixed", TABLES * ENTRIES, () => scene.touchAll());
      };
    },
  },
  {
    name: "emulated pte write",
    unit: "an emulated store to a table in sync, without the exit before it",
    prepare: (policy) => {
      const scene = new Scene(policy, { spaces: 1, tables: 2, entries: ENTRIES });
      scene.warmUp();
      const [one, other] = scene.tables[0];
      return () =>
        counted(scene, "mmu_pte_write", 2 * ENTRIES, () => {
          // In turn, since three stores in a row to one table would count as a flood.
          for (let e = 0; e < ENTRIES; e++) {
            scene.mmu.pteWrite(one * 4096 + e * 8, 4);
            scene.mmu.pteWrite(other * 4096 + e * 8, 4);
          }
        });
    },
  },
  {
    name: "CR3 switch",
    unit: "a MOV to CR3 with nothing out of sync",
    prepare: (policy) => {
      const scene = new Scene(policy, { spaces: 2, tables: TABLES, entries: 8 });
      scene.warmUp();
      return () =>
        counted(scene, "root_loads", 2000, () => {
          for (let i = 0; i < 1000; i++) {
            scene.mmu.setCr3(scene.roots[0]);
            scene.mmu.setCr3(scene.roots[1]);
          }
        });
    },
  },
  { name: "page synced, 1 entry", unit: "a table with one entry, at a CR3 load", prepare: syncing(1) },
  { name: "page synced, 256", unit: "a table with 256 entries, at a CR3 load", prepare: syncing(256) },
  {
    name: "INVLPG",
    unit: "an INVLPG of a page that is mapped",
    prepare: (policy) => {
      const scene = new Scene(policy, { spaces: 1, tables: TABLES, entries: ENTRIES });
      scene.warmUp();
      return () => {
        scene.touchAll();
        return timed(TABLES * ENTRIES, () => {
          for (let t = 0; t < TABLES; t++) {
            for (let e = 0; e < ENTRIES; e++) scene.mmu.invlpg(t * MIB_2 + e * 4096);
          }
        });
      };
    },
  },
];

/** CR3 loads of the address space that runs, with all its tables out of sync; the rest of a CR3 load is in it, too. */
function syncing(entries: number): Measure["prepare"] {
  return (policy) => {
    const scene = new Scene(policy, { spaces: 2, tables: TABLES, entries });
    scene.warmUp();
    scene.mmu.setCr3(scene.roots[0]);
    return () => {
      let total = 0;
      for (let i = 0; i < 40; i++) {
        scene.unsync(0, TABLES);
        total += timed(TABLES, () => scene.mmu.setCr3(scene.roots[0]));
      }
      return total / 40;
    };
  };
}

export interface KmapResult {
  /** For each kmap cycle. */
  readonly exits: number;
  readonly synced: number;
  readonly examined: number;
  readonly nanoseconds: number;
}

const SWITCHES = 200;

/** `cycles` kmaps, then a switch to the other process; again and again. */
export function kmapsPerSwitch(policy: Policy, cycles: number): () => KmapResult {
  const scene = new Scene(policy, { spaces: 2, tables: 2, entries: 8 });
  scene.warmUp();
  scene.keepOneKmap();
  const { stats } = scene.mmu;
  return () => {
    const { exits, sync_pages_cr3, sptes_examined_cr3 } = stats;
    const nanoseconds = timed(SWITCHES * cycles, () => {
      for (let i = 0; i < SWITCHES; i++) {
        for (let c = 0; c < cycles; c++) scene.kmapCycle(c);
        scene.mmu.setCr3(scene.roots[i & 1]);
      }
    });
    const each = (now: number, before: number): number => (now - before) / (SWITCHES * cycles);
    return {
      exits: each(stats.exits, exits),
      synced: each(stats.sync_pages_cr3, sync_pages_cr3),
      examined: each(stats.sptes_examined_cr3, sptes_examined_cr3),
      nanoseconds,
    };
  };
}

export interface GrowthResult {
  readonly pages: number;
  /** Nanoseconds. */
  readonly switchClean: number;
  readonly switchUnsync: number;
  readonly fault: number;
  readonly write: number;
}

const UNSYNC = 8;
const FAULTS = 2000;

/** What single things cost among that many address spaces of that many tables each. */
export function growth(policy: Policy, spaces: number, tables: number): () => GrowthResult {
  const scene = new Scene(policy, { spaces, tables, entries: 2 });
  scene.warmUp();
  scene.mmu.setCr3(scene.roots[0]);
  const { mmu, roots } = scene;
  const busy = Math.min(UNSYNC, tables);
  return () => {
    mmu.setCr3(roots[0]);
    const switchClean = timed(1000, () => {
      for (let i = 0; i < 1000; i++) mmu.setCr3(roots[i % Math.min(spaces, 16)]);
    });
    mmu.setCr3(roots[0]);
    let total = 0;
    for (let i = 0; i < 50; i++) {
      scene.unsync(0, busy);
      total += timed(1, () => mmu.setCr3(roots[0]));
    }
    const fault = timed(FAULTS, () => {
      for (let i = 0; i < FAULTS; i++) {
        scene.kmapCycle(i & 15);
      }
    });
    const [table] = scene.tables[0];
    const write = timed(1000, () => {
      for (let i = 0; i < 500; i++) {
        mmu.pteWrite(table * 4096, 4);
        mmu.pteWrite(scene.kmapTable * 4096 + 8, 4);
      }
    });
    return { pages: livePages(scene), switchClean, switchUnsync: total / 50, fault, write };
  };
}

function livePages({ mmu }: Scene): number {
  return mmu.kvm.allocMmuPages - mmu.kvm.freeMmuPages;
}

/** Nanoseconds for a kmap cycle and a switch: dense in events. */
export function eventfulRound(policy: Policy): { readonly scene: Scene; readonly run: Measured } {
  const scene = new Scene(policy, { spaces: 2, tables: 2, entries: 8 });
  scene.warmUp();
  const run = (): number =>
    timed(2000, () => {
      for (let i = 0; i < 2000; i++) {
        scene.kmapCycle(i & 7);
        scene.mmu.setCr3(scene.roots[i & 1]);
      }
    });
  return { scene, run };
}
