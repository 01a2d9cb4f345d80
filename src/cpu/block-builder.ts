/**
 * Makes a block: decodes instructions from one page until something ends it.
 */
import { Block } from "./block-cache.ts";
import type { Cpu } from "./cpu.ts";
import { DECODE_TRUNCATED, decode } from "./decode.ts";
import { raiseGP } from "./exceptions.ts";
import { handlerFor } from "./exec/bind.ts";
import { Insn } from "./insn.ts";
import { ENDS_BRANCH, ENDS_NONE, rows } from "./opcodes.ts";

/** Long enough for loops, short enough that a store into a block costs little. */
const MAX_INSNS = 64;
/** SDM: volume 2, 2.3.11: a longer instruction raises #GP(0). */
const MAX_LENGTH = 15;

/** For instructions that lie in two pages, or outside RAM. */
const scratch = new Uint8Array(16);

const raiseTooLong = (cpu: Cpu): void => raiseGP(cpu, 0);

/**
 * Decodes the block at linear address `la`, whose bytes are at `hpa`, or behind the bus if `hpa` is -1.
 * Raises what fetching the bytes raises, but only if the very first instruction needs them.
 */
export function buildBlock(cpu: Cpu, la: number, hpa: number): Block {
  if (hpa < 0) return singleBlock(cpu, la, hpa);
  const { mode } = cpu;
  const inPage = 4096 - (hpa & 0xfff);
  const insns: Insn[] = [];
  let at = 0;
  let ends = ENDS_NONE;
  while (ends === ENDS_NONE && insns.length < MAX_INSNS && at < inPage) {
    const insn = new Insn(raiseTooLong);
    const length = decode(insn, cpu.u8, hpa + at, Math.min(inPage - at, MAX_LENGTH), mode);
    if (length === DECODE_TRUNCATED && inPage - at < MAX_LENGTH) {
      if (at > 0) break;
      return singleBlock(cpu, la, hpa);
    }
    ends = finish(insn, length, at);
    insns.push(insn);
    at = insn.end;
  }
  return new Block(mode, hpa, at, insns, ends !== ENDS_BRANCH, -1);
}

/**
 * A single instruction that lies in two pages, or on the bus. There it is read anew each time, since a device may
 * answer differently: such a block has no host address.
 */
function singleBlock(cpu: Cpu, la: number, hpa: number): Block {
  const { mode } = cpu;
  const inPage = Math.min(4096 - (la & 0xfff), MAX_LENGTH);
  copyBytes(cpu, hpa, 0, inPage);
  let insn = new Insn(raiseTooLong);
  let length = decode(insn, scratch, 0, inPage, mode);
  let second = -1;
  if (length === DECODE_TRUNCATED && inPage < MAX_LENGTH) {
    second = cpu.fetchNextPage(la);
    copyBytes(cpu, second, inPage, MAX_LENGTH - inPage);
    insn = new Insn(raiseTooLong);
    length = decode(insn, scratch, 0, MAX_LENGTH, mode);
  }
  const fallsThrough = finish(insn, length, 0) !== ENDS_BRANCH;
  const inRam = hpa >= 0 && second >= 0;
  return new Block(mode, inRam ? hpa : -1, insn.end, [insn], fallsThrough, inRam ? second >>> 12 : -1);
}

/** Bytes to be decoded: those at `hpa`, or those at the address that just turned out not to be RAM. */
function copyBytes(cpu: Cpu, hpa: number, at: number, count: number): void {
  if (hpa < 0) cpu.beforeDevice();
  const gpa = cpu.mmu.emulateGpa;
  for (let i = 0; i < count; i++) {
    scratch[at + i] = hpa < 0 ? cpu.bus.mmioRead(gpa + i, 1) : cpu.u8[hpa + i];
  }
}

/** Places a decoded instruction in its block and gives it its handler. Returns how it ends the block. */
function finish(insn: Insn, length: number, at: number): number {
  insn.start = at;
  if (length === DECODE_TRUNCATED) {
    insn.end = at + MAX_LENGTH;
    return ENDS_BRANCH;
  }
  insn.end = at + length;
  insn.exec = handlerFor(insn);
  return rows[insn.row].ends;
}

/** The block with the one instruction at `la`, for a code segment whose limit may lie within it. */
export function limitedBlock(cpu: Cpu, block: Block, offset: number, limit: number): Block {
  const first = block.insns[0];
  if (offset + first.end - 1 <= limit) {
    return new Block(block.mode, -1, first.end, [first], block.insns.length > 1 || block.fallsThrough, -1);
  }
  return raiseGP(cpu, 0);
}
