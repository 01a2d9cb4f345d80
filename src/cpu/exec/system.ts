/**
 * System instructions: descriptor-table registers, control and debug registers, HLT, INVLPG, caches.
 *
 * SDM: volume 2; volume 3, 5.9 "Privileged instructions".
 */
import { EXIT_HLT } from "../../mmu/mmu.ts";
import {
  effectiveAddress,
  load16,
  load32,
  operandRead,
  operandWrite,
  systemStore8,
  write16,
} from "../access.ts";
import { writeCr0, writeCr3, writeCr4 } from "../control-registers.ts";
import type { Cpu } from "../cpu.ts";
import {
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  SELECTOR_TI,
  selectorError,
  TYPE_LDT,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
} from "../descriptors.ts";
import { EFLAGS_AC, EFLAGS_IF, EFLAGS_VIF, EFLAGS_VIP } from "../eflags.ts";
import { raise, raiseGP, raiseNP, raiseUD } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { usesDescriptors } from "../segment-load.ts";
import { ATTR_NULL } from "../segmentation.ts";
import { commitStore, prepareStore } from "../slow-access.ts";
import {
  CPL,
  CR0,
  CR0_EM,
  CR0_MP,
  CR0_PE,
  CR0_TS,
  CR2,
  CR3,
  CR4,
  CR4_DE,
  CR4_UMIP,
  DR0,
  DR6,
  DR6_BD,
  DR7,
  DR7_GD,
  EFLAGS,
  GDTR_BASE,
  GDTR_LIMIT,
  IDTR_BASE,
  IDTR_LIMIT,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  TR,
  VEC_DB,
} from "../state.ts";
import { interruptFlagHere } from "../virtual-8086.ts";
import { readE16 } from "./operands.ts";

const descriptor = new Descriptor();

/** SDM: volume 3, 2.5: CR4.UMIP hides what SGDT SIDT SLDT SMSW STR tell from user mode. */
function checkUmip(cpu: Cpu): void {
  if ((cpu.r[CR4] & CR4_UMIP) !== 0 && cpu.r[CPL] !== 0) raiseGP(cpu, 0);
}

function requireLevel0(cpu: Cpu): void {
  if (cpu.r[CPL] !== 0) raiseGP(cpu, 0);
}

// --- GDTR, IDTR ------------------------------------------------------------------------------------------------------

export function sgdt_Ms(cpu: Cpu, insn: Insn): void {
  checkUmip(cpu);
  storeTable(cpu, insn, cpu.r[GDTR_LIMIT], cpu.r[GDTR_BASE]);
}
export function sidt_Ms(cpu: Cpu, insn: Insn): void {
  checkUmip(cpu);
  storeTable(cpu, insn, cpu.r[IDTR_LIMIT], cpu.r[IDTR_BASE]);
}

/** All 32 bits of the base, whatever the operand size: so do processors, if not their manuals. */
function storeTable(cpu: Cpu, insn: Insn, limit: number, base: number): void {
  prepareStore(cpu, operandWrite(cpu, insn, 6), 6);
  commitStore(cpu, limit | (base << 16), base >>> 16);
}

export function lgdt_Ms(cpu: Cpu, insn: Insn): void {
  loadTable(cpu, insn, GDTR_BASE, GDTR_LIMIT);
}
export function lidt_Ms(cpu: Cpu, insn: Insn): void {
  loadTable(cpu, insn, IDTR_BASE, IDTR_LIMIT);
}

function loadTable(cpu: Cpu, insn: Insn, baseWord: number, limitWord: number): void {
  requireLevel0(cpu);
  const la = operandRead(cpu, insn, 6);
  const limit = load16(cpu, la);
  const base = load32(cpu, (la + 2) | 0);
  cpu.r[limitWord] = limit;
  cpu.r[baseWord] = insn.operand16 ? base & 0x00ff_ffff : base;
}

// --- LDTR, TR --------------------------------------------------------------------------------------------------------

export function sldt_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = systemSelector(cpu, LDTR);
}
export function sldt_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = systemSelector(cpu, LDTR);
}
export function sldt_Mw(cpu: Cpu, insn: Insn): void {
  write16(cpu, insn, systemSelector(cpu, LDTR));
}
export function str_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = systemSelector(cpu, TR);
}
export function str_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = systemSelector(cpu, TR);
}
export function str_Mw(cpu: Cpu, insn: Insn): void {
  write16(cpu, insn, systemSelector(cpu, TR));
}

