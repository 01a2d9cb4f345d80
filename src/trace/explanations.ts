/**
 * What a decision is about, in two or three sentences for someone who has never seen one. The reason's own sentence
 * says which rule applied; this says what the rule is good for. By event, or by event and reason where that matters.
 */
import { events } from "./events.ts";
import { reasons } from "./reasons.ts";
import type { TraceRecord } from "./trace-record.ts";

const EXITS: Readonly<Record<string, string>> = {
  kvm_exit:
    "The processor left the guest and came back to the hypervisor. That costs more than a thousand cycles on the processors of the time, so every policy is about having fewer of them.",
  "kvm_exit exit_pf":
    "The processor walked the shadow tables and found no entry that permits the access. Either the hypervisor has not made it yet, or keeps it read-only on purpose, or the guest's own tables forbid the access as well: the events that follow say which.",
  "kvm_exit exit_cr3":
    "The guest switches to another address space, or asks for a flush by writing the same value again. What its tables said when it changed them counts from now on at the latest, so tables that are out of sync have to be looked at.",
  "kvm_exit exit_cr0":
    "CR0 holds the bits that turn paging and write protection on. A change of them gives entries another meaning, and ends global translations too, so what is on the global list is synced.",
  "kvm_exit exit_cr4":
    "A write to CR4 that changes PGE is how a guest flushes global translations. KVM syncs the global list at every exit for CR4, for nothing else would end what those tables hold.",
  "kvm_exit exit_invlpg":
    "The guest has changed one entry and says so. The shadow entry for that one address goes, so that the next access finds the new one.",
  kvm_cr:
    "The value that the guest wrote. Its own register seems to hold it; the processor's real CR3 always leads to the shadow tables.",
  kvm_invlpg:
    "INVLPG names one address. Its shadow entry is dropped in the table that the loaded roots lead to, whether that table is in sync or not.",
  kvm_page_fault:
    "The hypervisor walked the guest's tables in software, as a processor would, and found that they allow the access. So the fault is its own affair, and the guest never hears of it.",
  kvm_inj_exception:
    "The guest's own tables forbid the access. On real hardware it would have faulted, so it faults here.",
  "kvm_inj_exception notrap":
    "Where the guest's entry is known to be absent, the shadow entry is 0, and the processor hands a fault on it to the guest by itself. Entries that are only not made yet have P and reserved bits set instead, so that touching them exits (bypass_guest_pf).",
  kvm_emulate_insn:
    "The instruction cannot simply be repeated, so it is decoded and executed in software. That takes much longer than the exit alone.",
  "kvm_emulate_insn protected_store":
    "The store goes to a page table that the hypervisor watches, and repeating it would only fault again. So it is executed in software, and the hypervisor sees which entry changed.",
  "kvm_emulate_insn mmio":
    "No memory lies behind the address, so no shadow entry could make the access succeed. The instruction is executed in software, and a device gets the access.",
};

const PAGES: Readonly<Record<string, string>> = {
  kvm_mmu_load_roots:
    "The top entries of the shadow tables were set up for the guest's CR3. Shadow pages that exist already are used again: that is KVM's cache of page tables over context switches.",
  kvm_mmu_free_roots:
    "The top entries were taken away. The shadow pages below stay, to be found again when the guest comes back.",
  "kvm_mmu_get_page miss":
    "This guest table is shadowed for the first time in this role, and entries are made only as they are needed. A frame with a shadowed table is write-protected first, for each store to it would make the shadow wrong; a direct page shadows no table and needs none of that.",
  "kvm_mmu_get_page hit":
    "A shadow of this guest table in the same role exists already, so it was linked instead of made. If it was out of sync it is synced before anyone uses it.",
  kvm_mmu_zap_page:
    "The shadow page is gone, with all links to it. Nothing is lost but time: if the guest uses the table again, faults make a new one.",
  "kvm_mmu_zap_page flood":
    "A frame that is written again and again by emulation is probably no page table any more. Without its shadow the frame need not be write-protected, and the stores need no exits.",
  "kvm_mmu_zap_page misaligned":
    "Entries are written whole. A store that covers part of an entry, or straddles two, looks like other data in a frame that was a page table once, so the shadow goes and with it the protection.",
  "kvm_mmu_zap_page recycle":
    "The pool of shadow pages is nearly full, so the page that was made first has to go. Many of these mean that the pool is too small for what the guest runs.",
  "kvm_mmu_zap_page empty":
    "After the sync not one entry was left, as when a process ends and its tables are cleared. An empty shadow saves no fault, so it goes.",
  "kvm_mmu_zap_page level_mismatch":
    "The page was made while the guest's tables had another number of levels, so its entries cannot be compared with what is there now. It goes, and faults make a right one.",
  "kvm_mmu_zap_page parent_zap":
    "A table out of sync is found at a CR3 load through the bitmaps of the tables above it. The one above was zapped, so nothing would lead to it any more: it must not stay.",
  "kvm_mmu_zap_page root_free":
    "A page that is zapped while the processor uses it as a root is only marked invalid. Now its last user has let it go, so it can.",
  "kvm_mmu_zap_page mode_change":
    "Shadow entries were made for the old meaning of the guest's, and the roles do not record that bit, so old pages could not be told from new ones. All of them go.",
  kvm_mmu_write_protect:
    "The frame holds a page table that is shadowed now. Every mapping of it that the guest could write through was made read-only; the next store to it will exit.",
  kvm_mmu_demote:
    "The page is not global any more: a CR3 load has to sync it like any other, so the tables above it are marked.",
  "kvm_mmu_demote non_global_spte":
    "A page counts as global only while each entry ever put in came from an entry with G. One entry without G is enough: a CR3 load ends that translation, so it has to sync the page.",
  "kvm_mmu_demote pge_clear":
    "While CR4.PGE is clear the processor ignores G, and a CR3 load ends every translation. A table that goes out of sync now must not be left alone by one.",
};

