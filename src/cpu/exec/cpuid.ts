/** CPUID. SDM: volume 2. */
import { EXIT_CPUID } from "../../mmu/mmu.ts";
import type { Cpu } from "../cpu.ts";
import { EAX, EBX, ECX, EDX } from "../state.ts";

export function cpuid(cpu: Cpu): void {
  const { r } = cpu;
  cpu.mmu.exit(EXIT_CPUID);
  const [eax, ebx, ecx, edx] = cpu.cpuid.leaf(r[EAX]);
  r[EAX] = eax;
  r[EBX] = ebx;
  r[ECX] = ecx;
  r[EDX] = edx;
}
