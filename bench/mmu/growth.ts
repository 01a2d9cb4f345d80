/** What single steps cost among more and more of something. What is flat here is independent of it. */
import { lookupPage } from "../../src/mmu/shadow/kvm.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import type { Section } from "./results.ts";
import { CR4_PAE, CR4_PAE_PGE, KMAP, LINEAR_MAP, MIB_2, PAGE, Scene, type SceneSize } from "./scene.ts";
import { counted, dropLeaves, invalidate, switchInTurn, writeInTurn } from "./steps.ts";
import { type Readings, timed, type Work } from "./timing.ts";

/** A scene of one size, and a round of all steps in it. */
export interface Grown {
  /** How many there are, counted in the scene. */
  readonly size: number;
  readonly work: Work;
}

export interface Growth {
  readonly section: Section;
  /** What there is more and more of. */
  readonly of: string;
  readonly sizes: readonly number[];
  /** Null: this policy has nothing that could grow here. */
  readonly prepare: (policy: Policy, size: number) => Grown | null;
}

const PAIRS = 200;
const REPEATS = 20;
const ENTRIES_EACH = 8;
const BUSY_TABLES = 8;
const OUT_OF_SYNC = [1, 8, 64] as const;

function warm(policy: Policy, size: SceneSize): Scene {
  const scene = new Scene(policy, size);
  scene.warmUp();
  return scene;
}

/** Mean of `work`, which returns nanoseconds. */
function mean(work: () => number): number {
  let total = 0;
  for (let i = 0; i < REPEATS; i++) total += work();
  return total / REPEATS;
}

/** Nanoseconds of the load of a root under which so many tables are out of sync. */
function switchToUnsync(scene: Scene, tables: number): number {
  const { mmu, roots } = scene;
  return mean(() => {
    scene.unsync(1, tables);
    const found = counted(scene, { sync_pages_cr3: tables }, () => mmu.setCr3(roots[1]));
    mmu.setCr3(roots[0]);
    return found;
  });
}

function kmaps(scene: Scene): number {
  return (
    timed(() => {
      for (let i = 0; i < PAIRS; i++) scene.kmapCycle(i & 15);
    }) / PAIRS
  );
}

/** All that must not depend on how much else there is. */
function everyStep(scene: Scene, policy: Policy): Readings {
  const { kvm } = scene.mmu;
  const [tables] = scene.tables;
  const busy = Math.min(BUSY_TABLES, tables.length);
  const pages = busy * ENTRIES_EACH;
  const readings: Record<string, number> = {};
  readings.lookup =
    timed(() => {
      for (let i = 0; i < PAIRS; i++) {
        for (let t = 0; t < busy; t++) lookupPage(kvm, tables[t]);
      }
    }) /
    (PAIRS * busy);
  readings["TLB fill"] =
    mean(() => {
      kvm.tlb.flush();
      return counted(scene, { tlb_fills: pages, exits: 0 }, () => scene.touch(busy));
    }) / pages;
  readings["fault fixed"] =
    mean(() => {
      dropLeaves(scene, busy);
      return counted(scene, { pf_fixed: pages }, () => scene.touch(busy));
    }) / pages;
  readings["emulated pte write"] =
    mean(() => {
      scene.touch(busy);
      return timed(() => writeInTurn(scene, ENTRIES_EACH));
    }) /
    (2 * ENTRIES_EACH);
  readings.INVLPG =
    mean(() => {
      scene.touch(busy);
      return timed(() => invalidate(scene, busy));
    }) / pages;
  readings.kmap = kmaps(scene);
  scene.touch(busy);
  switchInTurn(scene, 1);
  readings["CR3 switch"] = timed(() => switchInTurn(scene, PAIRS)) / (2 * PAIRS);
  for (const count of OUT_OF_SYNC) {
    if (policy.oos && count <= tables.length) {
      readings[`CR3 switch, ${count} out of sync`] = switchToUnsync(scene, count);
    }
  }
  return readings;
}

/** Live shadow pages. KVM: n_alloc_mmu_pages - n_free_mmu_pages. */
export function livePages({ mmu: { kvm } }: Scene): number {
  return kvm.allocMmuPages - kvm.freeMmuPages;
}

/** A directory's half, so that there is room for more pages than one address space can have tables. */
const MANY_TABLES = 256;
/** Shadow pages that two address spaces have without tables: directories, T, the linear map. */
const FIXED_PAGES = 5;

const pages: Growth = {
  section: "pages",
  of: "live shadow pages",
  sizes: [10, 100, 1000, 10_000],
  prepare: (policy, target) => {
    const tables = Math.min(MANY_TABLES, (target - FIXED_PAGES) >> 1);
    const others = Math.max(0, Math.round((target - 2 * tables) / (MANY_TABLES + 1)));
    const scene = warm(policy, {
      spaces: 2 + others,
      tables,
      entries: ENTRIES_EACH,
      otherTables: MANY_TABLES,
    });
    return { size: livePages(scene), work: () => everyStep(scene, policy) };
  },
};

