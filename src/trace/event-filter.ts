/**
 * Which events someone wants to see. Two small languages:
 *
 *     --events   mmu,exit            categories: exit, mmu, guest
 *                kvm_mmu_*           names, with or without their prefix, * for anything
 *     --filter   unsync              the word is somewhere in the event's line
 *                gfn=10c sp=41c      a field has that value; != < <= > >= for numbers
 *                reason=cr3_load     a word is that, * for anything: reason=exit_*
 *                -flush              not this
 *
 * The words of a filter must all be true of an event.
 */
import {
  type DescribedField,
  describeFields,
  eventText,
  reasonText,
  type Texts,
  withoutPrefix,
} from "./describe.ts";
import { type EventInfo, events } from "./events.ts";
import { EXIT_PF, reasons } from "./reasons.ts";
import type { TraceRecord } from "./trace-record.ts";

export type RecordTest = (record: TraceRecord, texts: Texts) => boolean;

/** What is wrong with a pattern or filter, in one sentence. */
export class FilterError extends Error {}

const CATEGORIES: readonly string[] = ["exit", "mmu", "guest"];

/** The events that a list of names and categories means. Throws a FilterError for one that means none. */
export function parseEvents(text: string): RecordTest {
  const chosen = new Set<number>();
  for (const pattern of text.split(",")) {
    const found = events.filter((event) => nameMatches(pattern.trim(), event));
    if (found.length === 0) {
      const names = events.map(({ name }) => name).join(", ");
      throw new FilterError(
        `no event is called '${pattern}'. There are ${CATEGORIES.join(", ")}, and ${names}`,
      );
    }
    for (const { id } of found) chosen.add(id);
  }
  return ({ event }) => chosen.has(event);
}

function nameMatches(pattern: string, { name, category }: EventInfo): boolean {
  // mmu.* is how a list of categories looks elsewhere.
  if (pattern === category || pattern === `${category}.*`) return true;
  const glob = globOf(pattern);
  return namesOf(name).some((candidate) => glob.test(candidate));
}

/** An event's name as it may be written. */
const namesOf = (name: string): readonly string[] => [name, name.replace(/^kvm_/, ""), withoutPrefix(name)];

/** A whole text, * for anything in it. */
function globOf(pattern: string, flags = ""): RegExp {
  const escaped = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, `s${flags}`);
}

const OPERATORS: Record<string, (a: number, b: number) => boolean> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** What all events have besides their own fields. */
const STAMPS: Record<string, (record: TraceRecord) => DescribedField> = {
  seq: ({ seq }) => ({ key: "seq", kind: "decimal", number: seq, text: String(seq) }),
  icount: ({ icount }) => ({ key: "icount", kind: "decimal", number: icount, text: String(icount) }),
  eip: ({ eip }) => ({ key: "eip", kind: "address", number: eip >>> 0, text: (eip >>> 0).toString(16) }),
  cr3: ({ cr3 }) => ({ key: "cr3", kind: "address", number: cr3 >>> 0, text: (cr3 >>> 0).toString(16) }),
  name: ({ event }) => ({ key: "name", kind: "word", number: 0, text: events[event].name }),
  category: ({ event }) => ({ key: "category", kind: "word", number: 0, text: events[event].category }),
  reason: ({ reason }) => ({ key: "reason", kind: "word", number: 0, text: reasons[reason].key }),
  why: ({ reason }) => ({ key: "why", kind: "word", number: 0, text: reasons[reason].sentence }),
};

/** Every field that some event has, with its kind. A role stands for its parts. */
const KNOWN: ReadonlyMap<string, DescribedField["kind"]> = new Map(
  events
    .flatMap(({ id, fields }) =>
      describeFields({
        seq: 0,
        event: id,
        reason: EXIT_PF,
        icount: 0,
        eip: 0,
        cr3: 0,
        fields: fields.map(() => 0),
      }),
    )
    .concat(
      Object.values(STAMPS).map((stamp) =>
        stamp({ seq: 0, event: 0, reason: 0, icount: 0, eip: 0, cr3: 0, fields: [] }),
      ),
    )
    .map(({ key, kind }) => [key, kind]),
);

