/** `umbra compare` as users call it. */
import { beforeAll, describe, expect, it } from "vitest";
import { debugExit, image, type Outcome, SPIN, umbra } from "./command.ts";

const compare = (...args: string[]): Outcome => umbra("compare", ...args);
/** For guests that need little memory, all of which is compared. */
const compareSmall = (...args: string[]): Outcome => compare(...args, "--mem", "4M");

/** Stores to a page that a read-only directory entry leads to. The fault ends in a triple fault. */
const ACCESSED = image(
  "accessed",
  `mov dword [0x200000], 0x83
  mov dword [0x200004], 0x201005
  mov dword [0x201000], 0x202007
  mov eax, 0x10
  mov cr4, eax
  mov eax, 0x200000
  mov cr3, eax
  mov eax, 0x80010011
  mov cr0, eax
  mov [0x400000], eax`,
);
const HELLO = image("hello", `mov dx, 0x3f8\nmov al, 0x68\nout dx, al\n${debugExit(0)}`);
const FOREVER = image("forever", SPIN);

const firstLines = ({ stdout }: Outcome, count: number): string[] => stdout.split("\n").slice(0, count);

interface ReportRun {
  readonly policy: string;
  readonly mmu: string;
  readonly knobs: Record<string, unknown> | null;
  readonly exit: { readonly reason: string; readonly status: number };
  readonly instructions: number;
  readonly stateHash: string;
  readonly counters: Record<string, number> | null;
  readonly rows: Record<string, number>;
  readonly estimatedCycles: number | null;
}

interface Report {
  readonly image: string;
  readonly equal: boolean;
  readonly firstDifference: string | null;
  readonly runs: readonly ReportRun[];
  readonly assertions: readonly { readonly text: string; readonly holds: boolean }[];
}

const report = ({ stdout }: Outcome): Report => JSON.parse(stdout) as Report;

describe("a guest that does nothing wrong", () => {
  const LIMIT = "2M";
  let kmap: Outcome;
  beforeAll(() => {
    kmap = compare(
      "kmap",
      ...["--policy", "oos,oos+global", "--max-icount", LIMIT, "--report", "json"],
      ...[
        "--assert",
        "oos+global.exits < oos.exits",
        "--assert",
        "oos+global.sync_pages_cr3 < oos.sync_pages_cr3",
      ],
      ...[
        "--assert",
        "oos.sync_skipped_global == 0",
        "--assert",
        "oos+global.instructions == oos.instructions",
      ],
      ...["--assert", "oos+global.cost < 0.95 * oos.cost"],
    );
  });

  it("is in the same state under both policies, and the patch saved exits, syncs and cycles", () => {
    expect(kmap.stderr).toBe("");
    expect(kmap.status).toBe(0);
    const { image: name, equal, firstDifference, runs, assertions } = report(kmap);
    expect({ name, equal, firstDifference }).toEqual({ name: "kmap", equal: true, firstDifference: null });
    expect(assertions.map(({ holds }) => holds)).toEqual([true, true, true, true, true]);
    const [one, other] = runs;
    expect(one.stateHash).toBe(other.stateHash);
    expect(one.instructions).toBe(other.instructions);
    expect(one.exit).toEqual({ reason: "icount", status: 124 });
    expect([one.knobs?.oosGlobal, other.knobs?.oosGlobal]).toEqual([false, true]);
    expect(other.counters?.sync_skipped_global).toBeGreaterThan(0);
    expect(other.rows.sync_pages).toBeLessThan(one.rows.sync_pages);
  });

  it("gives the same counters as a run by itself: threads change nothing", () => {
    const alone = umbra("run", "kmap", "--policy", "oos+global", "--max-icount", LIMIT, "--report", "json");
    const { counters, stateHash, instructions } = JSON.parse(alone.stdout) as ReportRun;
    const other = report(kmap).runs[1];
    expect(other.counters).toEqual(counters);
    expect([other.stateHash, other.instructions]).toEqual([stateHash, instructions]);
  });

  it("is in the same state under every policy and without a hypervisor", () => {
    const all = "write-protect,oos,oos+global,oos+global-fixed,modern,bare";
    const outcome = compare("kmap", "--policy", all, "--max-icount", "300k");
    expect(firstLines(outcome, 1)).toEqual(["guest state equal: yes"]);
    expect(outcome.status).toBe(0);
  });

  it("has its console counted, and shown once on stderr if that is asked for", () => {
    const quiet = compareSmall(HELLO, "--policy", "oos,bare");
    expect(firstLines(quiet, 2)[1]).toMatch(/^1 bytes on the console; ends with debug-exit, status/);
    expect(quiet.stderr).toBe("");
    expect(compareSmall(HELLO, "--policy", "oos,bare", "--console").stderr).toBe("h");
  });

  it("may take choices for all policies but bare", () => {
    const { runs } = report(
      compareSmall(HELLO, "--policy", "oos,bare", "--vendor", "svm", "--report", "json"),
    );
    expect(runs.map(({ mmu, knobs }) => [mmu, knobs?.vendor])).toEqual([
      ["shadow", "svm"],
      ["bare", undefined],
    ]);
    expect(runs[1]).toMatchObject({ counters: null, estimatedCycles: null });
  });

  it("is cut at the same instruction by --max-icount", () => {
    const { runs, equal } = report(
      compareSmall(FOREVER, "--policy", "oos,bare", "--max-icount", "12345", "--report", "json"),
    );
    expect(runs.map(({ instructions }) => instructions)).toEqual([12_345, 12_345]);
    expect(equal).toBe(true);
  });
});

