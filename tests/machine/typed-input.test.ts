/** Where typed characters go: to the console that the guest spoke through last, when it is ready for them. */
import { expect, it } from "vitest";
import type { VirtioConsole } from "../../src/devices/virtio/virtio-console.ts";
import { TypedInput } from "../../src/machine/typed-input.ts";
import { NO_VIRTIO } from "../../src/machine/virtio-cards.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const READY = 20_000_000;
const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));

it("a serial port that is not set up yet gets none; after a while one that is used as it is does", () => {
  const { board } = machineFor("k", tinyKernel("jmp $"), "", { ramBytes: 2 << 20 });
  const input = new TypedInput(board);
  input.add(text("ab"));
  expect([input.offer(0), input.waiting]).toEqual([0, 2]);
  expect([input.offer(READY), input.waiting]).toEqual([1, 1]);
  board.bus.portRead(0x3f8, 1);
  expect([input.offer(READY), input.waiting, input.offer(READY)]).toEqual([1, 0, 0]);
});

it("a virtio console gets them from its first word on, and keeps the rest waiting while it is full", () => {
  const taken: number[] = [];
  const console = {
    receive: (bytes: Uint8Array) => {
      taken.push(...bytes.subarray(0, 2));
      return Math.min(bytes.length, 2);
    },
  } as unknown as VirtioConsole;
  const { board } = machineFor("k", tinyKernel("jmp $"), "", { ramBytes: 2 << 20 });
  const input = new TypedInput({ com1: board.com1, spokenVirtioConsole: console });
  input.add(text("xyz"));
  expect([input.offer(0), input.offer(0), input.offer(0)]).toEqual([2, 1, 0]);
  expect(taken).toEqual([...text("xyz")]);
});

it("the board knows who spoke last", () => {
  const heard: number[] = [];
  const { board } = machineFor("k", tinyKernel("jmp $"), "", {
    ramBytes: 2 << 20,
    virtio: { ...NO_VIRTIO, console: true },
    console: (byte) => heard.push(byte),
  });
  expect(board.spokenVirtioConsole).toBeNull();
  const device = board.virtio[0].device as VirtioConsole;
  // Its emergency write register is heard without a driver.
  device.writeConfig(8, 4, 0x68);
  expect(board.spokenVirtioConsole).toBe(device);
  board.bus.portWrite(0x3f8, 1, 0x63);
  board.clock.advance(1_000_000);
  expect([board.spokenVirtioConsole, String.fromCharCode(...heard)]).toEqual([null, "hc"]);
});
