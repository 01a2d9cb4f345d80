/**
 * Bit and byte instructions: BT BTS BTR BTC, BSF BSR, SETcc.
 *
 * SDM: volume 1, 7.3.6 "Bit and byte instructions".
 */
import { effectiveAddress, load16, load32, modifyAt, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { getCF, getOF, getPF, getSF, getZF, logic32, setCF } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { segmented } from "../segmentation.ts";
import { finishE16, finishE32, modifyE16, modifyE32, readE16, readE32, writeE8 } from "./operands.ts";

// --- BT, BTS, BTR, BTC -------------------------------------------------------------------------------------------

/**
 * Address of the doubleword (or word) that holds the bit: a bit offset in a register counts from the operand,
 * signed, and reaches all of memory.
 */
function bitAddress(cpu: Cpu, insn: Insn, byteOffset: number, bytes: number, write: boolean): number {
  const sum = (effectiveAddress(cpu, insn) + byteOffset) | 0;
  if (insn.flat) return sum;
  return segmented(cpu, insn.seg, insn.address16 ? sum & 0xffff : sum, bytes, write);
}

/** CF becomes the bit; no other flag changes. */
function takeBit(cpu: Cpu, value: number, index: number): number {
  setCF(cpu, (value >>> index) & 1);
  return 1 << index;
}

export function bt_Rd_Gd(cpu: Cpu, insn: Insn): void {
  takeBit(cpu, cpu.r[insn.rm], cpu.r[insn.reg] & 31);
}

export function bt_Md_Gd(cpu: Cpu, insn: Insn): void {
  const offset = cpu.r[insn.reg];
  const value = load32(cpu, bitAddress(cpu, insn, (offset >> 5) * 4, 4, false));
  takeBit(cpu, value, offset & 31);
}

export function bt_Ed_Ib(cpu: Cpu, insn: Insn): void {
  takeBit(cpu, readE32(cpu, insn), insn.imm & 31);
}

export function bt_Rw_Gw(cpu: Cpu, insn: Insn): void {
  takeBit(cpu, cpu.r16[insn.rm * 2], cpu.r16[insn.reg * 2] & 15);
}

export function bt_Mw_Gw(cpu: Cpu, insn: Insn): void {
  const offset = (cpu.r[insn.reg] << 16) >> 16;
  const value = load16(cpu, bitAddress(cpu, insn, (offset >> 4) * 2, 2, false));
  takeBit(cpu, value, offset & 15);
}

export function bt_Ew_Ib(cpu: Cpu, insn: Insn): void {
  takeBit(cpu, readE16(cpu, insn), insn.imm & 15);
}

export function bts_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const old = cpu.r[insn.rm];
  const bit = takeBit(cpu, old, cpu.r[insn.reg] & 31);
  cpu.r[insn.rm] = old | bit;
}

export function bts_Md_Gd(cpu: Cpu, insn: Insn): void {
  const offset = cpu.r[insn.reg];
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 5) * 4, 4, true), 4);
  const bit = takeBit(cpu, old, offset & 31);
  writeBack(cpu, old | bit);
}

export function bts_Ed_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 31);
  finishE32(cpu, insn, old | bit);
}

export function bts_Rw_Gw(cpu: Cpu, insn: Insn): void {
  const old = cpu.r16[insn.rm * 2];
  const bit = takeBit(cpu, old, cpu.r16[insn.reg * 2] & 15);
  cpu.r16[insn.rm * 2] = old | bit;
}

export function bts_Mw_Gw(cpu: Cpu, insn: Insn): void {
  const offset = (cpu.r[insn.reg] << 16) >> 16;
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 4) * 2, 2, true), 2);
  const bit = takeBit(cpu, old, offset & 15);
  writeBack(cpu, old | bit);
}

export function bts_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 15);
  finishE16(cpu, insn, old | bit);
}

export function btr_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const old = cpu.r[insn.rm];
  const bit = takeBit(cpu, old, cpu.r[insn.reg] & 31);
  cpu.r[insn.rm] = old & ~bit;
}

export function btr_Md_Gd(cpu: Cpu, insn: Insn): void {
  const offset = cpu.r[insn.reg];
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 5) * 4, 4, true), 4);
  const bit = takeBit(cpu, old, offset & 31);
  writeBack(cpu, old & ~bit);
}

export function btr_Ed_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 31);
  finishE32(cpu, insn, old & ~bit);
}

