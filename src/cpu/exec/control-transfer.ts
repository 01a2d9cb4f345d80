/**
 * Near control transfer: Jcc, JMP, CALL, RET, LOOP, JECXZ. The hottest handlers of the machine: the 32-bit forms
 * have one each, without tests of the operand size.
 *
 * SDM: volume 2; volume 1, appendix B "EFLAGS condition codes". A target beyond the limit of CS raises #GP(0) before
 * anything changes.
 */
import { load32, read16, read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { condition, getPF, getZF } from "../eflags.ts";
import { raiseGP } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { MODE_FLAT, MODE_STACK32 } from "../mode.ts";
import { movedStackPointer, peek16, peek32, push16, push32 } from "../stack.ts";
import { CS, ECX, EIP, ESP, FLAG_AUX, FLAG_RESULT, SEG_LIMIT, SS } from "../state.ts";

/** In `cpu.mode`: no target can be beyond the limit of CS. */
const FLAT_CODE = 1 << (MODE_FLAT + CS);
/** In `cpu.mode`: the same, and the stack is plain linear memory. */
const FLAT = FLAT_CODE | MODE_STACK32 | (1 << (MODE_FLAT + SS));

function checkTarget(cpu: Cpu, target: number): void {
  if ((cpu.mode & FLAT_CODE) === 0 && target >>> 0 > cpu.r[SEG_LIMIT + CS] >>> 0) raiseGP(cpu, 0);
}

/** Goes on behind the instruction. */
function skip(cpu: Cpu, insn: Insn): void {
  cpu.r[EIP] = (cpu.r[EIP] + insn.end) | 0;
}

/** Goes to the target of a relative jump. */
function jump(cpu: Cpu, insn: Insn): void {
  const target = (cpu.r[EIP] + insn.end + insn.imm) | 0;
  checkTarget(cpu, target);
  cpu.r[EIP] = target;
}
function jump16(cpu: Cpu, insn: Insn): void {
  const target = (cpu.r[EIP] + insn.end + insn.imm) & 0xffff;
  checkTarget(cpu, target);
  cpu.r[EIP] = target;
}

// --- Conditions, straight from the two flag words (`eflags.ts`) -------------------------------------------------------

function isOverflow(cpu: Cpu): boolean {
  const aux = cpu.r[FLAG_AUX];
  return (aux ^ (aux << 1)) < 0;
}
function isNegative(cpu: Cpu): boolean {
  return (cpu.r[FLAG_RESULT] ^ (cpu.r[FLAG_AUX] << 31)) < 0;
}
function isBelowOrEqual(cpu: Cpu): boolean {
  return cpu.r[FLAG_AUX] < 0 || cpu.r[FLAG_RESULT] === 0;
}
/** SF differs from OF. */
function isLess(cpu: Cpu): boolean {
  const aux = cpu.r[FLAG_AUX];
  return (cpu.r[FLAG_RESULT] ^ (aux << 31) ^ aux ^ (aux << 1)) < 0;
}
function isLessOrEqual(cpu: Cpu): boolean {
  return cpu.r[FLAG_RESULT] === 0 || isLess(cpu);
}

// --- Jcc -----------------------------------------------------------------------------------------------------------

export function jo_Jd(cpu: Cpu, insn: Insn): void {
  if (isOverflow(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jno_Jd(cpu: Cpu, insn: Insn): void {
  if (!isOverflow(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jb_Jd(cpu: Cpu, insn: Insn): void {
  if (cpu.r[FLAG_AUX] < 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jae_Jd(cpu: Cpu, insn: Insn): void {
  if (cpu.r[FLAG_AUX] >= 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function je_Jd(cpu: Cpu, insn: Insn): void {
  if (cpu.r[FLAG_RESULT] === 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jne_Jd(cpu: Cpu, insn: Insn): void {
  if (cpu.r[FLAG_RESULT] !== 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jbe_Jd(cpu: Cpu, insn: Insn): void {
  if (isBelowOrEqual(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function ja_Jd(cpu: Cpu, insn: Insn): void {
  if (!isBelowOrEqual(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function js_Jd(cpu: Cpu, insn: Insn): void {
  if (isNegative(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jns_Jd(cpu: Cpu, insn: Insn): void {
  if (!isNegative(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jp_Jd(cpu: Cpu, insn: Insn): void {
  if (getPF(cpu) !== 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jnp_Jd(cpu: Cpu, insn: Insn): void {
  if (getPF(cpu) === 0) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jl_Jd(cpu: Cpu, insn: Insn): void {
  if (isLess(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jge_Jd(cpu: Cpu, insn: Insn): void {
  if (!isLess(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jle_Jd(cpu: Cpu, insn: Insn): void {
  if (isLessOrEqual(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
export function jg_Jd(cpu: Cpu, insn: Insn): void {
  if (!isLessOrEqual(cpu)) jump(cpu, insn);
  else skip(cpu, insn);
}
/** Any condition, with 16-bit operand size. */
export function jcc_Jw(cpu: Cpu, insn: Insn): void {
  if (condition(cpu, insn.imm2)) jump16(cpu, insn);
  else skip(cpu, insn);
}

// --- JMP -----------------------------------------------------------------------------------------------------------

export function jmp_Jd(cpu: Cpu, insn: Insn): void {
  jump(cpu, insn);
}
export function jmp_Jw(cpu: Cpu, insn: Insn): void {
  jump16(cpu, insn);
}
export function jmp_Rd(cpu: Cpu, insn: Insn): void {
  jumpTo(cpu, cpu.r[insn.rm]);
}
export function jmp_Md(cpu: Cpu, insn: Insn): void {
  jumpTo(cpu, read32(cpu, insn));
}
export function jmp_Rw(cpu: Cpu, insn: Insn): void {
  jumpTo(cpu, cpu.r16[insn.rm * 2]);
}
export function jmp_Mw(cpu: Cpu, insn: Insn): void {
  jumpTo(cpu, read16(cpu, insn));
}

function jumpTo(cpu: Cpu, target: number): void {
  checkTarget(cpu, target);
  cpu.r[EIP] = target;
}

// --- CALL ----------------------------------------------------------------------------------------------------------

export function call_Jd(cpu: Cpu, insn: Insn): void {
  const next = (cpu.r[EIP] + insn.end) | 0;
  call32(cpu, next, (next + insn.imm) | 0);
}
export function call_Rd(cpu: Cpu, insn: Insn): void {
  call32(cpu, (cpu.r[EIP] + insn.end) | 0, cpu.r[insn.rm]);
}
export function call_Md(cpu: Cpu, insn: Insn): void {
  call32(cpu, (cpu.r[EIP] + insn.end) | 0, read32(cpu, insn));
}
export function call_Jw(cpu: Cpu, insn: Insn): void {
  const next = (cpu.r[EIP] + insn.end) | 0;
  call16(cpu, next, (next + insn.imm) & 0xffff);
}
export function call_Rw(cpu: Cpu, insn: Insn): void {
  call16(cpu, (cpu.r[EIP] + insn.end) | 0, cpu.r16[insn.rm * 2]);
}
export function call_Mw(cpu: Cpu, insn: Insn): void {
  call16(cpu, (cpu.r[EIP] + insn.end) | 0, read16(cpu, insn));
}

function call32(cpu: Cpu, next: number, target: number): void {
  checkTarget(cpu, target);
  push32(cpu, next);
  cpu.r[EIP] = target;
}
function call16(cpu: Cpu, next: number, target: number): void {
  checkTarget(cpu, target);
  push16(cpu, next);
  cpu.r[EIP] = target;
}

// --- RET -----------------------------------------------------------------------------------------------------------

export function retd(cpu: Cpu): void {
  const { r } = cpu;
  if ((cpu.mode & FLAT) === FLAT) {
    const esp = r[ESP];
    r[EIP] = load32(cpu, esp);
    r[ESP] = (esp + 4) | 0;
  } else {
    returnTo(cpu, peek32(cpu), 4);
  }
}
export function retd_Iw(cpu: Cpu, insn: Insn): void {
  returnTo(cpu, peek32(cpu), 4 + insn.imm);
}
export function retw(cpu: Cpu): void {
  returnTo(cpu, peek16(cpu), 2);
}
export function retw_Iw(cpu: Cpu, insn: Insn): void {
  returnTo(cpu, peek16(cpu), 2 + insn.imm);
}

function returnTo(cpu: Cpu, target: number, release: number): void {
  checkTarget(cpu, target);
  cpu.r[ESP] = movedStackPointer(cpu, release);
  cpu.r[EIP] = target;
}

// --- LOOP, JECXZ: the address size says whether CX or ECX counts ------------------------------------------------------

export function loop_Jv(cpu: Cpu, insn: Insn): void {
  loopWhile(cpu, insn, true);
}
export function loope_Jv(cpu: Cpu, insn: Insn): void {
  loopWhile(cpu, insn, getZF(cpu) !== 0);
}
export function loopne_Jv(cpu: Cpu, insn: Insn): void {
  loopWhile(cpu, insn, getZF(cpu) === 0);
}
export function jecxz_Jv(cpu: Cpu, insn: Insn): void {
  const count = insn.address16 ? cpu.r16[ECX * 2] : cpu.r[ECX];
  branchIf(cpu, insn, count === 0);
}

function loopWhile(cpu: Cpu, insn: Insn, holds: boolean): void {
  const { r } = cpu;
  const count = insn.address16 ? (r[ECX] - 1) & 0xffff : (r[ECX] - 1) | 0;
  branchIf(cpu, insn, holds && count !== 0);
  if (insn.address16) cpu.r16[ECX * 2] = count;
  else r[ECX] = count;
}

function branchIf(cpu: Cpu, insn: Insn, taken: boolean): void {
  if (!taken) skip(cpu, insn);
  else if (insn.operand16) jump16(cpu, insn);
  else jump(cpu, insn);
}
