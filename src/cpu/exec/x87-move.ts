/**
 * x87 instructions that move numbers between registers, and FCHS, FABS, FXAM, which look at nothing but bits.
 *
 * SDM: volume 1, 8.3.3 "Data transfer instructions", tables 8-4 and 8-5; volume 2 by name.
 */
import type { Cpu } from "../cpu.ts";
import { getCF, getPF, getZF } from "../eflags.ts";
import { isInfinity, isNan, isUnsupported, isZero } from "../fpu/classify.ts";
import { EXPONENT_ZERO, Extended } from "../fpu/extended.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getRegister, INDEFINITE, isEmpty, pop, setRegister } from "../fpu/registers.ts";
import {
  CONDITION_CODES,
  clearC1,
  requireFpuReady,
  STATUS_C0,
  STATUS_C1,
  STATUS_C2,
  STATUS_C3,
  stackUnderflow,
} from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { FPU_STATUS } from "../state.ts";

const value = new Extended();
const other = new Extended();

function begin(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
}

// --- FST, FXCH ---------------------------------------------------------------------------------------------------------

export function fst_STi(cpu: Cpu, insn: Insn): void {
  copyTop(cpu, insn);
}
export function fstp_STi(cpu: Cpu, insn: Insn): void {
  if (copyTop(cpu, insn)) pop(cpu);
}

function copyTop(cpu: Cpu, insn: Insn): boolean {
  begin(cpu, insn);
  if (isEmpty(cpu, 0)) {
    if (!stackUnderflow(cpu)) return false;
    setRegister(cpu, insn.rm, INDEFINITE);
    return true;
  }
  clearC1(cpu);
  getRegister(cpu, 0, value);
  setRegister(cpu, insn.rm, value);
  return true;
}

/** FSTP without stack underflow: an empty ST(0) is popped, and nothing is stored. */
export function fstpnce_STi(cpu: Cpu, insn: Insn): void {
  begin(cpu, insn);
  clearC1(cpu);
  if (!isEmpty(cpu, 0)) {
    getRegister(cpu, 0, value);
    setRegister(cpu, insn.rm, value);
  }
  pop(cpu);
}

/** Empty registers become the indefinite before they are exchanged. */
export function fxch_STi(cpu: Cpu, insn: Insn): void {
  begin(cpu, insn);
  const { rm } = insn;
  getRegister(cpu, 0, value);
  getRegister(cpu, rm, other);
  const topEmpty = isEmpty(cpu, 0);
  const otherEmpty = isEmpty(cpu, rm);
  if (topEmpty || otherEmpty) {
    if (!stackUnderflow(cpu)) return;
    if (topEmpty) value.copy(INDEFINITE);
    if (otherEmpty) other.copy(INDEFINITE);
  } else {
    clearC1(cpu);
  }
  setRegister(cpu, 0, other);
  setRegister(cpu, rm, value);
}

// --- FCMOV: does not touch C1, but for a stack underflow -----------------------------------------------------------------

export function fcmovb_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getCF(cpu) !== 0);
}
export function fcmove_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getZF(cpu) !== 0);
}
export function fcmovbe_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, (getCF(cpu) | getZF(cpu)) !== 0);
}
export function fcmovu_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getPF(cpu) !== 0);
}
export function fcmovnb_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getCF(cpu) === 0);
}
export function fcmovne_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getZF(cpu) === 0);
}
export function fcmovnbe_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, (getCF(cpu) | getZF(cpu)) === 0);
}
export function fcmovnu_ST_STi(cpu: Cpu, insn: Insn): void {
  moveIf(cpu, insn, getPF(cpu) === 0);
}

/** Both registers are checked, whatever the condition; the indefinite then goes to ST(0) in either case. */
function moveIf(cpu: Cpu, insn: Insn, condition: boolean): void {
  begin(cpu, insn);
  if (isEmpty(cpu, 0) || isEmpty(cpu, insn.rm)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return;
  }
  if (!condition) return;
  getRegister(cpu, insn.rm, value);
  setRegister(cpu, 0, value);
}

// --- Signs and classes -----------------------------------------------------------------------------------------------------

export function fchs(cpu: Cpu, insn: Insn): void {
  if (!fetchTop(cpu, insn)) return;
  value.sign ^= 1;
  setRegister(cpu, 0, value);
}
export function fabs(cpu: Cpu, insn: Insn): void {
  if (!fetchTop(cpu, insn)) return;
  value.sign = 0;
  setRegister(cpu, 0, value);
}

function fetchTop(cpu: Cpu, insn: Insn): boolean {
  begin(cpu, insn);
  if (isEmpty(cpu, 0)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return false;
  }
  clearC1(cpu);
  getRegister(cpu, 0, value);
  return true;
}

/** C1 is the sign, also of what an empty register holds. */
export function fxam(cpu: Cpu, insn: Insn): void {
  begin(cpu, insn);
  const { r } = cpu;
  getRegister(cpu, 0, value);
  const codes = isEmpty(cpu, 0) ? STATUS_C3 | STATUS_C0 : classOf(value);
  const sign = value.sign === 0 ? 0 : STATUS_C1;
  r[FPU_STATUS] = (r[FPU_STATUS] & ~CONDITION_CODES) | codes | sign;
}

/** SDM: volume 2, "FXAM", table 3-44. A pseudo-denormal counts as denormal. */
function classOf(x: Extended): number {
  if (isUnsupported(x)) return 0;
  if (isNan(x)) return STATUS_C0;
  if (isInfinity(x)) return STATUS_C2 | STATUS_C0;
  if (isZero(x)) return STATUS_C3;
  return x.exponent === EXPONENT_ZERO ? STATUS_C3 | STATUS_C2 : STATUS_C2;
}
