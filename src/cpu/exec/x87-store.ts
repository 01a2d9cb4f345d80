/**
 * x87 instructions that store ST(0) to memory.
 *
 * Overflow and underflow that are not masked leave memory and stack alone, as invalid operations do; an inexact result is
 * stored whether that is masked or not. A fault of the store leaves the FPU as it was.
 *
 * SDM: volume 1, 8.3.3 "Data transfer instructions", 8.5.4 "Numeric overflow exception"; volume 2 by name.
 */
import { write16, write32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { extendedEnv } from "../fpu/control-word.ts";
import { toFloat32, toFloat64 } from "../fpu/convert-float.ts";
import { toBcd, toInt } from "../fpu/convert-integer.ts";
import { FLAG_IE, FLAG_PE, type FpuEnvironment } from "../fpu/environment.ts";
import { Extended } from "../fpu/extended.ts";
import { recordOperand } from "../fpu/pointers.ts";
import { getRegister, isEmpty, pop } from "../fpu/registers.ts";
import { requireFpuReady, STATUS_SF, settle } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { writeOperand64, writeOperand80 } from "../wide-access.ts";

const value = new Extended();
/** What goes to memory, lowest word first. */
const words = new Int32Array(3);

/** Fetches ST(0). False if it is empty: the caller provides the indefinite, and `env` says what happened. */
function fetch(cpu: Cpu, env: FpuEnvironment): boolean {
  requireFpuReady(cpu);
  if (isEmpty(cpu, 0)) {
    env.flags = FLAG_IE | STATUS_SF;
    return false;
  }
  getRegister(cpu, 0, value);
  return true;
}

/** True if what was raised lets memory be written. If not, the instruction is over, and its address is not looked at. */
function mayStore(cpu: Cpu, insn: Insn, env: FpuEnvironment): boolean {
  if ((env.flags & ~env.masks & ~(FLAG_PE | STATUS_SF)) === 0) return true;
  // What would have been written has not been rounded.
  env.roundedUp = false;
  finish(cpu, insn, env);
  return false;
}

function finish(cpu: Cpu, insn: Insn, env: FpuEnvironment): void {
  recordOperand(cpu, insn);
  settle(cpu, env);
}

// --- Floating point ------------------------------------------------------------------------------------------------------

export function fst_M32fp(cpu: Cpu, insn: Insn): void {
  storeFloat32(cpu, insn);
}
export function fstp_M32fp(cpu: Cpu, insn: Insn): void {
  if (storeFloat32(cpu, insn)) pop(cpu);
}
export function fst_M64fp(cpu: Cpu, insn: Insn): void {
  storeFloat64(cpu, insn);
}
export function fstp_M64fp(cpu: Cpu, insn: Insn): void {
  if (storeFloat64(cpu, insn)) pop(cpu);
}

function storeFloat32(cpu: Cpu, insn: Insn): boolean {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) toFloat32(env, value, words);
  else words[0] = 0xffc0_0000 | 0;
  if (!mayStore(cpu, insn, env)) return false;
  write32(cpu, insn, words[0]);
  finish(cpu, insn, env);
  return true;
}

function storeFloat64(cpu: Cpu, insn: Insn): boolean {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) {
    toFloat64(env, value, words);
  } else {
    words[0] = 0;
    words[1] = 0xfff8_0000 | 0;
  }
  if (!mayStore(cpu, insn, env)) return false;
  writeOperand64(cpu, insn, words[0], words[1]);
  finish(cpu, insn, env);
  return true;
}

/** As it is: only an empty register is an error. */
export function fstp_M80fp(cpu: Cpu, insn: Insn): void {
  const env = extendedEnv(cpu);
  if (!fetch(cpu, env)) value.set(1, 0x7fff, 0xc000_0000 | 0, 0);
  if (!mayStore(cpu, insn, env)) return;
  writeOperand80(cpu, insn, value.low, value.high, (value.sign << 15) | value.exponent);
  finish(cpu, insn, env);
  pop(cpu);
}

// --- Integers --------------------------------------------------------------------------------------------------------------

export function fist_M16int(cpu: Cpu, insn: Insn): void {
  storeInt16(cpu, insn);
}
export function fistp_M16int(cpu: Cpu, insn: Insn): void {
  if (storeInt16(cpu, insn)) pop(cpu);
}
export function fist_M32int(cpu: Cpu, insn: Insn): void {
  storeInt32(cpu, insn);
}
export function fistp_M32int(cpu: Cpu, insn: Insn): void {
  if (storeInt32(cpu, insn)) pop(cpu);
}

function storeInt16(cpu: Cpu, insn: Insn): boolean {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) toInt(env, value, 16, false, words);
  else words[0] = 0x8000;
  if (!mayStore(cpu, insn, env)) return false;
  write16(cpu, insn, words[0]);
  finish(cpu, insn, env);
  return true;
}

function storeInt32(cpu: Cpu, insn: Insn): boolean {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) toInt(env, value, 32, false, words);
  else words[0] = 0x8000_0000 | 0;
  if (!mayStore(cpu, insn, env)) return false;
  write32(cpu, insn, words[0]);
  finish(cpu, insn, env);
  return true;
}

export function fistp_M64int(cpu: Cpu, insn: Insn): void {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) {
    toInt(env, value, 64, false, words);
  } else {
    words[0] = 0;
    words[1] = 0x8000_0000 | 0;
  }
  if (!mayStore(cpu, insn, env)) return;
  writeOperand64(cpu, insn, words[0], words[1]);
  finish(cpu, insn, env);
  pop(cpu);
}

/** SDM: volume 1, table 4-4: the indefinite is FFFFC000 00000000 0000. */
export function fbstp_M80bcd(cpu: Cpu, insn: Insn): void {
  const env = extendedEnv(cpu);
  if (fetch(cpu, env)) {
    toBcd(env, value, words);
  } else {
    words[0] = 0;
    words[1] = 0xc000_0000 | 0;
    words[2] = 0xffff;
  }
  if (!mayStore(cpu, insn, env)) return;
  writeOperand80(cpu, insn, words[0], words[1], words[2]);
  finish(cpu, insn, env);
  pop(cpu);
}
