/** The processor as a debugger shows it. */
import { readEflags } from "../cpu/eflags.ts";
import { MODE_STACK32 } from "../cpu/mode.ts";
import {
  CPL,
  EAX,
  EIP,
  ESP,
  GDTR_BASE,
  GDTR_LIMIT,
  IDTR_BASE,
  IDTR_LIMIT,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
} from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";
import {
  TAG_FETCH,
  TAG_READ,
  TAG_WRITE,
  TLB_ENTRIES,
  TLB_GENERATION,
  TLB_SUPERVISOR,
  TLB_USER,
  type Tlb,
} from "../mmu/tlb.ts";
import { CONTROL_REGISTERS, flagNames, namesOf, segmentKind, systemKind } from "./cpu-names.ts";
import { disassemble } from "./disassembly.ts";
import { wordAt } from "./linear-bytes.ts";
import { nextAddress } from "./next-instruction.ts";

export interface SegmentView {
  readonly name: string;
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  /** Type and size in words, such as "code32 r-x dpl 0". */
  readonly kind: string;
}

export interface CodeLine {
  /** Linear address. */
  readonly gva: number;
  /** Up to 15 bytes in hexadecimal, without blanks. */
  readonly bytes: string;
  /** Intel syntax; "(not mapped)" where the guest's tables lead nowhere. */
  readonly text: string;
  /** It is the next to run. */
  readonly current: boolean;
}

export interface StackLine {
  /** Linear address. */
  readonly gva: number;
  /** The 32-bit word, or null where nothing is mapped. */
  readonly value: number | null;
}

export interface CpuView {
  /** eax to edi in the SDM's order: eax ecx edx ebx esp ebp esi edi. */
  readonly general: readonly (readonly [name: string, value: number])[];
  /** Offset in the code segment. */
  readonly eip: number;
  readonly eflags: number;
  /** Names of the flags that are set, highest bit last: CF PF AF ZF SF TF IF DF OF IOPLn NT RF VM AC VIF VIP ID; no IOPL0. */
  readonly flags: readonly string[];
  readonly cpl: number;
  /** cr0 cr2 cr3 cr4 efer with the names of the bits that are set (none for cr2 and cr3). */
  readonly control: readonly (readonly [name: string, value: number, bits: readonly string[]])[];
  /** es cs ss ds fs gs ldtr tr. */
  readonly segments: readonly SegmentView[];
  readonly gdtr: readonly [base: number, limit: number];
  readonly idtr: readonly [base: number, limit: number];
  readonly code: readonly CodeLine[];
  readonly stack: readonly StackLine[];
  readonly halted: boolean;
  /** The INTR pin is high. */
  readonly interruptPending: boolean;
  /** No interrupt before the next instruction has run (STI, MOV SS). */
  readonly inhibited: boolean;
  /** Translations that the host TLB holds now: for supervisor and for user accesses. */
  readonly tlb: { readonly supervisor: number; readonly user: number };
}

const GENERAL = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];

/** With so many lines of code and of stack. Code begins at the next instruction, the stack at its top. */
export function cpuView(
  machine: Machine,
  { code, stack }: { readonly code: number; readonly stack: number },
): CpuView {
  const { cpu, mmu } = machine;
  const { r } = cpu;
  const eflags = readEflags(cpu) >>> 0;
  return {
    general: GENERAL.map((name, i) => [name, r[EAX + i] >>> 0]),
    eip: r[EIP] >>> 0,
    eflags,
    flags: flagNames(eflags),
    cpl: r[CPL],
    control: CONTROL_REGISTERS.map(([name, word, bits]) => [name, r[word] >>> 0, namesOf(r[word], bits)]),
    segments: SEGMENTS.map((name, seg) => ({
      name,
      selector: r[SEG_SELECTOR + seg] & 0xffff,
      base: r[SEG_BASE + seg] >>> 0,
      limit: r[SEG_LIMIT + seg] >>> 0,
      kind: seg < LDTR ? segmentKind(r[SEG_ATTR + seg]) : systemKind(r[SEG_ATTR + seg]),
    })),
    gdtr: [r[GDTR_BASE] >>> 0, r[GDTR_LIMIT] & 0xffff],
    idtr: [r[IDTR_BASE] >>> 0, r[IDTR_LIMIT] & 0xffff],
    code: disassemble(machine, nextAddress(machine), code),
    stack: stackLines(machine, stack),
    halted: cpu.halted,
    interruptPending: cpu.interruptLine,
    inhibited: cpu.inhibitInterrupts,
    tlb: { supervisor: cachedPages(mmu.tlb, TLB_SUPERVISOR), user: cachedPages(mmu.tlb, TLB_USER) },
  };
}

/** Words from the top of the stack upwards. A 16-bit stack ends at 64 KiB and goes on at 0. */
function stackLines(machine: Machine, count: number): StackLine[] {
  const { r, mode } = machine.cpu;
  const offsets = (mode & MODE_STACK32) !== 0 ? 0xffff_ffff : 0xffff;
  return Array.from({ length: count }, (_, i) => {
    const offset = (r[ESP] + 4 * i) & offsets;
    const gva = (r[SEG_BASE + SS] + offset) >>> 0;
    return { gva, value: wordAt(machine, gva) };
  });
}

/** The bits of a tag that hold its generation; the one above says TAG_CODE. */
const GENERATION_BITS = 0x7ff;

function cachedPages({ words }: Tlb, first: number): number {
  const generation = words[TLB_GENERATION];
  let count = 0;
  for (let entry = first; entry < first + TLB_ENTRIES * 4; entry += 4) {
    // The tags of an entry are of one page and generation, or 0, so together they say what each says.
    const tags = words[entry + TAG_READ] | words[entry + TAG_WRITE] | words[entry + TAG_FETCH];
    if ((tags & GENERATION_BITS) === generation) count++;
  }
  return count;
}
