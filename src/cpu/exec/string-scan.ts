/**
 * String instructions that compare: CMPS, SCAS.
 *
 * SDM: volume 1, 7.3.9 "String operations"; volume 2, REP for what faults and interrupts find.
 */
import { load8, load16, load32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { getZF, sub8, sub16, sub32 } from "../eflags.ts";
import { type Handler, type Insn, REP_E } from "../insn.ts";
import { EAX, EDI, ESI, FLAG_AUX, FLAG_RESULT } from "../state.ts";
import { AL, AX } from "./operands.ts";
import {
  advance,
  countIterations,
  destinationAddress,
  destinationLinear,
  destinationRunOk,
  finish,
  finishEmpty,
  goesBackward,
  pause,
  readableAt,
  repeatCount,
  repeatLimit,
  sourceAddress,
  sourceLinear,
  sourceRunOk,
  stretch,
  stride,
} from "./string-helpers.ts";

// --- CMPS: source minus destination; faults of the destination come first, as on real processors ------------------

export function cmps_Xb_Yb(cpu: Cpu, insn: Insn): void {
  const destination = load8(cpu, destinationAddress(cpu, insn, 1, false));
  const source = load8(cpu, sourceAddress(cpu, insn, 1));
  sub8(cpu, source, destination);
  advance(cpu, insn, ESI, stride(cpu, 1));
  advance(cpu, insn, EDI, stride(cpu, 1));
}

export function cmps_Xw_Yw(cpu: Cpu, insn: Insn): void {
  const destination = load16(cpu, destinationAddress(cpu, insn, 2, false));
  const source = load16(cpu, sourceAddress(cpu, insn, 2));
  sub16(cpu, source, destination);
  advance(cpu, insn, ESI, stride(cpu, 2));
  advance(cpu, insn, EDI, stride(cpu, 2));
}

export function cmps_Xd_Yd(cpu: Cpu, insn: Insn): void {
  const destination = load32(cpu, destinationAddress(cpu, insn, 4, false));
  const source = load32(cpu, sourceAddress(cpu, insn, 4));
  sub32(cpu, source, destination);
  advance(cpu, insn, ESI, stride(cpu, 4));
  advance(cpu, insn, EDI, stride(cpu, 4));
}

export function rep_cmps_Xb_Yb(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 1, cmps_Xb_Yb, compareRun);
}

export function rep_cmps_Xw_Yw(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 2, cmps_Xw_Yw, compareRun);
}

export function rep_cmps_Xd_Yd(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 4, cmps_Xd_Yd, compareRun);
}

// --- SCAS: accumulator minus destination -------------------------------------------------------------------------

export function scas_AL_Yb(cpu: Cpu, insn: Insn): void {
  const value = load8(cpu, destinationAddress(cpu, insn, 1, false));
  sub8(cpu, cpu.r8[AL], value);
  advance(cpu, insn, EDI, stride(cpu, 1));
}

export function scas_eAX_Yw(cpu: Cpu, insn: Insn): void {
  const value = load16(cpu, destinationAddress(cpu, insn, 2, false));
  sub16(cpu, cpu.r16[AX], value);
  advance(cpu, insn, EDI, stride(cpu, 2));
}

export function scas_eAX_Yd(cpu: Cpu, insn: Insn): void {
  const value = load32(cpu, destinationAddress(cpu, insn, 4, false));
  sub32(cpu, cpu.r[EAX], value);
  advance(cpu, insn, EDI, stride(cpu, 4));
}

export function rep_scas_AL_Yb(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 1, scas_AL_Yb, scanRun);
}

export function rep_scas_eAX_Yw(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 2, scas_eAX_Yw, scanRun);
}

export function rep_scas_eAX_Yd(cpu: Cpu, insn: Insn): void {
  repeatScan(cpu, insn, 4, scas_eAX_Yd, scanRun);
}

// --- Repetition ---------------------------------------------------------------------------------------------------

/** Does iterations at once, to the first that ends the repetition; leaves the flags of the last. 0: not possible. */
type Run = (cpu: Cpu, insn: Insn, bytes: number, limit: number) => number;

/**
 * REPE goes on while ZF is set, REPNE while it is clear. The flags are those of the last comparison, but until that
 * has been made they stay what they were: a fault on the way finds them so, as the SDM says of page faults.
 */
function repeatScan(cpu: Cpu, insn: Insn, bytes: number, scanOne: Handler, scanMany: Run): void {
  const { r, pos } = cpu;
  const count = repeatCount(cpu, insn);
  if (count === 0) {
    finishEmpty(cpu, insn);
    return;
  }
  const limit = repeatLimit(cpu, count);
  const result = r[FLAG_RESULT];
  const aux = r[FLAG_AUX];
  const stopAt = insn.rep === REP_E ? 0 : 1;
  let done = 0;
  while (done < limit && cpu.pos === pos) {
    let run = scanMany(cpu, insn, bytes, limit - done);
    if (run === 0) {
      scanOne(cpu, insn);
      run = 1;
    }
    countIterations(cpu, insn, run);
    done += run;
    if (getZF(cpu) === stopAt || done === count) {
      finish(cpu, insn);
      return;
    }
    r[FLAG_RESULT] = result;
    r[FLAG_AUX] = aux;
  }
  pause(cpu, insn);
}

/** REPE CMPS upwards, in one stretch of each side. */
function compareRun(cpu: Cpu, insn: Insn, bytes: number, limit: number): number {
  if (insn.rep !== REP_E || goesBackward(cpu)) return 0;
  const source = sourceLinear(cpu, insn);
  const destination = destinationLinear(cpu, insn);
  const a = readableAt(cpu, source);
  const b = readableAt(cpu, destination);
  if (a === 0 || b === 0) return 0;
  const most = stretch(cpu, destination, b, bytes, stretch(cpu, source, a, bytes, limit, false), false);
  const size = most * bytes;
  if (most < 2) return 0;
  if (!sourceRunOk(cpu, insn, bytes, size) || !destinationRunOk(cpu, insn, bytes, size, false)) return 0;
  const { u8, view } = cpu;
  let equal = 0;
  while (equal < size && u8[a + equal] === u8[b + equal]) equal++;
  const count = equal === size ? most : ((equal / bytes) | 0) + 1;
  const last = (count - 1) * bytes;
  if (bytes === 1) sub8(cpu, u8[a + last], u8[b + last]);
  else if (bytes === 2) sub16(cpu, view.getUint16(a + last, true), view.getUint16(b + last, true));
  else sub32(cpu, view.getInt32(a + last, true), view.getInt32(b + last, true));
  advance(cpu, insn, ESI, count * bytes);
  advance(cpu, insn, EDI, count * bytes);
  return count;
}

/** SCAS of bytes upwards, in one stretch. */
function scanRun(cpu: Cpu, insn: Insn, bytes: number, limit: number): number {
  if (bytes !== 1 || goesBackward(cpu)) return 0;
  const destination = destinationLinear(cpu, insn);
  const at = readableAt(cpu, destination);
  if (at === 0) return 0;
  const most = stretch(cpu, destination, at, 1, limit, false);
  if (most < 2 || !destinationRunOk(cpu, insn, 1, most, false)) return 0;
  const { u8 } = cpu;
  const byte = cpu.r8[AL];
  let skipped = 0;
  if (insn.rep === REP_E) while (skipped < most && u8[at + skipped] === byte) skipped++;
  else while (skipped < most && u8[at + skipped] !== byte) skipped++;
  const count = Math.min(skipped + 1, most);
  sub8(cpu, byte, u8[at + count - 1]);
  advance(cpu, insn, EDI, count);
  return count;
}
