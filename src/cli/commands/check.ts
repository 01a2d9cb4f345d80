/** `umbra check`: random stories of page tables, judged by the architecture. */
import { type Command, Option } from "commander";
import { parseCount } from "../args.ts";
import { parseSeed, parseShard, parseStoryLength, type Shard } from "../check-args.ts";
import { declareKnobs, declarePolicy, type PolicyOptions, policyList } from "../policy-options.ts";

export interface CheckOptions extends PolicyOptions {
  readonly ops?: number;
  readonly runs?: number;
  readonly seed?: number;
  readonly mode?: "pae" | "32bit" | "mixed";
  readonly shard?: Shard;
  readonly all?: boolean;
  readonly audit?: boolean;
  readonly strictFaults?: boolean;
  readonly replay?: string;
  readonly report?: "text" | "json";
}

export function declareCheck(program: Command): void {
  const command = program
    .command("check")
    .description("look for incoherent translations: random page tables, flushes and accesses")
    .addOption(
      new Option("--mode <kind>", "page tables: PAE, 2-level, or both (default pae)").choices([
        "pae",
        "32bit",
        "mixed",
      ]),
    )
    .option("--runs <n>", "stories to try, over all shards (default 100k)", parseCount)
    .option("--ops <n>", "steps in a story (default 24)", parseStoryLength)
    .option("--seed <n>", "where the random numbers start (default 1)", parseSeed)
    .option("--shard <i/n>", "do the i-th of n equal shares of the runs", parseShard)
    .option("--all", "go on after a failure; show each shape of story once")
    .option("--audit", "check the shadow structures, too, at each guest entry")
    .option("--strict-faults", "page faults have to drop translations, too (SDM 4.10.4.1)")
    .option("--replay <story>", 'tell one story: "T0[0]=F0:P,A; read 0x0; cr3 R1"')
    .addOption(
      new Option("--report <kind>", "how to report on stdout (default text)").choices(["text", "json"]),
    );
  declarePolicy(command);
  declareKnobs(command);
  command
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("`umbra check --help` lists what there is.")
    .addHelpText(
      "after",
      `
Policies:
${policyList()}

Exit status:
  0    no story went wrong
  1    something went wrong on our side
  2    unusable option or story
  4    a story went wrong; it is on stdout, with the command that replays it
  130  ended with Ctrl-C (SIGTERM 143, SIGHUP 129)

The report is on stdout, progress on stderr if that is a terminal.
docs/checker.md tells what is checked and how stories are written.`,
    )
    .action(async (options: CheckOptions) => {
      const { checkCommand } = await import("../check-session.ts");
      process.exitCode = await checkCommand(options);
    });
}
