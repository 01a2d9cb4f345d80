/** An event in three columns: what happened, to what, and why. */
import { type DescribedField, describeFields } from "../../trace/describe.ts";
import {
  events,
  GUEST_ERROR,
  KVM_CR,
  KVM_EXIT,
  KVM_INJ_EXCEPTION,
  KVM_MMU_GET_PAGE,
  KVM_MMU_SYNC_PAGE,
  KVM_MMU_UNSYNC_PAGE,
  KVM_MMU_WRITE_PROTECT,
  UNIMPLEMENTED,
} from "../../trace/events.ts";
import { EXIT_PF, reasons } from "../../trace/reasons.ts";
import type { TraceRecord } from "../../trace/trace-record.ts";
import type { EventLog } from "../event-log.ts";

export interface EventWords {
  /** A word or two: "unsync", "fault sup write". */
  readonly what: string;
  /** "sp 41c l1 gfn 0010c wu-". */
  readonly subject: string;
  /** A sentence. */
  readonly why: string;
  /** The page is global. */
  readonly global: boolean;
}

/** Names as people say them, by KVM's. */
const WHAT: Readonly<Record<string, string>> = {
  kvm_cr: "mov cr",
  kvm_invlpg: "invlpg",
  kvm_page_fault: "page fault",
  kvm_inj_exception: "inject",
  kvm_emulate_insn: "emulate",
  kvm_mmu_load_roots: "load roots",
  kvm_mmu_free_roots: "free roots",
  kvm_mmu_zap_page: "zap",
  kvm_mmu_write_protect: "protect",
  kvm_mmu_keep_protected: "keep read-only",
  kvm_mmu_unsync_page: "unsync",
  kvm_mmu_sync_page: "sync",
  kvm_mmu_sync_skip: "skip",
  kvm_mmu_demote: "demote",
  kvm_mmu_set_spte: "set spte",
  kvm_mmu_drop_spte: "drop spte",
  kvm_mmu_pte_write: "pte write",
  guest_error: "guest error",
  unimplemented: "not built",
};

const PFERR_WRITE = 2;
const PFERR_USER = 4;
const PFERR_FETCH = 16;

export function eventWords(record: TraceRecord, texts: EventLog["texts"]): EventWords {
  const fields = new Map(describeFields(record, texts).map((field) => [field.key, field]));
  const { sentence } = reasons[record.reason];
  return {
    what: whatOf(record),
    subject: subjectOf(record, fields),
    why: whyOf(record, fields, sentence).replace(/\p{Cc}/gu, "?"),
    global: fields.get("global")?.number === 1,
  };
}

function whatOf(record: TraceRecord): string {
  const { event, reason, fields } = record;
  if (event === KVM_EXIT) {
    if (reason === EXIT_PF) return `fault ${accessOf(fields[1])}`;
    return reasons[reason].key.replace("_", " ");
  }
  if (event === KVM_MMU_GET_PAGE) return fields[3] === 1 ? "new page" : "use page";
  if (event === KVM_CR) return `mov cr${fields[0]}`;
  return WHAT[events[event].name] ?? events[event].name;
}

/** Who wanted what. SDM: volume 3, 4.7. */
function accessOf(error: number): string {
  const who = (error & PFERR_USER) !== 0 ? "user" : "sup";
  if ((error & PFERR_FETCH) !== 0) return `${who} fetch`;
  return `${who} ${(error & PFERR_WRITE) !== 0 ? "write" : "read"}`;
}

type Fields = ReadonlyMap<string, DescribedField>;

/** A shadow page, or an address, or a frame: the first of these that the event has. */
function subjectOf({ event, fields: raw }: TraceRecord, fields: Fields): string {
  const text = (key: string): string => fields.get(key)?.text ?? "";
  if (event === KVM_CR) return text("value");
  if (event === KVM_INJ_EXCEPTION) return `#${vectorName(raw[0])}  gva ${text("gva")}`;
  if (fields.has("root0")) {
    return ["root0", "root1", "root2", "root3"].map((key) => (text(key) === "0" ? "-" : text(key))).join(" ");
  }
  if (fields.has("sp")) {
    const index = fields.has("index") ? `[${Number(text("index")).toString(16).padStart(3, "0")}]` : "";
    const level = fields.has("level") ? ` l${text("level")}` : "";
    const access = fields.has("access") ? ` ${text("access")}` : "";
    return `sp ${text("sp").padStart(3, "0")}${index}${level} gfn ${text("gfn")}${access}`;
  }
  if (fields.has("gva")) return `gva ${text("gva")}`;
  if (fields.has("offset")) return `gpa ${text("gfn")}${text("offset")}`;
  return fields.has("gfn") ? `gfn ${text("gfn")}` : "";
}

const VECTORS: Readonly<Record<number, string>> = { 6: "UD", 8: "DF", 13: "GP", 14: "PF" };
const vectorName = (vector: number): string => VECTORS[vector] ?? String(vector);

function whyOf({ event }: TraceRecord, fields: Fields, sentence: string): string {
  const text = (key: string): string => fields.get(key)?.text ?? "";
  switch (event) {
    case KVM_MMU_SYNC_PAGE:
      return `${text("changed")} of ${text("examined")} changed; ${sentence}`;
    case KVM_MMU_UNSYNC_PAGE:
      return sentence;
    case KVM_MMU_WRITE_PROTECT:
      return `${text("sptes")} made read-only; ${sentence}`;
    case GUEST_ERROR:
    case UNIMPLEMENTED:
      return text("text");
    default:
      return sentence;
  }
}
