/**
 * String instructions that move: MOVS, STOS, LODS. Repeated, they work a page at a time on host memory.
 *
 * SDM: volume 1, 7.3.9 "String operations".
 */
import { load8, load16, load32, store8, store16, store32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Handler, Insn } from "../insn.ts";
import { EAX, EDI, ESI } from "../state.ts";
import { AL, AX } from "./operands.ts";
import {
  advance,
  countIterations,
  destinationAddress,
  destinationLinear,
  destinationRunOk,
  elementsInPage,
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
  writableAt,
} from "./string-helpers.ts";

// --- MOVS --------------------------------------------------------------------------------------------------------

export function movs_Yb_Xb(cpu: Cpu, insn: Insn): void {
  const value = load8(cpu, sourceAddress(cpu, insn, 1));
  store8(cpu, destinationAddress(cpu, insn, 1, true), value);
  advance(cpu, insn, ESI, stride(cpu, 1));
  advance(cpu, insn, EDI, stride(cpu, 1));
}

export function movs_Yw_Xw(cpu: Cpu, insn: Insn): void {
  const value = load16(cpu, sourceAddress(cpu, insn, 2));
  store16(cpu, destinationAddress(cpu, insn, 2, true), value);
  advance(cpu, insn, ESI, stride(cpu, 2));
  advance(cpu, insn, EDI, stride(cpu, 2));
}

export function movs_Yd_Xd(cpu: Cpu, insn: Insn): void {
  const value = load32(cpu, sourceAddress(cpu, insn, 4));
  store32(cpu, destinationAddress(cpu, insn, 4, true), value);
  advance(cpu, insn, ESI, stride(cpu, 4));
  advance(cpu, insn, EDI, stride(cpu, 4));
}

export function rep_movs_Yb_Xb(cpu: Cpu, insn: Insn): void {
  repeatMoves(cpu, insn, 1, movs_Yb_Xb);
}

export function rep_movs_Yw_Xw(cpu: Cpu, insn: Insn): void {
  repeatMoves(cpu, insn, 2, movs_Yw_Xw);
}

export function rep_movs_Yd_Xd(cpu: Cpu, insn: Insn): void {
  repeatMoves(cpu, insn, 4, movs_Yd_Xd);
}

function repeatMoves(cpu: Cpu, insn: Insn, bytes: number, moveOne: Handler): void {
  const count = repeatCount(cpu, insn);
  if (count === 0) {
    finishEmpty(cpu, insn);
    return;
  }
  const { pos } = cpu;
  const limit = repeatLimit(cpu, count);
  let done = 0;
  while (done < limit && cpu.pos === pos) {
    let run = moveRun(cpu, insn, bytes, limit - done);
    if (run === 0) {
      moveOne(cpu, insn);
      run = 1;
    }
    countIterations(cpu, insn, run);
    done += run;
  }
  if (done === count) finish(cpu, insn);
  else pause(cpu, insn);
}

/** Up to `limit` iterations of MOVS at once, in one stretch of each side. Returns how many, 0 if not possible. */
function moveRun(cpu: Cpu, insn: Insn, bytes: number, limit: number): number {
  const backward = goesBackward(cpu);
  const source = sourceLinear(cpu, insn);
  const destination = destinationLinear(cpu, insn);
  const from = readableAt(cpu, source);
  const to = writableAt(cpu, destination);
  if (from === 0 || to === 0) return 0;
  const count = backward
    ? Math.min(limit, elementsInPage(source, bytes), elementsInPage(destination, bytes))
    : stretch(cpu, destination, to, bytes, stretch(cpu, source, from, bytes, limit, false), true);
  const size = count * bytes;
  if (count < 2) return 0;
  if (!sourceRunOk(cpu, insn, bytes, size) || !destinationRunOk(cpu, insn, bytes, size, true)) return 0;
  const copied = backward
    ? copyBackward(cpu, from - (size - bytes), to - (size - bytes), size)
    : copyForward(cpu, from, to, size, bytes);
  if (!copied) return 0;
  advance(cpu, insn, ESI, backward ? -size : size);
  advance(cpu, insn, EDI, backward ? -size : size);
  return count;
}

/** Copies as element by element upwards would. False if that needs doing so. */
function copyForward(cpu: Cpu, from: number, to: number, size: number, bytes: number): boolean {
  const distance = to - from;
  if (distance <= 0 || distance >= size) {
    cpu.u8.copyWithin(to, from, from + size);
    return true;
  }
  // Elements read what earlier ones wrote. A pattern closer than an element is seldom: one by one.
  if (distance < bytes) return false;
  repeatPattern(cpu.u8, from, distance, distance + size);
  return true;
}

/** As `copyForward`, downwards. */
function copyBackward(cpu: Cpu, from: number, to: number, size: number): boolean {
  if (to < from && from - to < size) return false;
  cpu.u8.copyWithin(to, from, from + size);
  return true;
}

/** Fills the `size` bytes from `start` on with copies of the first `period` of them. */
function repeatPattern(u8: Uint8Array, start: number, period: number, size: number): void {
  for (let filled = period; filled < size; filled *= 2) {
    u8.copyWithin(start + filled, start, start + Math.min(filled, size - filled));
  }
}

// --- STOS --------------------------------------------------------------------------------------------------------

