/** Two runs: what counts as a difference, and which one is told first. */
import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Finished, FromWorker } from "../../../src/cli/compare/job.ts";
import { differenceOf, findDifference } from "../../../src/cli/compare/runs.ts";
import type { RunPolicyName } from "../../../src/cli/policy-options.ts";
import { bare, finished, oos, oosGlobal, run } from "./recorded.ts";

const registers: Finished["digest"]["registers"] = [
  ["eip", 0xc010_0000],
  ["eax", 5],
];
const SAME = finished(null, { digest: { registers, pages: Int32Array.of(1, 2, 3, 4, 5, 6) } });

function changed(changes: Partial<Finished>): Finished {
  return { ...SAME, ...changes };
}

function withRegister(value: number): Finished["digest"] {
  return { ...SAME.digest, registers: [registers[0], ["eax", value]] };
}

const withPages = (...pages: number[]): Finished["digest"] => ({
  ...SAME.digest,
  pages: Int32Array.from(pages),
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("equal are runs", () => {
  it("of which a guest cannot tell one from the other", () => {
    expect(differenceOf(SAME, changed({}))).toBeNull();
  });

  it("that did different work in the hypervisor, and took different host time", async () => {
    expect(oosGlobal.result.stats?.exits).not.toBe(oos.result.stats?.exits);
    expect(oosGlobal.result.hostSeconds).not.toBe(oos.result.hostSeconds);
    expect(await findDifference([oos, oosGlobal, bare])).toBeNull();
  });
});

describe("different are runs", () => {
  it.each<[string, Partial<Finished>, string]>([
    ["that end for another reason", { reason: "halted" }, "the run ends with"],
    ["that end with another status", { status: 1 }, "the run ends with"],
    ["with another number of instructions", { instructions: 1 }, "instructions"],
    ["with the same instructions, but another time", { icount: 1 }, "guest time in instructions"],
    ["that printed more", { console: new Uint8Array(815).fill(0x2e) }, "console bytes"],
    ["that printed something else", { console: new Uint8Array(814).fill(0x2f) }, "first console byte"],
    ["whose hash says what the digest did not find", { stateHash: "0" }, "hash of registers and memory"],
  ])("%s", (_what, changes, name) => {
    expect(differenceOf(SAME, changed(changes))).toMatchObject({
      kind: "run",
      what: expect.stringContaining(name) as string,
    });
  });

  it("with another value in a register", () => {
    expect(differenceOf(SAME, changed({ digest: withRegister(6) }))).toEqual({
      kind: "register",
      name: "eax",
      values: [5, 6],
    });
  });

  it("with another byte in a page, whichever of the page's two numbers shows it", () => {
    expect(differenceOf(SAME, changed({ digest: withPages(1, 2, 3, 9, 5, 6) }))).toEqual({
      kind: "page",
      frame: 1,
    });
    expect(differenceOf(SAME, changed({ digest: withPages(1, 2, 3, 4, 9, 6) }))).toEqual({
      kind: "page",
      frame: 2,
    });
  });

  it("and what a person notices first is told first: the end, the console, registers, memory", () => {
    const all = { reason: "halted", console: bytes("x"), digest: withRegister(6) } as const;
    const told = (changes: Partial<Finished>) => differenceOf(SAME, changed(changes));
    expect(told(all)).toMatchObject({ what: "the run ends with" });
    expect(told({ ...all, reason: SAME.reason })).toMatchObject({ what: "console bytes" });
    const digest = { ...withRegister(6), pages: Int32Array.of(9, 9, 9, 9, 9, 9) };
    expect(told({ digest })).toMatchObject({ kind: "register" });
  });
});

/** A thread that still has the pages of its machine. */
function threadWith(pages: Record<number, Uint8Array>): Worker {
  const thread = new EventEmitter();
  const postMessage = (frame: number): void => {
    const reply: FromWorker = { kind: "page", bytes: pages[frame] };
    queueMicrotask(() => thread.emit("message", reply));
  };
  return Object.assign(thread, { postMessage }) as unknown as Worker;
}

describe("the sentence about the first difference", () => {
  const told = (name: RunPolicyName, changes: Partial<Finished>) =>
    findDifference([run("write-protect", SAME), run("oos", changed({})), run(name, changed(changes))]);

  it("compares the first policy with the first one that is not like it", async () => {
    expect(await told("oos+global", { instructions: 12 })).toBe(
      "instructions: 62491435 under write-protect, 12 under oos+global",
    );
  });

  it("shows how runs ended", async () => {
    expect(await told("oos+global", { reason: "triple-fault", status: 3 })).toBe(
      "the run ends with: debug-exit, status 0 under write-protect, triple-fault, status 3 under oos+global",
    );
  });

  it("shows console bytes, and where they are", async () => {
    const [one, other] = ["old page", "old pane"].map((text) => changed({ console: bytes(text) }));
    expect(await findDifference([run("oos", one), run("oos+global", other)])).toBe(
      "first console byte that differs: 0x67 at 6 under oos, 0x6e at 6 under oos+global",
    );
  });

  it("shows registers by name, in hexadecimal", async () => {
    expect(await told("modern", { digest: withRegister(0xffff_fffe) })).toBe(
      "register eax: 0x00000005 under write-protect, 0xfffffffe under modern",
    );
  });

  it("shows the first byte of the page that differs, which it asks the threads for", async () => {
    const [left, right] = [new Uint8Array(4096), new Uint8Array(4096)];
    left.set([0x25, 0x10], 0xffc);
    right.set([0x25, 0x30], 0xffc);
    right[0xfff] = 1;
    const other = changed({ digest: withPages(1, 2, 3, 4, 5, 9) });
    const difference = await findDifference([
      run("oos", SAME, threadWith({ 2: left })),
      run("bare", other, threadWith({ 2: right })),
    ]);
    expect(difference).toBe("page gfn 0x2, byte 0xffd: 0x10 under oos, 0x30 under bare");
  });

  it("a thread that dies before it has answered is an error, not a wait without end", async () => {
    const dying = new EventEmitter();
    const postMessage = (): void => queueMicrotask(() => dying.emit("exit", 7));
    const worker = Object.assign(dying, { postMessage }) as unknown as Worker;
    const other = changed({ digest: withPages(1, 2, 3, 4, 5, 9) });
    const asked = findDifference([run("oos", SAME, worker), run("bare", other, worker)]);
    await expect(asked).rejects.toThrow("ended with status 7");
  });
});
