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
  if (hpa < 0) return busBlock(cpu, la);
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
      return spanningBlock(cpu, la, hpa, inPage);
    }
    ends = finish(insn, length, at);
    insns.push(insn);
    at = insn.end;
  }
  return new Block(mode, hpa, at, insns, ends !== ENDS_BRANCH, -1);
}

/** A single instruction that begins in the last bytes of one page and needs the next. */
function spanningBlock(cpu: Cpu, la: number, hpa: number, inPage: number): Block {
  const second = cpu.fetchAddress((la + inPage) | 0);
  for (let i = 0; i < MAX_LENGTH; i++) {
    const rest = i - inPage;
    scratch[i] = rest < 0 ? cpu.u8[hpa + i] : second < 0 ? 0xff : cpu.u8[second + rest];
  }
  const insn = new Insn(raiseTooLong);
  const ends = finish(insn, decode(insn, scratch, 0, MAX_LENGTH, cpu.mode), 0);
  return new Block(cpu.mode, hpa, insn.end, [insn], ends !== ENDS_BRANCH, second < 0 ? -1 : second >>> 12);
}

/** A single instruction from where no RAM is: read anew each time, since a device may answer differently. */
function busBlock(cpu: Cpu, la: number): Block {
  cpu.beforeDevice();
  const gpa = cpu.mmu.emulateGpa;
  for (let i = 0; i < MAX_LENGTH; i++) scratch[i] = cpu.bus.mmioRead(gpa + i, 1);
  const insn = new Insn(raiseTooLong);
  const ends = finish(insn, decode(insn, scratch, 0, MAX_LENGTH, cpu.mode), 0);
  const block = new Block(cpu.mode, -1, insn.end, [insn], ends !== ENDS_BRANCH, -1);
  block.la = la;
  return block;
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
