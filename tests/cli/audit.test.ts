/** `--audit`: invariants while a guest runs, and what is told when one is broken. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunOptions } from "../../src/cli/commands/run.ts";
import { runCommand } from "../../src/cli/run-session.ts";
import { type ExitReason, Machine } from "../../src/machine/machine.ts";
import { lookupPage } from "../../src/mmu/shadow/kvm.ts";
import { debugExit, image, umbra } from "./command.ts";

afterEach(() => vi.restoreAllMocks());

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly icount: number;
}

/** Runs a guest in this process, and does damage to its machine after so many instructions. */
async function damaged(
  options: RunOptions,
  after: number,
  damage: (machine: Machine) => void,
): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation(((bytes: Uint8Array | string, done?: () => void) => {
      texts[name] += Buffer.from(bytes as string).toString();
      done?.();
      return true;
    }) as typeof process.stdout.write);
  }
  const { run } = Machine.prototype;
  let hurt = false;
  let icount = 0;
  vi.spyOn(Machine.prototype, "run").mockImplementation(function (
    this: Machine,
    until = Number.POSITIVE_INFINITY,
  ) {
    if (!hurt) {
      run.call(this, after);
      damage(this);
      hurt = true;
    }
    const outcome: { readonly reason: ExitReason } = run.call(this, until);
    icount = this.icount;
    return outcome;
  });
  try {
    const status = await runCommand("kmap", { append: "workload=copy", ...options });
    return { status, ...texts, icount };
  } finally {
    vi.restoreAllMocks();
  }
}

const INSTRUCTIONS = 1_000_000;
/** Often enough to find it at once; each audit takes a millisecond here. */
const audit = 16;
const raiseGauge = (machine: Machine): void => {
  if (machine.shadow !== null) machine.shadow.stats.mmu_unsync++;
};

describe("umbra run --audit", () => {
  it("a clean run ends as it would without, and says how often it was looked at", () => {
    const { status, stderr } = umbra("run", image("clean.bin", debugExit(3)), "--audit");
    expect(status).toBe(7);
    expect(stderr).toMatch(/^audit +all invariants held; checked before each of \d+ guest entries$/m);
  });

  it("--audit=N looks at each Nth entry", () => {
    const args = ["run", "kmap", "--max-icount", "400k", "--report", "json"];
    const every = JSON.parse(umbra(...args, "--audit").stdout);
    const some = JSON.parse(umbra(...args, "--audit=8").stdout);
    expect(every.audit).toEqual({
      entries: every.audit.entries,
      audits: every.audit.entries,
      violations: [],
    });
    expect(every.audit.entries).toBeGreaterThan(100);
    expect(some.audit).toMatchObject({
      entries: every.audit.entries,
      audits: Math.floor(every.audit.entries / 8),
    });
    expect(some.stateHash).toBe(every.stateHash);
  });

  it("a bare machine has nothing to audit", () => {
    const { status, stderr } = umbra("run", "kmap", "--policy", "bare", "--audit");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^umbra: --audit and a bare machine contradict each other: .+\.\n$/);
  });

  it.each(["0", "x", "-1", "1.5"])("--audit=%s is no interval", (value) => {
    const { status, stderr } = umbra("run", "kmap", `--audit=${value}`);
    expect(status).toBe(2);
    expect(stderr).toContain(`argument '${value}' is invalid`);
  });

  it("a broken invariant ends the run with status 4", async () => {
    const { status, stderr, icount } = await damaged({ audit }, INSTRUCTIONS, raiseGauge);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^umbra: --audit stopped the guest before entry \d+, at instruction 10\d{5}\.$/m);
    expect(stderr).toContain("  INV-26 is broken: mmu_unsync is the number of pages out of sync\n");
    expect(stderr).toMatch(/^ {2}found: the gauge says \d+, it is \d+$/m);
    expect(stderr).toMatch(/exit 4 \(an invariant is broken\)/);
    expect(stderr).toMatch(/^audit +1 violation; checked before \d+ of /m);
    expect(icount).toBeLessThan(INSTRUCTIONS + 50_000);
  });

  it("the report is 80 columns wide and ends with the last events and their reasons", async () => {
    const { stderr } = await damaged({ audit }, INSTRUCTIONS, raiseGauge);
    for (const line of stderr.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const [, list] = stderr.split("last 20 events:\n");
    const events = list.split("\n").filter((line) => /^ {2}\d+ [0-9a-f]{8} \w/.test(line));
    expect(events).toHaveLength(20);
    expect(list).toMatch(/\n {2}\d+ c01[0-9a-f]{5} exit gva=[0-9a-f]{8} error=[-pwurf]{5} \(exit_pf\)/);
  });

  it("the report names the page, its role and state, and both entries", async () => {
    const { stderr } = await damaged({ audit }, INSTRUCTIONS, ({ shadow }) => {
      if (shadow === null) return;
      const { kvm } = shadow;
      for (let sp = kvm.activeHead; sp !== null; sp = sp.activeNext) {
        if ((sp.role & 0xf0) !== 0x10 || sp.present === 0 || lookupPage(kvm, sp.gfn) !== sp) continue;
        const entry = Array.from({ length: 512 }, (_, i) => sp.index * 512 + i).find(
          (sptep) => (kvm.spt[sptep * 2] & 1) !== 0 && kvm.spt[sptep * 2 + 1] !== -1,
        );
        if (entry === undefined) continue;
        kvm.spt[entry * 2] ^= 0x1000;
        return;
      }
    });
    const flat = stderr.replace(/\n {6}/g, " ");
    expect(flat).toMatch(/^ {2}INV-13 is broken: every leaf maps the host frame of its gfn$/m);
    expect(flat).toMatch(
      /^ {2}page: sp [0-9a-f]+, gfn [0-9a-f]{5}, level 1, glevels 3, quadrant 0, access [-wux]{3}, state [GN][US]$/m,
    );
    expect(flat).toMatch(
      /^ {2}entry: \d+: spte [0-9a-f]{8}_[0-9a-f]{8} \(present\) maps gfn [0-9a-f]{5}, gpte [0-9a-f]{8}_[0-9a-f]{8}$/m,
    );
  });

  it("between two audits an interval lets it go unseen, the next one sees it", async () => {
    const { status, stderr } = await damaged({ audit: 50 }, INSTRUCTIONS, raiseGauge);
    expect(status).toBe(4);
    expect(Number(/before entry (\d+)/.exec(stderr)?.[1]) % 50).toBe(0);
  });

  it("JSON lists the violations", async () => {
    const { status, stdout, stderr } = await damaged(
      { audit: true, report: "json" },
      INSTRUCTIONS,
      raiseGauge,
    );
    expect(status).toBe(4);
    const report = JSON.parse(stdout);
    expect(report.exit).toMatchObject({ reason: "audit", status: 4 });
    expect(report.audit.violations).toMatchObject([{ invariant: "INV-26", sp: 0, entry: -1 }]);
    expect(stderr).toContain("INV-26 is broken");
  });

  it("without --audit nobody looks", async () => {
    const { status, stderr } = await damaged({ maxIcount: 1_100_000 }, INSTRUCTIONS, raiseGauge);
    expect(status).toBe(124);
    expect(stderr).not.toContain("audit");
  });
});
