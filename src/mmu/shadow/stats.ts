/**
 * Counters. The first part carries the names of KVM's debugfs files and counts exactly what they count in 2.6.29;
 * the second part is ours and answers what those leave open. A gauge goes up and down, so it has no rate.
 */

export class Stats {
  pf_fixed = 0;
  pf_guest = 0;
  tlb_flush = 0;
  invlpg = 0;
  exits = 0;
  io_exits = 0;
  mmio_exits = 0;
  signal_exits = 0;
  irq_window = 0;
  nmi_window = 0;
  halt_exits = 0;
  halt_wakeup = 0;
  hypercalls = 0;
  request_irq = 0;
  request_nmi = 0;
  irq_exits = 0;
  host_state_reload = 0;
  efer_reload = 0;
  fpu_reload = 0;
  insn_emulation = 0;
  insn_emulation_fail = 0;
  irq_injections = 0;
  nmi_injections = 0;
  mmu_shadow_zapped = 0;
  mmu_pte_write = 0;
  mmu_pte_updated = 0;
  mmu_pde_zapped = 0;
  mmu_flooded = 0;
  mmu_recycled = 0;
  mmu_cache_miss = 0;
  mmu_unsync = 0;
  mmu_unsync_global = 0;
  remote_tlb_flush = 0;
  largepages = 0;

  exits_pf = 0;
  exits_cr0 = 0;
  exits_cr3 = 0;
  exits_cr4 = 0;
  exits_clts = 0;
  exits_invlpg = 0;
  exits_cpuid = 0;
  exits_msr = 0;
  pf_bypassed = 0;
  tlb_fills = 0;
  root_loads = 0;
  sync_pages_cr3 = 0;
  sync_pages_cr0 = 0;
  sync_pages_cr4 = 0;
  sync_pages_lookup = 0;
  sync_pages_other = 0;
  sync_pages_zapped = 0;
  sync_skipped_global = 0;
  sptes_examined = 0;
  sptes_changed = 0;
  sptes_examined_cr3 = 0;
  sptes_changed_cr3 = 0;
  write_protects = 0;
  unsync_refused = 0;
  invlpg_list_visits = 0;
  invlpg_list_drops = 0;
}

export type CounterName = keyof Stats;

export interface CounterInfo {
  readonly name: CounterName;
  readonly kind: "count" | "gauge";
  readonly scope: "vm" | "vcpu";
  readonly sentence: string;
}

const row =
  (scope: CounterInfo["scope"], kind: CounterInfo["kind"]) =>
  (name: CounterName, sentence: string): CounterInfo => ({ name, kind, scope, sentence });
const vcpu = row("vcpu", "count");
const vm = row("vm", "count");
const gauge = row("vm", "gauge");

/** KVM's counters, in the order of its table. KVM: debugfs_entries in x86.c. */
export const kvmCounters: readonly CounterInfo[] = [
  vcpu("pf_fixed", "page faults that the shadow MMU handled without telling the guest"),
  vcpu("pf_guest", "page faults that KVM delivered to the guest"),
  vcpu("tlb_flush", "flushes of the processor's TLB that KVM asks for by name"),
  vcpu("invlpg", "INVLPG instructions"),
  vcpu("exits", "returns from guest mode"),
  vcpu("io_exits", "exits for port I/O"),
  vcpu("mmio_exits", "page faults on addresses without memory, which a device answers"),
  vcpu("signal_exits", "exits because the host had a signal for the vCPU's thread"),
  vcpu("irq_window", "exits because the guest became able to take an interrupt"),
  vcpu("nmi_window", "exits because the guest became able to take an NMI"),
  vcpu("halt_exits", "HLT instructions"),
  vcpu("halt_wakeup", "halts that an event ended"),
  vcpu("hypercalls", "calls of the guest to the hypervisor"),
  vcpu("request_irq", "times user space asked for an interrupt window"),
  vcpu("request_nmi", "times user space asked for an NMI window"),
  vcpu("irq_exits", "exits because a device interrupted the host"),
  vcpu("host_state_reload", "reloads of host segments and MSRs"),
  vcpu("efer_reload", "reloads of EFER"),
  vcpu("fpu_reload", "loads of the guest's FPU state"),
  vcpu("insn_emulation", "instructions that KVM executed in software"),
  vcpu("insn_emulation_fail", "instructions that KVM could not execute in software"),
  vcpu("irq_injections", "interrupts injected"),
  vcpu("nmi_injections", "NMIs injected"),
  vm("mmu_shadow_zapped", "shadow pages destroyed, or made invalid while in use as a root"),
  vm("mmu_pte_write", "emulated stores to guest memory, and D bits set by the walker"),
  vm("mmu_pte_updated", "shadow entries that an emulated store tried to make at once"),
  vm("mmu_pde_zapped", "upper-level shadow entries that an emulated store removed"),
  vm("mmu_flooded", "shadow pages destroyed because their guest table was written too often or in pieces"),
  vm("mmu_recycled", "shadow pages chosen to make room"),
  vm("mmu_cache_miss", "shadow pages made"),
  gauge("mmu_unsync", "shadow pages out of sync now"),
  gauge("mmu_unsync_global", "shadow pages out of sync and global now: the length of oos_global_pages"),
  vm("remote_tlb_flush", "flushes that interrupted another processor; 0 with one vCPU"),
  gauge("largepages", "large shadow entries now; 0 over 4 KiB host frames"),
];

/** Counters of our own. */
export const umbraCounters: readonly CounterInfo[] = [
  vcpu("exits_pf", "exits for page faults"),
  vcpu("exits_cr0", "exits for writes to CR0"),
  vcpu("exits_cr3", "exits for writes to CR3"),
  vcpu("exits_cr4", "exits for writes to CR4"),
  vcpu("exits_clts", "exits for CLTS"),
  vcpu("exits_invlpg", "exits for INVLPG"),
  vcpu("exits_cpuid", "exits for CPUID"),
  vcpu("exits_msr", "exits for MSR accesses"),
  vcpu("pf_bypassed", "page faults that the processor delivered to the guest without an exit"),
  vcpu("tlb_fills", "TLB misses that the shadow tables answered"),
  vcpu("root_loads", "times the roots were looked up and loaded"),
  vm("sync_pages_cr3", "shadow pages synced by a CR3 load"),
  vm("sync_pages_cr0", "shadow pages synced by a CR0 write"),
  vm("sync_pages_cr4", "shadow pages synced by a CR4 write"),
  vm("sync_pages_lookup", "shadow pages synced because they were looked up"),
  vm("sync_pages_other", "shadow pages synced for another reason"),
  vm(
    "sync_pages_zapped",
    "shadow pages that a sync destroyed: nothing was left in them, or another paging mode made them",
  ),
  vm("sync_skipped_global", "links to unsync global pages under the new roots that a CR3 load left alone"),
  vm("sptes_examined", "shadow entries compared with the guest's by a sync"),
  vm("sptes_changed", "shadow entries that a sync dropped or altered"),
  vm("sptes_examined_cr3", "shadow entries compared with the guest's at CR3 loads"),
  vm("sptes_changed_cr3", "shadow entries that CR3 loads dropped or altered"),
  vm("write_protects", "frames whose mappings lost W because they hold a shadowed table"),
  vm("unsync_refused", "mappings kept read-only because their frame holds a shadowed table"),
  vm("invlpg_list_visits", "pages of the global list that an INVLPG or a fault looked at"),
  vm("invlpg_list_drops", "shadow entries of the global list that those dropped in another address space"),
];
