/**
 * Every tracepoint: KVM's name for it, a category, and the integers it carries. The ring, the exporters and the
 * screens read this list, so a new tracepoint is one line here and one call where the thing happens.
 *
 * All events carry `icount`, `eip`, `cr3` and a reason besides. KVM has no tracepoint for what it leaves alone
 * (`kvm_mmu_sync_skip`) nor for decisions inside a fault; those names are ours, in its style.
 */

export interface EventInfo {
  readonly id: number;
  readonly name: string;
  readonly category: "exit" | "mmu" | "guest";
  /** Names of the integers, at most `MAX_FIELDS`. */
  readonly fields: readonly string[];
}

export const MAX_FIELDS = 6;

const list: EventInfo[] = [];

function define(name: string, category: EventInfo["category"], fields: string): number {
  const id = list.length;
  list.push({ id, name, category, fields: fields === "" ? [] : fields.split(" ") });
  return id;
}

export const KVM_EXIT = define("kvm_exit", "exit", "gva error");
export const KVM_CR = define("kvm_cr", "exit", "cr value");
export const KVM_INVLPG = define("kvm_invlpg", "exit", "gva");
export const KVM_PAGE_FAULT = define("kvm_page_fault", "exit", "gva error gfn");
export const KVM_INJ_EXCEPTION = define("kvm_inj_exception", "exit", "vector error gva");
export const KVM_EMULATE_INSN = define("kvm_emulate_insn", "exit", "gva gfn mmio");
export const KVM_MMU_LOAD_ROOTS = define("kvm_mmu_load_roots", "mmu", "levels root0 root1 root2 root3");
export const KVM_MMU_FREE_ROOTS = define("kvm_mmu_free_roots", "mmu", "");
export const KVM_MMU_GET_PAGE = define("kvm_mmu_get_page", "mmu", "sp gfn role created");
export const KVM_MMU_ZAP_PAGE = define("kvm_mmu_zap_page", "mmu", "sp gfn role unsync global root_count");
export const KVM_MMU_WRITE_PROTECT = define("kvm_mmu_write_protect", "mmu", "gfn sptes");
export const KVM_MMU_KEEP_PROTECTED = define("kvm_mmu_keep_protected", "mmu", "sp gfn role");
export const KVM_MMU_UNSYNC_PAGE = define("kvm_mmu_unsync_page", "mmu", "sp gfn role global all all_global");
export const KVM_MMU_SYNC_PAGE = define("kvm_mmu_sync_page", "mmu", "sp gfn role global examined changed");
export const KVM_MMU_SYNC_SKIP = define("kvm_mmu_sync_skip", "mmu", "sp gfn role");
export const KVM_MMU_DEMOTE = define("kvm_mmu_demote", "mmu", "sp gfn role unsync");
export const KVM_MMU_SET_SPTE = define("kvm_mmu_set_spte", "mmu", "sp index gfn spte nx global");
export const KVM_MMU_DROP_SPTE = define("kvm_mmu_drop_spte", "mmu", "sp index gfn level");
export const KVM_MMU_PTE_WRITE = define("kvm_mmu_pte_write", "mmu", "gfn offset bytes count");
export const GUEST_ERROR = define("guest_error", "guest", "text");

export const events: readonly EventInfo[] = list;
