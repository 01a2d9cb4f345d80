import { describe, expect, it } from "vitest";
import type { Width } from "../../../src/devices/device.ts";
import type { Fdc82077, Fdc82077State } from "../../../src/devices/floppy/fdc82077.ts";
import { deviceContract } from "../contract.ts";
import { DOR, DSR, diskOf, drive1440, FIFO, MSR, rig, SECTORS_1440K, TDR, TO_MEMORY } from "./rig.ts";

/** Both port ranges: offset 6 is port 3f7. */
function asOne(fdc: Fdc82077) {
  return {
    name: fdc.name,
    portRead: (offset: number, width: Width) =>
      offset === 6 ? fdc.controlPort.portRead(0, width) : fdc.ports.portRead(offset, width),
    portWrite: (offset: number, width: Width, value: number) => {
      if (offset === 6) fdc.controlPort.portWrite(0, width, value);
      else fdc.ports.portWrite(offset, width, value);
    },
    reset: () => fdc.reset(),
    save: () => fdc.save(),
    restore: (state: Fdc82077State) => fdc.restore(state),
    probe: (offset: number) => (offset > 6 ? "?" : fdc.probe(offset === 6 ? 7 : offset)),
  };
}

/** Commands that random bytes would rarely make. */
const COMMANDS = [
  [0x07, 0],
  [0x0f, 0, 5],
  [0x0f, 1, 7],
  [0xcf, 0, 3],
  [0x08],
  [0xe6, 0, 0, 0, 1, 2, 18, 27, 255],
  [0xe6, 4, 0, 1, 3, 2, 18, 27, 255],
  [0xc5, 1, 0, 0, 1, 2, 9, 27, 255],
  [0x42, 0, 0, 0, 1, 2, 4, 27, 255],
  [0xf6, 0x80, 0, 0, 1, 2, 18, 27, 5],
  [0x4a, 0],
  [0x4d, 1, 2, 9, 84, 0xf6],
  [0x03, 0xdf, 0x03],
  [0x13, 0, 0x57, 0],
];

function contractRig() {
  const r = rig([
    { kind: "1.44M", disk: diskOf(SECTORS_1440K, true) },
    { kind: "1.2M", disk: diskOf(2400) },
  ]);
  return {
    device: asOne(r.fdc),
    clock: r.clock,
    ports: 7,
    log: r.log,
    wires: [r.irq],
    stimulate: (random: { below(limit: number): number; pick<T>(choices: readonly T[]): T }) => {
      const what = random.below(4);
      if (what === 0) r.write(DOR, random.pick([0x1c, 0x2d, 0x14, 0x3c]));
      else if (what === 1) r.write(7, 0);
      else if (what === 2) for (let i = random.below(300); i > 0; i--) r.log.push(`${r.read(FIFO)}`);
      else for (const byte of random.pick(COMMANDS)) r.write(FIFO, byte);
    },
  };
}

deviceContract("the 82077AA", contractRig);

describe("a reset", () => {
  it("lasts while DOR says so: the controller does not listen", () => {
    const { read, write, ask, errors } = rig();
    expect([read(DOR), read(MSR)]).toEqual([0, 0]);
    write(FIFO, 0x10);
    expect([read(FIFO), errors.length]).toEqual([0xff, 1]);
    write(DOR, 0x0c);
    expect(read(MSR)).toBe(0);
    expect(() => ask(0x10)).toThrow();
  });

  it("by DOR ends with an interrupt, and four drives that polling has found", () => {
    const { write, awaitIrq, ask, irq } = rig();
    write(DOR, 0x0c);
    expect(awaitIrq()).toBe(true);
    const first = ask(0x08);
    expect([first, irq.level]).toEqual([[0xc0, 0], false]);
    expect([ask(0x08), ask(0x08), ask(0x08)]).toEqual([
      [0xc1, 0],
      [0xc2, 0],
      [0xc3, 0],
    ]);
    expect(ask(0x08)).toEqual([0x80]);
  });

  it("by DSR ends by itself, and keeps the data rate that came with it", () => {
    const r = rig();
    r.start();
    r.write(DSR, 0x82);
    expect(r.read(MSR)).toBe(0);
    expect(r.awaitIrq()).toBe(true);
    expect(r.ask(0x08)).toEqual([0xc0, 0]);
    expect(r.fdc.save().DRATE).toBe(2);
  });

  it("stops a transfer and a seek without an interrupt of their own", () => {
    const r = rig();
    r.start();
    r.send(0x4a, 0);
    r.write(DOR, 0x18);
    r.pass(100);
    expect(r.log).toEqual([]);
    r.start();
    r.send(0x0f, 0, 40);
    r.write(DOR, 0x18);
    r.pass(500);
    expect([r.log, r.fdc.drives[0]?.track]).toEqual([[], 0]);
  });

  it("a probe that does not ask for the four results finds that of its own seek", () => {
    const r = rig();
    r.write(DOR, 0x1c);
    r.awaitIrq();
    expect(r.runSeek(0x07, 0)).toEqual([0x20, 0]);
    expect(r.ask(0x08)).toEqual([0x80]);
  });

  it("power down is left by a reset alone", () => {
    const r = rig();
    r.start();
    r.write(DSR, 0x40);
    expect(r.read(MSR)).toBe(0);
    r.write(7, 0);
    r.pass(10);
    expect(r.read(MSR)).toBe(0);
    r.write(DSR, 0x80);
    expect(r.awaitIrq()).toBe(true);
  });

  it("the gate in DOR holds the interrupt back, not the event", () => {
    const r = rig();
    r.write(DOR, 0x04);
    r.pass(10);
    expect([r.irq.level, r.read(MSR)]).toEqual([false, 0x80]);
    r.write(DOR, 0x0c);
    expect(r.irq.level).toBe(true);
  });
});

