/** The processor as a loader leaves it: at the image's entry, in the state that the image's protocol promises. */
import type { Cpu } from "../cpu/cpu.ts";
import {
  CR0,
  CS,
  DS,
  EAX,
  EBX,
  EDI,
  EFLAGS,
  EIP,
  ES,
  ESI,
  FPU_CONTROL,
  FPU_TAGS,
  FS,
  GDTR_BASE,
  GDTR_LIMIT,
  GS,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
} from "../cpu/state.ts";
import type { BootImage, StartSegment } from "./image/boot-image.ts";

/** After FNINIT, which firmware has executed: all exceptions masked, 64 bits of precision. */
const FPU_CONTROL_INITIAL = 0x037f;

export function startAt(cpu: Cpu, { start, registers, entry }: BootImage): void {
  const { r } = cpu;
  r[CR0] = start.cr0;
  r[EFLAGS] = start.eflags;
  r[FPU_CONTROL] = FPU_CONTROL_INITIAL;
  r[FPU_TAGS] = 0;
  cpu.mmu.setCr0(start.cr0);
  setSegment(r, CS, start.cs);
  for (const seg of [DS, ES, FS, GS, SS]) setSegment(r, seg, start.data);
  r[GDTR_BASE] = start.gdtr.base;
  r[GDTR_LIMIT] = start.gdtr.limit;
  r.fill(0, EAX, EDI + 1);
  r[EAX] = registers.eax;
  r[EBX] = registers.ebx;
  r[ESI] = registers.esi;
  r[EIP] = entry;
  cpu.refreshMode();
}

function setSegment(r: Int32Array, seg: number, from: StartSegment): void {
  r[SEG_SELECTOR + seg] = from.selector;
  r[SEG_BASE + seg] = from.base;
  r[SEG_LIMIT + seg] = from.limit;
  r[SEG_ATTR + seg] = from.access | (from.flags << 12);
}
