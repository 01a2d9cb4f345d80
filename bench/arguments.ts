/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { policyNames } from "../src/mmu/shadow/policy.ts";
import type { MmuCommand } from "./mmu/mmu.ts";
import type { MmuKind } from "./peers/umbra.ts";
import { isGroup, ROWS, type Row, selectRows } from "./rows.ts";
import type { Effort } from "./runner.ts";

export const HELP = `npm run bench -- [ROW|GROUP]... [options]
npm run bench -- mmu [--policy NAME]... [--quick] [--json FILE]
                       what single steps of the shadow MMU cost, and how that grows
npm run bench -- dashboard [--quick]
                       what of its speed a guest keeps while the dashboard is open, and how soon keys are answered

  ROW, GROUP           what to run; all rows by default (--list shows them)
  --mmu bare|shadow    MMU of umbra; shadow by default
  --peer v86|qemu      run that emulator too, in turn; may be given twice
  --no-umbra           only the peers
  --quick              one boot, two rounds, instead of two boots of three rounds
  --boots N, --rounds N
  --json FILE          write all that was measured
  --cpu-prof DIR       write a processor profile of each umbra boot, for Chrome's tools
  --compare A B        two files of --json, as ratios
  --list               the rows and their groups`;

/** Something on the command line is wrong. The message is one sentence for people. */
export class UsageError extends Error {}

const MMU_OPTIONS: readonly string[] = ["policy", "quick", "json"];

export const PEER_NAMES = ["v86", "qemu"] as const;
export type PeerName = (typeof PEER_NAMES)[number];

export interface LoopsCommand {
  readonly command: "loops";
  readonly rows: readonly Row[];
  readonly umbra: boolean;
  readonly mmu: MmuKind;
  readonly peers: readonly PeerName[];
  readonly effort: Effort;
  readonly json: string | null;
  readonly cpuProf: string | null;
}

export type Command =
  | LoopsCommand
  | { readonly command: "compare"; readonly a: string; readonly b: string }
  | ({ readonly command: "mmu" } & MmuCommand)
  | { readonly command: "dashboard"; readonly quick: boolean }
  | { readonly command: "list" }
  | { readonly command: "help" };

export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { command: "help" };
  if (values.list) return { command: "list" };
  if (values.compare) {
    if (positionals.length !== 2) throw new UsageError("--compare takes two files, A and B.");
    return { command: "compare", a: positionals[0], b: positionals[1] };
  }
  if (positionals[0] === "dashboard") {
    if (positionals.length > 1 || Object.keys(values).some((name) => name !== "quick")) {
      throw new UsageError("dashboard takes no rows, and of the options only --quick.");
    }
    return { command: "dashboard", quick: values.quick === true };
  }
  if (positionals[0] === "mmu") {
    const others = Object.keys(values).filter((name) => !MMU_OPTIONS.includes(name));
    if (positionals.length > 1 || others.length > 0)
      throw new UsageError("mmu goes with --policy, --quick and --json only.");
    const chosen = (values.policy ?? policyNames).map((name) => oneOf("--policy", name, policyNames));
    const policies = policyNames.filter((name) => chosen.includes(name));
    return { command: "mmu", policies, quick: values.quick === true, json: values.json ?? null };
  }
  if (values.policy !== undefined) throw new UsageError("--policy goes with mmu only.");
  const unknown = positionals.find((word) => !isGroup(word) && !ROWS.some(({ name }) => name === word));
  if (unknown !== undefined)
    throw new UsageError(`There is no row or group "${unknown}"; --list shows them.`);
  const peers = (values.peer ?? []).map((name) => oneOf("--peer", name, PEER_NAMES));
  if (values["no-umbra"] && peers.length === 0)
    throw new UsageError("--no-umbra leaves nothing to run; add --peer.");
  return {
    command: "loops",
    rows: selectRows(positionals),
    umbra: !values["no-umbra"],
    mmu: oneOf("--mmu", values.mmu ?? "shadow", ["bare", "shadow"] as const),
    peers: [...new Set(peers)],
    effort: {
      boots: count("--boots", values.boots, values.quick ? 1 : 2),
      rounds: count("--rounds", values.rounds, values.quick ? 2 : 3),
    },
    json: values.json ?? null,
    cpuProf: values["cpu-prof"] ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        mmu: { type: "string" },
        peer: { type: "string", multiple: true },
        policy: { type: "string", multiple: true },
        "no-umbra": { type: "boolean" },
        quick: { type: "boolean" },
        boots: { type: "string" },
        rounds: { type: "string" },
        json: { type: "string" },
        "cpu-prof": { type: "string" },
        compare: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // Node's messages are several sentences; the first says what is wrong.
    throw new UsageError(`${(error as Error).message.split(/\. |\n/)[0]}.`.replace(/\.\.$/, "."));
  }
}

function oneOf<Word extends string>(option: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${option} is one of ${words.join(", ")}, not "${value}".`);
  return found;
}

/** The guests run 16 rounds a boot. */
const MOST = 16;

function count(option: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MOST)
    throw new UsageError(`${option} is a number from 1 to ${MOST}, not "${value}".`);
  return number;
}
