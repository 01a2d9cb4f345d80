/**
 * Runs the instructions of a block. The handlers that most code consists of are called by name, so that V8 can build
 * them into the loop; all others through the pointer in their record. Measured 2026-11-22, Node 20.20: 10 to 25 % on
 * code of every kind, since a call through a pointer that leads to a hundred places costs V8 about 5 ns.
 *
 * `HOT` and the cases of the switch are one list in two forms: `tests/cpu/dispatch.test.ts` compares them.
 */
import type { Cpu } from "./cpu.ts";
import {
  adc_Gd_Rd,
  adc_Rd_Gd,
  adc_Rd_Id,
  add_Gd_Md,
  add_Gd_Rd,
  add_Md_Gd,
  add_Md_Id,
  add_Rd_Gd,
  add_Rd_Id,
  cmp_Gd_Md,
  cmp_Gd_Rd,
  cmp_Md_Gd,
  cmp_Md_Id,
  cmp_Rd_Gd,
  cmp_Rd_Id,
  dec_Md,
  dec_Rd,
  inc_Md,
  inc_Rd,
  neg_Rd,
  sbb_Gd_Rd,
  sbb_Rd_Gd,
  sbb_Rd_Id,
  sub_Gd_Md,
  sub_Gd_Rd,
  sub_Md_Gd,
  sub_Md_Id,
  sub_Rd_Gd,
  sub_Rd_Id,
} from "./exec/arithmetic.ts";
import { cmp_Gb_Mb, cmp_Mb_Ib, cmp_Rb_Gb, cmp_Rb_Ib } from "./exec/arithmetic-narrow.ts";
import { setb_Eb, sete_Eb, setne_Eb } from "./exec/bit-byte.ts";
import {
  call_Jd,
  call_Md,
  call_Rd,
  ja_Jd,
  jae_Jd,
  jb_Jd,
  jbe_Jd,
  je_Jd,
  jg_Jd,
  jge_Jd,
  jl_Jd,
  jle_Jd,
  jmp_Jd,
  jmp_Md,
  jmp_Rd,
  jne_Jd,
  jns_Jd,
  js_Jd,
  retd,
} from "./exec/control-transfer.ts";
import {
  lea_Gd_M,
  mov_Gb_Mb,
  mov_Gb_Rb,
  mov_Gd_Md,
  mov_Gd_Rd,
  mov_Mb_Gb,
  mov_Mb_Ib,
  mov_Md_Gd,
  mov_Md_Id,
  mov_Rb_Gb,
  mov_Rb_Ib,
  mov_Rd_Gd,
  mov_Rd_Id,
  movsx_Gd_Mb,
  movsx_Gd_Rb,
  movzx_Gd_Mb,
  movzx_Gd_Mw,
  movzx_Gd_Rb,
  movzx_Gd_Rw,
} from "./exec/data-transfer.ts";
import {
  and_Gd_Md,
  and_Gd_Rd,
  and_Md_Id,
  and_Rd_Gd,
  and_Rd_Id,
  not_Rd,
  or_Gd_Md,
  or_Gd_Rd,
  or_Md_Id,
  or_Rd_Gd,
  or_Rd_Id,
  test_Mb_Ib,
  test_Md_Gd,
  test_Md_Id,
  test_Rb_Gb,
  test_Rb_Ib,
  test_Rd_Gd,
  test_Rd_Id,
  xor_Gd_Md,
  xor_Gd_Rd,
  xor_Rd_Gd,
  xor_Rd_Id,
} from "./exec/logic.ts";
import { imul_Gd_Ed_Id, imul_Gd_Md, imul_Gd_Rd } from "./exec/multiply-divide.ts";
import { rol_Rd_1, rol_Rd_Ib } from "./exec/rotate.ts";
import {
  sar_Rd_1,
  sar_Rd_Ib,
  shl_Rd_1,
  shl_Rd_CL,
  shl_Rd_Ib,
  shr_Rd_1,
  shr_Rd_CL,
  shr_Rd_Ib,
} from "./exec/shift.ts";
import { leaved, pop_Rd, push_Id, push_Md, push_Rd } from "./exec/stack.ts";
import type { Handler, Insn } from "./insn.ts";

/** `Insn.hot` of a handler that has no case. */
export const NOT_HOT = -1;

