/** A processor as screen 7 sees it, made by hand after the design's mock-up. */
import type { CodeLine, CpuView, SegmentView } from "../../../src/inspect/cpu-view.ts";

const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];

const segment = (name: string): SegmentView => ({
  name,
  selector: name === "cs" ? 0x08 : 0x10,
  base: 0,
  limit: 0xffff_ffff,
  kind: name === "cs" ? "code32 r-x dpl 0" : "data32 rw- dpl 0",
});

const code = (gva: number, bytes: string, text: string): CodeLine => ({
  gva,
  bytes,
  text,
  current: gva === 0xc010_1f22,
});

export const cpu = (over: Partial<CpuView> = {}): CpuView => ({
  general: [
    ["eax", 0x01f3_a067],
    ["ecx", 0xdffb_ef9c],
    ["edx", 0xc010_c248],
    ["ebx", 3],
    ["esp", 0xdffb_ef58],
    ["ebp", 0xdffb_ef88],
    ["esi", 0x0804_9000],
    ["edi", 0],
  ],
  eip: 0xc010_1f22,
  eflags: 0x206,
  flags: ["PF", "IF"],
  cpl: 0,
  control: [
    ["cr0", 0x8001_0011, ["PE", "ET", "WP", "PG"]],
    ["cr2", 0xbfff_e004, []],
    ["cr3", 0x5000, []],
    ["cr4", 0xa0, ["PAE", "PGE"]],
    ["efer", 0x800, ["NXE"]],
  ],
  segments: SEGMENTS.map(segment),
  gdtr: [0xc010_a080, 0x2f],
  idtr: [0xc010_d120, 0x7ff],
  code: [
    code(0xc010_1f22, "8902", "mov [edx], eax"),
    code(0xc010_1f24, "c7420400000000c7420400000000", "mov dword ptr [edx+4], 0x0"),
    code(0xc010_1f2b, "0f013e", "invlpg [esi]"),
    code(0xc010_1f2e, "5b", "pop ebx"),
  ],
  stack: [
    { gva: 0xdffb_ef58, value: 0xc010_1f22 },
    { gva: 0xdffb_ef5c, value: 0 },
    { gva: 0xdffb_ef60, value: null },
  ],
  halted: false,
  interruptPending: false,
  inhibited: false,
  tlb: { supervisor: 1234, user: 5 },
  ...over,
});
