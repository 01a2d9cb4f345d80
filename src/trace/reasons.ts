/**
 * Why something happened, from a closed list. Each reason has a key for scripts, the sentence a person reads, and
 * the function of KVM 2.6.29 that takes the decision (ours where KVM is silent). An event carries its reason from
 * the place where the decision is made; nobody guesses it afterwards.
 */

export interface ReasonInfo {
  readonly id: number;
  readonly key: string;
  readonly sentence: string;
  /** The function that decides, by KVM's name. */
  readonly decidedBy: string;
}

const list: ReasonInfo[] = [];

function define(key: string, sentence: string, decidedBy: string): number {
  const id = list.length;
  list.push({ id, key, sentence, decidedBy });
  return id;
}

/** Stands where no reason is needed; no event carries it. */
export const NO_REASON = define("none", "no reason given", "-");

// Exits
export const EXIT_PF = define("exit_pf", "the shadow tables do not allow the access", "handle_exception");
export const EXIT_CR0 = define("exit_cr0", "the guest wrote CR0", "handle_cr");
export const EXIT_CR3 = define("exit_cr3", "the guest wrote CR3", "handle_cr");
export const EXIT_CR4 = define("exit_cr4", "the guest wrote CR4", "handle_cr");
export const EXIT_CLTS = define("exit_clts", "the guest executed CLTS", "handle_cr");
export const EXIT_INVLPG = define("exit_invlpg", "the guest executed INVLPG", "handle_invlpg");
export const EXIT_IO = define("exit_io", "the guest accessed a port", "handle_io");
export const EXIT_HLT = define("exit_hlt", "the guest halted", "handle_halt");
export const EXIT_CPUID = define("exit_cpuid", "the guest executed CPUID", "handle_cpuid");
export const EXIT_MSR = define("exit_msr", "the guest accessed an MSR", "handle_rdmsr, handle_wrmsr");
export const EXIT_INTR = define("exit_intr", "a device interrupted the host", "handle_external_interrupt");
export const EXIT_INTR_WINDOW = define(
  "exit_intr_window",
  "the guest can take an interrupt now",
  "handle_interrupt_window",
);

// Faults
export const GUEST_FAULT = define(
  "guest_fault",
  "the guest's own tables forbid the access: it takes the fault",
  "FNAME(page_fault)",
);
export const NOTRAP = define(
  "notrap",
  "the shadow knows the entry is not present: the processor faults into the guest without an exit",
  "vmx bypass_guest_pf",
);
export const MMIO = define("mmio", "no memory is there: a device has to answer", "FNAME(page_fault)");
export const PROTECTED_STORE = define(
  "protected_store",
  "the store goes to a write-protected page table: it is emulated",
  "FNAME(page_fault)",
);

// Unsync, or not
export const LEVEL1_ONE_ROLE = define(
  "level1_one_role",
  "level 1, one role: let it drift",
  "kvm_unsync_page",
);
export const LEVEL1_ALL_ROLES = define(
  "level1_all_roles",
  "level 1: let all its roles drift",
  "today's mmu_try_to_unsync_pages",
);
export const UPPER_LEVEL = define(
  "upper_level",
  "not a level-1 table: upper levels are never unsynced",
  "mmu_need_write_protect",
);
export const MANY_ROLES = define(
  "many_roles",
  "shadowed with several roles: syncing one would leave the others stale",
  "kvm_unsync_page",
);
export const POLICY_OFF = define("policy_off", "oos is off: every write traps", "mmu_need_write_protect");
export const WHILE_SYNCING = define(
  "while_syncing",
  "a table is being synced: that must not unsync another",
  "mmu_need_write_protect",
);

// Sync, or not
export const CR3_LOAD = define("cr3_load", "what the new CR3 leads to must be right", "kvm_mmu_load");
export const CR3_RELOAD = define(
  "cr3_reload",
  "same CR3 written again: the guest asked for a flush",
  "kvm_set_cr3",
);
export const LOOKUP = define("lookup", "the table was looked up again and must be right", "kvm_mmu_get_page");
export const MMU_SYNC_REQUEST = define(
  "mmu_sync_request",
  "a reused table had unsync children",
  "vcpu_enter_guest",
);
export const CR0_WRITE = define("cr0_write", "CR0 write: global translations end here", "kvm_set_cr0");
export const CR4_WRITE = define("cr4_write", "CR4 write: global translations end here", "kvm_set_cr4");
export const MMU_RELOAD = define(
  "mmu_reload",
  "a root was zapped: the roots are loaded again",
  "vcpu_enter_guest",
);
export const GLOBAL = define(
  "global",
  "on oos_global_pages: a CR3 load keeps global translations",
  "kvm_unsync_page",
);
export const OTHER_TREE = define(
  "other_tree",
  "not reachable from the current roots; synced when its root is used",
  "kvm_mmu_sync_roots",
);
export const NON_GLOBAL_SPTE = define(
  "non_global_spte",
  "got an entry that is not global: from now on CR3 loads sync it",
  "set_spte",
);
export const PGE_CLEAR = define(
  "pge_clear",
  "goes out of sync while CR4.PGE is clear: nothing is global now, so every CR3 load must find it",
  "ours",
);

