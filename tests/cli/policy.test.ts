/** Policies on the command line: names, the choices behind them, and what contradicts what. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { CommandError } from "../../src/cli/exit-status.ts";
import {
  choosePolicy,
  declareKnobs,
  declarePolicy,
  type PolicyOptions,
  policyLabel,
  policyList,
  policyNamed,
  runPolicyNames,
} from "../../src/cli/policy-options.ts";
import { defaultPolicy, policies, policyNames } from "../../src/mmu/shadow/policy.ts";
import { debugExit, image, umbra } from "./command.ts";

/** What a command line means. */
function choice(...args: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  declarePolicy(command);
  declareKnobs(command);
  return choosePolicy(command.parse(args, { from: "user" }).opts<PolicyOptions>());
}

describe("--policy", () => {
  it("is KVM 2.6.29 with the patch unless something else is said", () => {
    expect(choice()).toEqual({ mmu: "shadow", policy: defaultPolicy });
    expect(choice("--mmu", "shadow")).toEqual({ mmu: "shadow", policy: defaultPolicy });
  });

  it.each(policyNames)("%s means its set, and reports call it so", (name) => {
    const chosen = choice("--policy", name);
    expect(chosen).toEqual({ mmu: "shadow", policy: policies[name].policy });
    expect(policyLabel(chosen)).toBe(name);
  });

  it("bare is the absence of a hypervisor, as --mmu bare", () => {
    for (const args of [
      ["--policy", "bare"],
      ["--mmu", "bare"],
      ["--policy", "bare", "--mmu", "bare"],
    ]) {
      expect(choice(...args).mmu).toBe("bare");
      expect(policyLabel(choice(...args))).toBe("bare");
    }
  });

  it("help names every policy with its sentence", () => {
    for (const name of runPolicyNames) expect(policyList()).toContain(`  ${name} `);
    const words = policyList().replace(/\s+/g, " ");
    for (const name of policyNames) expect(words).toContain(policies[name].sentence);
    for (const line of policyList().split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("each choice by itself", () => {
  const switches = {
    "--oos": "oos",
    "--oos-global": "oosGlobal",
    "--oos-global-fix": "oosGlobalFix",
    "--global-without-pge": "globalWithoutPge",
    "--bypass-guest-pf": "bypassGuestPf",
    "--invlpg-prefill": "invlpgPrefill",
    "--invlpg-rederive": "invlpgRederive",
    "--unsync-roles": "unsyncRoles",
    "--keep-empty": "keepEmpty",
    "--zap-on-write": "zapOnWrite",
  } as const;

  it.each(Object.entries(switches))("%s goes before what the name says, in both directions", (flag, key) => {
    expect(choice(flag, "on").policy[key]).toBe(true);
    expect(choice(flag, "off").policy[key]).toBe(false);
  });

  it("--vendor, --model and --shadow-pages describe the host and leave the name alone", () => {
    const chosen = choice("--vendor", "svm", "--model", "kvm", "--shadow-pages", "99");
    expect(chosen.policy).toEqual({ ...defaultPolicy, vendor: "svm", model: "kvm", shadowPages: 99 });
    expect(policyLabel(chosen)).toBe("oos+global; svm; model kvm");
  });

  it("every choice of the record has an option", () => {
    const given = choice(
      ...Object.keys(switches).flatMap((flag) => [flag, flag === "--invlpg-prefill" ? "off" : "on"]),
      ...["--vendor", "vmx", "--model", "kvm", "--shadow-pages", "64"],
    );
    expect(Object.keys(given.policy).sort()).toEqual(
      [...Object.values(switches), "vendor", "model", "shadowPages"].sort(),
    );
  });

  it("without oos there is no global list, without the list no fix of it", () => {
    expect(policyLabel(choice("--oos", "off"))).toBe("write-protect");
    expect(policyLabel(choice("--oos-global", "off"))).toBe("oos");
    expect(policyLabel(choice("--policy", "oos+global-fixed", "--oos-global", "off"))).toBe("oos");
    expect(policyLabel(choice("--policy", "oos+global-fixed", "--oos", "off"))).toBe("write-protect");
  });

  it("a set without a name is called by what makes it differ from the nearest one", () => {
    expect(policyLabel(choice("--keep-empty", "on"))).toBe("custom: oos+global with keep-empty on");
    expect(policyLabel(choice("--policy", "modern", "--zap-on-write", "off", "--vendor", "svm"))).toBe(
      "custom: modern with zap-on-write off; svm",
    );
  });

  it("for a command with several names the choices concern all but bare", () => {
    expect(policyNamed("bare", { keepEmpty: true })).toEqual({ mmu: "bare", policy: defaultPolicy });
    expect(policyNamed("oos", { keepEmpty: true }).policy).toEqual({
      ...policies.oos.policy,
      keepEmpty: true,
    });
  });
});

describe("what contradicts each other gets one sentence", () => {
  it.each([
    ["--mmu bare --oos off", "--mmu bare and --oos off"],
    ["--policy bare --vendor svm", "--policy bare and --vendor svm"],
    ["--mmu bare --shadow-pages 64", "--mmu bare and --shadow-pages 64"],
    ["--policy bare --mmu shadow", "--policy bare and --mmu shadow"],
    ["--policy oos --mmu bare", "--mmu bare and --policy oos"],
    ["--oos off --oos-global on", "--oos-global on and oos off"],
    ["--policy oos --oos-global-fix on", "--oos-global-fix on and oos-global off"],
    ["--vendor svm --bypass-guest-pf on", "--bypass-guest-pf on and --vendor svm"],
    ["--policy modern --invlpg-prefill on", "--invlpg-prefill on and invlpg-rederive on"],
  ])("%s", (line, sentence) => {
    const attempt = (): unknown => choice(...line.split(" "));
    expect(attempt).toThrow(CommandError);
    expect(attempt).toThrow(`${sentence} contradict each other: `);
  });

  it("with status 2, before any file is touched", () => {
    const { status, stdout, stderr } = umbra("run", image("x.bin", "hlt"), "--policy", "bare", "--oos", "on");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^umbra: --policy bare and --oos on contradict each other: .+\.\n$/);
  });

  it.each([
    ["--policy", "kvm"],
    ["--keep-empty", "yes"],
    ["--vendor", "amd"],
    ["--model", "intel"],
    ["--shadow-pages", "65537"],
  ])("%s %s is no value", (option, value) => {
    const { status, stderr } = umbra("run", "x", option, value);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`option '${option} .*argument '${value}' is invalid`));
  });
});

describe("reports", () => {
  const kernel = () => image("policy.bin", debugExit(0));
  const report = (...args: string[]) =>
    JSON.parse(umbra("run", kernel(), "--report", "json", ...args).stdout);

  it("JSON has the name and all choices; those that were there first keep their place", () => {
    expect(report("--policy", "modern", "--shadow-pages", "70").policy).toEqual({
      name: "modern",
      mmu: "shadow",
      ...policies.modern.policy,
      shadowPages: 70,
    });
    expect(report("--mmu", "bare").policy).toEqual({
      name: "bare",
      mmu: "bare",
      oos: false,
      oosGlobal: false,
    });
  });

  it("JSON says how many shadow pages there were if nobody chose", () => {
    expect(report("--mem", "64M").policy.shadowPages).toBe(327);
  });

  it("JSON calls a set without a name custom, and says what makes it so", () => {
    expect(report("--keep-empty", "on").policy).toMatchObject({
      name: "custom",
      label: "custom: oos+global with keep-empty on",
      keepEmpty: true,
    });
  });

  it("the summary has the label, in lines of 80 columns", () => {
    const knobs = [
      "--keep-empty",
      "--zap-on-write",
      "--unsync-roles",
      "--invlpg-rederive",
      "--oos-global-fix",
    ];
    const { stderr } = umbra(
      "run",
      kernel(),
      ...knobs.flatMap((flag) => [flag, "on"]),
      ...["--vendor", "svm", "--model", "kvm"],
    );
    expect(stderr.replace(/\s+/g, " ")).toContain("mmu shadow, custom: ");
    expect(stderr.replace(/\s+/g, " ")).toContain("; svm; model kvm");
    for (const line of stderr.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});