export function stos_Yb_AL(cpu: Cpu, insn: Insn): void {
  store8(cpu, destinationAddress(cpu, insn, 1, true), cpu.r8[AL]);
  advance(cpu, insn, EDI, stride(cpu, 1));
}

export function stos_Yw_eAX(cpu: Cpu, insn: Insn): void {
  store16(cpu, destinationAddress(cpu, insn, 2, true), cpu.r16[AX]);
  advance(cpu, insn, EDI, stride(cpu, 2));
}

export function stos_Yd_eAX(cpu: Cpu, insn: Insn): void {
  store32(cpu, destinationAddress(cpu, insn, 4, true), cpu.r[EAX]);
  advance(cpu, insn, EDI, stride(cpu, 4));
}

export function rep_stos_Yb_AL(cpu: Cpu, insn: Insn): void {
  repeatStores(cpu, insn, 1, stos_Yb_AL);
}

export function rep_stos_Yw_eAX(cpu: Cpu, insn: Insn): void {
  repeatStores(cpu, insn, 2, stos_Yw_eAX);
}

export function rep_stos_Yd_eAX(cpu: Cpu, insn: Insn): void {
  repeatStores(cpu, insn, 4, stos_Yd_eAX);
}

/** As `repeatMoves`; one function for both, with the run as a parameter, cost short fills 5 %. */
function repeatStores(cpu: Cpu, insn: Insn, bytes: number, storeOne: Handler): void {
  const count = repeatCount(cpu, insn);
  if (count === 0) {
    finishEmpty(cpu, insn);
    return;
  }
  const { pos } = cpu;
  const limit = repeatLimit(cpu, count);
  let done = 0;
  while (done < limit && cpu.pos === pos) {
    let run = storeRun(cpu, insn, bytes, limit - done);
    if (run === 0) {
      storeOne(cpu, insn);
      run = 1;
    }
    countIterations(cpu, insn, run);
    done += run;
  }
  if (done === count) finish(cpu, insn);
  else pause(cpu, insn);
}

/** As `moveRun`, for STOS. */
function storeRun(cpu: Cpu, insn: Insn, bytes: number, limit: number): number {
  const backward = goesBackward(cpu);
  const destination = destinationLinear(cpu, insn);
  const to = writableAt(cpu, destination);
  if (to === 0) return 0;
  const count = backward
    ? Math.min(limit, elementsInPage(destination, bytes))
    : stretch(cpu, destination, to, bytes, limit, true);
  const size = count * bytes;
  if (count < 2 || !destinationRunOk(cpu, insn, bytes, size, true)) return 0;
  fill(cpu, backward ? to - (size - bytes) : to, size, bytes);
  advance(cpu, insn, EDI, backward ? -size : size);
  return count;
}

/** Bytes to store one by one before copying them is quicker: measured, at about 25 ns a copy. */
const FILL_START = 64;

/** Fills `size` bytes with AL, AX or EAX. */
function fill(cpu: Cpu, to: number, size: number, bytes: number): void {
  const value = cpu.r[EAX];
  const byte = value & 0xff;
  const pattern = bytes === 1 ? byte * 0x0101_0101 : bytes === 2 ? (value & 0xffff) | (value << 16) : value;
  if ((pattern | 0) === ((byte * 0x0101_0101) | 0)) {
    cpu.u8.fill(byte, to, to + size);
    return;
  }
  const { view } = cpu;
  const start = Math.min(size, FILL_START);
  if (bytes === 4) for (let at = 0; at < start; at += 4) view.setInt32(to + at, value, true);
  else for (let at = 0; at < start; at += 2) view.setInt16(to + at, value, true);
  repeatPattern(cpu.u8, to, start, size);
}

// --- LODS: repeated, only the last element stays -----------------------------------------------------------------

export function lods_AL_Xb(cpu: Cpu, insn: Insn): void {
  cpu.r8[AL] = load8(cpu, sourceAddress(cpu, insn, 1));
  advance(cpu, insn, ESI, stride(cpu, 1));
}

export function lods_eAX_Xw(cpu: Cpu, insn: Insn): void {
  cpu.r16[AX] = load16(cpu, sourceAddress(cpu, insn, 2));
  advance(cpu, insn, ESI, stride(cpu, 2));
}

export function lods_eAX_Xd(cpu: Cpu, insn: Insn): void {
  cpu.r[EAX] = load32(cpu, sourceAddress(cpu, insn, 4));
  advance(cpu, insn, ESI, stride(cpu, 4));
}

export function rep_lods_AL_Xb(cpu: Cpu, insn: Insn): void {
  repeatLoads(cpu, insn, lods_AL_Xb);
}

export function rep_lods_eAX_Xw(cpu: Cpu, insn: Insn): void {
  repeatLoads(cpu, insn, lods_eAX_Xw);
}

export function rep_lods_eAX_Xd(cpu: Cpu, insn: Insn): void {
  repeatLoads(cpu, insn, lods_eAX_Xd);
}

function repeatLoads(cpu: Cpu, insn: Insn, loadOne: Handler): void {
  const count = repeatCount(cpu, insn);
  if (count === 0) {
    finishEmpty(cpu, insn);
    return;
  }
  const { pos } = cpu;
  const limit = repeatLimit(cpu, count);
  let done = 0;
  while (done < limit && cpu.pos === pos) {
    loadOne(cpu, insn);
    countIterations(cpu, insn, 1);
    done++;
  }
  if (done === count) finish(cpu, insn);
  else pause(cpu, insn);
}