export const SEVERAL_ADDRESSES = define(
  "several_addresses",
  "reached at a second linear address: what may be cached there is another matter",
  "ours",
);

// Pages come and go
export const MISS = define("miss", "no shadow of this table in this role exists: made", "kvm_mmu_get_page");
export const HIT = define(
  "hit",
  "a shadow of this table in this role exists: linked again",
  "kvm_mmu_get_page",
);
export const EMPTY = define("empty", "nothing was left in it after a sync: zapped", "kvm_sync_page");
export const LEVEL_MISMATCH = define(
  "level_mismatch",
  "made under another paging mode: zapped instead of synced",
  "kvm_sync_page",
);
export const FLOOD = define(
  "flood",
  "written too often by emulation: probably not a page table any more",
  "kvm_mmu_pte_write",
);
export const MISALIGNED = define(
  "misaligned",
  "written in pieces that are not entries: probably not a page table any more",
  "kvm_mmu_pte_write",
);
export const RECYCLE = define(
  "recycle",
  "the pool is nearly full: the oldest goes",
  "__kvm_mmu_free_some_pages",
);
export const UNPROTECT = define(
  "unprotect",
  "stores to the frame cannot be emulated",
  "kvm_mmu_unprotect_page",
);
export const PARENT_ZAP = define(
  "parent_zap",
  "unsync under a zapped table: no bitmap would lead to it",
  "mmu_zap_unsync_children",
);
export const ROOT_FREE = define("root_free", "an invalid root lost its last user", "mmu_free_roots");
export const ZAP_ALL = define("zap_all", "all shadow pages go", "kvm_mmu_zap_all");
export const SHRINK = define("shrink", "the host wants memory back", "mmu_shrink");
export const OTHER_LEVEL = define(
  "other_level",
  "the table is to be an upper one now: an unsync shadow of level 1 goes",
  "today's kvm_mmu_find_shadow_page",
);
export const QUOTA = define("quota", "the quota of shadow pages was lowered", "kvm_mmu_change_mmu_pages");
export const SLOT_CHANGE = define(
  "slot_change",
  "the memory behind guest frames changed: all shadow pages go",
  "kvm_arch_flush_shadow",
);
export const MODE_CHANGE = define(
  "mode_change",
  "a control bit that roles do not record changed the meaning of entries",
  "ours",
);

// Entries
export const FAULT = define("fault", "the access that faulted needs it", "FNAME(fetch)");
export const DIRECT_MAP = define("direct_map", "paging is off: linear is physical", "nonpaging_map");
export const SPECULATIVE = define(
  "speculative",
  "the guest just wrote the entry: it will be used soon",
  "mmu_pte_write_new_pte",
);
export const RESYNC = define("resync", "made again from the guest's entry", "FNAME(sync_page)");
export const INVLPG = define("invlpg", "INVLPG of this address", "FNAME(invlpg)");
export const UNREACHED = define(
  "unreached",
  "goes out of sync where the loaded roots do not lead: an INVLPG may have ended what it holds",
  "ours",
);
export const INVLPG_ELSEWHERE = define(
  "invlpg_elsewhere",
  "INVLPG of this address: the table is on the global list, though the loaded roots do not reach it there",
  "ours",
);
export const GPTE_CHANGED = define(
  "gpte_changed",
  "the guest's entry maps another frame now",
  "FNAME(sync_page)",
);
export const NOT_PRESENT = define("not_present", "the guest's entry is not present now", "FNAME(sync_page)");
export const NOT_ACCESSED = define(
  "not_accessed",
  "the guest's entry has A clear: the next access must set it",
  "FNAME(sync_page)",
);
export const RESERVED = define(
  "reserved",
  "the guest's entry has a reserved bit set: the next access must fault",
  "ours",
);
export const PTE_REMOVED = define(
  "pte_removed",
  "the store changed the guest's entry",
  "mmu_pte_write_zap_pte",
);

// Stores and protection
export const EMULATED = define(
  "emulated",
  "the table is write-protected: the store was emulated",
  "kvm_mmu_pte_write",
);
export const DIRTY_BIT = define("dirty_bit", "the walker set D in a guest entry", "FNAME(walk_addr)");
export const PREFILL = define("prefill", "INVLPG makes the dropped entry again", "FNAME(invlpg)");
export const DIRTY_LOG = define(
  "dirty_log",
  "a round of the dirty log starts: the first store to each page has to be seen again",
  "kvm_mmu_slot_remove_write_access",
);
export const SHADOWED = define("shadowed", "the frame became a shadowed table", "kvm_mmu_get_page");

// The guest and the board
export const GUEST_MISTAKE = define(
  "guest_mistake",
  "nothing answers there, or the device is used against its datasheet",
  "ours",
);

export const reasons: readonly ReasonInfo[] = list;

export function reasonByKey(key: string): ReasonInfo | undefined {
  return list.find((reason) => reason.key === key);
}
