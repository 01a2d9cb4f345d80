/** What must hold of the state block between any two instructions, whatever the guest did. */
import type { Cpu } from "../../../src/cpu/cpu.ts";
import { cr4Allowed } from "../../../src/cpu/cpuid.ts";
import { EFLAGS_VM } from "../../../src/cpu/eflags.ts";
import * as S from "../../../src/cpu/state.ts";
import { TLB_CURRENT } from "../../../src/mmu/tlb.ts";

/** Bits of EFLAGS that exist, without the arithmetic ones. */
const EFLAGS_BITS = 0x003f_7702;
const CR0_BITS = 0xe005_003f | 0;

/** The first sentence that does not hold, or null. */
export function broken(cpu: Cpu): string | null {
  const { r } = cpu;
  const cr0 = r[S.CR0];
  const real = (cr0 & S.CR0_PE) === 0;
  const v86 = (r[S.EFLAGS] & EFLAGS_VM) !== 0;
  if ((r[S.EFLAGS] & ~EFLAGS_BITS) !== 0 || (r[S.EFLAGS] & 2) === 0)
    return "EFLAGS has bits that do not exist";
  if ((cr0 & ~CR0_BITS) !== 0 || (cr0 & S.CR0_ET) === 0) return "CR0 has bits that do not exist";
  if ((cr0 & S.CR0_PG) !== 0 && real) return "CR0.PG is set without PE";
  if ((r[S.CR4] & ~cr4Allowed(cpu.model)) !== 0) return "CR4 has bits that are not announced";
  if ((r[S.EFER] & ~S.EFER_NXE) !== 0) return "EFER has bits that do not exist";
  if (r[S.CPL] < 0 || r[S.CPL] > 3) return "CPL is not from 0 to 3";
  if (real && r[S.CPL] !== 0) return "CPL is not 0 in real mode";
  if (v86 && real) return "EFLAGS.VM is set in real mode";
  if (v86 && r[S.CPL] !== 3) return "CPL is not 3 in virtual-8086 mode";
  for (let seg = S.ES; seg <= S.TR; seg++) {
    if ((r[S.SEG_SELECTOR + seg] & ~0xffff) !== 0) return `selector ${seg} has more than 16 bits`;
    if ((r[S.SEG_ATTR + seg] & ~0xf0ff) !== 0)
      return `attributes of segment ${seg} have bits that do not exist`;
  }
  if ((r[S.GDTR_LIMIT] & ~0xffff) !== 0 || (r[S.IDTR_LIMIT] & ~0xffff) !== 0)
    return "a table limit has more than 16 bits";
  if (r[S.ZERO] !== 0) return "the register that is always 0 is not";
  if ((r[S.DR7] & 0xdc00) !== 0x400) return "DR7 has bits that do not exist";
  if ((r[S.DR6] & 0x1ff0) !== 0x0ff0) return "DR6 has bits that do not exist";
  if ((r[S.FPU_CONTROL] & ~0x1f7f) !== 0) return "the x87 control word has bits that do not exist";
  if ((r[S.FPU_STATUS] & ~0xffff) !== 0) return "the x87 status word has more than 16 bits";
  if ((r[S.FPU_TAGS] & ~0xff) !== 0) return "the x87 tags have more than 8 bits";
  if ((r[S.MXCSR] & ~0xffff) !== 0) return "MXCSR has bits that do not exist";
  for (let i = 0; i < 8; i++) {
    if ((r[S.FPR + 4 * i + 2] & ~0xffff) !== 0 || r[S.FPR + 4 * i + 3] !== 0)
      return `R${i} has more than 80 bits`;
  }
  return derived(cpu);
}

/** What can be recomputed from the state block is what recomputing gives. */
function derived(cpu: Cpu): string | null {
  const { mode, stackFlat, csBase, userAccess, checksAccesses, checksAlignment, stepwise } = cpu;
  const current = cpu.tlb[TLB_CURRENT];
  const { attention } = cpu;
  cpu.refreshDebug();
  cpu.refreshMode();
  cpu.attention = attention;
  if (cpu.mode !== mode) return `mode is ${mode.toString(16)} and not ${cpu.mode.toString(16)}`;
  if (cpu.stackFlat !== stackFlat) return "stackFlat is out of date";
  if (cpu.csBase !== csBase) return "csBase is out of date";
  if (cpu.userAccess !== userAccess) return "userAccess is out of date";
  if (cpu.checksAccesses !== checksAccesses || cpu.checksAlignment !== checksAlignment)
    return "checksAccesses is out of date";
  if (cpu.stepwise !== stepwise) return "stepwise is out of date";
  if (cpu.tlb[TLB_CURRENT] !== current) return "the current set of the TLB is out of date";
  return null;
}