function systemSelector(cpu: Cpu, seg: number): number {
  if (!usesDescriptors(cpu)) raiseUD(cpu);
  checkUmip(cpu);
  return cpu.r[SEG_SELECTOR + seg];
}

export function lldt_Ew(cpu: Cpu, insn: Insn): void {
  const selector = newSystemSelector(cpu, insn);
  if (isNull(selector)) {
    cpu.r[SEG_SELECTOR + LDTR] = selector;
    cpu.r[SEG_BASE + LDTR] = 0;
    cpu.r[SEG_LIMIT + LDTR] = 0;
    cpu.r[SEG_ATTR + LDTR] = ATTR_NULL;
    return;
  }
  findSystemSegment(cpu, selector);
  if (descriptor.systemType !== TYPE_LDT) raiseGP(cpu, selectorError(selector, 0));
  if (!descriptor.present) raiseNP(cpu, selectorError(selector, 0));
  cacheSegment(cpu, LDTR, selector, descriptor);
}

/** The TSS is marked busy, in memory and in TR. */
export function ltr_Ew(cpu: Cpu, insn: Insn): void {
  const selector = newSystemSelector(cpu, insn);
  if (isNull(selector)) raiseGP(cpu, 0);
  findSystemSegment(cpu, selector);
  const type = descriptor.systemType;
  if (type !== TYPE_TSS16 && type !== TYPE_TSS32) raiseGP(cpu, selectorError(selector, 0));
  if (!descriptor.present) raiseNP(cpu, selectorError(selector, 0));
  descriptor.attr |= TSS_BUSY;
  systemStore8(cpu, (descriptor.la + 5) | 0, descriptor.attr & 0xff);
  cacheSegment(cpu, TR, selector, descriptor);
}

/** In the type of a TSS. */
const TSS_BUSY = TYPE_TSS16_BUSY ^ TYPE_TSS16;

function newSystemSelector(cpu: Cpu, insn: Insn): number {
  if (!usesDescriptors(cpu)) raiseUD(cpu);
  requireLevel0(cpu);
  return readE16(cpu, insn);
}

/** LDTs and TSSs are in the GDT only. */
function findSystemSegment(cpu: Cpu, selector: number): void {
  if ((selector & SELECTOR_TI) !== 0 || !findDescriptor(cpu, selector, descriptor)) {
    raiseGP(cpu, selectorError(selector, 0));
  }
}

// --- CR0 to CR4 ------------------------------------------------------------------------------------------------------

export function mov_Rd_Cd(cpu: Cpu, insn: Insn): void {
  requireLevel0(cpu);
  cpu.r[insn.rm] = cpu.r[CR_WORDS[insn.reg]];
}
/** State words of the control registers by number; there is no CR1. */
const CR_WORDS = [CR0, CR0, CR2, CR3, CR4];

export function mov_Cd_Rd(cpu: Cpu, insn: Insn): void {
  requireLevel0(cpu);
  const value = cpu.r[insn.rm];
  switch (insn.reg) {
    case 0:
      writeCr0(cpu, value);
      break;
    case 2:
      cpu.r[CR2] = value;
      break;
    case 3:
      writeCr3(cpu, value);
      break;
    default:
      writeCr4(cpu, value);
  }
}

/** Also at CPL 3. The register form gives all of CR0. */
export function smsw_Rd(cpu: Cpu, insn: Insn): void {
  checkUmip(cpu);
  cpu.r[insn.rm] = cpu.r[CR0];
}
export function smsw_Rw(cpu: Cpu, insn: Insn): void {
  checkUmip(cpu);
  cpu.r16[insn.rm * 2] = cpu.r[CR0];
}
export function smsw_Mw(cpu: Cpu, insn: Insn): void {
  checkUmip(cpu);
  write16(cpu, insn, cpu.r[CR0]);
}

/** LMSW can set PE but not clear it. */
export function lmsw_Ew(cpu: Cpu, insn: Insn): void {
  requireLevel0(cpu);
  const changes = CR0_MP | CR0_EM | CR0_TS;
  writeCr0(cpu, (cpu.r[CR0] & ~changes) | (readE16(cpu, insn) & (changes | CR0_PE)));
}

