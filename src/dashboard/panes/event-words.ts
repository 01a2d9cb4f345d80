/** An event in three columns: what happened, to what, and why. */
import { CONTROL_REGISTERS, namesOf } from "../../inspect/cpu-names.ts";
import { type DescribedField, describeFields, shortName } from "../../trace/describe.ts";
import {
  GUEST_ERROR,
  KVM_CR,
  KVM_EXIT,
  KVM_INJ_EXCEPTION,
  KVM_MMU_GET_PAGE,
  KVM_MMU_PTE_WRITE,
  KVM_MMU_SET_SPTE,
  KVM_MMU_SYNC_PAGE,
  KVM_MMU_UNSYNC_PAGE,
  KVM_MMU_WRITE_PROTECT,
  KVM_MMU_ZAP_PAGE,
} from "../../trace/events.ts";
import { EXIT_PF, GLOBAL, reasons } from "../../trace/reasons.ts";
import type { TraceRecord } from "../../trace/trace-record.ts";
import type { EventLog } from "../event-log.ts";
import { entryText, spText } from "../text/numbers.ts";

export interface EventWords {
  /** Its name, as filters take it: "unsync_page", "exit pf". */
  readonly what: string;
  /** "sp 41c l1 gfn 0010c wu-". */
  readonly subject: string;
  /** What came of it, and the reason's sentence. */
  readonly why: string;
  /** The page is global. */
  readonly global: boolean;
}

/** Bits of a page-fault error code. SDM: volume 3, 4.7. */
const PFERR_WRITE = 2;
const PFERR_USER = 4;
const PFERR_FETCH = 16;

type Fields = ReadonlyMap<string, DescribedField>;

export function eventWords(record: TraceRecord, texts: EventLog["texts"]): EventWords {
  const fields: Fields = new Map(describeFields(record, texts).map((field) => [field.key, field]));
  return {
    what: whatOf(record),
    subject: subjectOf(record, fields),
    why: whyOf(record, fields).replace(/\p{C}/gu, "?"),
    // A page is skipped for this reason only if it is global.
    global: fields.get("global")?.number === 1 || record.reason === GLOBAL,
  };
}

/** The event's name, and of an exit its reason: "exit cr3". */
function whatOf(record: TraceRecord): string {
  const name = shortName(record);
  if (record.event === KVM_EXIT) return `${name} ${reasons[record.reason].key.replace(/^exit_/, "")}`;
  return record.event === KVM_MMU_GET_PAGE && record.fields[3] === 1 ? `${name} new` : name;
}

/** Who wanted what. */
function accessOf(error: number): string {
  const who = (error & PFERR_USER) !== 0 ? "user" : "sup";
  if ((error & PFERR_FETCH) !== 0) return `${who} fetch`;
  return `${who} ${(error & PFERR_WRITE) !== 0 ? "write" : "read"}`;
}

const textIn = (fields: Fields, key: string): string => fields.get(key)?.text ?? "";

/** What the columns of events and of why cards call the thing: a page, an address, or a frame. */
function subjectOf({ event, reason, fields: raw }: TraceRecord, fields: Fields): string {
  const text = (key: string): string => textIn(fields, key);
  if (event === KVM_CR) return [`cr${raw[0]}`, text("value"), ...bitsOf(raw[0], raw[1])].join(" ");
  if (event === KVM_INJ_EXCEPTION) return `#${vectorName(raw[0])} gva ${text("gva")}`;
  if (fields.has("root0")) {
    const roots = ["root0", "root1", "root2", "root3"].map((key) => fields.get(key)?.number ?? 0);
    return `sp ${roots.map((sp) => (sp === 0 ? "-" : spText(sp))).join(" ")}`;
  }
  if (fields.has("sp")) {
    const index = fields.get("index");
    const entry = index === undefined ? "" : `[${entryText(index.number)}]`;
    const level = fields.has("level") ? ` l${text("level")}` : "";
    const access = fields.has("access") ? ` ${text("access")}` : "";
    return `sp ${spText(fields.get("sp")?.number ?? 0)}${entry}${level} gfn ${text("gfn")}${access}`;
  }
  const isFault = event === KVM_EXIT && reason === EXIT_PF;
  if (fields.has("gva")) return `gva ${text("gva")}${isFault ? ` ${accessOf(raw[1])}` : ""}`;
  if (fields.has("offset")) return `gpa ${text("gfn")}${text("offset")}`;
  return fields.has("gfn") ? `gfn ${text("gfn")}` : "";
}

const VECTORS: Readonly<Record<number, string>> = { 6: "UD", 8: "DF", 13: "GP", 14: "PF" };
const vectorName = (vector: number): string => VECTORS[vector] ?? String(vector);

/** Names of the bits that are set in a control register; none for CR3, which is an address. */
function bitsOf(register: number, value: number): string[] {
  const bits = CONTROL_REGISTERS.find(([name]) => name === `cr${register}`)?.[2] ?? [];
  return namesOf(value, bits);
}

/** What came of it, if that is a number that a person looks for; then the sentence. */
function whyOf({ event, reason }: TraceRecord, fields: Fields): string {
  const text = (key: string): string => textIn(fields, key);
  const { sentence } = reasons[reason];
  switch (event) {
    case KVM_MMU_SYNC_PAGE:
      return `${text("changed")} of ${text("examined")} changed; ${sentence}`;
    case KVM_MMU_WRITE_PROTECT:
      return `${text("sptes")} ${text("sptes") === "1" ? "spte" : "sptes"} made read-only; ${sentence}`;
    case KVM_MMU_UNSYNC_PAGE:
      return `${sentence}; ${text("all")} out of sync now`;
    case KVM_MMU_SET_SPTE:
      return `${text("spte")}${fields.get("nx")?.number === 1 ? " nx" : ""}; ${sentence}`;
    case KVM_MMU_PTE_WRITE:
      return `${text("bytes")} bytes; ${sentence}`;
    case KVM_MMU_ZAP_PAGE:
      return `${fields.get("unsync")?.number === 1 ? "was out of sync; " : ""}${sentence}`;
    case GUEST_ERROR:
      return text("text");
    default:
      return sentence;
  }
}
