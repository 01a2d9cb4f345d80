/**
 * The policy of the shadow MMU on a command line: a name, and each choice that the name stands for as an option of
 * its own. One declaration for every command that runs a guest.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  defaultPolicy,
  nameOfPolicy,
  type Policy,
  type PolicyName,
  policies,
  policyNames,
} from "../mmu/shadow/policy.ts";
import { parseShadowPages, parseSwitch } from "./args.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";
import { wrapped } from "./wrapped.ts";

/** "bare" is the absence of a hypervisor, and so of every choice about it. */
export const BARE = "bare";
export type RunPolicyName = PolicyName | typeof BARE;
/** All names that `--policy` takes. */
export const runPolicyNames: readonly RunPolicyName[] = [...policyNames, BARE];
const BARE_SENTENCE = "no hypervisor: the processor walks the guest's own page tables";
const DEFAULT_NAME: PolicyName = "oos+global";

/** The choices as options give them; what is absent is left to the name. */
export type KnobOptions = { readonly [K in keyof Policy]?: Policy[K] | undefined };

/** What the options of `declarePolicy` and `declareKnobs` come out as. */
export interface PolicyOptions extends KnobOptions {
  readonly policy?: RunPolicyName | undefined;
  readonly mmu?: "bare" | "shadow" | undefined;
}

/** What a machine needs to know. `policy` has no meaning for bare. */
export interface PolicyChoice {
  readonly mmu: "bare" | "shadow";
  readonly policy: Policy;
}

interface Knob {
  readonly key: keyof Policy;
  readonly flag: string;
  readonly sentence: string;
}

/** The choices that are on or off. */
const SWITCHES: readonly Knob[] = [
  { key: "oos", flag: "--oos", sentence: "level-1 page tables may go out of sync" },
  {
    key: "oosGlobal",
    flag: "--oos-global",
    sentence: "all-global ones stay out of sync over CR3 loads",
  },
  {
    key: "oosGlobalFix",
    flag: "--oos-global-fix",
    sentence: "INVLPG reaches the whole global list, CR4.PGE decides who enters it",
  },
  {
    key: "globalWithoutPge",
    flag: "--global-without-pge",
    sentence: "G counts while CR4.PGE is clear, too",
  },
  {
    key: "bypassGuestPf",
    flag: "--bypass-guest-pf",
    sentence: "faults the guest must see anyway take no exit (vmx)",
  },
  {
    key: "invlpgPrefill",
    flag: "--invlpg-prefill",
    sentence: "INVLPG makes the dropped entry again at once",
  },
  {
    key: "invlpgRederive",
    flag: "--invlpg-rederive",
    sentence: "INVLPG makes an entry of an unsync table again, in place",
  },
  { key: "unsyncRoles", flag: "--unsync-roles", sentence: "tables with several roles may go out of sync" },
  { key: "keepEmpty", flag: "--keep-empty", sentence: "a sync that leaves nothing in a page keeps it" },
  { key: "zapOnWrite", flag: "--zap-on-write", sentence: "emulated stores only remove entries" },
];

const CHOICES: readonly (Knob & { readonly values: readonly string[] })[] = [
  {
    key: "vendor",
    flag: "--vendor",
    sentence: "whose exits: which register writes the hypervisor sees (default vmx)",
    values: ["vmx", "svm"],
  },
  {
    key: "model",
    flag: "--model",
    sentence: "where KVM visibly differs from the architecture: whose side (default sdm)",
    values: ["sdm", "kvm"],
  },
];

const SHADOW_PAGES: Knob = {
  key: "shadowPages",
  flag: "--shadow-pages",
  sentence: "size of the shadow page pool, 64 to 65536 (default 2 % of RAM)",
};

const KNOBS: readonly Knob[] = [...SWITCHES, ...CHOICES, SHADOW_PAGES];
const HELP_GROUP = "Shadow MMU:";

/** One name of `runPolicyNames`. */
export function parsePolicyName(text: string): RunPolicyName {
  const name = runPolicyNames.find((known) => known === text);
  if (name === undefined) {
    throw new InvalidArgumentError(`The policies are ${runPolicyNames.join(", ")}.`);
  }
  return name;
}

/** Adds `--policy NAME` and `--mmu KIND`. */
export function declarePolicy(command: Command): void {
  command.addOption(
    new Option("--policy <name>", `a set of the choices below (default ${DEFAULT_NAME}); names at the end`)
      .argParser(parsePolicyName)
      .helpGroup(HELP_GROUP),
  );
  command.addOption(
    new Option("--mmu <kind>", "shadow: KVM's shadow MMU (default); bare: the same as --policy bare")
      .choices(["shadow", BARE])
      .helpGroup(HELP_GROUP),
  );
}

/** Adds an option for each choice. What is given goes before what the name says. */
export function declareKnobs(command: Command): void {
  const add = (knob: Knob, argument: string): Option => {
    const option = new Option(`${knob.flag} <${argument}>`, knob.sentence).helpGroup(HELP_GROUP);
    command.addOption(option);
    return option;
  };
  for (const knob of SWITCHES) add(knob, "on|off").argParser(parseSwitch);
  for (const knob of CHOICES) add(knob, knob.values.join("|")).choices(knob.values);
  add(SHADOW_PAGES, "n").argParser(parseShadowPages);
}

