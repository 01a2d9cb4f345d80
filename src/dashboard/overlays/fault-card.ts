/** How a machine ended: for a triple fault each fault of the chain, with what is known about the processor then. */
import { grouped } from "../../common/grouped.ts";
import { digits, hex8 } from "../../common/hex.ts";
import type { CpuView } from "../../inspect/cpu-view.ts";
import type { MachineStatus } from "../../inspect/machine-status.ts";
import type { Model } from "../model.ts";
import { type Line, line, restyle, span, textOf, wrap } from "../text/line.ts";
import { BORDER } from "../text/pane.ts";
import { BOLD, DIM, FAULT } from "../text/style.ts";
import type { Box } from "./box.ts";
import { errorCodeText } from "./error-code.ts";

/** Bytes of a gate. SDM: volume 3, 6.10 (protected mode), 20.1.4 (real-address mode). */
const GATE_BYTES = 8;
const REAL_GATE_BYTES = 4;

/** What belongs to a fault of the chain stands under its name. */
const INDENT = 3;

/** SDM: volume 3, table 6-1. */
const EXCEPTIONS: Readonly<Record<string, readonly [vector: number, meaning: string]>> = {
  "#DE": [0, "divide error"],
  "#DB": [1, "debug exception"],
  NMI: [2, "non-maskable interrupt"],
  "#BP": [3, "breakpoint"],
  "#OF": [4, "overflow"],
  "#BR": [5, "bound range exceeded"],
  "#UD": [6, "invalid opcode"],
  "#NM": [7, "device not available"],
  "#DF": [8, "double fault"],
  "#TS": [10, "invalid TSS"],
  "#NP": [11, "segment not present"],
  "#SS": [12, "stack-segment fault"],
  "#GP": [13, "general protection"],
  "#PF": [14, "page fault"],
  "#MF": [16, "floating-point error"],
  "#AC": [17, "alignment check"],
  "#MC": [18, "machine check"],
  "#XM": [19, "SIMD floating-point error"],
};

const loud = (lines: readonly Line[]): Line[] => lines.map((spans) => restyle(spans, BOLD));

/** Lines of text, with how far those after the first stand to the right. */
type Paragraph = (text: string, indent?: number) => Line[];

const paragraphs =
  (width: number): Paragraph =>
  (text, indent = 0) =>
    wrap(text.replace(/\p{C}/gu, "?"), Math.max(width - indent, 1)).map((one) =>
      line(" ".repeat(indent) + one),
    );

export function faultBox(model: Model, width: number): Box {
  const status = model.snapshot?.status ?? null;
  const chain = status?.faultChain ?? null;
  const at = status === null ? "" : ` at icount ${grouped(status.icount)}`;
  const say = paragraphs(width - BORDER);
  const story = chain === null ? endLines(model, say) : faultLines(chain, model, say);
  return {
    title: chain === null ? `the end${at}` : `triple fault${at}`,
    foot: "7 cpu  4 timeline  esc back",
    lines: [...story, ...causes(status, say), line(""), ...nextSteps(chain !== null, say)],
    top: 0,
  };
}

/** The faults in the machine's words: "#PF, then #DF, then #GP, at eip …". */
const faultsOf = (chain: string): string[] => chain.replace(/, at eip.*$/s, "").split(", then ");

const vectorOf = (name: string): number =>
  EXCEPTIONS[name]?.[0] ?? Number(/^vector (\d+)$/.exec(name)?.[1] ?? Number.NaN);

function faultLines(chain: string, { snapshot }: Model, say: Paragraph): Line[] {
  const cpu = snapshot?.cpu ?? null;
  const faults = faultsOf(chain);
  const codes = snapshot?.status.faultErrors ?? [];
  return [
    ...faults.flatMap((name, i) => [
      ...stepLines(i, name, i === 0 ? whereText(name, snapshot?.status, cpu) : "", say),
      ...((codes[i] ?? -1) < 0 ? [] : say(errorCodeText(name, codes[i]), INDENT)),
      ...say(consequence(faults, i), INDENT),
    ]),
    ...(cpu === null ? [] : [line(""), ...idtLines(cpu, faults, say)]),
  ];
}

