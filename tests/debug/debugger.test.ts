/**
 * A machine under control. The oracle is the machine itself: run one instruction at a time and looked at after each,
 * it says where every stop has to be; left alone, it says what nothing may change.
 */
import { describe, expect, it } from "vitest";
import { Debugger } from "../../src/debug/debugger.ts";
import type { Goal } from "../../src/debug/goal.ts";
import { MonitorError } from "../../src/debug/monitor-error.ts";
import type { Stop } from "../../src/debug/stop.ts";
import { nextAddress } from "../../src/inspect/next-instruction.ts";
import { registerNamed } from "../../src/inspect/registers.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import type { Machine } from "../../src/machine/machine.ts";
import { KVM_INVLPG, KVM_MMU_UNSYNC_PAGE } from "../../src/trace/events.ts";
import { Tap } from "../../src/trace/tap.ts";
import { guestMachine, machineFor } from "../support/guest-machine.ts";
import { DEAF, tinyKernel } from "../support/tiny-kernel.ts";

/** An icount at which kmap has processes, interrupts and tables out of sync. */
const BUSY = 2_430_000;
const WINDOW = 30_000;

const kmap = (): Machine => guestMachine("kmap", { append: "workload=all" });

function toStop(target: Debugger, goal: Goal, piece = 7_919): Stop {
  target.start(goal);
  for (;;) {
    const stop = target.run(piece);
    if (stop !== null) return stop;
  }
}

/** Everything that must be the same, however a run was stopped on its way. */
function stateOf(machine: Machine): unknown {
  return [machine.icount, machine.instructions, stateHash(machine), { ...machine.shadow?.stats }];
}

/** What the undisturbed machine is at the end of the window, and the addresses of all its instructions there. */
const reference = (() => {
  const machine = kmap();
  machine.run(BUSY);
  const addresses: number[] = [];
  const pushed = new Map<number, Set<number>>();
  while (machine.icount < BUSY + WINDOW) {
    addresses.push(nextAddress(machine));
    machine.run(machine.icount + 1);
    const esp = registerOf(machine, "esp");
    const gpa = machine.mmu.probe(esp);
    if (gpa >= 0)
      pushed.set(esp, (pushed.get(esp) ?? new Set()).add(machine.memory.read32(gpa >>> 12, gpa & 0xfff)));
  }
  const busiest = [...pushed].sort((one, other) => other[1].size - one[1].size)[0][0];
  /** The word of a stack that had the most values. */
  return { addresses, stackWord: busiest, state: stateOf(machine) };
})();

function registerOf(machine: Machine, name: string): number {
  return registerNamed(name)?.read(machine) ?? Number.NaN;
}

const straight = (() => {
  const machine = kmap();
  machine.run(BUSY + WINDOW);
  return stateOf(machine);
})();

function atBusy(): Debugger {
  const target = new Debugger(kmap());
  toStop(target, { kind: "until", icount: BUSY }, 1_000_000);
  return target;
}

/** Each stop until the end of the window, as the icount it was at. */
function stopsIn(target: Debugger, goal: Goal): { readonly icount: number; readonly stop: Stop }[] {
  const stops: { icount: number; stop: Stop }[] = [];
  for (;;) {
    target.start(goal);
    let stop: Stop | null = null;
    while (stop === null && target.machine.icount < BUSY + WINDOW) {
      stop = target.run(Math.min(BUSY + WINDOW - target.machine.icount, 997));
    }
    if (stop === null) {
      target.pause();
      return stops;
    }
    stops.push({ icount: target.machine.icount, stop });
    if (target.machine.icount >= BUSY + WINDOW) return stops;
  }
}

describe("the way there", () => {
  it("changes nothing: one instruction at a time ends like one run", () => {
    expect(reference.state).toEqual(straight);
  });
});