const SYNC: Readonly<Record<string, string>> = {
  kvm_mmu_keep_protected:
    "The guest wants to write a frame that holds one of its page tables. It gets the page read-only, so that each of its stores exits and is emulated.",
  "kvm_mmu_keep_protected upper_level":
    "The frame holds a directory. Were it to drift, whole subtrees could be wrong, and syncing would mean to look at all of them; directories change seldom, so their stores exit and are emulated.",
  "kvm_mmu_keep_protected many_roles":
    "The same frame is shadowed several times in different roles, for instance with different rights above it. A sync brings one shadow up to date and makes the others wrong, so KVM of that time lets none of them drift.",
  "kvm_mmu_keep_protected policy_off":
    "This is how KVM worked before out-of-sync pages: each store to a page table exits and is emulated. Comparing the same run under another policy shows what that costs.",
  kvm_mmu_unsync_page:
    "The guest stores to one of its page tables. Instead of emulating this store and all that follow, the hypervisor lets the table drift: it is writable from now on, and its shadow may be wrong. That is legal because a processor's TLB may be as wrong until the guest flushes.",
  kvm_mmu_sync_page:
    "The table had drifted. It was write-protected again, and each present shadow entry was compared with the guest's; those that differed were dropped or made again. A sync that changes nothing was work for nothing.",
  "kvm_mmu_sync_page cr3_load":
    "The new address space leads to a table that had drifted. From a CR3 load on the guest may rely on all its changes, so the table was write-protected again and its shadow compared with it before the guest runs. A sync that changes nothing was work for nothing.",
  "kvm_mmu_sync_page cr3_reload":
    "Writing the same CR3 again is how a guest flushes all that is not global. The roots stay, and what had drifted under them was write-protected again and compared.",
  "kvm_mmu_sync_page lookup":
    "A link to the table is about to be made, perhaps from another address space. What is linked must be right from the first access on, so the table was synced before.",
  "kvm_mmu_sync_page mmu_sync_request":
    "A directory was used again whose tables had drifted in the meantime. KVM notes that and syncs them before it enters the guest.",
  "kvm_mmu_sync_page cr0_write":
    "No CR3 load syncs a table on the global list; a write to CR0 or CR4 does, for that is where a processor ends global translations at the latest.",
  "kvm_mmu_sync_page cr4_write":
    "No CR3 load syncs a table on the global list; a write to CR0 or CR4 does, for changing CR4.PGE is how a guest ends global translations.",
  kvm_mmu_sync_skip:
    "The table has drifted and stays so for now. KVM says nothing about what it leaves alone, so this event is ours.",
  "kvm_mmu_sync_skip global":
    "The table has drifted, and the CR3 load leaves it so. All entries in it are global, and a processor keeps global translations over a CR3 load: the guest cannot expect its changes to count yet. This is what the patch saves.",
  "kvm_mmu_sync_skip other_tree":
    "The table has drifted, but nothing under the roots that are loaded now leads to it, so the processor cannot use it. It will be synced when its own root is used.",
};

const ENTRIES: Readonly<Record<string, string>> = {
  kvm_mmu_set_spte:
    "A shadow entry was made from the guest's: the same rights or fewer, and the host's frame in place of the guest's. The access can now be repeated, and will succeed if that was all it needed.",
  "kvm_mmu_set_spte speculative":
    "The guest has just written this entry, and who writes an entry soon uses it. Making the shadow entry at once saves the fault; it has A clear, to find out later whether it was worth it.",
  kvm_mmu_drop_spte:
    "A shadow entry was taken away. If the guest still means what it said, the next access faults and makes it anew.",
  "kvm_mmu_drop_spte not_accessed":
    "The guest's entry has A clear: the guest wants to see whether the page is used. Only a fault shows the hypervisor the next access, so the entry had to go; the walk for that fault sets A.",
  "kvm_mmu_drop_spte gpte_changed":
    "While the table drifted, the guest changed this entry to another frame. Until now the processor may have used the old one, as from a TLB; from here on it must not.",
  kvm_mmu_pte_write:
    "A store to a guest page table was seen, and what the shadow tables say about the old entry was corrected at once.",
  "kvm_mmu_pte_write dirty_bit":
    "No instruction wrote here: the walk for a store set D in the guest's entry, as a processor does. KVM treats that like an emulated store, so every shadow of the table hears of it.",
  guest_error:
    "The guest accessed something that nothing answers, or uses a device against its datasheet. The machine goes on as hardware would.",
};

const TEXTS: Readonly<Record<string, string>> = { ...EXITS, ...PAGES, ...SYNC, ...ENTRIES };

/** The text for an event; "" if the reason's sentence says it all. */
export function explanationOf({ event, reason }: Pick<TraceRecord, "event" | "reason">): string {
  const { name } = events[event];
  return TEXTS[`${name} ${reasons[reason].key}`] ?? TEXTS[name] ?? "";
}

/** Every event, and event with reason, that has a text of its own. */
export const explained: readonly string[] = Object.keys(TEXTS);