/** A test for all words of a filter. Throws a FilterError for one that can never be true. */
export function parseFilter(text: string): RecordTest {
  const tests = text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(parseWord);
  return (record, texts) => tests.every((test) => test(record, texts));
}

function parseWord(word: string): RecordTest {
  if (word === "-") throw new FilterError("'-' goes before what is not wanted, as in -flush");
  if (word.startsWith("-")) {
    const wanted = parseWord(word.slice(1));
    return (record, texts) => !wanted(record, texts);
  }
  const comparison = /^([a-z0-9_]+)(!=|<=|>=|=|<|>)(.+)$/i.exec(word);
  if (comparison !== null) return parseComparison(comparison[1].toLowerCase(), comparison[2], comparison[3]);
  if (/[=<>]/.test(word))
    throw new FilterError(`'${word}' is no comparison: write FIELD=VALUE, such as gfn=10c`);
  const wanted = word.toLowerCase();
  // The whole name besides: it may be written with its prefix.
  return (record, texts) =>
    `${events[record.event].name} ${eventText(record, texts)}  ${reasonText(record)}`
      .toLowerCase()
      .includes(wanted);
}

function parseComparison(key: string, operator: string, value: string): RecordTest {
  const kind = KNOWN.get(key);
  if (kind === undefined) {
    throw new FilterError(`no event has a field '${key}'. There are ${[...KNOWN.keys()].join(", ")}`);
  }
  if (kind === "word") {
    if (operator !== "=" && operator !== "!=") {
      throw new FilterError(`'${key}' is a word and no number: it can be compared with = and != only`);
    }
    const wanted = globOf(value, "i");
    const fits = (text: string): boolean => formsOf(key, text).some((form) => wanted.test(form));
    const all = CLOSED[key];
    if (all !== undefined && !all.some(fits)) throw noSuchWord(key, value, all);
    const equal = operator === "=";
    return (record, texts) => fieldsNamed(record, key, texts).some(({ text }) => fits(text) === equal);
  }
  const number = parseValue(kind, key, value);
  const compare = OPERATORS[operator];
  return (record, texts) => fieldsNamed(record, key, texts).some((field) => compare(field.number, number));
}

/** What the fields can be that have a closed list of words. */
const CLOSED: Readonly<Record<string, readonly string[] | undefined>> = {
  reason: reasons.map(({ key }) => key),
  name: events.map(({ name }) => name),
  category: CATEGORIES,
};

/** A field's text as it may be written: events go by shorter names, too. */
const formsOf = (key: string, text: string): readonly string[] => (key === "name" ? namesOf(text) : [text]);

function noSuchWord(key: string, value: string, all: readonly string[]): FilterError {
  const part = value.toLowerCase();
  const near = all.filter((word) => word.includes(part));
  const list =
    near.length > 0 ? `; = means the whole word, as in ${near.join(", ")}` : `. There are ${all.join(", ")}`;
  return new FilterError(`no ${key} of an event is '${value}'${list}`);
}

function parseValue(kind: DescribedField["kind"], key: string, value: string): number {
  const digits = value.toLowerCase().replace(/^0x/, "").replaceAll("_", "");
  if (kind === "flag") {
    const number = ["no", "yes", "0", "1", "false", "true"].indexOf(digits);
    if (number < 0) throw new FilterError(`'${key}' is yes or no, not '${value}'`);
    return number % 2;
  }
  const hexadecimal = kind !== "decimal" || value.toLowerCase().startsWith("0x");
  const pattern = hexadecimal ? /^[0-9a-f]+$/ : /^\d+$/;
  if (!pattern.test(digits)) {
    const what = hexadecimal ? "a hexadecimal number" : "a number";
    throw new FilterError(`'${key}' is compared with ${what}, not with '${value}'`);
  }
  return Number.parseInt(digits, hexadecimal ? 16 : 10);
}

function fieldsNamed(record: TraceRecord, key: string, texts: Texts): DescribedField[] {
  const stamp = STAMPS[key];
  if (stamp !== undefined) return [stamp(record)];
  return describeFields(record, texts).filter((field) => field.key === key);
}