// biome-ignore format: a table
export const HOT: readonly Handler[] = [
  mov_Rd_Gd, mov_Md_Gd, mov_Gd_Rd, mov_Gd_Md, mov_Rd_Id, mov_Md_Id,
  mov_Mb_Gb, mov_Gb_Mb, mov_Rb_Ib, mov_Mb_Ib, mov_Rb_Gb, mov_Gb_Rb,
  movzx_Gd_Rb, movzx_Gd_Mb, movzx_Gd_Rw, movzx_Gd_Mw, movsx_Gd_Rb, movsx_Gd_Mb,
  lea_Gd_M, add_Rd_Gd, add_Md_Gd, add_Gd_Rd, add_Gd_Md, add_Rd_Id,
  add_Md_Id, adc_Rd_Gd, adc_Rd_Id, adc_Gd_Rd, sub_Rd_Gd, sub_Md_Gd,
  sub_Gd_Rd, sub_Gd_Md, sub_Rd_Id, sub_Md_Id, sbb_Rd_Gd, sbb_Gd_Rd,
  sbb_Rd_Id, cmp_Rd_Gd, cmp_Md_Gd, cmp_Gd_Rd, cmp_Gd_Md, cmp_Rd_Id,
  cmp_Md_Id, cmp_Rb_Ib, cmp_Mb_Ib, cmp_Rb_Gb, cmp_Gb_Mb, inc_Rd,
  inc_Md, dec_Rd, dec_Md, neg_Rd, not_Rd, and_Rd_Gd,
  and_Gd_Rd, and_Gd_Md, and_Rd_Id, and_Md_Id, or_Rd_Gd, or_Gd_Rd,
  or_Gd_Md, or_Rd_Id, or_Md_Id, xor_Rd_Gd, xor_Gd_Rd, xor_Gd_Md,
  xor_Rd_Id, test_Rd_Gd, test_Md_Gd, test_Rd_Id, test_Md_Id, test_Rb_Gb,
  test_Rb_Ib, test_Mb_Ib, shl_Rd_Ib, shl_Rd_1, shl_Rd_CL, shr_Rd_Ib,
  shr_Rd_1, shr_Rd_CL, sar_Rd_Ib, sar_Rd_1, rol_Rd_Ib, rol_Rd_1,
  imul_Gd_Rd, imul_Gd_Md, imul_Gd_Ed_Id, setb_Eb, sete_Eb, setne_Eb,
  push_Rd, push_Md, push_Id, pop_Rd, leaved, jb_Jd,
  jae_Jd, je_Jd, jne_Jd, jbe_Jd, ja_Jd, js_Jd,
  jns_Jd, jl_Jd, jge_Jd, jle_Jd, jg_Jd, jmp_Jd,
  jmp_Rd, jmp_Md, call_Jd, call_Rd, call_Md, retd,
];

const indexes = new Map<Handler, number>(HOT.map((handler, index) => [handler, index]));

/** Gives an instruction its handler. */
export function setHandler(insn: Insn, handler: Handler): void {
  insn.exec = handler;
  insn.hot = indexes.get(handler) ?? NOT_HOT;
}

/**
 * Runs `insns[from]` to `insns[count - 1]`. Returns `count`, or something else if a handler ended the block early
 * (`Cpu.endBlock`). A fault is thrown, or held.
 */
