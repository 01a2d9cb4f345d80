/**
 * Which block runs next: along the chains of the one that ran, by linear address, by host address, or decoded now.
 */
import { buildBlock, limitedBlock } from "./block-builder.ts";
import type { Block } from "./block-cache.ts";
import type { Cpu } from "./cpu.ts";
import { raiseGP } from "./exceptions.ts";
import { fetchAddress, fetchNextPage } from "./fetch.ts";
import { MODE_FLAT } from "./mode.ts";
import { CS, EIP, SEG_LIMIT } from "./state.ts";

/** Places in the table that finds the targets of jumps with many. */
export const JUMP_SLOTS = 4096;
const FLAT_CODE = 1 << (MODE_FLAT + CS);

/** The block at CS:EIP, after `block`. May fault. */
export function followingBlock(cpu: Cpu, block: Block): Block {
  const la = (cpu.r[EIP] + cpu.csBase) | 0;
  const { mode } = cpu;
  const { epoch } = cpu.tlbUnit;
  const { next, other } = block;
  if (next.la === la && next.mode === mode && next.epoch === epoch) return next;
  if (other.la === la && other.mode === mode && other.epoch === epoch) return other;
  const found = jumpTarget(cpu);
  // A jump with more than two targets would only overwrite its chains each time.
  if (next.epoch !== epoch || other.epoch !== epoch) {
    block.other = next;
    block.next = found;
  }
  return found;
}

/** The block at CS:EIP, wherever we come from. May fault. */
export function jumpTarget(cpu: Cpu): Block {
  const la = (cpu.r[EIP] + cpu.csBase) | 0;
  const slot = (la ^ (la >>> 12)) & (JUMP_SLOTS - 1);
  let found = cpu.jumps[slot];
  if (found.la !== la || found.mode !== cpu.mode || found.epoch !== cpu.tlbUnit.epoch) {
    found = lookupBlock(cpu);
    cpu.jumps[slot] = found;
  }
  return found;
}

/** The block at CS:EIP, decoded now if need be. May fault. */
export function lookupBlock(cpu: Cpu): Block {
  const { r } = cpu;
  const la = (r[EIP] + cpu.csBase) | 0;
  const offset = r[EIP] >>> 0;
  // SDM: volume 3, 5.3: fetching beyond the limit of CS raises #GP(0), whatever the page there.
  const limited = (cpu.mode & FLAT_CODE) === 0;
  const limit = r[SEG_LIMIT + CS] >>> 0;
  if (limited && offset > limit) raiseGP(cpu, 0);
  const block = blockAt(cpu, la);
  if (limited && offset + block.bytes - 1 > limit) return limitedBlock(cpu, block, la, limit);
  block.la = la;
  // A block that spans pages is looked up each time: its second page may be mapped anew. So is one on the bus.
  block.epoch = block.secondPage >= 0 || block.hpa < 0 ? -1 : cpu.tlbUnit.epoch;
  return block;
}

function blockAt(cpu: Cpu, la: number): Block {
  const hpa = fetchAddress(cpu, la);
  if (hpa < 0) return buildBlock(cpu, la, -1);
  let block = cpu.blocks.find(hpa, cpu.mode);
  if (block !== cpu.blocks.none) {
    if (block.secondPage < 0 || fetchNextPage(cpu, la) >>> 12 === block.secondPage) return block;
  }
  block = buildBlock(cpu, la, hpa);
  if (block.hpa >= 0) cpu.blocks.add(block);
  return block;
}
