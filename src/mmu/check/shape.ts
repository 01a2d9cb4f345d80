/** When two stories are the same story: frames and addresses in another role tell nothing new. */
import { PTE_G, PTE_P, PTE_PS } from "../paging.ts";
import type { Op } from "./ops.ts";
import type { Violation } from "./violation.ts";

/** The kinds of op in their order, with what matters of the entries, and what is violated. */
export function shapeOf(ops: readonly Op[], violation: Violation): string {
  return [violation.check, ...ops.map(shapeOfOp)].join(" ");
}

function shapeOfOp(op: Op): string {
  switch (op.kind) {
    case "store":
      return `${op.emulated ? "emulated" : "store"}${op.bytes}:${shapeOfEntry(op.lo)}`;
    case "write":
      return `write:${shapeOfEntry(op.value)}${op.delivery ? ":delivery" : ""}`;
    case "bit":
      return `${op.bit}${op.on ? 1 : 0}`;
    case "alias":
      return op.frame < 0 ? "alias off" : "alias";
    case "host":
    case "slot":
      return op.event;
    default:
      return op.kind;
  }
}

function shapeOfEntry(lo: number): string {
  if ((lo & PTE_P) === 0) return "absent";
  return `${(lo & PTE_PS) !== 0 ? "large" : "present"}${(lo & PTE_G) !== 0 ? ",global" : ""}`;
}