const spaces: Growth = {
  section: "spaces",
  of: "address spaces",
  sizes: [2, 10, 50, 200, 500],
  prepare: (policy, count) => {
    const scene = warm(policy, { spaces: count, tables: 64, entries: ENTRIES_EACH, otherTables: 8 });
    const { mmu, roots } = scene;
    return {
      size: count,
      work: () => ({
        ...everyStep(scene, policy),
        // Nothing of the next one is in the processor's caches: this grows with the computer, not with the MMU.
        "CR3 switch, all in turn":
          timed(() => {
            for (let i = 1; i <= 1000; i++) mmu.setCr3(roots[i % count]);
          }) / 1000,
      }),
    };
  },
};

const directories: Growth = {
  section: "directories",
  of: "address spaces, each with a kernel directory of its own, which all lead to the kmap table",
  sizes: [2, 10, 50, 200, 500],
  prepare: (policy, count) => {
    const size = { spaces: count, tables: 1, entries: 1, ownKernel: true };
    const switched = warm(policy, size);
    // A scene of its own: under the patch, toggling CR4.PGE ends the exemption of T for life.
    const flushed = warm(policy, size);
    return {
      size: count,
      work: () => ({
        "kmap and switch": kmapsAndSwitches(switched),
        "kmap after a global flush": mean(() => {
          flushed.mmu.setCr4(CR4_PAE);
          flushed.mmu.setCr4(CR4_PAE_PGE);
          return timed(() => flushed.kmapCycle(0));
        }),
      }),
    };
  },
};

function kmapsAndSwitches(scene: Scene): number {
  const { mmu, roots } = scene;
  const nanoseconds = timed(() => {
    for (let i = 0; i < PAIRS; i++) {
      scene.kmapCycle(i & 15);
      mmu.setCr3(roots[(i & 1) ^ 1]);
    }
  });
  return nanoseconds / PAIRS;
}

const list: Growth = {
  section: "list",
  of: "tables on the global list",
  sizes: [1, 4, 16, 64, 256],
  prepare: (policy, count) => {
    if (!policy.oosGlobal) return null;
    const scene = warm(policy, { spaces: 2, tables: 2, entries: ENTRIES_EACH, kernelTables: count - 1 });
    const { mmu, kernelTables } = scene;
    for (const table of kernelTables) scene.store(table, PAGE / 2, 0);
    scene.kmapCycle(0);
    return {
      size: mmu.stats.mmu_unsync_global,
      work: () => ({
        INVLPG: timed(() => invlpgKmaps(scene)) / PAIRS,
        kmap: kmaps(scene),
        "CR3 switch": timed(() => switchInTurn(scene, PAIRS)) / (2 * PAIRS),
      }),
    };
  },
};

function invlpgKmaps({ mmu }: Scene): void {
  for (let i = 0; i < PAIRS; i++) mmu.invlpg(KMAP + (i & 15) * PAGE);
}

/** Pages of the longest chain of the hash table. */
export function longestChain({ mmu: { kvm } }: Scene): number {
  let longest = 0;
  for (const head of kvm.buckets) {
    let length = 0;
    for (let sp = head; sp !== null; sp = sp.hashNext) length++;
    longest = Math.max(longest, length);
  }
  return longest;
}

export const CHAIN = "longest hash chain";
/** As many stores as are no flood to any policy. */
const LINKS = 2;

const large: Growth = {
  section: "large",
  of: "large pages of the linear map",
  sizes: [8, 32, 128, 448],
  prepare: (policy, count) => {
    const scene = warm(policy, { spaces: 2, tables: 2, entries: 1, largePages: count });
    const { mmu, kernel, largePages } = scene;
    return {
      size: largePages,
      work: () => ({
        "large page linked again":
          mean(() => {
            // A store to the directory takes the link away; the shadow of the large page stays, to be found again.
            for (let i = 0; i < LINKS; i++) {
              mmu.pteWrite(kernel * PAGE + ((i * count) / LINKS) * 8, 4);
              mmu.pteWrite(scene.kmapTable * PAGE, 4);
            }
            return counted(scene, { pf_fixed: LINKS }, () => {
              for (let i = 0; i < LINKS; i++) scene.read(LINEAR_MAP + ((i * count) / LINKS) * MIB_2);
            });
          }) / LINKS,
        [CHAIN]: longestChain(scene),
      }),
    };
  },
};

export const growths: readonly Growth[] = [pages, spaces, directories, list, large];
