/**
 * FXSAVE, FXRSTOR: x87, MMX and SSE state at once, in 512 bytes.
 *
 *       0  control, status, tags (a bit for each register), opcode
 *       8  IP, CS, DP, DS; at 24 MXCSR and the mask of its bits that exist
 *      32  ST(0) to ST(7), sixteen bytes each, the upper six 0
 *     160  XMM0 to XMM7; from 288 on nothing is written
 *
 * The SDM leaves it to implementations whether the SSE part takes part while CR4.OSFXSR is clear. Here, as in the
 * Pentium 4, it is always stored, and restored only if the bit is set.
 *
 * SDM: volume 1, 10.5 "FXSAVE and FXRSTOR instructions"; volume 2 by name, table 3-47.
 */
import { load16, load32, operandRead, operandWrite, store16, store32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { raiseGP } from "../exceptions.ts";
import { wordOf } from "../fpu/registers.ts";
import { loadRegisters, OPCODE_BITS, readRegisters, writeStatusAndControl } from "../fpu/state-image.ts";
import { requireFpu } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import {
  CR4,
  CR4_OSFXSR,
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  MXCSR,
  XMM,
} from "../state.ts";
import { prepareBlock } from "../wide-access.ts";

const IMAGE_BYTES = 512;
const ALIGNMENT = 15;
/** Bits of MXCSR that exist: those of SSE2, DAZ among them. */
const MXCSR_MASK = 0xffff;

const AT_MXCSR = 24;
const AT_REGISTERS = 32;
const AT_XMM = 160;
const XMM_WORDS = 8 * 4;
const SLOT_BYTES = 16;

/** Does not wait for pending exceptions. */
export function fxsave_Mfx(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  const la = operandWrite(cpu, insn, IMAGE_BYTES);
  if ((la & ALIGNMENT) !== 0) raiseGP(cpu, 0);
  prepareBlock(cpu, la, IMAGE_BYTES);
  const { r } = cpu;
  store16(cpu, la, r[FPU_CONTROL]);
  store16(cpu, (la + 2) | 0, r[FPU_STATUS]);
  store16(cpu, (la + 4) | 0, r[FPU_TAGS]);
  store16(cpu, (la + 6) | 0, r[FPU_OPCODE]);
  store32(cpu, (la + 8) | 0, r[FPU_IP]);
  store32(cpu, (la + 12) | 0, r[FPU_CS]);
  store32(cpu, (la + 16) | 0, r[FPU_DP]);
  store32(cpu, (la + 20) | 0, r[FPU_DS]);
  store32(cpu, (la + AT_MXCSR) | 0, r[MXCSR]);
  store32(cpu, (la + AT_MXCSR + 4) | 0, MXCSR_MASK);
  for (let i = 0; i < 8; i++) {
    const word = wordOf(cpu, i);
    const at = la + AT_REGISTERS + i * SLOT_BYTES;
    store32(cpu, at | 0, r[word]);
    store32(cpu, (at + 4) | 0, r[word + 1]);
    store32(cpu, (at + 8) | 0, r[word + 2] & 0xffff);
    store32(cpu, (at + 12) | 0, 0);
  }
  for (let i = 0; i < XMM_WORDS; i++) store32(cpu, (la + AT_XMM + i * 4) | 0, r[XMM + i]);
}

/** XMM registers between reading and taking over. */
const incoming = new Int32Array(XMM_WORDS);

/** Everything is read before anything changes. */
export function fxrstor_Mfx(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  const la = operandRead(cpu, insn, IMAGE_BYTES);
  if ((la & ALIGNMENT) !== 0) raiseGP(cpu, 0);
  const { r } = cpu;
  const control = load16(cpu, la);
  const status = load16(cpu, (la + 2) | 0);
  const tags = load16(cpu, (la + 4) | 0) & 0xff;
  const opcode = load16(cpu, (la + 6) | 0) & OPCODE_BITS;
  const ip = load32(cpu, (la + 8) | 0);
  const cs = load16(cpu, (la + 12) | 0);
  const dp = load32(cpu, (la + 16) | 0);
  const ds = load16(cpu, (la + 20) | 0);
  const mxcsr = load32(cpu, (la + AT_MXCSR) | 0);
  readRegisters(cpu, la + AT_REGISTERS, SLOT_BYTES);
  for (let i = 0; i < XMM_WORDS; i++) incoming[i] = load32(cpu, (la + AT_XMM + i * 4) | 0);
  // What lies behind is not looked at, but must be there.
  load32(cpu, (la + IMAGE_BYTES - 4) | 0);

  const withSse = (r[CR4] & CR4_OSFXSR) !== 0;
  if (withSse && (mxcsr & ~MXCSR_MASK) !== 0) raiseGP(cpu, 0);
  writeStatusAndControl(cpu, status, control);
  r[FPU_TAGS] = tags;
  r[FPU_OPCODE] = opcode;
  r[FPU_IP] = ip;
  r[FPU_CS] = cs;
  r[FPU_DP] = dp;
  r[FPU_DS] = ds;
  loadRegisters(cpu);
  if (!withSse) return;
  r[MXCSR] = mxcsr;
  r.set(incoming, XMM);
}
