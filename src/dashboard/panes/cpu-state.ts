/** What the processor is about to do besides its next instruction: flags, privilege, interrupts; and its TLB. */
import { grouped } from "../../common/grouped.ts";
import type { CpuView } from "../../inspect/cpu-view.ts";
import { type Line, type Span, span } from "../text/line.ts";
import { BOLD, DIM } from "../text/style.ts";

/** SDM: EFLAGS.IF, which lets INTR in. */
const IF = "IF";

/** What waits, one word or two for each. */
function pendingOf(cpu: CpuView): string[] {
  const pending: string[] = [];
  if (cpu.halted) pending.push("HALTED");
  if (cpu.interruptPending) pending.push(cpu.flags.includes(IF) ? "INTR" : "INTR, but IF is 0");
  if (cpu.inhibited) pending.push("inhibited for one instruction");
  return pending;
}

/** " flags PF IF IOPL0   cpl 0   HALTED". What waits comes before the flags where the line may be short. */
export function stateLine(cpu: CpuView): Line {
  const pending = pendingOf(cpu).flatMap((word): Span[] => [span("  "), span(word, BOLD)]);
  return [span(` cpl ${cpu.cpl}`), ...pending, span("  flags ", DIM), span(flagsText(cpu))];
}

export const flagsText = ({ flags }: CpuView): string => (flags.length === 0 ? "none" : flags.join(" "));

/** What waits, for a line that has other things to say: "" if nothing does. */
export const pendingText = (cpu: CpuView): string => pendingOf(cpu).join(", ");

export const tlbText = ({ tlb }: CpuView): string =>
  `tlb  ${grouped(tlb.supervisor)} supervisor, ${grouped(tlb.user)} user`;
