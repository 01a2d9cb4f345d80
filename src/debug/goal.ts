/** What a machine is told to run for. Breakpoints and watchpoints end any of them early. */
export type Goal =
  | { readonly kind: "continue" }
  /** Until icount is exactly that, halted time included. */
  | { readonly kind: "until"; readonly icount: number }
  /** So many instructions; a delivered interrupt counts as one. */
  | { readonly kind: "step"; readonly count: number }
  /** One instruction of this procedure: calls, software interrupts and repeated string instructions run whole. */
  | { readonly kind: "next" }
  /** Until this procedure has returned. */
  | { readonly kind: "finish" }
  /** Until an event passes this filter (the language of src/trace/event-filter.ts). */
  | { readonly kind: "event"; readonly filter: string };

/** What has been done when the goal is reached at an icount. */
export function goalText(goal: Goal, icount: number): string {
  switch (goal.kind) {
    case "step":
      return goal.count === 1 ? "stepped" : `stepped ${goal.count} instructions`;
    case "next":
      return "stepped over";
    case "finish":
      return "returned";
    default:
      return `icount ${icount}`;
  }
}
