/** Where one address leads: through the guest's own tables, through the shadow tables, and who maps the result. */
import type { Machine } from "../machine/machine.ts";
import { BareMmu } from "../mmu/bare.ts";
import type { GuestMemory } from "../mmu/guest-memory.ts";
import type { GuestWalker } from "../mmu/guest-walker.ts";
import { CR4_PSE, frameOf, NO_PAGING, PAE, PTE_P, PTE_PS } from "../mmu/paging.ts";
import { isPresent, type Kvm } from "../mmu/shadow/kvm.ts";
import { roleLevel } from "../mmu/shadow/role.ts";
import { ENTRIES, type Gfn, type Gpa, type Gva } from "../mmu/types.ts";
import type { ParentLink } from "./oos-lists.ts";

/** One entry that a walk reads. */
export interface WalkStep {
  readonly level: number;
  /** Frame of the guest table, or pool index of the shadow page. */
  readonly table: number;
  readonly index: number;
  readonly lo: number;
  readonly hi: number;
  /** What the walk makes of it. A shadow entry that is not present traps, or lets the guest fault at once. */
  readonly kind: "present" | "absent" | "trap";
}

export interface GuestWalk {
  readonly steps: readonly WalkStep[];
  /** Where a supervisor read gets to now; -1 if nowhere. */
  readonly gpa: Gpa | -1;
}

export interface ShadowWalk {
  readonly steps: readonly WalkStep[];
  /** The frame that the leaf maps; -1 if there is none. */
  readonly gfn: Gfn | -1;
  /** All leaves that map that frame. */
  readonly rmap: readonly RmapLeaf[];
}

/** Reads the guest's tables without touching A or D. */
export function guestWalk(machine: TranslatingMachine, gva: Gva): GuestWalk {
  const walker = walkerOf(machine);
  const { memory, rootLevel } = walker;
  const steps: WalkStep[] = [];
  const gpa = walker.probe(gva);
  if (rootLevel === NO_PAGING) return { steps, gpa };
  const wide = rootLevel === PAE;
  let table = walker.cr3 >>> 12;
  if (wide) {
    const slot = gva >>> 30;
    const [lo, hi] = [walker.pdptes[slot * 2], walker.pdptes[slot * 2 + 1]];
    steps.push({ level: 3, table, index: slot, lo, hi, kind: presence(lo) });
    if ((lo & PTE_P) === 0) return { steps, gpa };
    table = frameOf(lo, hi);
  }
  for (let level = 2; level > 0; level--) {
    const index = indexAt(gva, level, wide);
    const entry = entryOf(memory, table, index, wide);
    const step: WalkStep = { level, table, index, ...entry, kind: presence(entry.lo) };
    steps.push(step);
    if ((step.lo & PTE_P) === 0 || memory.pfn(table) < 0) break;
    if ((step.lo & PTE_PS) !== 0 && (wide || (walker.cr4 & CR4_PSE) !== 0)) break;
    table = frameOf(step.lo, step.hi);
  }
  return { steps, gpa };
}

const presence = (lo: number): WalkStep["kind"] => ((lo & PTE_P) !== 0 ? "present" : "absent");

/** The part of a machine that turns linear addresses into frames. */
export type TranslatingMachine = Pick<Machine, "mmu" | "shadow">;

/** What walks the guest's tables there. */
export function walkerOf({ mmu, shadow }: TranslatingMachine): GuestWalker {
  if (shadow !== null) return shadow.kvm.walker;
  if (mmu instanceof BareMmu) return mmu.walker;
  throw new Error("an MMU of a kind that is not known here");
}

function indexAt(gva: Gva, level: number, wide: boolean): number {
  if (wide) return (gva >>> (level === 2 ? 21 : 12)) & 0x1ff;
  return (gva >>> (level === 2 ? 22 : 12)) & 0x3ff;
}

function entryOf(memory: GuestMemory, table: Gfn, index: number, wide: boolean): { lo: number; hi: number } {
  if (!wide) return { lo: memory.read32(table, index * 4), hi: 0 };
  return { lo: memory.read32(table, index * 8), hi: memory.read32(table, index * 8 + 4) };
}

/** Reads the shadow tables under the loaded roots. Table 0 is pae_root. */
export function shadowWalk(kvm: Kvm, gva: Gva): ShadowWalk {
  const { spt } = kvm;
  const steps: WalkStep[] = [];
  let sptep = gva >>> 30;
  for (let level = 3; ; level--) {
    const lo = spt[sptep * 2];
    const hi = spt[sptep * 2 + 1];
    const kind = isPresent(lo, hi) ? "present" : lo === 0 && hi === 0 ? "absent" : "trap";
    steps.push({ level, table: Math.floor(sptep / ENTRIES), index: sptep % ENTRIES, lo, hi, kind });
    if (kind !== "present") return { steps, gfn: -1, rmap: [] };
    if (level === 1) return { steps, gfn: kvm.gfns[sptep], rmap: rmapOf(kvm, kvm.gfns[sptep]) };
    sptep = ((lo >>> 12) - kvm.shadowPfn) * ENTRIES + indexAt(gva, level - 1, true);
  }
}

/** A leaf that maps a frame. */
export interface RmapLeaf extends ParentLink {
  readonly lo: number;
  readonly hi: number;
  /** Of the page that holds it: the guest table, its level, and whether it is out of sync or global. */
  readonly table: Gfn;
  readonly level: number;
  readonly unsync: boolean;
  readonly global: boolean;
}

/** The leaves that map a frame. */
export function rmapOf(kvm: Kvm, gfn: Gfn): RmapLeaf[] {
  const found: RmapLeaf[] = [];
  for (let sptep = kvm.rmap[kvm.memory.unalias(gfn)] ?? 0; sptep !== 0; sptep = kvm.next[sptep]) {
    const [lo, hi] = [kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]];
    const { index: sp, gfn: table, role, unsync, global } = kvm.pages[Math.floor(sptep / ENTRIES)];
    found.push({ sp, entry: sptep % ENTRIES, lo, hi, table, level: roleLevel(role), unsync, global });
  }
  return found;
}
