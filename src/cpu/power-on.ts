/**
 * The state block after power-on or RESET: real mode, about to fetch from 16 bytes below 4 GiB.
 *
 * SDM: volume 3, 9.1.1 "Processor state after reset", table 9-1.
 */
import { EFLAGS_FIXED } from "./eflags.ts";
import type { CpuModel } from "./models.ts";
import { resetMsrs } from "./msrs.ts";
import { ATTR_ACCESSED, ATTR_P, ATTR_RW, ATTR_S } from "./segmentation.ts";
import {
  CR0,
  CR0_CD,
  CR0_ET,
  CR0_NW,
  CS,
  DR6,
  DR7,
  DS,
  EDX,
  EFLAGS,
  EIP,
  ES,
  FLAG_RESULT,
  FPU_CONTROL,
  FPU_TAGS,
  FS,
  GDTR_LIMIT,
  GS,
  IDTR_LIMIT,
  LDTR,
  MXCSR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
} from "./state.ts";

const LIMIT = 0xffff;
const DATA = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED;
/** A local descriptor table, and a busy 32-bit TSS. */
const LDT = ATTR_P | 0x02;
const TSS = ATTR_P | 0x0b;

/** The x87 FPU is not initialised: its registers hold zeros, and its exceptions are unmasked. */
const FPU_CONTROL_AFTER_RESET = 0x0040;
const MXCSR_AFTER_RESET = 0x1f80;

export function resetState(r: Int32Array, { signature }: CpuModel): void {
  r.fill(0);
  r[EFLAGS] = EFLAGS_FIXED;
  r[FLAG_RESULT] = 1;
  r[EIP] = 0xfff0;
  r[EDX] = signature;
  r[CR0] = CR0_CD | CR0_NW | CR0_ET;
  for (const seg of [ES, CS, SS, DS, FS, GS]) setSegment(r, seg, DATA);
  r[SEG_SELECTOR + CS] = 0xf000;
  r[SEG_BASE + CS] = 0xffff_0000 | 0;
  setSegment(r, LDTR, LDT);
  setSegment(r, TR, TSS);
  r[GDTR_LIMIT] = LIMIT;
  r[IDTR_LIMIT] = LIMIT;
  r[DR6] = 0xffff_0ff0 | 0;
  r[DR7] = 0x400;
  r[FPU_CONTROL] = FPU_CONTROL_AFTER_RESET;
  r[FPU_TAGS] = 0xff;
  r[MXCSR] = MXCSR_AFTER_RESET;
  resetMsrs(r);
}

function setSegment(r: Int32Array, seg: number, attr: number): void {
  r[SEG_LIMIT + seg] = LIMIT;
  r[SEG_ATTR + seg] = attr;
}
