/** `umbra compare IMAGE`: the same guest under several policies, what each cost, and that all are equal. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseStatus } from "../args.ts";
import type { DriveOptions } from "../drives.ts";
import {
  declareKnobs,
  type KnobOptions,
  parsePolicyName,
  policyList,
  type RunPolicyName,
} from "../policy-options.ts";
import { declareMachine, type RunOptions } from "./run.ts";

type MachineOptionNames =
  | keyof DriveOptions
  | "cpu"
  | "date"
  | "reboot"
  | "append"
  | "initrd"
  | "at"
  | "bios"
  | "boot"
  | "mem"
  | "debugcon"
  | "com2"
  | "com3"
  | "com4"
  | "testdev"
  | "maxIcount"
  | "timeout"
  | "success";

export interface CompareOptions extends KnobOptions, Pick<RunOptions, MachineOptionNames> {
  readonly policy: readonly RunPolicyName[];
  readonly report?: "text" | "json";
  readonly assert?: readonly string[];
  readonly cost?: readonly (readonly [key: string, cycles: number])[];
  readonly console?: boolean;
}

const DEFAULT_POLICIES: readonly RunPolicyName[] = ["write-protect", "oos", "oos+global"];

export function declareCompare(program: Command): void {
  const command = program
    .command("compare")
    .description("run an image once per policy: equal states, then what each policy cost")
    .argument("<image>", "file, or name of a built-in guest");
  declareMachine(command)
    .option("--success <status>", "the debug-exit status that counts as success", parseStatus)
    .addOption(
      new Option("--policy <names>", "which, separated by commas (names at the end)")
        .argParser(parsePolicyNames)
        .default(DEFAULT_POLICIES, DEFAULT_POLICIES.join(",")),
    )
    .addOption(new Option("--report <kind>", "what to print (default text)").choices(["text", "json"]))
    .option(
      "--assert <comparison>",
      "what has to hold, such as 'oos+global.exits < oos.exits'; may be given again",
      (text: string, earlier: readonly string[] = []) => [...earlier, text],
    )
    .option("--cost <key=cycles,...>", "other prices for the estimate, see docs/compare.md", parsePrices)
    .option("--console", "show the console of the first policy on stderr")
    .helpOption("-h, --help", "print this help");
  declareKnobs(command);
  command
    .showHelpAfterError("`umbra compare --help` lists what there is.")
    .addHelpText(
      "after",
      `
A choice below "Shadow MMU" holds for every policy except bare.

Policies:
${policyList()}

Exit status:
  0    all runs are equal and every assertion holds
  1    something went wrong on our side
  2    unusable option, assertion or image
  4    two runs differ: the first difference is printed
  5    an assertion is false
  124  --timeout stopped a run, so that nothing can be compared
  130  ended with Ctrl-C (SIGTERM 143, SIGHUP 129)`,
    )
    .action(async (image: string, options: CompareOptions) => {
      const { compareCommand } = await import("../compare/session.ts");
      process.exitCode = await compareCommand(image, options);
    });
}

function parsePolicyNames(text: string): RunPolicyName[] {
  return text.split(",").map((name) => parsePolicyName(name.trim()));
}

function parsePrices(
  text: string,
  earlier: readonly (readonly [string, number])[] = [],
): readonly (readonly [string, number])[] {
  const given = text.split(",").map((part): [string, number] => {
    const match = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part.trim());
    if (match === null) throw new InvalidArgumentError("Give prices in cycles, such as exit=4000,entry=20.");
    return [match[1], Number(match[2])];
  });
  return [...earlier, ...given];
}
