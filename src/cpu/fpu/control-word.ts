/**
 * The x87 control word, and the environments that operations run in.
 *
 * SDM: volume 1, 8.1.5 "x87 FPU control word", tables 8-2 and 4-8.
 */
import type { Cpu } from "../cpu.ts";
import { FPU_CONTROL } from "../state.ts";
import { ALL_EXCEPTIONS, FLAG_DE, FpuEnvironment } from "./environment.ts";
import { refreshSummary } from "./status-word.ts";

/** After FNINIT: all exceptions masked, 64 bits of precision, to nearest. */
export const CONTROL_INITIAL = 0x037f;
/** Masks, precision, rounding, and infinity control, which does nothing since the 80387. */
const WRITABLE = 0x1f3f;
/** Reads as 1, whatever is written. */
const ALWAYS_SET = 0x0040;

/** Significant bits by precision control; processors take the reserved 1 for 64 bits. */
const PRECISIONS = [24, 64, 53, 64];

// One of each for all processors there are: they follow the control word of whichever asks.
const arithmetic = new FpuEnvironment();
const extended = new FpuEnvironment();
const load = new FpuEnvironment();
let control = -1;

function follow(value: number): void {
  control = value;
  const rounding = (value >> 10) & 3;
  const masks = value & ALL_EXCEPTIONS;
  arithmetic.rounding = rounding;
  extended.rounding = rounding;
  load.rounding = rounding;
  arithmetic.masks = masks;
  extended.masks = masks;
  load.masks = masks | FLAG_DE;
  arithmetic.precision = PRECISIONS[(value >> 8) & 3];
}

function fresh(cpu: Cpu, env: FpuEnvironment): FpuEnvironment {
  const value = cpu.r[FPU_CONTROL];
  if (value !== control) follow(value);
  env.flags = 0;
  env.roundedUp = false;
  return env;
}

/** For additions, subtractions, multiplications, divisions and square roots, which alone obey precision control. */
export function arithmeticEnv(cpu: Cpu): FpuEnvironment {
  return fresh(cpu, arithmetic);
}

/** For all other operations. */
export function extendedEnv(cpu: Cpu): FpuEnvironment {
  return fresh(cpu, extended);
}

/** For loads: processors push a denormal even if they then report it. */
export function loadEnv(cpu: Cpu): FpuEnvironment {
  return fresh(cpu, load);
}

/** What becomes of the control word when software writes `value`. */
export function legalControl(value: number): number {
  return (value & WRITABLE) | ALWAYS_SET;
}

/** A flag that is set and no longer masked makes its exception pending. */
export function writeControl(cpu: Cpu, value: number): void {
  cpu.r[FPU_CONTROL] = legalControl(value);
  refreshSummary(cpu);
}
