import { describe, expect, it } from "vitest";
import type { DmaMemory } from "../../src/devices/device.ts";
import { Dma8237 } from "../../src/devices/dma8237.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ } from "./contract.ts";

const [COMMAND, REQUEST, MASK_SINGLE, MODE, CLEAR_FF, MASTER_CLEAR, CLEAR_MASK, MASK_ALL] = [
  8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf,
];
const [STATUS, TEMPORARY] = [COMMAND, MASTER_CLEAR];

const SINGLE = 0x40;
const BLOCK = 0x80;
const CASCADE = 0xc0;
const DECREMENT = 0x20;
const AUTOINIT = 0x10;
const VERIFY = 0x00;
const TO_MEMORY = 0x04;
const FROM_MEMORY = 0x08;

const PAGE = 0x4_0000;

/** A little guest memory around the page that channel 2 is in. */
class Memory implements DmaMemory {
  readonly bytes = new Uint8Array(0x8_0000);

  read(gpa: number, into: Uint8Array): void {
    into.set(this.bytes.subarray(gpa, gpa + into.length));
  }

  write(gpa: number, from: Uint8Array): void {
    this.bytes.set(from, gpa);
  }
}

function rig(unit: 1 | 2 = 1) {
  const memory = new Memory();
  const errors: string[] = [];
  const bus = { given: true };
  const dma = new Dma8237("dma1", {
    memory,
    unit,
    page: () => PAGE,
    hasBus: () => bus.given,
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  const write = (offset: number, ...bytes: number[]) => {
    for (const byte of bytes) dma.portWrite(offset, 1, byte);
  };
  const read = (offset: number) => dma.portRead(offset, 1);
  const word = (offset: number) => {
    write(CLEAR_FF, 0);
    return read(offset) | (read(offset) << 8);
  };
  /** Programs a channel as a driver does, and opens it. `count` is the number of transfers. */
  const program = (channel: number, mode: number, address: number, count: number) => {
    write(MASK_SINGLE, 4 | channel);
    write(MODE, mode | channel);
    write(CLEAR_FF, 0);
    write(channel * 2, address & 0xff, address >> 8);
    write(channel * 2 + 1, (count - 1) & 0xff, (count - 1) >> 8);
    write(MASK_SINGLE, channel);
  };
  const toMemory = (channel: number, ...bytes: number[]) => dma.move(channel, Uint8Array.from(bytes), true);
  const fromMemory = (channel: number, count: number) => {
    const into = new Uint8Array(count);
    const move = dma.move(channel, into, false);
    return { ...move, bytes: Array.from(into) };
  };
  const at = (offset: number, count: number) =>
    Array.from(memory.bytes.subarray(PAGE + offset, PAGE + offset + count));
  return { memory, errors, bus, dma, write, read, word, program, toMemory, fromMemory, at };
}

deviceContract("the 8237A", () => {
  const { dma } = rig();
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  return {
    device: dma,
    clock,
    ports: 16,
    log,
    stimulate: (random) => {
      const bytes = Uint8Array.from({ length: random.below(20) }, () => random.byte());
      log.push(JSON.stringify(dma.move(random.below(4), bytes, random.oneIn(2))));
    },
  };
});

describe("registers", () => {
  it("after a reset all channels are masked, and nothing else is set", () => {
    const { read, dma } = rig();
    expect([read(MASK_ALL), read(STATUS), read(TEMPORARY)]).toEqual([0x0f, 0, 0]);
    expect(dma.save().COMMAND).toBe(0);
  });

  it("words pass in two bytes, low first, by one byte pointer for all of them", () => {
    const { write, read, word } = rig();
    write(CLEAR_FF, 0);
    write(0, 0x34, 0x12);
    write(3, 0x78, 0x56);
    expect([word(0), word(3)]).toEqual([0x1234, 0x5678]);
    write(CLEAR_FF, 0);
    expect([read(0), read(3), read(0)]).toEqual([0x34, 0x56, 0x34]);
  });

  it.each<[string, number[][], number]>([
    [
      "single mask bits are set and cleared",
      [
        [CLEAR_MASK, 0],
        [MASK_SINGLE, 6],
        [MASK_SINGLE, 5],
        [MASK_SINGLE, 2],
      ],
      0b0010,
    ],
    ["clear mask opens all", [[CLEAR_MASK, 0]], 0],
    ["all mask bits are written at once", [[MASK_ALL, 0b1010]], 0b1010],
    ["the upper bits of MASK do not exist", [[MASK_ALL, 0xf0]], 0],
    [
      "master clear masks all",
      [
        [CLEAR_MASK, 0],
        [MASTER_CLEAR, 0],
      ],
      0x0f,
    ],
  ])("%s", (_, writes, mask) => {
    const { write, read } = rig();
    for (const [offset, byte] of writes) write(offset, byte);
    expect(read(MASK_ALL)).toBe(mask);
  });

  it("master clear leaves addresses, counts and modes, and resets the byte pointer", () => {
    const { write, word, program, dma } = rig();
    program(2, SINGLE | TO_MEMORY, 0x1234, 0x100);
    write(CLEAR_FF, 0);
    write(4, 0x34);
    write(MASTER_CLEAR, 0);
    expect(dma.save().highByte).toBe(false);
    expect([word(4), word(5), dma.save().channels[2].mode]).toEqual([0x1234, 0xff, SINGLE | TO_MEMORY]);
  });

  it.each([REQUEST, MASK_SINGLE, MODE, CLEAR_FF, CLEAR_MASK])("register %i cannot be read", (offset) => {
    const { read, errors } = rig();
    expect(read(offset)).toBe(0xff);
    expect(errors).toHaveLength(1);
  });
});

describe("a transfer", () => {
  it("to memory fills rising addresses and ends with the count", () => {
    const { program, toMemory, at, word, read } = rig();
    program(2, SINGLE | TO_MEMORY, 0x100, 4);
    expect(toMemory(2, 1, 2)).toEqual({ moved: 2, terminalCount: false });
    expect([word(4), word(5)]).toEqual([0x102, 1]);
    expect(toMemory(2, 3, 4, 5, 6)).toEqual({ moved: 2, terminalCount: true });
    expect(at(0xff, 6)).toEqual([0, 1, 2, 3, 4, 0]);
    expect([word(4), word(5)]).toEqual([0x104, 0xffff]);
    expect(read(MASK_ALL) & 4).toBe(4);
  });

  it("from memory reads it", () => {
    const { memory, program, fromMemory } = rig();
    memory.bytes.set([9, 8, 7], PAGE + 0x20);
    program(1, SINGLE | FROM_MEMORY, 0x20, 3);
    expect(fromMemory(1, 3)).toEqual({ moved: 3, terminalCount: true, bytes: [9, 8, 7] });
  });

  it("may go down", () => {
    const { program, toMemory, at, word } = rig();
    program(3, SINGLE | TO_MEMORY | DECREMENT, 0x102, 3);
    expect(toMemory(3, 1, 2, 3)).toEqual({ moved: 3, terminalCount: true });
    expect(at(0x100, 3)).toEqual([3, 2, 1]);
    expect(word(6)).toBe(0xff);
  });

  it("wraps inside its page: the page register is no counter", () => {
    const { program, toMemory, at, memory } = rig();
    program(2, SINGLE | TO_MEMORY, 0xfffe, 4);
    toMemory(2, 1, 2, 3, 4);
    expect([at(0xfffe, 2), at(0, 2)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(memory.bytes[PAGE + 0x1_0000]).toBe(0);
    program(2, SINGLE | TO_MEMORY | DECREMENT, 0, 2);
    toMemory(2, 5, 6);
    expect([at(0, 1), at(0xffff, 1)]).toEqual([[5], [6]]);
  });

  it("a count of ffff is 64 K transfers", () => {
    const { program, dma } = rig();
    program(2, SINGLE | TO_MEMORY, 0, 0x1_0000);
    expect(dma.move(2, new Uint8Array(0xffff), true)).toEqual({ moved: 0xffff, terminalCount: false });
    expect(dma.move(2, new Uint8Array(2), true)).toEqual({ moved: 1, terminalCount: true });
  });

  it("with autoinit begins again by itself, and stays open", () => {
    const { program, toMemory, at, word, read } = rig();
    program(1, SINGLE | TO_MEMORY | AUTOINIT, 0x10, 2);
    expect(toMemory(1, 1, 2, 3)).toEqual({ moved: 2, terminalCount: true });
    expect([word(2), word(3)]).toEqual([0x10, 1]);
    expect(toMemory(1, 3).moved).toBe(1);
    expect(at(0x10, 2)).toEqual([3, 2]);
    expect(read(MASK_ALL) & 2).toBe(0);
  });

  it("to verify counts, and touches neither memory nor device", () => {
    const { program, toMemory, fromMemory, at } = rig();
    program(2, SINGLE | VERIFY, 0, 2);
    expect(toMemory(2, 1, 2)).toEqual({ moved: 2, terminalCount: true });
    expect(at(0, 2)).toEqual([0, 0]);
    program(2, SINGLE | VERIFY, 0, 4);
    expect(fromMemory(2, 2)).toEqual({ moved: 2, terminalCount: false, bytes: [0xff, 0xff] });
  });

  it("of words takes twice the addresses, and leaves an odd byte alone", () => {
    const { program, toMemory, at, word } = rig(2);
    program(1, SINGLE | TO_MEMORY, 0x8000, 2);
    expect(toMemory(1, 1, 2, 3)).toEqual({ moved: 2, terminalCount: false });
    expect(toMemory(1, 3, 4)).toEqual({ moved: 2, terminalCount: true });
    expect(at(0x1_0000, 4)).toEqual([1, 2, 3, 4]);
    expect(word(2)).toBe(0x8002);
    program(1, SINGLE | TO_MEMORY | DECREMENT, 0x10, 2);
    toMemory(1, 1, 2, 3, 4);
    expect(at(0x1e, 4)).toEqual([3, 4, 1, 2]);
  });
});

describe("nothing moves", () => {
  const closed = { moved: 0, terminalCount: false };

  it.each<[string, (r: ReturnType<typeof rig>) => void, number]>([
    ["while the channel is masked", (r) => r.write(MASK_SINGLE, 6), 0],
    ["while the chip is disabled", (r) => r.write(COMMAND, 0x04), 0],
    [
      "while the bus is not given",
      (r) => {
        r.bus.given = false;
      },
      0,
    ],
    ["through a channel that is a cascade", (r) => r.write(MODE, CASCADE | 2), 0],
    ["against the direction of the mode", (r) => r.write(MODE, SINGLE | FROM_MEMORY | 2), 1],
    ["with the illegal type", (r) => r.write(MODE, SINGLE | 0x0c | 2), 2],
    ["when DREQ is taken for active low", (r) => r.write(COMMAND, 0x40), 1],
    ["when DACK is driven the wrong way", (r) => r.write(COMMAND, 0x80), 1],
  ])("%s", (_, disturb, errors) => {
    const r = rig();
    r.program(2, SINGLE | TO_MEMORY, 0, 2);
    disturb(r);
    expect(r.toMemory(2, 1, 2)).toEqual(closed);
    expect(r.word(5)).toBe(1);
    expect(r.errors).toHaveLength(errors);
  });

  it("a channel in cascade mode hands on the bus while it is open", () => {
    const { dma, write } = rig();
    write(MODE, CASCADE);
    expect(dma.cascades(0)).toBe(false);
    write(MASK_SINGLE, 0);
    expect(dma.cascades(0)).toBe(true);
    write(COMMAND, 0x04);
    expect(dma.cascades(0)).toBe(false);
  });
});

describe("STATUS", () => {
  it("keeps terminal counts until it is read", () => {
    const { program, toMemory, read } = rig();
    program(2, SINGLE | TO_MEMORY, 0, 1);
    program(3, SINGLE | TO_MEMORY, 0, 1);
    toMemory(2, 1);
    toMemory(3, 1);
    expect([read(STATUS), read(STATUS)]).toEqual([0x0c, 0]);
  });

  it("shows a request of software that waits, and forgets it with the end of the transfer", () => {
    const { program, write, read } = rig();
    write(COMMAND, 0x04);
    program(3, BLOCK | TO_MEMORY, 0, 4);
    write(REQUEST, 4 | 3);
    expect(read(STATUS)).toBe(0x80);
    write(COMMAND, 0);
    expect(read(STATUS)).toBe(0x08);
  });

  it("a request that is taken back is not served", () => {
    const { program, write, read, word } = rig();
    write(COMMAND, 0x04);
    program(3, BLOCK | TO_MEMORY, 0, 4);
    write(REQUEST, 4 | 3);
    write(REQUEST, 3);
    write(COMMAND, 0);
    expect([read(STATUS), word(7)]).toEqual([0, 3]);
  });
});

describe("a request of software", () => {
  it("runs a block without a device, masked or not: the data bus floats", () => {
    const { program, write, at, word, errors } = rig();
    program(3, BLOCK | TO_MEMORY, 0x10, 3);
    write(MASK_SINGLE, 4 | 3);
    write(REQUEST, 4 | 3);
    expect(at(0xf, 5)).toEqual([0, 0xff, 0xff, 0xff, 0]);
    expect([word(6), word(7)]).toEqual([0x13, 0xffff]);
    expect(errors).toEqual([]);
  });

  it("outside of block mode is a mistake, but runs", () => {
    const { program, write, read, errors } = rig();
    program(3, SINGLE | FROM_MEMORY, 0x10, 3);
    write(REQUEST, 4 | 3);
    expect(read(STATUS)).toBe(0x08);
    expect(errors[0]).toMatch(/not in block mode/);
  });

  it("to channel 0 copies memory, if the command says so, through TEMPORARY", () => {
    const { memory, program, write, read, at } = rig();
    memory.bytes.set([1, 2, 3, 4], PAGE + 0x100);
    program(0, BLOCK | FROM_MEMORY, 0x100, 4);
    program(1, BLOCK | TO_MEMORY, 0x200, 4);
    write(COMMAND, 0x01);
    write(REQUEST, 4);
    expect(at(0x200, 5)).toEqual([1, 2, 3, 4, 0]);
    expect([read(TEMPORARY), read(STATUS)]).toEqual([4, 0x02]);
  });

  it("with a held address fills memory with one byte", () => {
    const { memory, program, write, at, word } = rig();
    memory.bytes[PAGE + 0x100] = 0x5a;
    program(0, BLOCK | FROM_MEMORY, 0x100, 1);
    program(1, BLOCK | TO_MEMORY, 0x200, 3);
    write(COMMAND, 0x03);
    write(REQUEST, 4);
    expect(at(0x200, 4)).toEqual([0x5a, 0x5a, 0x5a, 0]);
    expect(word(0)).toBe(0x100);
  });

  it("cannot copy memory on the controller of the words", () => {
    const { write, errors, read } = rig(2);
    write(COMMAND, 0x01);
    write(REQUEST, 4);
    expect(read(STATUS)).toBe(0);
    expect(errors).toHaveLength(1);
  });
});
