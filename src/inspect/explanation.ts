/** What it means that the guest's tables and the shadow tables say what they say: a sentence or two. */
import { digits } from "../common/hex.ts";
import { CR0_WP, NO_PAGING, PTE_D, PTE_P, PTE_RW } from "../mmu/paging.ts";
import { type Kvm, lookupPage } from "../mmu/shadow/kvm.ts";
import { roleLevel } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import type { TranslateWish, WalkEnd } from "./translate-view.ts";
import type { WalkStep } from "./translation.ts";

const gfnText = (gfn: number): string => digits(gfn, 5);
const indexText = (index: number): string => `[${digits(index, 3)}]`;
const spText = (sp: ShadowPage): string => `sp ${digits(sp.index, 3)}`;

/** By level. SDM: volume 3, 4.4. */
const ENTRY_NAMES = ["", "PTE", "PDE", "PDPTE"];
const entryName = ({ level, index }: WalkStep): string => `${ENTRY_NAMES[level]} ${indexText(index)}`;

const GUEST_DENIES = "The guest's tables deny the access, so the guest takes a page fault.";
const PAGING_OFF = "Paging is off: linear addresses are physical.";

/** Without a hypervisor. */
export function explainBare(guest: WalkEnd, paging: boolean): string {
  const alone = "There is no hypervisor: the processor walks the guest's tables itself.";
  if (!paging) return `${PAGING_OFF} There is no hypervisor.`;
  return guest.allowed ? alone : `${alone} They deny the access: page fault.`;
}

/** Everything that the sentences are about. */
export interface TwoWalks {
  readonly kvm: Kvm;
  readonly wish: TranslateWish;
  readonly guest: WalkEnd;
  readonly shadow: WalkEnd;
  /** The level-1 page that the shadow walk reads; null if it ends above. */
  readonly sp: ShadowPage | null;
}

export function explain(walks: TwoWalks): string {
  const { kvm, guest, shadow } = walks;
  const { walker, memory } = kvm;
  if (!kvm.rootLoaded || kvm.requestMmuReload) {
    return "The roots are not loaded: the hypervisor loads them before the guest runs on.";
  }
  const said = disagreement(walks);
  if (said !== null) return said;
  if (!guest.allowed) return `${GUEST_DENIES} ${deniedHow(walks)}`;
  const prefix = walker.rootLevel === NO_PAGING ? `${PAGING_OFF} ` : "";
  if (memory.pfn(guest.gfn) < 0) {
    return `${prefix}No memory is at gfn ${gfnText(guest.gfn)}: each access exits, and a device answers or nothing does.`;
  }
  if (shadow.allowed) return `${prefix}Both lead to the same frame and allow the access: it needs no exit.`;
  return prefix + (shadow.gfn < 0 ? missing(walks) : stricter(walks));
}

/** The shadow leads somewhere else, or further, than the guest's tables do now; null if it does not. */
function disagreement(walks: TwoWalks): string | null {
  const { kvm, guest, shadow, sp } = walks;
  if (shadow.gfn < 0) return null;
  const elsewhere = guest.gfn < 0 || kvm.memory.unalias(guest.gfn) !== shadow.gfn;
  if (!elsewhere && (guest.allowed || !shadow.allowed)) return null;
  if (sp === null || !sp.unsync) return bug(kvm);
  const { change, entry } = whatChanged(walks, elsewhere);
  const ends = sp.global
    ? "run INVLPG or written CR4 or CR0; a CR3 load leaves global pages alone"
    : "run INVLPG, loaded CR3 or written CR4";
  const fault = sp.global && !kvm.policy.oosGlobalFix ? ` ${MISSED_INVLPG}` : "";
  return (
    `They differ, and that is legal: the guest changed ${entry}${change}, and has not yet ${ends}. ` +
    `Real hardware may do the same (TLB).${fault}`
  );
}

/** Fault B-1 of the patch: nobody remembers whether it was so, but a reader who looks for it must not be misled. */
const MISSED_INVLPG =
  "But if it ran INVLPG under roots that do not lead to this table, it is the known fault of the patch.";

function bug({ walker }: Kvm): string {
  const quirk = walker.sdm ? "" : " KVM 2.6.29 has known ones, which the kvm model repeats.";
  return `They differ though the table is in sync: that is a bug of the hypervisor.${quirk} \`audit\` says which rule is broken.`;
}

/** The entry that the guest wrote unseen, and what it says now. */
function whatChanged(
  { guest, shadow }: TwoWalks,
  elsewhere: boolean,
): { readonly entry: string; readonly change: string } {
  const last = guest.steps[guest.steps.length - 1];
  const entry = entryName(last);
  const still = `the shadow still has gfn ${gfnText(shadow.gfn)}`;
  if ((last.lo & PTE_P) === 0) return { entry, change: ` (not present now; ${still})` };
  if (guest.gfn < 0) return { entry, change: ` (reserved bits now; ${still})` };
  if (elsewhere) return { entry, change: ` (gfn ${gfnText(guest.gfn)} now; ${still})` };
  return { entry, change: ` (${guest.verdict} now)` };
}

/** How the guest gets a fault that both walks agree on. */
function deniedHow({ kvm, shadow }: TwoWalks): string {
  const last = shadow.steps[shadow.steps.length - 1];
  return kvm.bypass && last.kind === "absent"
    ? "The shadow entry is known to be not present: the processor delivers the fault without an exit."
    : "The access exits, the hypervisor walks the guest's tables, and injects the fault.";
}

/** The guest may, and the shadow has no entry. */
function missing({ kvm, shadow }: TwoWalks): string {
  const last: WalkStep = shadow.steps[shadow.steps.length - 1];
  // With the bypass this entry says that the guest's is not present: the guest would take a fault that is not its own.
  if (kvm.bypass && last.kind === "absent") return bug(kvm);
  return "The shadow has no entry for it yet: the access exits, and the hypervisor makes one.";
}

/** The guest may, the shadow leads to the same frame, but does not allow that access. */
function stricter({ kvm, wish, guest, shadow }: TwoWalks): string {
  const { memory, walker } = kvm;
  if (wish.access !== "write") return STRICTER;
  if (memory.isReadOnly(shadow.gfn)) {
    return `The memory of gfn ${gfnText(shadow.gfn)} is read-only: each store exits, and does not reach it.`;
  }
  const table = lookupPage(kvm, shadow.gfn);
  if (table !== null && !table.unsync) return protectedTable(kvm, table);
  const leaf = guest.steps[guest.steps.length - 1];
  if (leaf !== undefined && (leaf.lo & PTE_D) === 0) {
    return `The shadow is stricter: D is not set in ${entryName(leaf)} yet. The first store exits, and sets it.`;
  }
  const readOnly = guest.steps.some(({ level, lo }) => level < 3 && (lo & PTE_RW) === 0);
  if (!wish.user && (walker.cr0 & CR0_WP) === 0 && readOnly) {
    return "The page is read-only, but CR0.WP is 0: the first store of a supervisor exits, and opens the entry for it.";
  }
  return STRICTER;
}

const STRICTER =
  "The shadow is stricter than the guest's tables: the access exits, and the hypervisor makes the entry again.";

function protectedTable({ policy }: Kvm, table: ShadowPage): string {
  const drifts = policy.oos && roleLevel(table.role) === 1;
  return (
    `The shadow is stricter: gfn ${gfnText(table.gfn)} holds a table that ${spText(table)} shadows. ` +
    `A store exits, so that the hypervisor ${drifts ? "lets the table go out of sync, or emulates it" : "emulates it"}.`
  );
}