describe("breakpoints", () => {
  const counts = new Map<number, number>();
  for (const address of reference.addresses) counts.set(address, (counts.get(address) ?? 0) + 1);
  const chosen = [...counts.keys()].filter((_, i) => i % 97 === 0);

  it("are met as often as the instruction comes up, and leave no trace", () => {
    const target = atBusy();
    for (const address of chosen) target.addBreakpoint(address);
    const stops = stopsIn(target, { kind: "continue" });
    const hits = new Map<number, number>();
    for (const { stop } of stops) {
      if (stop.kind === "breakpoint") hits.set(stop.gva, (hits.get(stop.gva) ?? 0) + 1);
    }
    // A repeated string instruction counts each iteration, and the one where the run began is passed.
    const first = reference.addresses[0];
    for (const address of chosen) {
      const found = hits.get(address) ?? 0;
      const wanted = (counts.get(address) ?? 0) - (address === first ? 1 : 0);
      if (found !== wanted) expect(isRepeated(address), address.toString(16)).toBe(true);
      expect(found).toBeLessThanOrEqual(wanted);
    }
    expect(stops.length).toBeGreaterThan(100);
    target.start({ kind: "continue" });
    for (const { id } of target.breakpoints) target.remove(id);
    if (target.machine.icount < BUSY + WINDOW) target.run(BUSY + WINDOW - target.machine.icount);
    expect(stateOf(target.machine)).toEqual(straight);
  });

  /** Some instruction follows itself. */
  function isRepeated(address: number): boolean {
    return reference.addresses.some((one, i) => one === address && reference.addresses[i + 1] === address);
  }

  it("stand before their instruction, at the exact count", () => {
    const target = atBusy();
    const address = chosen[5];
    target.addBreakpoint(address);
    const expected = reference.addresses.indexOf(address, 1);
    toStop(target, { kind: "continue" });
    expect([target.machine.icount - BUSY, nextAddress(target.machine)]).toEqual([expected, address]);
  });

  it("one at the address where the machine stands is passed, not met for ever", () => {
    const target = atBusy();
    target.addBreakpoint(reference.addresses[0]);
    toStop(target, { kind: "step", count: 1 });
    expect(target.machine.icount).toBe(BUSY + 1);
  });

  it("two at one address are one; a removed one is met no more", () => {
    const target = atBusy();
    const id = target.addBreakpoint(chosen[3]);
    expect(target.addBreakpoint(chosen[3])).toBe(id);
    expect([target.remove(id), target.remove(id)]).toEqual([true, false]);
    expect(stopsIn(target, { kind: "continue" })).toEqual([]);
  });
});

