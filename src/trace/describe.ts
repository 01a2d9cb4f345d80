/**
 * What an event says: its integers with their meanings, in words and in JSON. Every list of events that a person or
 * a script reads is made here.
 *
 * Roles are decoded as src/mmu/shadow/role.ts packs them (a leaf imports nothing from there; a test compares).
 */
import { digits } from "../common/hex.ts";
import { events, KVM_EXIT } from "./events.ts";
import { EXIT_INVLPG, EXIT_PF, reasons } from "./reasons.ts";
import type { TextTable } from "./text-table.ts";
import type { TraceRecord } from "./trace-record.ts";

/**
 * How a value is written: an address with all its hexadecimal digits (a string in JSON), the number of a shadow page
 * in hexadecimal without (a number in JSON), a decimal number, letters or a sentence, yes or no.
 */
export type FieldKind = "address" | "page" | "decimal" | "word" | "flag";

export interface DescribedField {
  readonly key: string;
  readonly kind: FieldKind;
  /** The number, 1 or 0 for a flag. For a word it means nothing. */
  readonly number: number;
  /** As it is written: padded hexadecimal, a number, letters, "yes" or "no". */
  readonly text: string;
}

/** Where the texts of an event are looked up; without them it says its number. */
export type Texts = Pick<TextTable, "textOf"> | null;

const addressField = (key: string, value: number, count: number): DescribedField => ({
  key,
  kind: "address",
  number: value >>> 0,
  text: digits(value >>> 0, count),
});
const pageField = (key: string, value: number): DescribedField => ({
  key,
  kind: "page",
  number: value,
  text: value.toString(16),
});
const decimalField = (key: string, value: number): DescribedField => ({
  key,
  kind: "decimal",
  number: value,
  text: String(value),
});
const wordField = (key: string, text: string): DescribedField => ({ key, kind: "word", number: 0, text });
const flagField = (key: string, value: boolean): DescribedField => ({
  key,
  kind: "flag",
  number: value ? 1 : 0,
  text: value ? "yes" : "no",
});

/** Digits of the fields that are addresses, frames or words. */
const ADDRESS_DIGITS: Record<string, number> = { gva: 8, gfn: 5, value: 8, offset: 3 };
const PAGES = new Set(["sp", "root0", "root1", "root2", "root3"]);
const FLAGS = new Set(["created", "unsync", "global", "nx", "mmio"]);

/** Letters for the bits that are set, a dash for each that is not. */
function letters(bits: number, names: string): string {
  return [...names].map((letter, i) => ((bits & (1 << i)) === 0 ? "-" : letter)).join("");
}

/** Bits of a page-fault error code from bit 0: present, write, user, reserved, fetch. SDM: volume 3, 4.7. */
const ERROR_LETTERS = "pwurf";
/** Bits of a leaf from bit 0: present, write, user, two about caching that are never set, accessed, dirty. */
const SPTE_LETTERS = "pwu??ad";

/** Rights above a table: write, user, execute. */
function accessText(access: number): string {
  const [execute, write, user] = letters(access, "xwu");
  return write + user + execute;
}

function spteText(lo: number): string {
  const all = letters(lo, SPTE_LETTERS);
  return all.slice(0, 3) + all.slice(5);
}

/** A role's parts. */
export function describeRole(role: number): DescribedField[] {
  return [
    decimalField("level", (role >>> 4) & 0xf),
    decimalField("glevels", role & 0xf),
    decimalField("quadrant", (role >>> 8) & 3),
    wordField("access", accessText((role >>> 17) & 7)),
    flagField("direct", (role & (1 << 16)) !== 0),
    flagField("invalid", (role & (1 << 20)) !== 0),
  ];
}

function describeField(key: string, value: number, texts: Texts): DescribedField[] {
  if (key in ADDRESS_DIGITS) return [addressField(key, value, ADDRESS_DIGITS[key])];
  if (PAGES.has(key)) return [pageField(key, value)];
  if (FLAGS.has(key)) return [flagField(key, value !== 0)];
  if (key === "role") return describeRole(value);
  if (key === "error") return [wordField(key, letters(value, ERROR_LETTERS))];
  if (key === "spte") return [wordField(key, spteText(value))];
  if (key === "text") return [wordField(key, texts === null ? `text ${value}` : texts.textOf(value))];
  return [decimalField(key, value)];
}

/** The event's own fields, decoded. */
export function describeFields(record: TraceRecord, texts: Texts = null): DescribedField[] {
  const { fields } = events[record.event];
  // Only these exits are about an address.
  if (record.event === KVM_EXIT && record.reason !== EXIT_PF) {
    return record.reason === EXIT_INVLPG ? [addressField("gva", record.fields[0], 8)] : [];
  }
  return fields.flatMap((key, i) => describeField(key, record.fields[i], texts));
}

function jsonValue({ kind, number, text }: DescribedField): string | number | boolean {
  if (kind === "flag") return number !== 0;
  return kind === "decimal" || kind === "page" ? number : text;
}

/** The event's own fields by name, as JSON has them. */
export function jsonFields(record: TraceRecord, texts: Texts): Record<string, string | number | boolean> {
  return Object.fromEntries(describeFields(record, texts).map((field) => [field.key, jsonValue(field)]));
}

/** One field in words: flags that are not set, and quadrant 0, go without saying. */
function fieldText({ key, kind, number, text }: DescribedField): string {
  if (kind === "flag") return number === 0 ? "" : key;
  if (key === "quadrant" && number === 0) return "";
  if (key === "text") return text;
  return `${key}=${text}`;
}

/** An event's short name, the same everywhere: KVM's without its prefix. */
export const withoutPrefix = (name: string): string => name.replace(/^kvm_(mmu_)?/, "");

export function shortName(record: TraceRecord): string {
  return withoutPrefix(events[record.event].name);
}

/** What happened: name and fields in one line. */
export function eventText(record: TraceRecord, texts: Texts = null): string {
  const words = describeFields(record, texts).map(fieldText);
  return [shortName(record), ...words.filter((word) => word !== "")].join(" ");
}

/** Why: the reason's key and sentence. */
export function reasonText(record: TraceRecord): string {
  const { key, sentence } = reasons[record.reason];
  return `${key}: ${sentence}`;
}
