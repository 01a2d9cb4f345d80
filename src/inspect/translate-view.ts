/** One linear address through the guest's tables and through the shadow tables, and why they say what they say. */
import { NO_PAGING } from "../mmu/paging.ts";
import { explain, explainBare } from "./explanation.ts";
import {
  guestWalk,
  type RmapLeaf,
  rmapOf,
  shadowWalk,
  type TranslatingMachine,
  type WalkStep,
  walkerOf,
} from "./translation.ts";
import { guestEnd, shadowEnd } from "./walk-end.ts";

export type AccessKind = "read" | "write" | "fetch";

export interface TranslateWish {
  readonly gva: number;
  readonly access: AccessKind;
  readonly user: boolean;
}

/** Where one of the two walks ends. */
export interface WalkEnd {
  readonly steps: readonly WalkStep[];
  /** The frame, or -1. */
  readonly gfn: number;
  /** "allowed", or what denies it: "not present at level 1", "read-only at level 2", "supervisor only at level 1", ... */
  readonly verdict: string;
  readonly allowed: boolean;
}

export interface TranslateView extends TranslateWish {
  readonly guest: WalkEnd;
  /** Null without a hypervisor. */
  readonly shadow: WalkEnd | null;
  /** Of the walk above: the shadow page of the last level is out of sync. */
  readonly unsync: boolean;
  /** What the comparison means, in a sentence or two. */
  readonly explanation: string;
  /** The frame that `rmap` is about: the shadow's, else the guest's; -1 if neither. */
  readonly rmapGfn: number;
  readonly rmap: readonly RmapLeaf[];
}

export function translateView({ mmu, shadow }: TranslatingMachine, wish: TranslateWish): TranslateView {
  const asked: TranslateWish = { gva: wish.gva >>> 0, access: wish.access, user: wish.user };
  const walker = walkerOf({ mmu, shadow });
  const guest = guestEnd(walker, guestWalk({ mmu, shadow }, asked.gva).steps, asked);
  if (shadow === null) {
    const explanation = explainBare(guest, walker.rootLevel !== NO_PAGING);
    return { ...asked, guest, shadow: null, unsync: false, explanation, rmapGfn: guest.gfn, rmap: [] };
  }
  const { kvm } = shadow;
  const walk = shadowWalk(kvm, asked.gva);
  const end = shadowEnd(kvm, walk, asked);
  const last = walk.steps[walk.steps.length - 1];
  const sp = last.level === 1 ? kvm.pages[last.table] : null;
  const rmapGfn = end.gfn >= 0 ? end.gfn : guest.gfn;
  return {
    ...asked,
    guest,
    shadow: end,
    unsync: sp?.unsync ?? false,
    explanation: explain({ kvm, wish: asked, guest, shadow: end, sp }),
    rmapGfn,
    rmap: rmapGfn < 0 ? [] : rmapOf(kvm, rmapGfn),
  };
}
