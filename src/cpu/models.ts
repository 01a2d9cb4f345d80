/**
 * The processors that can be had: what each announces through CPUID, and therefore has. An instruction that needs a
 * feature which is not announced raises #UD, a bit of CR4 or an MSR #GP(0).
 *
 * SDM: volume 1, chapter 5 "Instruction set summary"; volume 2, "CPUID"; volume 3, chapter 22 for what came when.
 */

export type CpuModelName = "486" | "pentium" | "i686" | "pentium4" | "max";

export interface CpuModel {
  readonly name: CpuModelName;
  /** One line for people. */
  readonly summary: string;
  /** EAX of CPUID leaf 1, and EDX after a reset: family, model, stepping. */
  readonly signature: number;
  /**
   * CPUID's names in lower case. Three are not CPUID's: `fcmov` (CMOV and FPU together), `family6` (what the P6 family
   * brought without a bit: RDPMC, NOP with an operand), `extended` (CPUID leaves up to 80000008).
   */
  readonly features: ReadonlySet<string>;
}

const I486 = ["fpu", "vme"];
const PENTIUM = [...I486, "de", "pse", "tsc", "msr", "mce", "cx8", "apic", "mmx"];
const P6 = [
  ...PENTIUM,
  "pae",
  "sep",
  "mtrr",
  "pge",
  "mca",
  "cmov",
  "fcmov",
  "pat",
  "pse36",
  "fxsr",
  "family6",
];
const NETBURST = [...P6, "clfsh", "sse", "sse2", "nx", "extended"];
const MAX = [...NETBURST, "smep", "smap", "umip"];

const model = (name: CpuModelName, signature: number, summary: string, features: string[]): CpuModel => ({
  name,
  summary,
  signature,
  features: new Set(features),
});

/** Each later one has everything that the earlier ones have. */
export const CPU_MODELS: readonly CpuModel[] = [
  model("486", 0x0480, "80486DX4: x87, virtual-8086 extensions", I486),
  model("pentium", 0x0543, "Pentium with MMX: 4 MiB pages, TSC, CMPXCHG8B, MSRs", PENTIUM),
  model("i686", 0x0652, "Pentium II: PAE, global pages, CMOV, SYSENTER, FXSAVE, MTRRs, PAT", P6),
  model("pentium4", 0x0f41, "Pentium 4: SSE, SSE2, CLFLUSH, no-execute pages", NETBURST),
  model("max", 0x0f41, "everything there is: Pentium 4 with SMEP, SMAP and UMIP", MAX),
];

export const DEFAULT_CPU: CpuModelName = "pentium4";

/** Throws a RangeError for a name that no model has. */
export function cpuModel(name: string): CpuModel {
  const found = CPU_MODELS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`there is no processor model ${name}`);
  return found;
}
