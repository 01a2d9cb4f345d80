/** CPUID. SDM: volume 2. */
import { EXIT_CPUID } from "../../mmu/mmu.ts";
import type { Cpu } from "../cpu.ts";
import { CPUID_APIC } from "../cpuid.ts";
import { isApicOn } from "../msrs.ts";
import { EAX, EBX, ECX, EDX } from "../state.ts";

export function cpuid(cpu: Cpu): void {
  const { r } = cpu;
  cpu.mmu.exit(EXIT_CPUID);
  const leaf = r[EAX];
  const [eax, ebx, ecx, edx] = cpu.cpuid.leaf(leaf);
  r[EAX] = eax;
  r[EBX] = ebx;
  r[ECX] = ecx;
  // SDM: volume 3, 11.4.3: a local APIC that is switched off is not announced.
  r[EDX] = leaf === 1 && !isApicOn(r) ? edx & ~CPUID_APIC : edx;
}
