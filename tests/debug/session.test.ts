/** The machine's half of the dashboard: what it answers, and what it tells unasked. */
import { describe, expect, it } from "vitest";
import { Debugger } from "../../src/debug/debugger.ts";
import type { FromMachine } from "../../src/debug/protocol.ts";
import { Session } from "../../src/debug/session.ts";
import { guestMachine, machineFor } from "../support/guest-machine.ts";
import { DEAF, tinyKernel } from "../support/tiny-kernel.ts";

/** Echoes what comes in at COM1, asking its line status again and again. */
const ECHO = `
  mov dx, 0x3fc
  mov al, 3
  out dx, al
again:
  mov dx, 0x3fd
  in al, dx
  test al, 1
  jz again
  mov dx, 0x3f8
  in al, dx
  out dx, al
  jmp again`;

class Bench {
  readonly said: FromMachine[] = [];
  readonly session: Session;
  console = "";

  constructor(guest: string) {
    const console = (byte: number): void => {
      this.console += String.fromCharCode(byte);
    };
    const machine =
      guest === "kmap"
        ? guestMachine("kmap", { append: "workload=all", console })
        : machineFor("tiny", tinyKernel(guest), "", { console });
    this.session = new Session(new Debugger(machine, null, true), (message) => this.said.push(message));
  }

  kinds(): string[] {
    return this.said.splice(0).map(({ kind }) => kind);
  }

  command(text: string): FromMachine | undefined {
    this.session.handle({ kind: "command", id: 7, text });
    return this.said.find((message) => message.kind === "answer");
  }
}

describe("questions", () => {
  it("are answered with the id they came with", () => {
    const bench = new Bench("kmap");
    bench.session.handle({ kind: "snapshot", id: 3, wish: { oos: true } });
    const [answer] = bench.said.filter(({ kind }) => kind === "snapshot");
    expect(answer).toMatchObject({ id: 3, snapshot: { status: { icount: 0 }, oos: { global: [] } } });
    expect(bench.command("info registers")).toMatchObject({ id: 7, failed: false });
  });

  it("that are wrong get a sentence", () => {
    const answer = new Bench("kmap").command("frobnicate");
    expect(answer).toMatchObject({ failed: true });
    expect(answer?.kind === "answer" ? answer.lines[0] : "").toMatch(/frobnicate.*\.$/);
  });

  it("only cost what was asked for", () => {
    const bench = new Bench("kmap");
    bench.session.handle({ kind: "snapshot", id: 1, wish: {} });
    const answer = bench.said.find(({ kind }) => kind === "snapshot");
    expect(answer).toMatchObject({ snapshot: { cpu: null, devices: null, shadow: null, oos: null } });
  });
});

describe("running", () => {
  it("is said when it begins and when it ends, with the reason", () => {
    const bench = new Bench("kmap");
    bench.command("step 5");
    expect(bench.kinds()).toEqual(["running", "answer"]);
    expect(bench.session.busy).toBe(true);
    bench.session.advance(1_000);
    expect(bench.said.filter(({ kind }) => kind === "stopped")).toEqual([
      { kind: "stopped", stop: { kind: "done", goal: "stepped 5 instructions" } },
    ]);
    expect(bench.session.busy).toBe(false);
  });

  it("goes on for as long as asked, exactly", () => {
    const bench = new Bench("kmap");
    bench.session.go();
    bench.session.advance(12_345);
    expect(bench.session.target.machine.icount).toBe(12_345);
    bench.command("stop");
    expect(bench.kinds()).toContain("stopped");
  });

  it("may be told where to end from the start", () => {
    const bench = new Bench("kmap");
    bench.session.go(1_000);
    bench.session.advance(5_000);
    expect(bench.session.target.machine.icount).toBe(1_000);
  });

  it("pauses by itself while the guest waits for nothing but keys", () => {
    const bench = new Bench(`${DEAF}sti\nhlt`);
    bench.session.go();
    bench.session.advance(1_000);
    expect([bench.session.busy, bench.session.target.running]).toEqual([false, true]);
    bench.session.handle({ kind: "input", bytes: Uint8Array.of(0x41) });
    expect(bench.session.busy).toBe(true);
  });
});

describe("typing", () => {
  it("reaches the guest when it is ready, all of it and in order", () => {
    const bench = new Bench(ECHO);
    const text = "the quick brown fox jumps over the lazy dog";
    bench.session.handle({ kind: "input", bytes: Buffer.from(text) });
    bench.session.go();
    bench.session.advance(2_000_000);
    expect(bench.console).toBe(text);
  });
});

describe("a guest that sleeps and does not listen", () => {
  it("is left alone with what was typed: nobody waits for it for ever", () => {
    const bench = new Bench(`${DEAF}sti\nhlt`);
    bench.session.go();
    bench.session.advance(1_000);
    bench.session.handle({ kind: "input", bytes: Uint8Array.of(0x41) });
    bench.session.advance(1_000);
    expect([bench.session.busy, bench.session.target.running]).toEqual([false, true]);
  });
});

describe("what events say in words", () => {
  it("comes once, before the snapshot that may need it", () => {
    const bench = new Bench("mov dx, 0x1234\nin al, dx\ncli\nhlt");
    bench.session.go();
    bench.session.advance(100);
    const texts = bench.said.filter((message) => message.kind === "texts");
    expect(texts.flatMap((message) => message.texts).join()).toMatch(/1234/);
    bench.session.handle({ kind: "snapshot", id: 1, wish: {} });
    expect(bench.said.filter(({ kind }) => kind === "texts").length).toBe(texts.length);
  });
});
