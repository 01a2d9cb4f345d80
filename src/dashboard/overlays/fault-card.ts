/** How a machine ended: for a triple fault each fault of the chain, with what is known about the processor then. */
import type { Model } from "../model.ts";
import { type Line, line, span, wrap } from "../text/line.ts";
import { grouped, hex, hex8 } from "../text/numbers.ts";
import { BORDER } from "../text/pane.ts";
import { BOLD, DIM, FAULT } from "../text/style.ts";
import type { Box } from "./box.ts";

/** SDM: volume 3, 6.15: an IDT entry has eight bytes. */
const GATE_BYTES = 8;

const MEANINGS: Readonly<Record<string, string>> = {
  "#DE": "divide error",
  "#DB": "debug exception",
  "#BP": "breakpoint",
  "#OF": "overflow",
  "#BR": "bound range exceeded",
  "#UD": "invalid opcode",
  "#NM": "device not available",
  "#DF": "double fault: a second fault while the first was being delivered",
  "#TS": "invalid TSS",
  "#NP": "segment not present",
  "#SS": "stack fault",
  "#GP": "general protection: often a gate that is not there",
  "#PF": "page fault",
};

export function faultBox(model: Model, width: number): Box {
  const { stop, snapshot } = model;
  const status = snapshot?.status ?? null;
  const chain = status?.faultChain ?? null;
  const at = status === null ? "" : ` at icount ${grouped(status.icount)}`;
  const inside = width - BORDER;
  const words = (text: string): Line[] => wrap(text, inside).map((one) => line(one));
  const lines =
    chain === null
      ? words(stop?.kind === "ended" ? `${stop.detail}.` : "The machine has not ended.")
      : [...chainLines(chain), line(""), ...factLines(model, inside)];
  return {
    title: chain === null ? `the end${at}` : `triple fault${at}`,
    foot: "7 cpu  4 timeline  esc back",
    lines,
    top: 0,
  };
}

/** `#PF, then #DF, then #GP, at eip …`: a line each. */
function chainLines(chain: string): Line[] {
  return [...chain.matchAll(/#[A-Z]{2}/g)].map(([name], i) => [
    span(`${i + 1}  `, DIM),
    span(name, FAULT),
    span(`  ${MEANINGS[name] ?? ""}`),
  ]);
}

function factLines({ snapshot }: Model, width: number): Line[] {
  const { cpu = null, status } = snapshot ?? {};
  const words = (text: string): Line[] => wrap(text, width).map((one) => line(one));
  if (cpu === null || status === undefined) return [];
  const [base, limit] = cpu.idtr;
  const gates = Math.floor((limit + 1) / GATE_BYTES);
  const cr2 = cpu.control.find(([name]) => name === "cr2")?.[1] ?? 0;
  const vectors = gates === 0 ? "no vector at all" : `vectors 0-${gates - 1}`;
  return [
    line(`eip ${hex8(cpu.eip)}   cr2 ${hex8(cr2)}   idtr ${hex8(base)}, limit ${hex(limit, 4)}`, BOLD),
    ...words(
      `The IDT has room for ${vectors}. ${gates <= 14 ? "A page fault is vector 14: it cannot be delivered." : ""}`,
    ),
    ...words("The processor has shut down. Memory and registers are as the last fault left them."),
  ];
}
