/**
 * What the processor may ask of the memory below it, whoever runs there: a bare host MMU that walks the guest's
 * own tables, or the hypervisor's shadow MMU.
 */
import type { Tlb } from "./tlb.ts";
import type { Gpa, Gva, Hpa } from "./types.ts";

/** Outcomes of `translate` that are not an hpa. */
export const INJECT = -1;
export const EMULATE = -2;

/** Bits of a page-fault error code, which also describe an access. SDM: volume 3, 4.7. */
export const PFERR_PRESENT = 1;
export const PFERR_WRITE = 2;
export const PFERR_USER = 4;
export const PFERR_RSVD = 8;
export const PFERR_FETCH = 16;

/** Why the guest left guest mode, for exits that are not about memory. KVM: the exit handlers' table. */
export const EXIT_IO = 0;
export const EXIT_HLT = 1;
export const EXIT_CPUID = 2;
export const EXIT_MSR = 3;
/** A device raised an interrupt while the guest ran. */
export const EXIT_EXTERNAL_INTERRUPT = 4;
/** The guest became able to take an interrupt that was waiting. */
export const EXIT_INTERRUPT_WINDOW = 5;

export interface MmuState {
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
  readonly userAccess: boolean;
  /** As they were latched: memory may say something else. */
  readonly pdptes: readonly number[];
}

export interface Mmu {
  /** The processor looks here first; `translate` fills it. */
  readonly tlb: Tlb;

  /**
   * Resolves an access that missed the TLB, taking whatever exits that needs.
   *
   * Returns the hpa of the byte at `gva` (a number from 0 to 2^32-1; the TLB is filled for the page), or
   * INJECT: the guest takes #PF, CR2 is `gva`, the error code is in `faultError`; or
   * EMULATE: the access must be done by hand at `emulateGpa`: no RAM is there (a device, or nothing), or it is
   * a store that the hypervisor wants to see (RAM: write it, then call `pteWrite`).
   *
   * @param access PFERR_WRITE, PFERR_USER, PFERR_FETCH; implicit supervisor accesses leave PFERR_USER out
   */
  translate(gva: Gva, access: number): Hpa | typeof INJECT | typeof EMULATE;
  /** Error code of the last INJECT. */
  readonly faultError: number;
  /** Where the last EMULATE goes. */
  readonly emulateGpa: Gpa;

  /** A store that EMULATE asked for has reached guest RAM. Never crosses a page. KVM: kvm_mmu_pte_write. */
  pteWrite(gpa: Gpa, bytes: number): void;

  /** Register writes, after the processor's own checks. False: the guest takes #GP(0) and nothing changed. */
  setCr0(value: number): boolean;
  setCr3(value: number): boolean;
  setCr4(value: number): boolean;
  setEfer(value: number): boolean;
  /** CLTS, which clears CR0.TS without the side effects of a MOV to CR0. */
  clts(): void;
  /** A task switch has set CR0.TS. */
  taskSwitched(): void;
  invlpg(gva: Gva): void;
  /**
   * EFLAGS.AC as it matters while CR4.SMAP is set: whether supervisor accesses may reach user pages. Told whenever it may
   * have changed.
   */
  setUserAccess(allowed: boolean): void;
  /** Guest memory looks different from now on (A20): nothing cached may stay. */
  memoryChanged(): void;
  /** The registers that translation depends on, as plain data; what is cached is not part of it. */
  save(): MmuState;
  /** Takes a saved state, with nothing cached. Guest memory must be restored before. */
  restore(state: MmuState): void;
  /** Power-on values, nothing cached. */
  reset(): void;

  /** An exit for another reason than memory. Counted, and followed by a guest entry. */
  exit(reason: number): void;
  /** The guest entry that follows injects an interrupt, which ends a HLT if `halted`. Counted. */
  injectInterrupt(halted: boolean): void;
  /** Set by the processor while it delivers an event: what it stores then is part of no instruction. */
  delivering: boolean;

  /** Where `gva` leads in the guest's own tables now, as a supervisor read, without side effects; -1 if nowhere. */
  probe(gva: Gva): Gpa;
}
