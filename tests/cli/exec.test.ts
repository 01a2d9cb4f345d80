/** `umbra exec`: run to a point, carry out commands, end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { folder, image, SPIN, umbra, umbraDuring } from "./command.ts";

describe("umbra exec", () => {
  it("answers at exactly the instruction asked for, the same every time", () => {
    const ask = (...options: string[]) =>
      umbra("exec", "kmap", "--until", "300000", "info registers", ...options);
    const { status, stdout } = ask();
    expect(status).toBe(0);
    expect(stdout).toContain("cr3=");
    expect(ask("--policy", "modern").stdout).toBe(stdout);
    expect(ask("--mmu", "bare").stdout).toBe(stdout);
    expect(umbra("exec", "kmap", "--until", "300001", "info registers").stdout).not.toBe(stdout);
  });

  it("answers several questions, each under its own words; one stands alone", () => {
    const { stdout } = umbra("exec", "b1", "info policy", "info oos", "audit");
    expect(stdout).toMatch(/^\(info policy\)\noos\+global\n[\s\S]*\(audit\)\nall invariants hold\n$/);
    // It listens from the start, so it knows since when a table is out of sync.
    expect(stdout).toMatch(/ \d+ {2,}[\d.]+ [nu]s {2,}[0-9a-f]{8} {2}CR4\/CR0 write/);
  });

  it("keeps stdout for answers: the guest's console is on stderr", () => {
    const { stdout, stderr } = umbra("exec", "b1", "audit");
    expect(stdout).toBe("all invariants hold\n");
    expect(stderr).toContain("b1: old page");
  });

  it("says so if the guest ended before", () => {
    const { status, stderr } = umbra("exec", "b1", "--until", "1M", "audit");
    expect(status).toBe(0);
    expect(stderr).toMatch(/umbra: the guest ended at instruction \d+, before --until 1M\.\n$/);
    expect(umbra("exec", "b1", "--until", "reason=zap_all", "audit").stderr).toMatch(
      /before --until reason=zap_all\.\n$/,
    );
  });
});

describe("screendump", () => {
  it("writes what the display shows as a PNG", () => {
    const name = image("letter.bin", "mov word [0xb8000], 0x04db\njmp $");
    const { status, stdout } = umbra("exec", name, "--until", "1000", "screendump screen.png");
    expect([status, stdout]).toEqual([0, "screen.png: 720 x 400 dots\n"]);
    const { width, height, data } = PNG.sync.read(readFileSync(join(folder, "screen.png")));
    const dot = (x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
    expect([width, height, dot(0, 5), dot(8, 5), dot(9, 5)]).toEqual([
      720,
      400,
      [0xaa, 0, 0],
      [0xaa, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("a file that cannot be written is said in one sentence", () => {
    const { status, stderr } = umbra("exec", "kmap", "screendump no/such/folder.png");
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("no/such/folder.png: the folder it should go to does not exist."),
    ]);
  });
});

describe("to an event", () => {
  it("begins right after the instruction that caused it, and says which event that was", () => {
    const { status, stdout, stderr } = umbra(
      "exec",
      "b1",
      "--until",
      "mmu_unsync_page",
      "info oos",
      "info events 1000",
    );
    expect(status).toBe(0);
    const [, icount, seq] =
      /umbra: stopped at instruction (\d+) by event (\d+): unsync_page sp=/.exec(stderr) ?? [];
    expect(stdout).toContain("global, synced by writes to CR4 and CR0: 1\n");
    const at = new RegExp(`^ +${seq} +(\\d+) {2}unsync_page`, "m").exec(stdout);
    expect(Number(icount) - Number(at?.[1])).toBe(1);
  });
});

describe("commands that run the machine", () => {
  it("run to their end, and print why they stopped; what follows sees the machine there", () => {
    const { status, stdout } = umbra(
      "exec",
      "b1",
      "--until",
      "10",
      "step 5",
      "x/1i $eip",
      "until mmu_sync_skip",
      "cont",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^\(step 5\)\n[^\n]+\n\(x\/1i \$eip\)\n> [^\n]+\n\(until mmu_sync_skip\)\nevent \d+: sync_skip [^\n]+\n\(cont\)\n[^\n]+\n$/,
    );
  });

  it("stop at breakpoints that were set before", () => {
    const { stdout } = umbra("exec", "kmap", "--until", "300000", "break $eip", "cont", "x/i $eip");
    const [, where] = /breakpoint 1 at (\w{8})\n\(cont\)\nbreakpoint 1 at (\w{8})\n/.exec(stdout) ?? [];
    expect(where).toBeDefined();
    expect(stdout).toContain(`> ${where}  `);
  });

  it("a machine that has ended cannot be started again: one sentence, status 2", () => {
    const { status, stderr } = umbra("exec", "b1", "step");
    expect(status).toBe(2);
    expect(stderr).toMatch(/umbra: the machine has ended: .*\.\n$/);
  });
});

describe("what screens show", () => {
  it("is chosen by the filter before them", () => {
    const ask = (...commands: string[]) => umbra("exec", "b1", ...commands, "screen 4").stdout;
    const all = ask("audit");
    expect(all).toMatch(/ exit [a-z]/);
    const few = ask("filter name=unsync_page");
    expect(few).toContain("filter name=unsync_page");
    expect(few).toContain(" unsync_page ");
    expect(few).not.toMatch(/ exit [a-z]/);
    const shown = (text: string) => text.slice(text.indexOf("┌ 4 timeline"));
    expect(shown(ask("filter unsync", "filter"))).toBe(shown(all));
  });

  it("a filter that means nothing is refused before anything runs", () => {
    const { status, stdout, stderr } = umbra("exec", "b1", "audit", "filter reason=soon");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^umbra: 'filter reason=soon': no reason of an event is 'soon'\. There are [^\n]*\.\n$/,
    );
  });

  it("translate takes an address as the screens write it, and the guest's own privilege", () => {
    const at = (...commands: string[]) => umbra("exec", "kmap", "--until", "20M", ...commands).stdout;
    expect(at("translate 08048241")).toBe(at("translate 0x08048241 read user"));
    expect(at("translate 08048241")).toMatch(/^gva 08048241, user read\n/);
  });
});

describe("limits", () => {
  const spin = image("spin-exec.bin", SPIN);

  it("--max-icount ends the run; without --until that is where the questions are asked", () => {
    const { status, stdout } = umbra("exec", spin, "--max-icount", "5000", "info mmu");
    expect(status).toBe(0);
    expect(stdout).toContain("paging     off\n");
  });

  it("before --until it is 124, and so is a command that it cuts short", () => {
    const before = umbra("exec", spin, "--max-icount", "5000", "--until", "6000", "info mmu");
    expect(before.status).toBe(124);
    expect(before.stdout).toContain("paging     off\n");
    expect(before.stderr).toContain(
      "umbra: --max-icount ended the run at instruction 5000, before --until 6000.\n",
    );
    const within = umbra("exec", spin, "--max-icount", "5000", "--until", "4000", "step 10", "cont");
    expect(within.status).toBe(124);
    expect(within.stdout).toMatch(/\(cont\)\n--max-icount ended the run at instruction 5000\n$/);
  });

  it("--timeout does the same", () => {
    const { status, stdout } = umbra(
      "exec",
      spin,
      "--until",
      "100",
      "--timeout",
      "300ms",
      "cont",
      "info mmu",
    );
    expect(status).toBe(124);
    expect(stdout).toMatch(/\(cont\)\n--timeout ended the run at instruction \d+\n\(info mmu\)\npaging/);
  });

  it("Ctrl-C ends everything: what was answered stays, the rest is not asked", async () => {
    const { status, stdout } = await umbraDuring(
      ["exec", spin, "--until", "100", "info policy", "cont", "info mmu"],
      (child) => child.kill("SIGINT"),
    );
    expect(status).toBe(130);
    expect(stdout).toMatch(/^\(info policy\)\noos\+global\n/);
    expect(stdout).not.toContain("paging");
  });
});

describe("what cannot be carried out", () => {
  it.each([
    [["b1", "info everything"], "umbra: 'everything' is no thing to ask about; there are registers,"],
    [["b1", "audit", "x/8xw"], "umbra: an address is missing: give one such as 0xc0101000 or $esp+8."],
    [
      ["b1", "--mmu", "bare", "info policy", "info oos"],
      "umbra: 'info oos': there is no shadow MMU: the machine is bare.",
    ],
    [["b1", "--until", "gfm=10c", "audit"], "umbra: --until: no event has a field 'gfm'."],
    [["b1", "--until", "0", "audit"], "umbra: --until: '0' is no icount; give a positive whole number"],
    [["nope", "audit"], "umbra: nope: there is no such file, nor a built-in guest of that name"],
    [["b1"], "missing required argument 'command'"],
  ])("%j fails before anything runs: status 2 and a sentence", (args, sentence) => {
    const { status, stdout, stderr } = umbra("exec", ...args);
    expect(stderr).toContain(sentence);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).not.toContain("b1:");
  });

  it("what only the machine's state forbids fails when its turn comes", () => {
    const { status, stdout, stderr } = umbra("exec", "b1", "audit", "info shadow 7f");
    expect(status).toBe(2);
    expect(stdout).toBe("(audit)\nall invariants hold\n");
    expect(stderr).toContain("umbra: there is no shadow page 7f now; `info shadow` lists them.");
  });
});
