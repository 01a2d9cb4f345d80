/**
 * What MXCSR asks of a floating-point instruction, and what the instruction tells MXCSR.
 *
 *     begin(cpu)     decodes MXCSR into `env` and clears the flags collected so far
 *     …              operations on elements collect FLAG_ bits in `env.flags`
 *     finish(cpu)    sets them in MXCSR, and raises #XM if one of them is unmasked
 *
 * The destination is written after `finish`, so that it keeps its value when that throws.
 *
 * SDM: volume 1, 10.2.3 "MXCSR control and status register", 11.5 "SSE, SSE2, and SSE3 exceptions".
 */
import type { Cpu } from "../cpu.ts";
import { raise, raiseUD } from "../exceptions.ts";
import { ALL_EXCEPTIONS, FLAG_DE, FLAG_IE, FLAG_PE, FLAG_UE, FLAG_ZE } from "../fpu/environment.ts";
import { CR4, CR4_OSXMMEXCPT, MXCSR, VEC_XM } from "../state.ts";

/** Denormals are zeros: denormal operands count as zeros of their sign. */
const MXCSR_DAZ = 1 << 6;
/** Flush to zero: results too small to be normal become zeros of their sign. */
const MXCSR_FTZ = 1 << 15;
/** The masks are the flags, this much higher. */
const MASK_SHIFT = 7;
const ROUNDING_SHIFT = 13;

/** Exceptions found before anything is computed. SDM: volume 1, 11.5.2. */
const BEFORE_COMPUTATION = FLAG_IE | FLAG_DE | FLAG_ZE;

class SimdEnvironment {
  /** The MXCSR that the fields below were decoded from; its flags may be out of date. */
  image = -1;
  /** ROUND_ of results. */
  rounding = 0;
  /** FLAG_ bits that raise #XM. */
  unmasked = 0;
  daz = false;
  /** FTZ, which only counts while underflow is masked. */
  flush = false;
  /** The nearest number is wanted, and nobody learns whether it is the exact one. */
  careless = false;
  /** FLAG_ bits of all elements so far. */
  flags = 0;
}

/** Of the instruction that runs: one at a time does, whatever the processor. */
export const env = new SimdEnvironment();

export function begin(cpu: Cpu): void {
  const image = cpu.r[MXCSR];
  env.flags = 0;
  if (image !== env.image) decode(image);
}

function decode(image: number): void {
  env.image = image;
  env.rounding = (image >>> ROUNDING_SHIFT) & 3;
  env.unmasked = ~(image >>> MASK_SHIFT) & ALL_EXCEPTIONS;
  env.daz = (image & MXCSR_DAZ) !== 0;
  env.flush = (image & MXCSR_FTZ) !== 0 && (env.unmasked & FLAG_UE) === 0;
  env.careless = env.rounding === 0 && (image & FLAG_PE) !== 0 && (env.unmasked & FLAG_PE) === 0;
}

export function finish(cpu: Cpu): void {
  if (env.flags !== 0) report(cpu);
}

/**
 * An unmasked exception found before the computation, in any element, keeps all of them from being computed: nothing
 * is said about results then.
 */
function report(cpu: Cpu): void {
  const raised = env.flags & env.unmasked;
  const early = (raised & BEFORE_COMPUTATION) !== 0;
  cpu.r[MXCSR] |= early ? env.flags & BEFORE_COMPUTATION : env.flags;
  if (raised === 0) return;
  if ((cpu.r[CR4] & CR4_OSXMMEXCPT) === 0) raiseUD(cpu);
  raise(cpu, VEC_XM, -1);
}
