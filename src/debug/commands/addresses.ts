/** Where an address leads. */
import { digits } from "../../common/hex.ts";
import { registerNamed } from "../../inspect/registers.ts";
import {
  type AccessKind,
  type TranslateView,
  translateView,
  type WalkEnd,
} from "../../inspect/translate-view.ts";
import { guestWalk, shadowWalk, type WalkStep } from "../../inspect/translation.ts";
import { MonitorError } from "../monitor-error.ts";
import { entryFlags, entryHex, gfnText, rmapLine, spText } from "../monitor-text.ts";
import { type Address, parseAddress, shadowOf, takeAddress } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

const USER = 3;

const guestStep = ({ level, table, index, lo, hi }: WalkStep): string =>
  `level ${level}  gfn ${gfnText(table)}[${digits(index, 3)}]  ${entryHex(lo, hi)}  ${entryFlags(lo, hi)}`;

function shadowStep({ level, table, index, lo, hi, kind }: WalkStep): string {
  const where = level === 3 ? "pae_root" : `sp ${spText(table)}`;
  const what = kind === "present" ? entryFlags(lo, hi) : kind;
  return `level ${level}  ${where}[${digits(index, 3)}]  ${entryHex(lo, hi)}  ${what}`;
}

function gva2gpa(argument: string): Action {
  const address = parseAddress(argument);
  return ({ machine }) => {
    const { steps, gpa } = guestWalk(machine, address(machine));
    return [...steps.map(guestStep), gpa < 0 ? "unmapped" : `gpa: 0x${gpa.toString(16)}`];
  };
}

function gva2spte(argument: string): Action {
  const address = parseAddress(argument);
  return ({ machine }) => {
    const { steps, gfn, rmap } = shadowWalk(shadowOf(machine).kvm, address(machine));
    const result =
      gfn < 0
        ? "no shadow entry: the access exits, or faults into the guest"
        : `gfn ${gfnText(gfn)}, mapped ${rmap.length === 1 ? "once" : `${rmap.length} times`}`;
    return [...steps.map(shadowStep), result];
  };
}

const KINDS: readonly AccessKind[] = ["read", "write", "fetch"];

/** What is asked of an address: whose access, and of which kind, as far as it was said. */
export interface TranslateQuestion {
  readonly address: Address;
  /** The address where no register has part in it, else null. */
  readonly constant: number | null;
  readonly access: AccessKind;
  /** Null if nobody said: as the guest runs now. */
  readonly user: boolean | null;
}

/** Whose access it is if nobody says: what the guest does now. */
export const isUserNow = (cpl: number | undefined): boolean => cpl === USER;

/** What follows `translate`, in the monitor and on the dashboard. Throws a MonitorError. */
export function parseTranslate(argument: string): TranslateQuestion {
  const { address, constant, rest } = takeAddress(argument);
  let access: AccessKind | null = null;
  let user: boolean | null = null;
  for (const word of rest === "" ? [] : rest.split(/\s+/)) {
    const kind = KINDS.find((one) => one === word);
    if (kind !== undefined && access === null) access = kind;
    else if ((word === "user" || word === "supervisor") && user === null) user = word === "user";
    else {
      throw new MonitorError(
        `'${word}' is no kind of access; say one of ${KINDS.join(", ")}, and user or supervisor`,
      );
    }
  }
  return { address, constant, access: access ?? "read", user };
}

function translate(argument: string): Action {
  const { address, access, user } = parseTranslate(argument);
  return ({ machine }) => {
    const cpl = registerNamed("cpl")?.read(machine);
    return translateLines(
      translateView(machine, { gva: address(machine), access, user: user ?? isUserNow(cpl) }),
    );
  };
}

function translateLines({
  gva,
  access,
  user,
  guest,
  shadow,
  unsync,
  explanation,
  rmapGfn,
  rmap,
}: TranslateView): string[] {
  const end = ({ gfn, verdict }: WalkEnd): string =>
    `  ${gfn < 0 ? "no frame" : `gfn ${gfnText(gfn)}`}, ${verdict}`;
  return [
    `gva ${digits(gva, 8)}, ${user ? "user" : "supervisor"} ${access}`,
    "the guest's tables, in RAM:",
    ...guest.steps.map((step) => `  ${guestStep(step)}`),
    end(guest),
    ...(shadow === null
      ? []
      : [
          `the shadow tables, which the processor walks:${unsync ? " UNSYNC" : ""}`,
          ...shadow.steps.map((step) => `  ${shadowStep(step)}`),
          end(shadow),
        ]),
    ...(explanation === "" ? [] : [explanation]),
    ...(rmapGfn < 0 || shadow === null
      ? []
      : [
          `reverse map of gfn ${gfnText(rmapGfn)}:${rmap.length === 0 ? " empty" : ""}`,
          ...rmap.map((leaf) => `  ${rmapLine(leaf)}`),
        ]),
  ];
}

export const addressCommands: readonly Command[] = [
  {
    name: "gva2gpa",
    usage: " ADDRESS",
    sentence: "an address through the guest's own tables",
    parse: gva2gpa,
  },
  {
    name: "gva2spte",
    usage: " ADDRESS",
    sentence: "an address through the shadow tables",
    shadow: true,
    parse: gva2spte,
  },
  {
    name: "translate",
    aliases: ["t"],
    usage: " ADDRESS [read|write|fetch] [user|supervisor]",
    sentence: "both, who denies the access, and what it means if they differ",
    parse: translate,
  },
];
