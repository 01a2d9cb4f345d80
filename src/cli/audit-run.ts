/** `--audit`: the invariants of the shadow MMU, checked while a guest runs. The first violation ends the run. */
import { hex8 } from "../common/hex.ts";
import type { Machine } from "../machine/machine.ts";
import { describeViolation } from "../mmu/shadow/audit/describe-violation.ts";
import { Audit, type Violation, type When } from "../mmu/shadow/audit.ts";
import type { ShadowMmu } from "../mmu/shadow/shadow-mmu.ts";
import type { Texts } from "../trace/describe.ts";
import { eventText } from "../trace/describe.ts";
import type { EventSink } from "../trace/event-sink.ts";
import { reasons } from "../trace/reasons.ts";
import { RingReader, RingWriter } from "../trace/ring.ts";
import type { TraceRecord } from "../trace/trace-record.ts";
import type { RunOptions } from "./commands/run.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";
import type { PolicyChoice } from "./policy-options.ts";
import { wrapped } from "./wrapped.ts";

const COLUMNS = 80;
/** Events that are shown before a violation. */
const LAST_EVENTS = 20;

/** Guest entries between two audits; null without `--audit`. Throws one sentence if there is nothing to audit. */
export function auditInterval({ audit }: RunOptions, { mmu }: PolicyChoice): number | null {
  if (audit === undefined) return null;
  if (mmu === "bare") {
    throw new CommandError(
      "--audit and a bare machine contradict each other: the audit is about the shadow MMU.",
      STATUS_USAGE,
    );
  }
  return audit === true ? 1 : audit;
}

export class AuditRun {
  /** Guest entries so far, and those before which there was an audit. */
  entries = 0;
  audits = 0;
  /** What the audit that ended the run found. */
  violations: readonly Violation[] = [];
  /** icount then. */
  foundAt = 0;
  /** All events go here, for the last ones are part of the report. */
  readonly ring: EventSink;
  private report: string[] = [];
  private lastEvents: readonly TraceRecord[] = [];
  private readonly machine: Machine;
  private readonly shadow: ShadowMmu;
  private readonly audit: Audit;
  private readonly interval: number;

  constructor(machine: Machine, shadow: ShadowMmu, interval: number) {
    const { linear } = machine;
    this.machine = machine;
    this.shadow = shadow;
    this.audit = new Audit(shadow.kvm);
    this.interval = interval;
    this.ring = new RingWriter(linear.i32, linear.layout.ring, linear.layout.ringBytes);
    shadow.onEntry = (after) => this.entered(after);
  }

  /** The violations as lines of 80 columns; nothing if there are none. */
  reportText(texts: Texts): string {
    if (this.violations.length === 0) return "";
    const where = `umbra: --audit stopped the guest before entry ${this.entries}, at instruction ${this.foundAt}.`;
    const lines = [...wrapped(where, COLUMNS), ...this.report, `last ${LAST_EVENTS} events:`];
    for (const record of this.lastEvents) {
      const text = `${eventText(record, texts)} (${reasons[record.reason].key})`;
      lines.push(...indented(`${record.icount} ${hex8(record.eip)} ${text}`, "  ", "      "));
    }
    return `${lines.join("\n")}\n`;
  }

  private entered(after: When): void {
    if (this.violations.length > 0) return;
    this.entries++;
    if (this.entries % this.interval !== 0) return;
    this.audits++;
    const violations = this.audit.run(after);
    if (violations.length === 0) return;
    this.violations = violations;
    this.foundAt = this.machine.icount;
    const { linear } = this.machine;
    const { ring, ringBytes } = linear.layout;
    this.lastEvents = new RingReader(linear.i32, ring, ringBytes, true).read().slice(-LAST_EVENTS);
    this.report = violations
      .slice(0, SHOWN)
      .flatMap((violation) => describeViolation(this.shadow.kvm, violation))
      .flatMap((line) => indented(line, "  ", "      "));
    if (violations.length > SHOWN) this.report.push(`  and ${violations.length - SHOWN} more of them`);
    this.machine.stop();
  }
}

/** Violations that are told in full: one mistake often breaks several rules, or one rule many times. */
const SHOWN = 5;

function indented(text: string, first: string, rest: string): string[] {
  return wrapped(text, COLUMNS - rest.length).map((line, i) => (i === 0 ? first : rest) + line);
}