describe("registers", () => {
  it("TDR keeps two bits, SRA and SRB are not there in PC/AT mode", () => {
    const { read, write, errors } = rig();
    write(TDR, 0xfe);
    expect([read(0), read(1), read(TDR)]).toEqual([0xff, 0xff, 0xfe]);
    write(0, 1);
    expect(errors).toHaveLength(1);
  });

  it("MSR follows a command: asks for bytes, is busy, asks to be read", () => {
    const r = rig();
    r.start();
    const seen = [r.read(MSR)];
    r.send(0x4a);
    seen.push(r.read(MSR));
    r.send(0);
    seen.push(r.read(MSR));
    r.awaitIrq();
    seen.push(r.read(MSR));
    r.results();
    seen.push(r.read(MSR));
    expect(seen).toEqual([0x80, 0x90, 0x10, 0xd0, 0x80]);
  });

  it("DIR shows the disk change of the drive that is selected", () => {
    const r = rig([drive1440(), { kind: "1.44M", disk: null }]);
    r.start();
    expect(r.read(7)).toBe(0xff);
    r.runSeek(0x0f, 0, 1);
    expect(r.read(7)).toBe(0x7f);
    r.write(DOR, 0x2d);
    expect(r.read(7)).toBe(0xff);
    r.runSeek(0x0f, 1, 1);
    expect(r.read(7)).toBe(0xff);
    r.write(DOR, 0x1c);
    r.fdc.drives[0]?.insert(diskOf(1440));
    expect(r.read(7)).toBe(0xff);
    r.write(DOR, 0x0e);
    expect(r.read(7)).toBe(0x7f);
  });
});

describe("control commands", () => {
  it.each<[string, number[], number[]]>([
    ["VERSION: an enhanced controller", [0x10], [0x90]],
    ["PART ID is of a later chip", [0x18], [0x80]],
    ["SCAN EQUAL is not there", [0xd1], [0x80]],
    ["SENSE INTERRUPT STATUS without an interrupt", [0x08], [0x80]],
    ["LOCK and unlock", [0x94], [0x10]],
    ["SENSE DRIVE STATUS on track 0", [0x04, 0x00], [0x38]],
    ["SENSE DRIVE STATUS repeats the head", [0x04, 0x04], [0x3c]],
  ])("%s", (_, bytes, results) => {
    const r = rig();
    r.start();
    expect(r.ask(...bytes)).toEqual(results);
    expect(r.log).toEqual([]);
  });

  it("unknown codes and bits that do not belong are refused with the first byte", () => {
    const r = rig();
    r.start();
    for (let byte = 0; byte < 256; byte++) {
      r.write(FIFO, byte);
      if ((r.read(MSR) & 0x40) !== 0) r.results();
      else r.start();
    }
    const known = new Set(r.errors.map((error) => error.slice(10, 12)));
    for (const byte of ["00", "01", "0b", "11", "15", "17", "19", "1d", "1f", "83", "4f", "ff"])
      expect(known.has(byte), byte).toBe(true);
    for (const byte of ["03", "07", "0f", "8f", "cf", "e6", "c5", "4d", "4a", "ea", "94", "13"])
      expect(known.has(byte), byte).toBe(false);
  });

  it("SENSE DRIVE STATUS shows the tab of the diskette, and nothing of an absent drive", () => {
    const r = rig([{ kind: "1.44M", disk: diskOf(2880, true) }, null]);
    r.start();
    expect(r.ask(0x04, 0)).toEqual([0x78]);
    r.write(DOR, 0x2d);
    expect(r.ask(0x04, 1)).toEqual([0x29]);
  });

  it("DUMPREG tells what SPECIFY, CONFIGURE, PERPENDICULAR MODE and LOCK have set", () => {
    const r = rig();
    r.start();
    expect(r.ask(0x0e)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0]);
    r.send(0x03, 0xdf, 0x02);
    r.send(0x13, 0, 0x57, 9);
    r.send(0x12, 0x97);
    r.ask(0x94);
    r.runSeek(0x0f, 0, 3);
    r.run(0xe6, 0, 3, 0, 1, 2, 18, 27, 255);
    expect(r.ask(0x0e)).toEqual([3, 0, 0, 0, 0xdf, 0x02, 18, 0x97, 0x57, 9]);
  });

  it("a software reset keeps the settings of the FIFO if they are locked, of the drives always", () => {
    const r = rig();
    for (const lock of [0x94, 0x14]) {
      r.start();
      r.send(0x13, 0, 0x57, 9);
      r.send(0x12, 0x97);
      r.ask(lock);
      r.start();
      const locked = lock === 0x94;
      expect(r.ask(0x0e).slice(7)).toEqual(locked ? [0x94, 0x07, 9] : [0x14, 0x20, 0]);
    }
  });

  it("PERPENDICULAR MODE leaves the bits of the drives without OW", () => {
    const r = rig();
    r.start();
    r.send(0x12, 0x84);
    r.send(0x12, 0x3b);
    expect(r.ask(0x0e)[7]).toBe(0x07);
  });
});