/** "1  #PF: page fault, …", the number before the text and the name loud. */
function stepLines(i: number, name: string, where: string, say: Paragraph): Line[] {
  const [first, ...rest] = say(`${name}: ${EXCEPTIONS[name]?.[1] ?? "interrupt"}${where}`, INDENT);
  const words = textOf(first).slice(INDENT + name.length);
  return [
    [
      span(String(i + 1).padEnd(INDENT), DIM),
      span(textOf(first).slice(INDENT, INDENT + name.length), FAULT),
      span(words),
    ],
    ...rest,
  ];
}

function whereText(name: string, status: MachineStatus | undefined, cpu: CpuView | null): string {
  const cr2 = cpu?.control.find(([register]) => register === "cr2")?.[1];
  const address = name === "#PF" && cr2 !== undefined ? `, cr2 ${hex8(cr2)}` : "";
  return status === undefined ? address : `${address}, eip ${hex8(status.eip)}`;
}

/** What the processor made of a fault. SDM: volume 3, 6.15, interrupt 8. */
function consequence(faults: readonly string[], i: number): string {
  if (i === 0) return `It could not be delivered: that raised another fault, and together they are #DF.`;
  if (i + 1 < faults.length) return `Delivering it raised ${faults[i + 1]}.`;
  return "A fault while #DF is being delivered is the end: the processor shuts down.";
}

/** Where the gates of these faults are, or that they are nowhere: without a gate nothing can be delivered. */
function idtLines(cpu: CpuView, faults: readonly string[], say: Paragraph): Line[] {
  const [base, limit] = cpu.idtr;
  const isProtected = cpu.control.some(([name, , bits]) => name === "cr0" && bits.includes("PE"));
  const bytes = isProtected ? GATE_BYTES : REAL_GATE_BYTES;
  const gates = Math.floor((limit + 1) / bytes);
  const room = gates === 0 ? "no vector" : gates === 1 ? "vector 0 only" : `vectors 0-${gates - 1}`;
  // The last fault was not delivered to anyone: nothing was looked for in the IDT.
  const delivered = [...new Set(faults.slice(0, -1))];
  return [
    ...loud(say(`idtr ${hex8(base)}, limit ${digits(limit, 4)}: room for ${room}`)),
    ...delivered.flatMap((name) => {
      const vector = vectorOf(name);
      if (Number.isNaN(vector)) return [];
      const which = name.startsWith("vector") ? name : `${name} is vector ${vector}`;
      if (vector >= gates) return say(`${which}: beyond the limit, so it has no gate.`);
      return say(`${which}: \`:x/2xw 0x${hex8(base + vector * bytes)}\` shows its gate, as it is now.`);
    }),
  ];
}

function endLines({ stop, snapshot }: Model, say: Paragraph): Line[] {
  if (stop?.kind !== "ended") return say("The machine has not ended.");
  const { detail, reason } = stop;
  const told = loud(say(`${detail[0]?.toUpperCase() ?? ""}${detail.slice(1)}.`));
  const cpu = snapshot?.cpu ?? null;
  if (reason !== "halted" || cpu === null) return told;
  const why = cpu.flags.includes("IF")
    ? "IF is set, but no device will interrupt any more."
    : "IF is clear: no interrupt can wake the processor.";
  return [...told, ...say(why)];
}

/** What may have to do with it. */
function causes(status: MachineStatus | null, say: Paragraph): Line[] {
  if (status === null) return [];
  const { guestErrors } = status;
  if (guestErrors === 0) return [];
  return say(`${grouped(guestErrors)} guest errors in all: the filter guest_error shows them on screen 4.`);
}

function nextSteps(isFault: boolean, say: Paragraph): Line[] {
  if (!isFault)
    return say("Registers and memory are as the guest left them: 7 shows the processor, 4 what came before.");
  return say(
    "Registers and memory are as the last fault left them: 7 shows the processor, 4 what came before, 5 walks to an address.",
  );
}
