/** `--trace`: everything that happened and why, in a file or on standard output, nothing lost. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { print } from "../support/tiny-kernel.ts";
import { debugExit, folder, image, shell, UMBRA_QUOTED, umbra } from "./command.ts";

const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const lines = (text: string): string[] => text.split("\n").slice(0, -1);
const objects = (text: string): Record<string, unknown>[] => lines(text).map((line) => JSON.parse(line));

const KMAP = ["run", "kmap", "--append", "workload=copy", "--max-icount", "600k"];
/** Reads from a port and a page that nobody answers at. */
const MISTAKES = `in al, 0xe0\nmov eax, [0xfed00000]\n${debugExit(0)}`;

describe("umbra run --trace FILE", () => {
  it(".ndjson: one object for each event, numbered without a gap, as many as the report says", () => {
    const { stdout } = umbra(...KMAP, "--trace", "a.ndjson", "--report", "json");
    const { trace, counters } = JSON.parse(stdout);
    const events = objects(read("a.ndjson"));
    expect(trace).toEqual({ file: "a.ndjson", events: events.length, written: events.length });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    expect(events.filter(({ name }) => name === "kvm_exit")).toHaveLength(counters.exits);
    const times = events.map(({ icount }) => Number(icount));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { reason, why } of events) expect([reason, why]).not.toContain("none");
  });

  it("says where the guest was: EIP of the instruction that exited, not of its block", () => {
    const name = image("where.bin", `mov eax, 1\nmov ebx, 2\ncpuid\nmov ecx, 3\ncpuid\n${debugExit(0)}`);
    umbra("run", name, "--trace", "w.ndjson", "--filter", "reason=exit_cpuid");
    const [first, second] = objects(read("w.ndjson"));
    expect([first.icount, second.icount]).toEqual([2, 4]);
    const entry = Number.parseInt(String(first.eip), 16) - 10;
    expect(Number.parseInt(String(second.eip), 16)).toBe(entry + 10 + 2 + 5);
  });

  it(".txt: one line for each event", () => {
    umbra(...KMAP, "--trace", "a.txt");
    umbra(...KMAP, "--trace", "a.ndjson");
    const text = lines(read("a.txt"));
    expect(text).toHaveLength(lines(read("a.ndjson")).length);
    for (const line of text) expect(line).toMatch(/^ *\d+ [0-9a-f]{8} [a-z_]+.* {2}[a-z0-9_]+: .+$/);
  });

  it(".json: a document for Perfetto with as many slices as exits", () => {
    const { stdout } = umbra(...KMAP, "--trace", "a.json", "--report", "json");
    const { traceEvents } = JSON.parse(read("a.json"));
    const slices = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
    expect(slices).toHaveLength(JSON.parse(stdout).counters.exits);
    const curves = traceEvents.filter(({ ph }: { ph: string }) => ph === "C");
    expect(new Set(curves.map(({ name }: { name: string }) => name))).toEqual(
      new Set(["mmu_unsync", "mmu_unsync_global"]),
    );
  });

  it("-: NDJSON on standard output, the console on standard error", () => {
    const name = image("hello.bin", `${print("hello\n")}\n${debugExit(0)}`);
    const { status, stdout, stderr } = umbra("run", name, "--trace", "-", "--report", "none");
    expect([status, stderr]).toEqual([1, "hello\n"]);
    expect(objects(stdout).filter(({ reason }) => reason === "exit_io")).toHaveLength(7);
  });

  it("guest mistakes are events, with the device, the register and what was wrong", () => {
    umbra("run", image("mistakes.bin", MISTAKES), "--trace", "m.ndjson", "--events", "guest");
    expect(objects(read("m.ndjson")).map(({ name, text, reason }) => [name, text, reason])).toEqual([
      ["guest_error", "bus, port 0x00e0: 1-byte read, nothing answers", "guest_mistake"],
      ["guest_error", "bus, address 0xfed00000: 4-byte read, nothing answers", "guest_mistake"],
    ]);
  });

  it("so they are on a bare machine, where nothing else happens", () => {
    umbra("run", image("mistakes.bin", MISTAKES), "--policy", "bare", "--trace", "bare.txt");
    const text = lines(read("bare.txt"));
    expect(text).toHaveLength(2);
    for (const line of text) expect(line).toContain("guest_error bus, ");
  });

  it("--events and --filter choose; the numbers of the events stay those of the whole run", () => {
    umbra(...KMAP, "--trace", "all.ndjson");
    const { stderr } = umbra(
      ...KMAP,
      "--trace",
      "few.ndjson",
      "--events",
      "mmu",
      "--filter",
      "reason=miss level=1",
    );
    const few = objects(read("few.ndjson"));
    const expected = objects(read("all.ndjson")).filter(
      ({ reason, level }) => reason === "miss" && level === 1,
    );
    expect(expected.length).toBeGreaterThan(3);
    expect(few).toEqual(expected);
    expect(stderr).toMatch(new RegExp(`^trace +${few.length} of [0-9 ]+ events to few\\.ndjson$`, "m"));
  });

  it("a trace and an audit may run together", () => {
    const { stdout } = umbra(...KMAP, "--trace", "both.txt", "--audit=64", "--report", "json");
    const { trace, audit } = JSON.parse(stdout);
    expect(trace.events).toBe(lines(read("both.txt")).length);
    expect(audit.violations).toEqual([]);
  });

  it("tracing changes nothing in the guest", () => {
    const [without, traced] = [[], ["--trace", "t.json"]].map((args) =>
      JSON.parse(umbra(...KMAP, "--report", "json", ...args).stdout),
    );
    expect(traced.stateHash).toBe(without.stateHash);
    expect(traced.counters).toEqual(without.counters);
  });
});

