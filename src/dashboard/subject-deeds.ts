/** What can be done with what is selected: open it, translate it, watch it, stop there, copy it. */
import { digits, hex8 } from "../common/hex.ts";
import { counterTable } from "../inspect/hypervisor.ts";
import { describeFields, eventText, reasonText } from "../trace/describe.ts";
import type { Outcome } from "./effect.ts";
import type { Model, Subject } from "./model.ts";
import { gfnText, spText } from "./text/numbers.ts";
import { done, monitor, openPage, refused, told, translateAt } from "./ui-changes.ts";

/** Enter: what there is to know about it. */
export function opened(model: Model, subject: Subject | null): Outcome {
  const { ui } = model;
  switch (subject?.kind) {
    case undefined:
      return refused(ui, "nothing is selected here");
    case "event":
      return done({ ...ui, overlay: { kind: "why", seq: subject.seq, top: 0 } });
    case "page":
      return done(openPage(ui, subject.sp));
    case "gfn":
      return reverseMapOf(model, subject);
    case "register":
    case "gva":
      return translated(model, subject);
    case "counter": {
      const counter = counterTable.find(({ name }) => name === subject.name);
      return told(ui, `${subject.name}: ${counter?.sentence ?? "no counter of the hypervisor"}`);
    }
  }
}

export function translated(model: Model, subject: Subject | null): Outcome {
  const gva = addressOf(model, subject);
  if (gva !== null) return done(translateAt(model, gva));
  return refused(model.ui, "nothing with an address is selected; `:translate ADDRESS` takes any");
}

/** Who maps the frame. */
export function reverseMapOf(model: Model, subject: Subject | null): Outcome {
  const gfn = frameOf(model, subject);
  if (gfn !== null) return monitor(model.ui, `info rmap ${digits(gfn)}`);
  return refused(model.ui, "no frame is selected; `:info rmap GFN` takes any");
}

export function watchOf({ ui }: Model, subject: Subject | null): Outcome {
  switch (subject?.kind) {
    case "page":
      return monitor(ui, `watch sp:${digits(subject.sp)}`);
    case "gfn":
      return monitor(ui, `watch gfn:${digits(subject.gfn)}`);
    case "gva":
      return monitor(ui, `watch gva:0x${hex8(subject.gva)}`);
    case "register":
      return monitor(ui, `watch ${subject.name}`);
    case "event":
      return refused(ui, "an event cannot be watched: filter for it with /, then e runs to the next");
    default:
      return refused(ui, "nothing that can be watched is selected; `:help watch` says what can");
  }
}

/** The command that stops at the selected address, or where an event came from; else where the guest is now. */
export function breakpointOf({ events }: Model, subject: Subject | null): string {
  if (subject?.kind === "gva") return `break 0x${hex8(subject.gva)}`;
  const record = subject?.kind === "event" ? events.find(subject.seq) : null;
  return record === null ? "break $eip" : `break 0x${hex8(record.eip)}`;
}

/** As it is copied: one line. */
export function subjectText({ events }: Model, subject: Subject): string {
  switch (subject.kind) {
    case "event": {
      const record = events.find(subject.seq);
      if (record === null) return `event ${subject.seq}`;
      return `${record.icount} ${eventText(record, events.texts)} (${reasonText(record)})`;
    }
    case "page":
      return `sp ${spText(subject.sp)} gfn ${gfnText(subject.gfn)}`;
    case "gfn":
      return `gfn ${gfnText(subject.gfn)}`;
    case "gva":
      return `0x${hex8(subject.gva)}`;
    case "register":
      return `${subject.name} 0x${hex8(subject.value)}`;
    case "counter":
      return subject.name;
  }
}

/** A linear address that has to do with it; null if none has. */
function addressOf(model: Model, subject: Subject | null): number | null {
  switch (subject?.kind) {
    case "gva":
    case "page":
      return subject.gva;
    case "register":
      return subject.value;
    case "event":
      return fieldOf(model, subject.seq, "gva");
    default:
      return null;
  }
}

function frameOf(model: Model, subject: Subject | null): number | null {
  if (subject?.kind === "page" || subject?.kind === "gfn") return subject.gfn;
  return subject?.kind === "event" ? fieldOf(model, subject.seq, "gfn") : null;
}

function fieldOf({ events }: Model, seq: number, name: string): number | null {
  const record = events.find(seq);
  const field = record === null ? undefined : describeFields(record).find(({ key }) => key === name);
  return field?.number ?? null;
}
