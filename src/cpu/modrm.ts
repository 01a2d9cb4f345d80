/**
 * Memory operands as ModR/M, SIB and displacement encode them.
 *
 * SDM: volume 2, 2.1.5 "Addressing-mode encoding of ModR/M and SIB bytes", tables 2-1 to 2-3.
 */
import type { Insn } from "./insn.ts";
import { DS, EBP, EBX, EDI, ESI, ESP, SS, ZERO } from "./state.ts";

/** Returned instead of a position when the operand reaches beyond the bytes at hand. */
export const OPERAND_TRUNCATED = -1;

// SDM: volume 2, table 2-1, columns of the effective address, by ModR/M.rm.
const BASE16 = Uint8Array.of(EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX);
const INDEX16 = Uint8Array.of(ESI, EDI, ESI, EDI, ZERO, ZERO, ZERO, ZERO);

/** Bytes of displacement, by ModR/M.mod. */
const DISP16_BYTES = Uint8Array.of(0, 1, 2);
const DISP32_BYTES = Uint8Array.of(0, 1, 4);

/**
 * Fills base, index, scale and disp of `insn`, and `seg` with the segment that applies without override. `pos` is
 * behind the ModR/M byte, `end` behind the last byte that may be read. Returns the position behind the operand.
 */
export function decodeMemory(insn: Insn, bytes: Uint8Array, pos: number, end: number, modrm: number): number {
  return insn.address16
    ? decodeMemory16(insn, bytes, pos, end, modrm)
    : decodeMemory32(insn, bytes, pos, end, modrm);
}

function decodeMemory32(insn: Insn, bytes: Uint8Array, at: number, end: number, modrm: number): number {
  let pos = at;
  const mod = modrm >> 6;
  let base = modrm & 7;
  if (base === ESP) {
    if (pos === end) return OPERAND_TRUNCATED;
    const sib = bytes[pos++];
    const index = (sib >> 3) & 7;
    if (index !== ESP) {
      insn.index = index;
      insn.scale = sib >> 6;
    }
    base = sib & 7;
  }
  let dispBytes = DISP32_BYTES[mod];
  if (base === EBP && mod === 0) {
    insn.base = ZERO;
    insn.seg = DS;
    dispBytes = 4;
  } else {
    insn.base = base;
    insn.seg = base === ESP || base === EBP ? SS : DS;
  }
  if (pos + dispBytes > end) return OPERAND_TRUNCATED;
  if (dispBytes === 1) insn.disp = (bytes[pos] << 24) >> 24;
  else if (dispBytes === 4) insn.disp = read32(bytes, pos);
  return pos + dispBytes;
}

function decodeMemory16(insn: Insn, bytes: Uint8Array, pos: number, end: number, modrm: number): number {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let dispBytes = DISP16_BYTES[mod];
  if (rm === 6 && mod === 0) {
    insn.seg = DS;
    dispBytes = 2;
  } else {
    insn.base = BASE16[rm];
    insn.index = INDEX16[rm];
    insn.seg = insn.base === EBP ? SS : DS;
  }
  if (pos + dispBytes > end) return OPERAND_TRUNCATED;
  if (dispBytes === 1) insn.disp = (bytes[pos] << 24) >> 24;
  else if (dispBytes === 2) insn.disp = read16(bytes, pos);
  return pos + dispBytes;
}

export function read16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function read32(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
