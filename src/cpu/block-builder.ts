/**
 * Makes a block: decodes instructions from one page until something ends it. Direct jumps and calls do not, as long as
 * they stay in the page: the block goes on at their target, which saves the way to the next block.
 */
import { Block } from "./block-cache.ts";
import type { Cpu } from "./cpu.ts";
import { DECODE_TRUNCATED, decode } from "./decode.ts";
import { setHandler } from "./dispatch.ts";
import { raiseGP } from "./exceptions.ts";
import { handlerFor } from "./exec/bind.ts";
import { fetchNextPage } from "./fetch.ts";
import { Insn } from "./insn.ts";
import { MODE_CODE32, MODE_FLAT } from "./mode.ts";
import { ENDS_BRANCH, ENDS_NONE, ROW_UD, rows } from "./opcodes.ts";
import { push32 } from "./stack.ts";
import { CS, EIP } from "./state.ts";

/** Long enough for loops, short enough that a store into a block costs little. */
const MAX_INSNS = 64;
/** SDM: volume 2, 2.3.11: a longer instruction raises #GP(0). */
const MAX_LENGTH = 15;

/** No target can be beyond the limit of CS. */
const FLAT_CODE = MODE_CODE32 | (1 << (MODE_FLAT + CS));

/** How a row goes on inside a block: by no means, as JMP or as CALL. */
const CONTINUES_NOT = 0;
const CONTINUES_JMP = 1;
const CONTINUES_CALL = 2;
const continues = Uint8Array.from(rows, ({ mnemonic, operands }) => {
  if (operands !== "Jb" && operands !== "Jz") return CONTINUES_NOT;
  return mnemonic === "jmp" ? CONTINUES_JMP : mnemonic === "call" ? CONTINUES_CALL : CONTINUES_NOT;
});

/** JMP to what follows it in the block. */
const jumpInside = (): void => {};

/** CALL of what follows it in the block; `imm2` is the offset of the return address. */
function callInside(cpu: Cpu, insn: Insn): void {
  push32(cpu, (cpu.r[EIP] + insn.imm2) | 0);
}

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
  let from = 0;
  let to = 0;
  let ends = ENDS_NONE;
  while (ends === ENDS_NONE && insns.length < MAX_INSNS && at < inPage) {
    const insn = new Insn(raiseTooLong);
    const length = decode(insn, cpu.u8, hpa + at, Math.min(inPage - at, MAX_LENGTH), mode);
    if (length === DECODE_TRUNCATED && inPage - at < MAX_LENGTH) {
      if (insns.length > 0) break;
      return singleBlock(cpu, la, hpa);
    }
    ends = finish(cpu, insn, length, at);
    insns.push(insn);
    from = Math.min(from, at);
    to = Math.max(to, insn.end);
    if (goesOnInPage(insn, mode, inPage)) ends = ENDS_NONE;
    at = insn.end;
  }
  return new Block(mode, hpa, from, to, insns, ends !== ENDS_BRANCH, -1);
}

/** Turns a direct jump or call within the page into one that is followed by its target. */
function goesOnInPage(insn: Insn, mode: number, inPage: number): boolean {
  const how = continues[insn.row];
  if (how === CONTINUES_NOT || insn.operand16 || (mode & FLAT_CODE) !== FLAT_CODE) return false;
  const target = insn.end + insn.imm;
  if (target < inPage - 4096 || target >= inPage) return false;
  insn.imm2 = insn.end;
  insn.end = target;
  setHandler(insn, how === CONTINUES_JMP ? jumpInside : callInside);
  return true;
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
    second = fetchNextPage(cpu, la);
    copyBytes(cpu, second, inPage, MAX_LENGTH - inPage);
    insn = new Insn(raiseTooLong);
    length = decode(insn, scratch, 0, MAX_LENGTH, mode);
  }
  const fallsThrough = finish(cpu, insn, length, 0) !== ENDS_BRANCH;
  const inRam = hpa >= 0 && second >= 0;
  return new Block(mode, inRam ? hpa : -1, 0, insn.end, [insn], fallsThrough, inRam ? second >>> 12 : -1);
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
function finish(cpu: Cpu, insn: Insn, length: number, at: number): number {
  insn.start = at;
  if (length === DECODE_TRUNCATED) {
    insn.end = at + MAX_LENGTH;
    return ENDS_BRANCH;
  }
  insn.end = at + length;
  if (cpu.available[insn.row] === 0) insn.row = ROW_UD;
  setHandler(insn, handlerFor(insn));
  return rows[insn.row].ends;
}

/** The block with the one instruction at `la`, for a code segment whose limit lies within `block`. Never chained. */
export function limitedBlock(cpu: Cpu, block: Block, la: number, limit: number): Block {
  const first = block.insns[0];
  if ((cpu.r[EIP] >>> 0) + first.end - 1 > limit) raiseGP(cpu, 0);
  const fallsThrough = block.insns.length > 1 || block.fallsThrough;
  const limited = new Block(block.mode, -1, 0, first.end, [first], fallsThrough, -1);
  limited.la = la;
  return limited;
}