export function btr_Rw_Gw(cpu: Cpu, insn: Insn): void {
  const old = cpu.r16[insn.rm * 2];
  const bit = takeBit(cpu, old, cpu.r16[insn.reg * 2] & 15);
  cpu.r16[insn.rm * 2] = old & ~bit;
}

export function btr_Mw_Gw(cpu: Cpu, insn: Insn): void {
  const offset = (cpu.r[insn.reg] << 16) >> 16;
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 4) * 2, 2, true), 2);
  const bit = takeBit(cpu, old, offset & 15);
  writeBack(cpu, old & ~bit);
}

export function btr_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 15);
  finishE16(cpu, insn, old & ~bit);
}

export function btc_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const old = cpu.r[insn.rm];
  const bit = takeBit(cpu, old, cpu.r[insn.reg] & 31);
  cpu.r[insn.rm] = old ^ bit;
}

export function btc_Md_Gd(cpu: Cpu, insn: Insn): void {
  const offset = cpu.r[insn.reg];
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 5) * 4, 4, true), 4);
  const bit = takeBit(cpu, old, offset & 31);
  writeBack(cpu, old ^ bit);
}

export function btc_Ed_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 31);
  finishE32(cpu, insn, old ^ bit);
}

export function btc_Rw_Gw(cpu: Cpu, insn: Insn): void {
  const old = cpu.r16[insn.rm * 2];
  const bit = takeBit(cpu, old, cpu.r16[insn.reg * 2] & 15);
  cpu.r16[insn.rm * 2] = old ^ bit;
}

export function btc_Mw_Gw(cpu: Cpu, insn: Insn): void {
  const offset = (cpu.r[insn.reg] << 16) >> 16;
  const old = modifyAt(cpu, bitAddress(cpu, insn, (offset >> 4) * 2, 2, true), 2);
  const bit = takeBit(cpu, old, offset & 15);
  writeBack(cpu, old ^ bit);
}

export function btc_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  const bit = takeBit(cpu, old, insn.imm & 15);
  finishE16(cpu, insn, old ^ bit);
}

// --- BSF, BSR ----------------------------------------------------------------------------------------------------

/**
 * ZF tells that the source is 0. The rest is undefined: processors give PF of the result and clear CF OF SF AF; a
 * source of 0 leaves the destination alone and sets PF.
 */
function flagsOfScan(cpu: Cpu, result: number): void {
  // Bit 8 keeps ZF clear for a result of 0, and counts in no other flag.
  logic32(cpu, result | 0x100);
}

export function bsf_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (value === 0) {
    logic32(cpu, 0);
    return;
  }
  const index = 31 - Math.clz32(value & -value);
  flagsOfScan(cpu, index);
  cpu.r[insn.reg] = index;
}

export function bsf_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (value === 0) {
    logic32(cpu, 0);
    return;
  }
  const index = 31 - Math.clz32(value & -value);
  flagsOfScan(cpu, index);
  cpu.r16[insn.reg * 2] = index;
}

export function bsr_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (value === 0) {
    logic32(cpu, 0);
    return;
  }
  const index = 31 - Math.clz32(value);
  flagsOfScan(cpu, index);
  cpu.r[insn.reg] = index;
}

export function bsr_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (value === 0) {
    logic32(cpu, 0);
    return;
  }
  const index = 31 - Math.clz32(value);
  flagsOfScan(cpu, index);
  cpu.r16[insn.reg * 2] = index;
}

// --- SETcc: 1 if the condition holds, else 0 ---------------------------------------------------------------------

export function seto_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getOF(cpu));
}

export function setno_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getOF(cpu) ^ 1);
}

export function setb_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getCF(cpu));
}

export function setae_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getCF(cpu) ^ 1);
}

export function sete_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getZF(cpu));
}

export function setne_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getZF(cpu) ^ 1);
}

export function setbe_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getCF(cpu) | getZF(cpu));
}

export function seta_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, (getCF(cpu) | getZF(cpu)) ^ 1);
}

export function sets_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getSF(cpu));
}

export function setns_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getSF(cpu) ^ 1);
}

export function setp_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getPF(cpu));
}

export function setnp_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getPF(cpu) ^ 1);
}

export function setl_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getSF(cpu) ^ getOF(cpu));
}

export function setge_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getSF(cpu) ^ getOF(cpu) ^ 1);
}

export function setle_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, getZF(cpu) | (getSF(cpu) ^ getOF(cpu)));
}

export function setg_Eb(cpu: Cpu, insn: Insn): void {
  writeE8(cpu, insn, (getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) ^ 1);
}