/** The policy that the options of one run ask for. Throws one sentence if they contradict each other. */
export function choosePolicy(options: PolicyOptions): PolicyChoice {
  const { policy: name, mmu } = options;
  if (name === BARE && mmu === "shadow") {
    contradiction("--policy bare", "--mmu shadow", "say one of them");
  }
  if (name !== undefined && name !== BARE && mmu === BARE) {
    contradiction("--mmu bare", `--policy ${name}`, "that is a policy of the shadow MMU");
  }
  if (name !== BARE && mmu !== BARE) return policyNamed(name ?? DEFAULT_NAME, options);
  const knob = KNOBS.find(({ key }) => options[key] !== undefined);
  if (knob !== undefined) {
    const asked = name === BARE ? "--policy bare" : "--mmu bare";
    const given = `${knob.flag} ${shown(options[knob.key])}`;
    contradiction(asked, given, "without a hypervisor there is nothing to choose");
  }
  return policyNamed(BARE, {});
}

/** For commands that take several names: that policy with these choices, which do not concern bare. */
export function policyNamed(name: RunPolicyName, knobs: KnobOptions): PolicyChoice {
  if (name === BARE) return { mmu: BARE, policy: defaultPolicy };
  const policy = withKnobs(policies[name].policy, knobs);
  refuseIdleKnobs(policy, knobs);
  return { mmu: "shadow", policy };
}

function withKnobs(base: Policy, options: KnobOptions): Policy {
  const chosen: Record<string, unknown> = { ...base };
  for (const { key } of KNOBS) if (options[key] !== undefined) chosen[key] = options[key];
  // What depends on another choice goes with it, unless it was asked for.
  if (chosen.oos === false && options.oosGlobal === undefined) chosen.oosGlobal = false;
  if (chosen.oosGlobal === false && options.oosGlobalFix === undefined) chosen.oosGlobalFix = false;
  return chosen as unknown as Policy;
}

/** A choice that was asked for and cannot do anything is a misunderstanding, not a wish. */
function refuseIdleKnobs(policy: Policy, options: KnobOptions): void {
  const idle = (key: keyof Policy, value: unknown): boolean => options[key] === value;
  if (idle("oosGlobal", true) && !policy.oos) {
    contradiction("--oos-global on", "oos off", "there are no unsync tables to keep");
  }
  if (idle("oosGlobalFix", true) && !policy.oosGlobal) {
    contradiction("--oos-global-fix on", "oos-global off", "there is no global list to fix");
  }
  if (idle("bypassGuestPf", true) && policy.vendor === "svm") {
    contradiction("--bypass-guest-pf on", "--vendor svm", "only VMX can leave page faults to the guest");
  }
  if (idle("invlpgPrefill", true) && policy.invlpgRederive) {
    contradiction("--invlpg-prefill on", "invlpg-rederive on", "INVLPG drops no entry then");
  }
}

function contradiction(one: string, other: string, why: string): never {
  throw new CommandError(`${one} and ${other} contradict each other: ${why}.`, STATUS_USAGE);
}

function shown(value: unknown): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}

/** The named policy that differs least from this one, and in which switches, as "keep-empty on". */
export function nearestPolicy(policy: Policy): { readonly name: PolicyName; readonly differs: string[] } {
  const candidates = policyNames.map((name) => ({
    name,
    differs: SWITCHES.filter(({ key }) => policies[name].policy[key] !== policy[key]).map(
      ({ key, flag }) => `${flag.slice(2)} ${shown(policy[key])}`,
    ),
  }));
  return candidates.reduce((best, next) => (next.differs.length < best.differs.length ? next : best));
}

/** How reports name a policy: its name, or "custom" and what makes it so. */
export function policyLabel({ mmu, policy }: PolicyChoice): string {
  if (mmu === "bare") return BARE;
  const name = nameOfPolicy(policy);
  const { name: base, differs } = nearestPolicy(policy);
  const rest = [
    ...(policy.vendor === defaultPolicy.vendor ? [] : [policy.vendor]),
    ...(policy.model === defaultPolicy.model ? [] : [`model ${policy.model}`]),
  ];
  const what = name === "custom" ? `custom: ${base} with ${differs.join(", ")}` : name;
  return [what, ...rest].join("; ");
}

/** Every policy with its sentence, for help texts of 80 columns. */
export function policyList(): string {
  const width = Math.max(...runPolicyNames.map((name) => name.length)) + 2;
  return runPolicyNames
    .map((name) => {
      const sentence = name === BARE ? BARE_SENTENCE : policies[name].sentence;
      const [first, ...more] = wrapped(sentence, 78 - width);
      return [`  ${name.padEnd(width)}${first}`, ...more.map((line) => " ".repeat(width + 2) + line)].join(
        "\n",
      );
    })
    .join("\n");
}