describe("events", () => {
  it("stop the machine after the instruction that caused them, and leave no trace", () => {
    const seen: number[] = [];
    const machine = kmap();
    const { icount } = machine;
    machine.attachTap(
      new Tap({ write: (head, at) => void ((head & 0xffff) === KVM_MMU_UNSYNC_PAGE && seen.push(at)) }),
    );
    machine.run(BUSY + WINDOW);
    const expected = [
      ...new Set(seen.filter((at) => at >= BUSY && at < BUSY + WINDOW - 1).map((at) => at + 1)),
    ];
    expect(icount).toBe(0);

    const target = atBusy();
    const stops = stopsIn(target, { kind: "event", filter: "name=kvm_mmu_unsync_page" });
    expect(stops.map(({ icount: at }) => at)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(3);
    if (target.machine.icount < BUSY + WINDOW) toStop(target, { kind: "until", icount: BUSY + WINDOW });
    expect(stateOf(target.machine)).toEqual(straight);
  });

  it("a filter that is no filter is refused before anything runs", () => {
    const target = atBusy();
    expect(() => target.start({ kind: "event", filter: "gfn=xyz" })).toThrow(MonitorError);
    expect(target.machine.icount).toBe(BUSY);
  });
});

describe("watchpoints", () => {
  /** The instruction counts after which a value is another than before. */
  function changes(read: (machine: Machine) => unknown): number[] {
    const machine = kmap();
    machine.run(BUSY);
    const found: number[] = [];
    for (let before = read(machine); machine.icount < BUSY + WINDOW; ) {
      machine.run(machine.icount + 1);
      const now = read(machine);
      if (now !== before) found.push(machine.icount);
      before = now;
    }
    return found;
  }

  it("on a register stop after each instruction that changes it", () => {
    const expected = changes((machine) => registerOf(machine, "cr3"));
    expect(expected.length).toBeGreaterThan(2);
    const target = atBusy();
    target.addWatch({ kind: "register", name: "CR3" });
    expect(stopsIn(target, { kind: "continue" }).map(({ icount }) => icount)).toEqual(expected);
  });

  it("on memory stop after each store to it, also when the value stays", () => {
    const gva = reference.stackWord;
    const expected = changes((machine) => {
      const gpa = machine.mmu.probe(gva);
      return gpa < 0 ? null : machine.memory.read32(gpa >>> 12, gpa & 0xfff);
    });
    expect(expected.length).toBeGreaterThan(10);
    const target = atBusy();
    target.addWatch({ kind: "gva", gva, bytes: 4 });
    const stops = stopsIn(target, { kind: "continue" });
    for (const at of expected) expect(stops.map(({ icount }) => icount)).toContain(at);
    target.start({ kind: "continue" });
    for (const { id } of target.watches) target.remove(id);
    if (target.machine.icount < BUSY + WINDOW) target.run(BUSY + WINDOW - target.machine.icount);
    expect(stateOf(target.machine)).toEqual(straight);
  });

  it("on a frame stop for every store, whatever address it is made at", () => {
    const probe = kmap();
    probe.run(BUSY);
    const gfn = probe.mmu.probe(reference.stackWord) >>> 12;
    const expected = changes((machine) => {
      const hpa = machine.memory.hpa(gfn * 4096);
      return Buffer.from(machine.linear.u8.subarray(hpa, hpa + 4096)).toString("latin1");
    });
    expect(expected.length).toBeGreaterThan(10);
    const target = atBusy();
    target.addWatch({ kind: "gfn", gfn });
    const stops = new Set(stopsIn(target, { kind: "continue" }).map(({ icount }) => icount));
    expect(expected.filter((at) => !stops.has(at))).toEqual([]);
  });

  it("on a linear address stop when it leads elsewhere", () => {
    // Slots of kmap are mapped and unmapped all the time; INVLPG follows.
    const target = new Debugger(kmap());
    toStop(target, { kind: "event", filter: "name=kvm_invlpg" }, 1_000_000);
    const gva = (target.events().findLast(({ event }) => event === KVM_INVLPG)?.fields[0] ?? 0) >>> 0;
    const before = target.machine.mmu.probe(gva);
    target.addWatch({ kind: "gva", gva, bytes: 4 });
    const stop = toStop(target, { kind: "continue" }, 1_000_000);
    expect(stop.kind === "watch" ? stop.change : stop).toMatch(/leads elsewhere/);
    expect(target.machine.mmu.probe(gva)).not.toBe(before);
  });

  it("on a shadow page stop after an event about it", () => {
    const target = atBusy();
    toStop(target, { kind: "event", filter: "name=kvm_mmu_unsync_page" });
    const sp = target.events().findLast(({ event }) => event === KVM_MMU_UNSYNC_PAGE)?.fields[0] ?? 0;
    const id = target.addWatch({ kind: "sp", sp });
    expect(toStop(target, { kind: "continue" })).toMatchObject({ kind: "watch", id });
    const { icount } = target.machine;
    const last = target.events().filter((record) => record.icount === icount - 1);
    expect(last.some(({ fields }) => fields.includes(sp))).toBe(true);
  });

  it("on what does not exist are refused in a sentence", () => {
    const target = new Debugger(guestMachine("b1", { ramBytes: 4 << 20, mmu: "bare" }));
    expect(() => target.addWatch({ kind: "register", name: "rax" })).toThrow(/no register is called 'rax'/);
    expect(() => target.addWatch({ kind: "gfn", gfn: 0x4000 })).toThrow(/no memory is at gfn 4000/);
    expect(() => target.addWatch({ kind: "sp", sp: 1 })).toThrow(/no shadow MMU/);
  });
});

describe("stepping", () => {
  const tiny = (text: string): Debugger => new Debugger(machineFor("tiny", tinyKernel(text)));
  const at = (target: Debugger): number => nextAddress(target.machine);

  it("next runs a call whole, with the calls in it; step goes in", () => {
    const program = "mov esp, 0x90000\ncall one\nnop\nhlt\none: call two\nret\ntwo: ret";
    const over = tiny(program);
    toStop(over, { kind: "step", count: 1 });
    const call = at(over);
    expect(toStop(over, { kind: "next" })).toMatchObject({ kind: "done" });
    expect(at(over)).toBe(call + 5);
    const into = tiny(program);
    toStop(into, { kind: "step", count: 2 });
    expect(at(into)).toBeGreaterThan(call + 5);
  });

  it("next over a recursive call waits for its own return, not an inner one", () => {
    const target = tiny(
      "mov esp, 0x90000\nmov ecx, 5\ncall down\nhlt\ndown: dec ecx\njz out\ncall down\ninner: nop\nout: ret",
    );
    // In the outermost call, before the recursive one.
    toStop(target, { kind: "step", count: 5 });
    const call = at(target);
    toStop(target, { kind: "next" });
    expect(at(target)).toBe(call + 5);
    const ecx = registerOf(target.machine, "ecx");
    expect(ecx).toBe(0);
  });

  it("finish runs to after the return of the procedure it is in", () => {
    const target = tiny("mov esp, 0x90000\ncall one\nback: hlt\none: nop\ncall two\nnop\nret\ntwo: ret");
    toStop(target, { kind: "step", count: 1 });
    const back = at(target) + 5;
    toStop(target, { kind: "step", count: 2 });
    expect(toStop(target, { kind: "finish" })).toMatchObject({ kind: "done", goal: "returned" });
    expect(at(target)).toBe(back);
  });

  it("a breakpoint inside a call that is stepped over ends that", () => {
    const target = tiny("mov esp, 0x90000\ncall one\nhlt\none: nop\nret");
    toStop(target, { kind: "step", count: 1 });
    const id = target.addBreakpoint(at(target) + 6);
    expect(toStop(target, { kind: "next" })).toMatchObject({ kind: "breakpoint", id });
  });

  it("next over a repeated string instruction runs all of it", () => {
    const target = tiny("mov edi, 0x80000\nmov ecx, 100\ncld\nrep stosb\nhlt");
    toStop(target, { kind: "step", count: 3 });
    const start = at(target);
    toStop(target, { kind: "next" }, 10);
    expect([at(target), target.machine.icount]).toEqual([start + 2, 103]);
  });

  it("a breakpoint at a repeated string instruction is met once for all its iterations", () => {
    const target = tiny("mov edi, 0x80000\nmov ecx, 100\ncld\nrep stosb\nhlt");
    toStop(target, { kind: "step", count: 3 });
    const start = at(target);
    const fresh = tiny("mov edi, 0x80000\nmov ecx, 100\ncld\nrep stosb\nhlt");
    fresh.addBreakpoint(start);
    expect(toStop(fresh, { kind: "continue" }, 10)).toMatchObject({ kind: "breakpoint", gva: start });
    expect(toStop(fresh, { kind: "continue" }, 10)).toMatchObject({ kind: "ended", reason: "halted" });
  });
});

describe("the end", () => {
  it("a halt that nothing can end, a debug exit and a triple fault end the run, in words", () => {
    const end = (text: string): Stop =>
      toStop(new Debugger(machineFor("tiny", tinyKernel(text))), { kind: "continue" });
    expect(end("cli\nhlt")).toMatchObject({ kind: "ended", reason: "halted" });
    expect(end("mov al, 0x10\nout 0xf4, al\nhlt")).toMatchObject({
      reason: "debug-exit",
      detail: "the guest ended itself with status 33",
      status: 33,
      failed: false,
    });
    expect(end("ud2")).toMatchObject({ reason: "triple-fault" });
  });

  it("a status that means success is 0, as for whoever called the command; another is a failure", () => {
    const end = (raw: number): Stop => {
      const target = new Debugger(machineFor("tiny", tinyKernel(`mov al, ${raw}\nout 0xf4, al\nhlt`)));
      target.success = 1;
      return toStop(target, { kind: "continue" });
    };
    expect(end(0)).toMatchObject({
      status: 0,
      failed: false,
      detail: "the guest ended itself with status 0 (debug-exit 1 means success)",
    });
    expect(end(1)).toMatchObject({
      status: 3,
      failed: true,
      detail: "the guest ended itself with status 3 (debug-exit 1 would mean success)",
    });
  });

  it("--max-icount ends the machine, whatever it runs for, and exactly there", () => {
    const target = new Debugger(machineFor("tiny", tinyKernel("again: jmp again")));
    target.endAt = 1_000;
    expect(toStop(target, { kind: "until", icount: 400 }, 300)).toMatchObject({ kind: "done" });
    expect(toStop(target, { kind: "step", count: 600 }, 7)).toMatchObject({ kind: "done" });
    expect(toStop(target, { kind: "continue" }, 300)).toMatchObject({ kind: "ended", reason: "icount" });
    expect(target.machine.icount).toBe(1_000);
    expect(() => target.start({ kind: "continue" })).toThrow(
      /has ended: the icount that --max-icount allows/,
    );
  });

  it("--max-icount ends a guest that is looked at after each instruction, too", () => {
    const target = new Debugger(machineFor("tiny", tinyKernel("cli\nagain: jmp again")));
    target.endAt = 50;
    target.addWatch({ kind: "register", name: "eax" });
    expect(toStop(target, { kind: "continue" }, 1_000)).toMatchObject({ kind: "ended", reason: "icount" });
    expect(target.machine.icount).toBe(50);
  });

  it("a machine that has ended, or that runs, does not start", () => {
    const target = new Debugger(machineFor("tiny", tinyKernel("cli\nhlt")));
    toStop(target, { kind: "continue" });
    expect(() => target.start({ kind: "continue" })).toThrow(/the machine has ended: the guest halted/);
    const busy = atBusy();
    busy.start({ kind: "continue" });
    expect(() => busy.start({ kind: "continue" })).toThrow(/is running/);
    expect(busy.pause()).toEqual({ kind: "paused" });
    expect(() => busy.start({ kind: "until", icount: 5 })).toThrow(/does not run backwards/);
  });

  it("a guest that may still be typed to has not ended by waiting", () => {
    const target = new Debugger(machineFor("tiny", tinyKernel(`${DEAF}sti\nhlt`)), null, true);
    target.start({ kind: "continue" });
    expect([target.run(1000), target.idle, target.running]).toEqual([null, true, true]);
  });
});
