/**
 * Writing CR0, CR3, CR4 and EFER: the processor's own checks, then the MMU's, then the register.
 *
 * SDM: volume 3, 2.5 "Control registers"; volume 2, "MOV—Move to/from control registers".
 */
import type { Cpu } from "./cpu.ts";
import { raiseGP } from "./exceptions.ts";
import {
  CR0,
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR3,
  CR4,
  EFER,
  EFER_NXE,
} from "./state.ts";

/** Other bits read as 0, ET as 1, whatever is written. */
const CR0_WRITABLE = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;

export function writeCr0(cpu: Cpu, written: number): void {
  const value = (written & CR0_WRITABLE) | CR0_ET;
  if ((value & CR0_PG) !== 0 && (value & CR0_PE) === 0) raiseGP(cpu, 0);
  if ((value & CR0_NW) !== 0 && (value & CR0_CD) === 0) raiseGP(cpu, 0);
  if (!cpu.mmu.setCr0(value)) raiseGP(cpu, 0);
  cpu.r[CR0] = value;
  cpu.refreshMode();
  cpu.afterControlWrite();
}

export function writeCr3(cpu: Cpu, value: number): void {
  if (!cpu.mmu.setCr3(value)) raiseGP(cpu, 0);
  cpu.r[CR3] = value;
  cpu.afterControlWrite();
}

export function writeCr4(cpu: Cpu, value: number): void {
  if ((value & ~cpu.cr4Allowed) !== 0 || !cpu.mmu.setCr4(value)) raiseGP(cpu, 0);
  cpu.r[CR4] = value;
  cpu.refreshPrivilege();
  cpu.afterControlWrite();
}

export function writeEfer(cpu: Cpu, low: number, high: number): void {
  if (high !== 0 || (low & ~EFER_NXE) !== 0 || !cpu.mmu.setEfer(low)) raiseGP(cpu, 0);
  cpu.r[EFER] = low;
  cpu.afterControlWrite();
}