describe("a guest that can tell policies apart: status 4, and the first difference", () => {
  it("b1 ends otherwise where its INVLPG is lost", () => {
    const outcome = compareSmall("b1", "--policy", "oos,oos+global");
    expect(outcome.status).toBe(4);
    expect(firstLines(outcome, 2)).toEqual([
      "guest state equal: NO",
      "first difference: the run ends with: power-off, status 0 under oos, debug-exit, status 1 under oos+global",
    ]);
  });

  it("and is where it should be with the list made sound", () => {
    expect(compareSmall("b1", "--policy", "oos,oos+global-fixed,modern,bare").status).toBe(0);
  });

  it("b1 differs in a register before that, a few instructions after the wrong load", () => {
    const outcome = compareSmall("b1", "--policy", "oos,oos+global", "--max-icount", "40");
    expect(outcome.status).toBe(4);
    expect(firstLines(outcome, 2)[1]).toMatch(
      /^first difference: register eip: 0x0010[0-9a-f]{4} under oos, 0x0010[0-9a-f]{4} under oos\+global$/,
    );
  });

  it("KVM leaves A clear in a directory entry that forbids the access: one byte of one page", () => {
    const outcome = compareSmall(ACCESSED, "--policy", "bare,oos", "--model", "kvm");
    expect(outcome.status).toBe(4);
    expect(firstLines(outcome, 2)[1]).toBe(
      "first difference: page gfn 0x200, byte 0x004: 0x25 under bare, 0x05 under oos",
    );
    // Two runs that agree with each other do not hide that the first one differs.
    expect(compareSmall(ACCESSED, "--policy", "bare,oos,write-protect", "--model", "kvm").status).toBe(4);
    expect(compareSmall(ACCESSED, "--policy", "bare,oos").status).toBe(0);
  });

  it("is told in the document, too; a difference goes before a false assertion", () => {
    const outcome = compareSmall(
      ...["b1", "--policy", "oos,oos+global", "--report", "json", "--assert", "1 > 2"],
    );
    expect(outcome.status).toBe(4);
    expect(report(outcome)).toMatchObject({
      equal: false,
      firstDifference: expect.stringContaining("the run ends with") as string,
      assertions: [{ text: "1 > 2", holds: false }],
    });
  });
});

describe("assertions and prices", () => {
  it("each is printed with both values; one that is false makes the status 5", () => {
    const outcome = compareSmall(
      ...["b1", "--policy", "oos,bare", "--assert", "oos.exits < 1", "--assert", "bare.exits == 0"],
    );
    expect(outcome.status).toBe(5);
    expect(outcome.stdout).toMatch(
      /\nFALSE {2}oos\.exits < 1 {3}\(\d+, 1\)\nholds {2}bare\.exits == 0 {3}\(0, 0\)\n$/,
    );
  });

  it("prices may be changed, for the report and for assertions", () => {
    const free = "handle=0,fault=0,emulate=0,load=0,make=0,zap=0,sync=0,entry=0,look=0,fill=0";
    const outcome = compareSmall(
      ...["b1", "--policy", "oos,bare", "--report", "json", "--cost", free, "--cost", "exit=1000"],
      ...["--assert", "oos.cost == 1000 * oos.exits"],
    );
    expect(outcome.status).toBe(0);
    const [{ estimatedCycles, counters }] = report(outcome).runs;
    expect(estimatedCycles).toBe(1000 * (counters?.exits ?? 0));
  });
});