export function clts(cpu: Cpu): void {
  requireLevel0(cpu);
  cpu.mmu.clts();
  cpu.r[CR0] &= ~CR0_TS;
}

// --- DR0 to DR7 ------------------------------------------------------------------------------------------------------

// SDM: volume 3, figure 17-1: bits that can be written, and bits that read as 1.
const DR6_WRITABLE = 0xe00f;
const DR6_ONES = 0xffff_0ff0 | 0;
const DR7_WRITABLE = 0xffff_23ff | 0;
const DR7_ONES = 0x400;

export function mov_Rd_Dd(cpu: Cpu, insn: Insn): void {
  const word = debugRegister(cpu, insn);
  cpu.r[insn.rm] = cpu.r[word];
}
export function mov_Dd_Rd(cpu: Cpu, insn: Insn): void {
  const word = debugRegister(cpu, insn);
  const value = cpu.r[insn.rm];
  if (word === DR6) cpu.r[DR6] = (value & DR6_WRITABLE) | DR6_ONES;
  else if (word === DR7) cpu.r[DR7] = (value & DR7_WRITABLE) | DR7_ONES;
  else cpu.r[word] = value;
  cpu.refreshDebug();
}

/** The state word of a debug register, after all checks. SDM: volume 3, 17.2.2: DR4 and DR5 are aliases. */
function debugRegister(cpu: Cpu, insn: Insn): number {
  const { r } = cpu;
  const isAlias = insn.reg === 4 || insn.reg === 5;
  if (isAlias && (r[CR4] & CR4_DE) !== 0) raiseUD(cpu);
  requireLevel0(cpu);
  if ((r[DR7] & DR7_GD) !== 0) {
    r[DR7] &= ~DR7_GD;
    r[DR6] |= DR6_BD;
    raise(cpu, VEC_DB, -1);
  }
  return DR0 + (isAlias ? insn.reg + 2 : insn.reg);
}

// --- CLAC, STAC ------------------------------------------------------------------------------------------------------

/** SDM: volume 2: whether a supervisor may use user pages while CR4.SMAP is set. */
export function clac(cpu: Cpu): void {
  setAC(cpu, 0);
}
export function stac(cpu: Cpu): void {
  setAC(cpu, EFLAGS_AC);
}

function setAC(cpu: Cpu, ac: number): void {
  if (cpu.r[CPL] !== 0) raiseUD(cpu);
  cpu.r[EFLAGS] = (cpu.r[EFLAGS] & ~EFLAGS_AC) | ac;
  cpu.refreshPrivilege();
}

// --- STI, CLI --------------------------------------------------------------------------------------------------------

/** SDM: volume 2, "STI": interrupts stay off for one more instruction, if they were off. */
export function sti(cpu: Cpu): void {
  const { r } = cpu;
  const flag = interruptFlagHere(cpu);
  if (flag === EFLAGS_VIF) {
    if ((r[EFLAGS] & EFLAGS_VIP) !== 0) raiseGP(cpu, 0);
  } else if ((r[EFLAGS] & EFLAGS_IF) === 0) {
    cpu.inhibitInterrupts = true;
  }
  r[EFLAGS] |= flag;
}
export function cli(cpu: Cpu): void {
  cpu.r[EFLAGS] &= ~interruptFlagHere(cpu);
}

// --- The rest --------------------------------------------------------------------------------------------------------

export function hlt(cpu: Cpu): void {
  requireLevel0(cpu);
  cpu.mmu.exit(EXIT_HLT);
  cpu.halted = true;
  cpu.requestAttention();
}

/** No limit and no type is checked: only an address is named. */
export function invlpg_M(cpu: Cpu, insn: Insn): void {
  requireLevel0(cpu);
  cpu.mmu.invlpg((cpu.r[SEG_BASE + insn.seg] + effectiveAddress(cpu, insn)) | 0);
}

/** There are no caches. */
export function invd(cpu: Cpu): void {
  requireLevel0(cpu);
}
export function wbinvd(cpu: Cpu): void {
  requireLevel0(cpu);
}