describe("umbra run --trace: mistakes", () => {
  it.each([
    [
      ["--trace", "trace.log"],
      "--trace 'trace.log': the name must end in .ndjson, .json (for Perfetto) or .txt",
    ],
    [["--trace", ""], "--trace '': the name must end in"],
    [["--trace", "missing/t.txt"], "missing/t.txt: the folder it should go to does not exist"],
    [["--trace", "-", "--report", "json"], "--trace - and --report json both want standard output"],
    [["--events", "mmu"], "--events chooses what --trace writes: add --trace FILE"],
    [["--filter", "gfn=1"], "--filter chooses what --trace writes: add --trace FILE"],
    [["--trace", "t.txt", "--events", "mmus"], "--events: no event is called 'mmus'"],
    [["--trace", "t.txt", "--filter", "gfx=1"], "--filter: no event has a field 'gfx'"],
  ])("%j", (args, sentence) => {
    const { status, stdout, stderr } = umbra("run", image("m.bin", "hlt"), ...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr.startsWith(`umbra: ${sentence}`)).toBe(true);
    expect(lines(stderr)).toHaveLength(1);
  });

  it("a folder of that name", () => {
    shell("mkdir -p folder.txt");
    const { status, stderr } = umbra("run", image("m.bin", "hlt"), "--trace", "folder.txt");
    expect([status, stderr]).toEqual([
      2,
      "umbra: folder.txt: it is a folder and cannot be written; name a file.\n",
    ]);
  });

  it("a run that cannot start leaves the file alone", () => {
    writeFileSync(join(folder, "kept.txt"), "precious");
    umbra("run", "missing.elf", "--trace", "kept.txt");
    umbra("run", image("m.bin", "hlt"), "--trace", "kept.txt", "--filter", "gfx=1");
    expect(read("kept.txt")).toBe("precious");
  });

  it.runIf(existsSync("/dev/full"))("a full disk is told in one sentence, at the end or before", () => {
    symlinkSync("/dev/full", join(folder, "full.ndjson"));
    for (const args of [["run", image("m.bin", "hlt")], KMAP]) {
      const { status, stderr } = umbra(...args, "--trace", "full.ndjson");
      expect([status, stderr]).toEqual([1, "umbra: full.ndjson: the disk is full.\n"]);
    }
    const { status, stderr } = umbra(
      "run",
      image("s.bin", "a: jmp a"),
      "--trace",
      "full.ndjson",
      "--timeout",
      "200ms",
    );
    expect([status, stderr]).toEqual([1, "umbra: full.ndjson: the disk is full.\n"]);
  });

  it("a reader that goes away ends the run quietly", () => {
    const { stdout } = shell(
      `${UMBRA_QUOTED} run kmap --trace - --report none 2>err.txt | head -1 | cut -c1-8; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stdout).toBe('{"seq":0\n141\n');
    expect(read("err.txt")).not.toContain("umbra");
  });
});