describe("seeks", () => {
  it("move the head, take time for each track, and end with an interrupt that is asked for", () => {
    const r = rig();
    r.start();
    const begin = r.clock.now;
    r.send(0x0f, 0, 10);
    expect(r.read(MSR)).toBe(0x81);
    r.awaitIrq();
    const ten = r.clock.now - begin;
    expect([r.read(MSR), r.fdc.drives[0]?.track]).toEqual([0x80, 10]);
    expect([r.ask(0x08), r.irq.level]).toEqual([[0x20, 10], false]);
    const middle = r.clock.now;
    r.runSeek(0x0f, 0, 11);
    expect(r.clock.now - middle).toBeLessThan(ten / 4);
  });

  it("go on for two drives at once, and each tells of its end with an edge of its own", () => {
    const r = rig([drive1440(), drive1440()]);
    r.start();
    r.send(0x0f, 0, 5);
    r.write(DOR, 0x3d);
    r.send(0x0f, 1, 6);
    expect(r.read(MSR)).toBe(0x83);
    r.pass(50);
    r.log.length = 0;
    expect([r.ask(0x08), r.ask(0x08), r.ask(0x08)]).toEqual([[0x20, 5], [0x21, 6], [0x80]]);
    expect(r.log.map((line) => line.split(" ")[2])).toEqual(["low", "high", "low"]);
    expect(r.fdc.drives.map((drive) => drive?.track)).toEqual([5, 6]);
  });

  it("RECALIBRATE comes to track 0; from farther than 79 tracks it gives up once", () => {
    const r = rig();
    r.start();
    r.runSeek(0x0f, 0, 82);
    expect(r.runSeek(0x07, 0)).toEqual([0x70, 0]);
    expect(r.runSeek(0x07, 0)).toEqual([0x20, 0]);
    expect(r.ask(0x04, 0)[0] & 0x10).toBe(0x10);
  });

  it("RECALIBRATE of a drive that is not there fails", () => {
    const r = rig([null, null]);
    r.start();
    expect(r.runSeek(0x07, 0)).toEqual([0x70, 0]);
  });

  it("RELATIVE SEEK goes by so many tracks, in or out", () => {
    const r = rig();
    r.start();
    expect(r.runSeek(0xcf, 0, 12)).toEqual([0x20, 12]);
    expect(r.runSeek(0x8f, 0, 5)).toEqual([0x20, 7]);
    expect(r.fdc.drives[0]?.track).toBe(7);
  });

  it("without the motor the head moves too", () => {
    const r = rig();
    r.start();
    r.write(DOR, 0x0c);
    expect(r.runSeek(0x0f, 0, 2)).toEqual([0x20, 2]);
    expect(r.read(7)).toBe(0x7f);
  });

  it("a command for a drive that DOR does not select is a mistake", () => {
    const r = rig();
    r.start();
    r.runSeek(0x0f, 1, 2);
    expect(r.errors[0]).toMatch(/drive 1 while DOR selects drive 0/);
  });
});

it("a snapshot that is taken back makes no edge on a wire that is as it was", () => {
  const r = rig();
  r.write(DOR, 0x0c);
  r.awaitIrq();
  const saved = r.fdc.save();
  r.log.length = 0;
  r.fdc.restore(saved);
  expect([r.irq.level, r.log]).toEqual([true, []]);
});

it.each<[string, number[]]>([
  ["RECALIBRATE on track 0", [0x07, 0]],
  ["RELATIVE SEEK by nothing", [0x8f, 0, 0]],
])("a snapshot survives JSON in the middle of a %s", (_, bytes) => {
  const r = rig();
  r.start();
  r.send(...bytes);
  const saved = r.fdc.save();
  expect(JSON.parse(JSON.stringify(saved))).toEqual(saved);
});

it("a snapshot in the middle of a read goes on where it was", () => {
  const build = () => {
    const r = rig();
    r.start();
    return r;
  };
  const original = build();
  original.channel2(TO_MEMORY, 0x2000, 18 * 512);
  original.send(0xe6, 0, 0, 0, 1, 2, 18, 27, 255);
  original.pass(3);
  const copy = rig();
  copy.clock.restore(original.clock.save());
  copy.dma.restore(original.dma.save());
  copy.fdc.restore(structuredClone(original.fdc.save()));
  copy.memory.set(original.memory);
  for (const r of [original, copy]) r.awaitIrq();
  expect(copy.clock.now).toBe(original.clock.now);
  expect(copy.results()).toEqual(original.results());
  expect(copy.memory).toEqual(original.memory);
});
