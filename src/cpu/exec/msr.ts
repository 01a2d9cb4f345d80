/**
 * Model-specific registers, the time-stamp counter and performance counters.
 *
 * SDM: volume 2, "RDMSR", "WRMSR", "RDTSC", "RDPMC"; volume 4. The counter counts instructions: it is the only
 * clock that a guest can see, and two runs see the same.
 */
import { EXIT_MSR } from "../../mmu/mmu.ts";
import { writeEfer } from "../control-registers.ts";
import type { Cpu } from "../cpu.ts";
import { raiseGP } from "../exceptions.ts";
import { IA32_APIC_BASE, storedMsr } from "../msrs.ts";
import {
  CPL,
  CR4,
  CR4_PCE,
  CR4_TSD,
  EAX,
  ECX,
  EDX,
  EFER,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  TSC_OFFSET,
} from "../state.ts";

const IA32_TIME_STAMP_COUNTER = 0x10;
const IA32_SYSENTER_CS = 0x174;
const IA32_SYSENTER_ESP = 0x175;
const IA32_SYSENTER_EIP = 0x176;
const IA32_EFER = 0xc000_0080;

/** Performance counters of the P6 family, which all read 0. */
const COUNTERS = 2;

export function rdmsr(cpu: Cpu): void {
  const { r } = cpu;
  if (r[CPL] !== 0) raiseGP(cpu, 0);
  cpu.mmu.exit(EXIT_MSR);
  switch (r[ECX] >>> 0) {
    case IA32_TIME_STAMP_COUNTER:
      readTsc(cpu);
      break;
    case IA32_SYSENTER_CS:
      requireSep(cpu);
      answer(cpu, r[SYSENTER_CS], 0);
      break;
    case IA32_SYSENTER_ESP:
      requireSep(cpu);
      answer(cpu, r[SYSENTER_ESP], 0);
      break;
    case IA32_SYSENTER_EIP:
      requireSep(cpu);
      answer(cpu, r[SYSENTER_EIP], 0);
      break;
    case IA32_EFER:
      if (!cpu.model.features.has("nx")) raiseGP(cpu, 0);
      answer(cpu, r[EFER], 0);
      break;
    default:
      readStored(cpu);
  }
}

export function wrmsr(cpu: Cpu): void {
  const { r } = cpu;
  if (r[CPL] !== 0) raiseGP(cpu, 0);
  cpu.mmu.exit(EXIT_MSR);
  switch (r[ECX] >>> 0) {
    case IA32_TIME_STAMP_COUNTER:
      writeTsc(cpu, r[EAX], r[EDX]);
      break;
    case IA32_SYSENTER_CS:
      requireSep(cpu);
      r[SYSENTER_CS] = r[EAX];
      break;
    case IA32_SYSENTER_ESP:
      requireSep(cpu);
      r[SYSENTER_ESP] = r[EAX];
      break;
    case IA32_SYSENTER_EIP:
      requireSep(cpu);
      r[SYSENTER_EIP] = r[EAX];
      break;
    case IA32_EFER:
      if (!cpu.model.features.has("nx")) raiseGP(cpu, 0);
      writeEfer(cpu, r[EAX], r[EDX]);
      break;
    default:
      writeStored(cpu);
  }
}

function requireSep(cpu: Cpu): void {
  if (!cpu.model.features.has("sep")) raiseGP(cpu, 0);
}

function readStored(cpu: Cpu): void {
  const { r } = cpu;
  const msr = storedMsr(cpu.model, r[ECX] >>> 0) ?? raiseGP(cpu, 0);
  answer(cpu, r[msr.word], r[msr.word + 1]);
}

function writeStored(cpu: Cpu): void {
  const { r } = cpu;
  const msr = storedMsr(cpu.model, r[ECX] >>> 0) ?? raiseGP(cpu, 0);
  if (!msr.accepts(r[EAX], r[EDX])) raiseGP(cpu, 0);
  if (msr.constant) return;
  r[msr.word] = r[EAX];
  r[msr.word + 1] = r[EDX];
  if (r[ECX] >>> 0 === IA32_APIC_BASE) cpu.apicBaseChanged();
}

export function rdtsc(cpu: Cpu): void {
  if ((cpu.r[CR4] & CR4_TSD) !== 0 && cpu.r[CPL] !== 0) raiseGP(cpu, 0);
  readTsc(cpu);
}

export function rdpmc(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR4] & CR4_PCE) === 0 && r[CPL] !== 0) raiseGP(cpu, 0);
  if (r[ECX] >>> 0 >= COUNTERS) raiseGP(cpu, 0);
  answer(cpu, 0, 0);
}

function answer(cpu: Cpu, low: number, high: number): void {
  cpu.r[EAX] = low;
  cpu.r[EDX] = high;
}

/** 64-bit sums in two halves. */
const TWO_32 = 2 ** 32;

function readTsc(cpu: Cpu): void {
  const { icount, r } = cpu;
  const low = (icount >>> 0) + (r[TSC_OFFSET] >>> 0);
  const high = Math.floor(icount / TWO_32) + r[TSC_OFFSET + 1] + (low >= TWO_32 ? 1 : 0);
  answer(cpu, low | 0, high | 0);
}

/** The counter reads `high:low` for the instruction that runs now. */
function writeTsc(cpu: Cpu, low: number, high: number): void {
  const { icount, r } = cpu;
  const difference = (low >>> 0) - (icount >>> 0);
  r[TSC_OFFSET] = difference | 0;
  r[TSC_OFFSET + 1] = (high - Math.floor(icount / TWO_32) - (difference < 0 ? 1 : 0)) | 0;
}
