/**
 * Boots every guest of the catalogue through the real command, under every policy and without a hypervisor, with the
 * audit now and then: the guest must not be able to tell them apart, unless it was made to show a fault in one.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { CatalogGuest } from "../../src/cli/guest-catalog.ts";
import { policyNames } from "../../src/mmu/shadow/policy.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const guests = JSON.parse(readFileSync(resolve(ROOT, "guests/guests.json"), "utf8")) as (CatalogGuest & {
  readonly console?: string;
  /** Command line of a guest that waits for someone to type, when nobody does. */
  readonly checkAppend?: string;
  /** Policies whose fault the guest shows. */
  readonly failsUnder?: readonly string[];
})[];

const MMUS = ["bare", ...policyNames] as const;
/** Guest entries between two audits. */
const AUDIT = "--audit=256";

interface Report {
  readonly exit: { readonly reason: string; readonly status: number };
  readonly instructions: number;
  readonly stateHash: string;
  readonly counters: Readonly<Record<string, number>>;
}

interface Run {
  readonly console: string;
  readonly report: Report;
}

function run(guest: string, ...options: string[]): Run {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(ROOT, "bin/umbra.js"), "run", guest, "--report", "json", ...options],
    { encoding: "utf8" },
  );
  return { console: stderr.replaceAll("\r", ""), report: JSON.parse(stdout) as Report };
}

describe.each(guests)("$name", (guest) => {
  const runs = new Map<string, Run>();
  const append = guest.checkAppend === undefined ? [] : ["--append", guest.checkAppend];

  const sound = MMUS.filter((name) => guest.failsUnder?.includes(name) !== true);

  it.each(sound)("ends well under %s", (name) => {
    const result = run(guest.name, ...append, "--policy", name, ...(name === "bare" ? [] : [AUDIT]));
    runs.set(name, result);
    expect(result.report.exit.status).toBe(0);
    if (guest.console !== undefined) {
      expect(result.console).toBe(readFileSync(resolve(ROOT, "guests", guest.console), "utf8"));
    }
  });

  it.each(MMUS.filter((name) => !sound.includes(name)))("ends otherwise under %s", (name) => {
    expect(run(guest.name, ...append, "--policy", name, AUDIT).report.exit.status).toBe(1);
  });

  it("is the same run under all of them: instructions, registers and memory", () => {
    const [reference, ...others] = [...runs.values()].map(({ report }) => report);
    for (const report of others) {
      expect(report.instructions).toBe(reference.instructions);
      expect(report.stateHash).toBe(reference.stateHash);
    }
  });
});

describe("what the global list is for: kmap under oos and oos+global", () => {
  const workload = "workload=all";
  const oos = run("kmap", "--append", workload, "--oos-global", "off").report.counters;
  const global = run("kmap", "--append", workload).report.counters;

  it("fewer shadow entries are synced at CR3 loads", () => {
    expect(global.sptes_examined_cr3).toBeLessThan(oos.sptes_examined_cr3);
    expect(global.sync_pages_cr3).toBeLessThan(oos.sync_pages_cr3);
  });

  it("because pages are skipped, which never happens without the list", () => {
    expect(global.sync_skipped_global).toBeGreaterThan(1000);
    expect(oos.sync_skipped_global).toBe(0);
    expect(oos.mmu_unsync_global).toBe(0);
  });

  it("and so the guest leaves guest mode less often", () => {
    expect(global.exits).toBeLessThan(oos.exits);
  });
});

describe("kmap on other machines", () => {
  it.each([
    ["without global pages", "workload=all pge=0"],
    ["with one process", "workload=mix procs=1"],
    ["with many processes", "workload=fork procs=12 rounds=3"],
  ])("%s it is the same run on the bare and on the shadow MMU", (_name, append) => {
    const bare = run("kmap", "--append", append, "--mmu", "bare").report;
    const shadow = run("kmap", "--append", append).report;
    expect(bare.exit.status).toBe(0);
    expect(shadow.stateHash).toBe(bare.stateHash);
    expect(shadow.instructions).toBe(bare.instructions);
  });

  it.each(["16M", "256M"])(
    "with %s of RAM, and a small pool of shadow pages that must be recycled",
    (mem) => {
      const bare = run("kmap", "--mem", mem, "--mmu", "bare").report;
      const shadow = run("kmap", "--mem", mem, "--shadow-pages", "64").report;
      expect(shadow.exit.status).toBe(0);
      expect(shadow.counters.mmu_recycled).toBeGreaterThan(0);
      expect(shadow.stateHash).toBe(bare.stateHash);
    },
  );
});
