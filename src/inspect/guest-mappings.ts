/**
 * All that the guest's own tables map, in the order of addresses, read without touching A or D. What an access cannot
 * reach whatever its kind is left out: entries with reserved bits, and tables where there is no memory.
 */
import type { Machine } from "../machine/machine.ts";
import { BareMmu } from "../mmu/bare.ts";
import type { GuestWalker } from "../mmu/guest-walker.ts";
import {
  ACC_ALL,
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR4_PSE,
  frameOf,
  NO_PAGING,
  PAE,
  PTE_G,
  PTE_P,
  PTE_PS,
  paeLargeFrame,
  paeReserved,
  pse36Frame,
  pse36Reserved,
} from "../mmu/paging.ts";
import type { Gfn, Gva } from "../mmu/types.ts";

const ADDRESSES = 2 ** 32;
const PAGE = 4096;

/** As much of a machine as page tables take. */
export type Paged = Pick<Machine, "mmu" | "shadow">;

/** One page as the guest's tables map it. */
export interface GuestMapping {
  readonly gva: Gva;
  readonly gfn: Gfn;
  /** 4 KiB, or 2 or 4 MiB. */
  readonly bytes: number;
  /** The entry that maps it; `hi` is 0 if entries have 4 bytes. */
  readonly lo: number;
  readonly hi: number;
  /** What the whole path grants: the letters urwx, a dash for each that it does not. SDM: volume 3, 4.6. */
  readonly rights: string;
  /** The entry says G. */
  readonly global: boolean;
}

/** Neighbouring pages with equal rights. */
export interface GuestRange {
  readonly start: Gva;
  /** The first address behind it: up to 2^32. */
  readonly end: number;
  readonly rights: string;
  readonly global: boolean;
}

export function pagingIsOn(machine: Paged): boolean {
  return walkerOf(machine).rootLevel !== NO_PAGING;
}

function walkerOf({ mmu, shadow }: Paged): GuestWalker {
  if (shadow !== null) return shadow.kvm.walker;
  if (mmu instanceof BareMmu) return mmu.walker;
  throw new Error("an MMU of a kind that is not known here");
}

/** From the page that holds `from` on. Nothing while paging is off. */
export function* guestMappings(machine: Paged, from: Gva = 0): Generator<GuestMapping> {
  const walker = walkerOf(machine);
  if (walker.rootLevel === NO_PAGING) return;
  const { memory } = walker;
  const pae = walker.rootLevel === PAE;
  const large = pae || (walker.cr4 & CR4_PSE) !== 0;
  const directoryBytes = pae ? 2 ** 21 : 2 ** 22;
  for (let at = from - (from % directoryBytes); at < ADDRESSES; at += directoryBytes) {
    const directory = directoryOf(walker, at);
    if (directory < 0) continue;
    const pde = entryOf(walker, directory, Math.floor(at / directoryBytes));
    if (pde === null) continue;
    const { lo, hi } = pde;
    const isLarge = large && (lo & PTE_PS) !== 0;
    if (isReserved(walker, lo, hi, isLarge)) continue;
    const above = walker.entryAccess(lo, hi);
    if (isLarge) {
      const gfn = pae ? paeLargeFrame(lo, hi, at) : pse36Frame(lo, at);
      yield mapping(at, gfn, directoryBytes, lo, hi, above);
      continue;
    }
    const table = frameOf(lo, hi);
    if (memory.pfn(table) < 0) continue;
    for (let gva = Math.max(at, from - (from % PAGE)); gva < at + directoryBytes; gva += PAGE) {
      const pte = entryOf(walker, table, gva / PAGE);
      if (pte === null || isReserved(walker, pte.lo, pte.hi, false)) continue;
      const rights = above & walker.entryAccess(pte.lo, pte.hi);
      yield mapping(gva, frameOf(pte.lo, pte.hi), PAGE, pte.lo, pte.hi, rights);
    }
  }
}

/** Frame of the directory that an address is looked up in; -1 if there is none. */
function directoryOf(walker: GuestWalker, gva: Gva): Gfn | -1 {
  const { memory, pdptes } = walker;
  const slot = gva >>> 30;
  if (walker.rootLevel === PAE && (pdptes[slot * 2] & PTE_P) === 0) return -1;
  const gfn = walker.rootLevel === PAE ? frameOf(pdptes[slot * 2], pdptes[slot * 2 + 1]) : walker.cr3 >>> 12;
  return memory.pfn(gfn) < 0 ? -1 : gfn;
}

/** The entry that the low bits of `number` name; null if it is not present. */
function entryOf(walker: GuestWalker, table: Gfn, number: number): { lo: number; hi: number } | null {
  const { memory, entryBytes } = walker;
  const offset = (number % (PAGE / entryBytes)) * entryBytes;
  const lo = memory.read32(table, offset);
  if ((lo & PTE_P) === 0) return null;
  return { lo, hi: entryBytes === 8 ? memory.read32(table, offset + 4) : 0 };
}

/** As `GuestWalker.probe` sees it: KVM 2.6.29 does not look at reserved bits. */
function isReserved(walker: GuestWalker, lo: number, hi: number, large: boolean): boolean {
  if (!walker.sdm) return false;
  if (walker.rootLevel === PAE) return paeReserved(lo, hi, large, walker.nxEnabled());
  return large && pse36Reserved(lo);
}

function mapping(gva: Gva, gfn: Gfn, bytes: number, lo: number, hi: number, access: number): GuestMapping {
  return { gva, gfn, bytes, lo, hi, rights: rightsText(access), global: (lo & PTE_G) !== 0 };
}

const RIGHTS = Array.from({ length: ACC_ALL + 1 }, (_, access) => {
  const letter = (bit: number, name: string): string => ((access & bit) !== 0 ? name : "-");
  return `${letter(ACC_USER, "u")}r${letter(ACC_WRITE, "w")}${letter(ACC_EXEC, "x")}`;
});

const rightsText = (access: number): string => RIGHTS[access & ACC_ALL];

/** What is mapped from `from` on, neighbours with equal rights as one. */
export function* guestRanges(machine: Paged, from: Gva = 0): Generator<GuestRange> {
  let last: { start: Gva; end: number; rights: string; global: boolean } | undefined;
  for (const { gva, bytes, rights, global } of guestMappings(machine, from)) {
    const end = gva + bytes;
    if (last?.end === gva && last.rights === rights && last.global === global) {
      last.end = end;
      continue;
    }
    if (last !== undefined) yield last;
    last = { start: gva, end, rights, global };
  }
  if (last !== undefined) yield last;
}
