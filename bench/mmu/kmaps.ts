/** N kmaps between two switches of processes: what the patch of December 2008 was written for. */
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { Scene } from "./scene.ts";
import { timed, type Work } from "./timing.ts";

export const KMAPS_PER_SWITCH = [1, 2, 4, 8, 16] as const;
/** kmaps of one round. */
const KMAPS = 1024;

export const KMAP_COUNTS = ["exits", "pages synced", "entries examined"] as const;
export const KMAP_TIME = "nanoseconds";

/** All readings are for one kmap. */
export function kmapsPerSwitch(policy: Policy, kmaps: number): Work {
  const scene = new Scene(policy, { spaces: 2, tables: 2, entries: 8 });
  scene.warmUp();
  const { mmu, roots } = scene;
  const { stats } = mmu;
  return () => {
    const { exits, sync_pages_cr3, sptes_examined_cr3 } = stats;
    const nanoseconds = timed(() => {
      for (let i = 0; i < KMAPS / kmaps; i++) {
        for (let slot = 0; slot < kmaps; slot++) scene.kmapCycle(slot);
        mmu.setCr3(roots[(i & 1) ^ 1]);
      }
    });
    return {
      exits: (stats.exits - exits) / KMAPS,
      "pages synced": (stats.sync_pages_cr3 - sync_pages_cr3) / KMAPS,
      "entries examined": (stats.sptes_examined_cr3 - sptes_examined_cr3) / KMAPS,
      [KMAP_TIME]: nanoseconds / KMAPS,
    };
  };
}