export function runInsns(cpu: Cpu, insns: readonly Insn[], from: number, count: number): number {
  let index = from;
  while (index < count) {
    cpu.pos = index + 1;
    const insn = insns[index];
    // biome-ignore format: a table
    switch (insn.hot) {
      case 0: mov_Rd_Gd(cpu, insn); break;
      case 1: mov_Md_Gd(cpu, insn); break;
      case 2: mov_Gd_Rd(cpu, insn); break;
      case 3: mov_Gd_Md(cpu, insn); break;
      case 4: mov_Rd_Id(cpu, insn); break;
      case 5: mov_Md_Id(cpu, insn); break;
      case 6: mov_Mb_Gb(cpu, insn); break;
      case 7: mov_Gb_Mb(cpu, insn); break;
      case 8: mov_Rb_Ib(cpu, insn); break;
      case 9: mov_Mb_Ib(cpu, insn); break;
      case 10: mov_Rb_Gb(cpu, insn); break;
      case 11: mov_Gb_Rb(cpu, insn); break;
      case 12: movzx_Gd_Rb(cpu, insn); break;
      case 13: movzx_Gd_Mb(cpu, insn); break;
      case 14: movzx_Gd_Rw(cpu, insn); break;
      case 15: movzx_Gd_Mw(cpu, insn); break;
      case 16: movsx_Gd_Rb(cpu, insn); break;
      case 17: movsx_Gd_Mb(cpu, insn); break;
      case 18: lea_Gd_M(cpu, insn); break;
      case 19: add_Rd_Gd(cpu, insn); break;
      case 20: add_Md_Gd(cpu, insn); break;
      case 21: add_Gd_Rd(cpu, insn); break;
      case 22: add_Gd_Md(cpu, insn); break;
      case 23: add_Rd_Id(cpu, insn); break;
      case 24: add_Md_Id(cpu, insn); break;
      case 25: adc_Rd_Gd(cpu, insn); break;
      case 26: adc_Rd_Id(cpu, insn); break;
      case 27: adc_Gd_Rd(cpu, insn); break;
      case 28: sub_Rd_Gd(cpu, insn); break;
      case 29: sub_Md_Gd(cpu, insn); break;
      case 30: sub_Gd_Rd(cpu, insn); break;
      case 31: sub_Gd_Md(cpu, insn); break;
      case 32: sub_Rd_Id(cpu, insn); break;
      case 33: sub_Md_Id(cpu, insn); break;
      case 34: sbb_Rd_Gd(cpu, insn); break;
      case 35: sbb_Gd_Rd(cpu, insn); break;
      case 36: sbb_Rd_Id(cpu, insn); break;
      case 37: cmp_Rd_Gd(cpu, insn); break;
      case 38: cmp_Md_Gd(cpu, insn); break;
      case 39: cmp_Gd_Rd(cpu, insn); break;
      case 40: cmp_Gd_Md(cpu, insn); break;
      case 41: cmp_Rd_Id(cpu, insn); break;
      case 42: cmp_Md_Id(cpu, insn); break;
      case 43: cmp_Rb_Ib(cpu, insn); break;
      case 44: cmp_Mb_Ib(cpu, insn); break;
      case 45: cmp_Rb_Gb(cpu, insn); break;
      case 46: cmp_Gb_Mb(cpu, insn); break;
      case 47: inc_Rd(cpu, insn); break;
      case 48: inc_Md(cpu, insn); break;
      case 49: dec_Rd(cpu, insn); break;
      case 50: dec_Md(cpu, insn); break;
      case 51: neg_Rd(cpu, insn); break;
      case 52: not_Rd(cpu, insn); break;
      case 53: and_Rd_Gd(cpu, insn); break;
      case 54: and_Gd_Rd(cpu, insn); break;
      case 55: and_Gd_Md(cpu, insn); break;
      case 56: and_Rd_Id(cpu, insn); break;
      case 57: and_Md_Id(cpu, insn); break;
      case 58: or_Rd_Gd(cpu, insn); break;
      case 59: or_Gd_Rd(cpu, insn); break;
      case 60: or_Gd_Md(cpu, insn); break;
      case 61: or_Rd_Id(cpu, insn); break;
      case 62: or_Md_Id(cpu, insn); break;
      case 63: xor_Rd_Gd(cpu, insn); break;
      case 64: xor_Gd_Rd(cpu, insn); break;
      case 65: xor_Gd_Md(cpu, insn); break;
      case 66: xor_Rd_Id(cpu, insn); break;
      case 67: test_Rd_Gd(cpu, insn); break;
      case 68: test_Md_Gd(cpu, insn); break;
      case 69: test_Rd_Id(cpu, insn); break;
      case 70: test_Md_Id(cpu, insn); break;
      case 71: test_Rb_Gb(cpu, insn); break;
      case 72: test_Rb_Ib(cpu, insn); break;
      case 73: test_Mb_Ib(cpu, insn); break;
      case 74: shl_Rd_Ib(cpu, insn); break;
      case 75: shl_Rd_1(cpu, insn); break;
      case 76: shl_Rd_CL(cpu, insn); break;
      case 77: shr_Rd_Ib(cpu, insn); break;
      case 78: shr_Rd_1(cpu, insn); break;
      case 79: shr_Rd_CL(cpu, insn); break;
      case 80: sar_Rd_Ib(cpu, insn); break;
      case 81: sar_Rd_1(cpu, insn); break;
      case 82: rol_Rd_Ib(cpu, insn); break;
      case 83: rol_Rd_1(cpu, insn); break;
      case 84: imul_Gd_Rd(cpu, insn); break;
      case 85: imul_Gd_Md(cpu, insn); break;
      case 86: imul_Gd_Ed_Id(cpu, insn); break;
      case 87: setb_Eb(cpu, insn); break;
      case 88: sete_Eb(cpu, insn); break;
      case 89: setne_Eb(cpu, insn); break;
      case 90: push_Rd(cpu, insn); break;
      case 91: push_Md(cpu, insn); break;
      case 92: push_Id(cpu, insn); break;
      case 93: pop_Rd(cpu, insn); break;
      case 94: leaved(cpu); break;
      case 95: jb_Jd(cpu, insn); break;
      case 96: jae_Jd(cpu, insn); break;
      case 97: je_Jd(cpu, insn); break;
      case 98: jne_Jd(cpu, insn); break;
      case 99: jbe_Jd(cpu, insn); break;
      case 100: ja_Jd(cpu, insn); break;
      case 101: js_Jd(cpu, insn); break;
      case 102: jns_Jd(cpu, insn); break;
      case 103: jl_Jd(cpu, insn); break;
      case 104: jge_Jd(cpu, insn); break;
      case 105: jle_Jd(cpu, insn); break;
      case 106: jg_Jd(cpu, insn); break;
      case 107: jmp_Jd(cpu, insn); break;
      case 108: jmp_Rd(cpu, insn); break;
      case 109: jmp_Md(cpu, insn); break;
      case 110: call_Jd(cpu, insn); break;
      case 111: call_Rd(cpu, insn); break;
      case 112: call_Md(cpu, insn); break;
      case 113: retd(cpu); break;
      default: insn.exec(cpu, insn);
    }
    index = cpu.pos;
  }
  return index;
}
