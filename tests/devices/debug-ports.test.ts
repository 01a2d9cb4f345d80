/** The three ports that exist for whoever writes a kernel: exit, console, POST. */

import { describe, expect, it } from "vitest";
import { DebugConsole } from "../../src/devices/debug-console.ts";
import { DebugExit } from "../../src/devices/debug-exit.ts";
import { PostPort } from "../../src/devices/post-port.ts";
import { Bus } from "../../src/machine/bus.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ } from "./contract.ts";

function surroundings() {
  const log: string[] = [];
  return { clock: new MachineClock(HZ), log, note: (value: number) => log.push(String(value)) };
}

deviceContract("the debug exit", () => {
  const { clock, log, note } = surroundings();
  return { device: new DebugExit(note), clock, ports: 4, log };
});

deviceContract("the debug console", () => {
  const { clock, log, note } = surroundings();
  return { device: new DebugConsole("debugcon", note), clock, ports: 1, log };
});

deviceContract("the POST port", () => {
  const { clock, log, note } = surroundings();
  return { device: new PostPort(note), clock, ports: 1, log };
});

/** A device on a bus, as a guest sees it. */
function onBus(base: number, count: number, device: DebugExit | DebugConsole) {
  const bus = new Bus(() => {});
  bus.mapPorts(base, count, device);
  return bus;
}

describe("the debug exit", () => {
  it.each([
    [0, 1],
    [1, 3],
    [0x10, 0x21],
    [0x7f, 0xff],
    [0x80, 1],
    [0xffff_ffff, 0xff],
  ])("turns a write of %i into status %i: twice the value plus one, eight bits", (value, status) => {
    const statuses: number[] = [];
    const bus = onBus(0xf4, 4, new DebugExit((s) => statuses.push(s)));
    bus.portWrite(0xf4, 4, value);
    expect(statuses).toEqual([status]);
  });

  it("ends the run once, whatever the width of the write", () => {
    const statuses: number[] = [];
    const bus = onBus(0xf4, 4, new DebugExit((s) => statuses.push(s)));
    bus.portWrite(0xf4, 1, 2);
    bus.portWrite(0xf4, 2, 2);
    bus.portWrite(0xf4, 4, 2);
    expect(statuses).toEqual([5, 5, 5]);
  });

  it("reads 0, and a read does not end the run", () => {
    const bus = onBus(0xf4, 4, new DebugExit(() => expect.unreachable()));
    expect(bus.portRead(0xf4, 4)).toBe(0);
  });
});

describe("the debug console", () => {
  it("hands every byte to the host", () => {
    let out = "";
    const bus = onBus(0xe9, 1, new DebugConsole("debugcon", (byte) => (out += String.fromCharCode(byte))));
    for (const c of "Hi\n") bus.portWrite(0xe9, 1, c.charCodeAt(0));
    expect(out).toBe("Hi\n");
  });

  it("reads 0xe9, wherever it is, so that software can find it", () => {
    expect(onBus(0xe9, 1, new DebugConsole("debugcon", () => {})).portRead(0xe9, 1)).toBe(0xe9);
    expect(onBus(0x402, 1, new DebugConsole("debugcon", () => {})).portRead(0x402, 1)).toBe(0xe9);
  });
});

describe("the POST port", () => {
  it("shows each new code, and remembers the one before", () => {
    const codes: number[] = [];
    const post = new PostPort((code) => codes.push(code));
    for (const code of [0x10, 0x20, 0x20, 0x20, 0x30]) post.portWrite(0, 1, code);
    expect(codes).toEqual([0x10, 0x20, 0x30]);
    expect([post.code, post.previous]).toEqual([0x30, 0x20]);
  });

  it("reads back the last code", () => {
    const post = new PostPort(() => {});
    expect(post.portRead(0, 1)).toBe(0);
    post.portWrite(0, 1, 0xaa);
    expect(post.portRead(0, 1)).toBe(0xaa);
  });
});
