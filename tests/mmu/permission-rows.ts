/**
 * The rows of the permission matrix: which pairs of entries, under which settings of the control bits, in which order
 * of accesses.
 */
import { P, PS } from "../support/page-tables.ts";
import { ACCESSES, type Access, type Controls, type Differences } from "./sdm-paging.ts";

export const FULL = process.env.PERMISSION_MATRIX === "full";
export const THINNED = [
  "each PDE meets 8 PTEs, or 2 where the walk ends at the PDE; each PTE meets 6 PDEs, or 2 if it is not present",
  "PSE in PAE and NXE in 2-level paging, which are not looked at there, follow from the other control bits",
  "each pair meets some of the six runs, in one of the two ways, and others in the next setting of the control bits",
  "the model of KVM 2.6.29 under two policies, a quarter of the pairs in each setting",
].join("; ");

/** Bits of the 64-bit entry that the enumeration counts through besides those of the lowest byte and G. */
const NX_BIT = 63;
const PAE_RSVD_BIT = 40;
const PSE_RSVD_BIT = 21;

/** An entry without its frame, in two halves. */
export interface Entry {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
}

/** In the entry of a 4 KiB page PS is the PAT bit, which decides nothing. */
const BITS: readonly [string, number][] = [
  ["P", 0],
  ["RW", 1],
  ["US", 2],
  ["A", 5],
  ["D", 6],
  ["PS", 7],
  ["G", 8],
];

/** All entries that have some of these bits. */
function entries(extra: readonly [string, number][]): Entry[] {
  let all: Entry[] = [{ name: "", lo: 0, hi: 0 }];
  for (const [name, bit] of [...BITS, ...extra]) {
    all = all.concat(
      all.map((entry) => ({
        name: `${entry.name} ${name}`.trim(),
        lo: bit < 32 ? entry.lo | (1 << bit) : entry.lo,
        hi: bit < 32 ? entry.hi : entry.hi | (1 << (bit - 32)),
      })),
    );
  }
  return all;
}

const PAE_ENTRIES = entries([
  ["NX", NX_BIT],
  ["RSVD", PAE_RSVD_BIT],
]);
const TWO_LEVEL_PDES = entries([["RSVD", PSE_RSVD_BIT]]);
/** Nothing is reserved in a PTE of 4 bytes. */
const TWO_LEVEL_PTES = entries([]);

function named(all: readonly Entry[], names: readonly string[]): Entry[] {
  return names.map((name) => {
    const found = all.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`no entry is called "${name}"`);
    return found;
  });
}

/** Directory entries that lead to a page table: only under these does the PTE matter. The last two for all PTEs. */
const SOME_PDES = ["P", "P RW", "P US", "P RW US A D G", "P RW US", "P RW US A"];
const SOME_PAE_PDES = ["P", "P RW", "P US", "P RW US", "P RW US A D G", "P RW US A NX"];
/** The first two for all PDEs. */
const SOME_PTES = ["", "P RW US A D G", "RW US A D", "P", "P RW A", "P US D G", "P RW US", "P RW US A"];
const SOME_PAE_PTES = [
  "",
  "P RW US A D G",
  "RW US A NX RSVD",
  "P",
  "P US D G",
  "P RW US",
  "P RW US A NX",
  "P RW US RSVD",
];

export type Pair = readonly [Entry, Entry];

/** Where the walk ends at the PDE whatever the PTE is: not present, a page, or reserved. */
function endsWalk(pde: Entry, mode: Controls, differs: Differences): boolean {
  const large = (pde.lo & PS) !== 0 && (mode.pae || mode.pse);
  // A frame with bit 40 has no memory, so that even who ignores the bit finds no table.
  const reserved = mode.pae && (pde.hi & (1 << (PAE_RSVD_BIT - 32))) !== 0;
  const reservedNx = mode.pae && pde.hi < 0 && !mode.nxe && !differs.ignoresReservedBits;
  return (pde.lo & P) === 0 || large || reserved || reservedNx;
}

/** The pairs of PDE and PTE for one setting of the control bits, each once. */
export function pairs(mode: Controls, differs: Differences): Pair[] {
  const { pae, pse } = mode;
  const ptes = pae ? PAE_ENTRIES : TWO_LEVEL_PTES;
  const somePtes = named(ptes, pae ? SOME_PAE_PTES : SOME_PTES);
  const somePdes = named(pae ? PAE_ENTRIES : TWO_LEVEL_PDES, pae ? SOME_PAE_PDES : SOME_PDES);
  // Bit 21 is part of an address in a PDE of 4 bytes that maps no page.
  const isAddress = ({ lo }: Entry) => (lo & (1 << PSE_RSVD_BIT)) !== 0 && (!pse || (lo & PS) === 0);
  const pdes = pae ? PAE_ENTRIES : TWO_LEVEL_PDES.filter((pde) => !isAddress(pde));
  const all = new Map<string, Pair>();
  const add = (pde: Entry, pte: Entry) => all.set(`${pde.name}/${pte.name}`, [pde, pte]);
  for (const pde of pdes) {
    const ends = endsWalk(pde, mode, differs);
    const under = FULL ? (ends ? somePtes : ptes) : ends ? somePtes.slice(0, 2) : somePtes;
    for (const pte of under) add(pde, pte);
  }
  for (const pte of ptes) {
    for (const pde of (pte.lo & P) !== 0 ? somePdes : somePdes.slice(-2)) add(pde, pte);
  }
  return [...all.values()];
}

/** A few pairs in which each control bit decides something. */
export function mixedPairs(pae: boolean): Pair[] {
  const pdes = named(pae ? PAE_ENTRIES : TWO_LEVEL_PDES, [
    "P RW US",
    "P US A D G",
    "P RW US PS",
    "P US A D PS G",
    ...(pae ? ["P RW US NX", "P RW US A D PS G NX"] : ["P RW US PS RSVD"]),
  ]);
  const ptes = named(pae ? PAE_ENTRIES : TWO_LEVEL_PTES, ["P RW US G", pae ? "P US A D NX" : "P US A D"]);
  return pdes.flatMap((pde) => ptes.map((pte): Pair => [pde, pte]));
}

const BOOLEANS = [true, false];

/** Settings of the control bits: 16, or 8 in which any three bits take all their values. */
export function settings(pae: boolean): Controls[] {
  return BOOLEANS.flatMap((wp) =>
    BOOLEANS.flatMap((pge) => BOOLEANS.flatMap((pse) => BOOLEANS.map((nxe) => ({ pae, wp, pge, pse, nxe })))),
  ).filter(({ wp, pge, pse, nxe }) => FULL || (wp !== pge) === (pse === nxe));
}

export type Run = readonly Access[];

/** Orders of the six accesses: each is first once, and each two are neighbours once in either order (Williams 1949). */
export const RUNS: readonly Run[] = [0, 1, 2, 3, 4, 5].map((start) =>
  [0, 1, 5, 2, 4, 3].map((step) => ACCESSES[(start + step) % ACCESSES.length]),
);
