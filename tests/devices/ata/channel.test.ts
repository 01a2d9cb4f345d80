import { describe, expect, it } from "vitest";
import type { Piix3Ide, Piix3IdeState } from "../../../src/devices/ata/piix3-ide.ts";
import type { Device, PortDevice, Width } from "../../../src/devices/device.ts";
import type { Random } from "../../support/random.ts";
import { deviceContract } from "../contract.ts";
import {
  ABRT,
  BSY,
  COMMAND,
  COUNT,
  cdrom,
  DATA,
  DEVICE,
  DRDY,
  DRQ,
  DSC,
  disk,
  diskOf,
  ERR,
  ERROR,
  FEATURES,
  HIGH,
  HOB,
  LBA,
  LOW,
  MID,
  NIEN,
  PatternDisk,
  rig,
  SLAVE,
  SRST,
  STATUS,
  sectorBytes,
} from "./rig.ts";

const READ_SECTORS = 0x20;
const READ_DMA = 0xc8;
const WRITE_SECTORS = 0x30;
const CONTROL_PORT = 8;
const MASTER_PORTS = 16;
const READY = DRDY | DSC;

/** The ports of the primary channel in a row: command block, control block, then all bus master ports. */
function inARow(ide: Piix3Ide): PortDevice & Device<Piix3IdeState> {
  const { channels, busMasterPorts } = ide;
  const [{ commandBlock, controlBlock }] = channels;
  const target = (offset: number): [PortDevice, number] => {
    if (offset < CONTROL_PORT) return [commandBlock, offset];
    return offset === CONTROL_PORT ? [controlBlock, 0] : [busMasterPorts, offset - CONTROL_PORT - 1];
  };
  return {
    name: ide.name,
    maxWidth: 4,
    portRead: (offset: number, width: Width) => {
      const [device, at] = target(offset);
      return device.portRead(at, device.maxWidth === 4 ? width : 1);
    },
    portWrite: (offset: number, width: Width, value: number) => {
      const [device, at] = target(offset);
      device.portWrite(at, device.maxWidth === 4 ? width : 1, value);
    },
    reset: () => {
      ide.reset();
      ide.pci.write(0x04, 2, 0x0005);
    },
    save: () => ide.save(),
    restore: (state) => ide.restore(state),
    probe: (offset) =>
      offset > CONTROL_PORT ? ide.probe(offset - CONTROL_PORT - 1) : channels[0].probe(offset),
  };
}

/** Commands as software gives them, with the data of whatever block is open, so that transfers get somewhere. */
function workload(r: ReturnType<typeof rig>, random: Random): void {
  const commands = [
    0x20, 0x24, 0x30, 0xc4, 0xc5, 0xc8, 0xca, 0x25, 0x35, 0x40, 0xec, 0xa1, 0xa0, 0xc6, 0xe7, 0x90,
  ];
  switch (random.below(5)) {
    case 0:
      r.command(random.pick(commands), random.below(300), random.below(20), LBA | (random.below(2) * SLAVE));
      break;
    case 1:
      for (let i = random.below(300); i > 0; i--) r.log.push(`data ${r.word()}`);
      break;
    case 2:
      for (let i = random.below(300); i > 0; i--)
        r.channel.commandBlock.portWrite(DATA, 2, random.below(0x1_0000));
      break;
    case 3:
      r.memory.prds(0x100, [
        [0x1000 + random.below(256) * 2, random.below(8) * 512],
        [0x8000, 0],
      ]);
      r.master.table(0x100);
      r.master.write(0, random.below(2) * 9);
      break;
    default:
      r.log.push(`status ${r.settle()}`);
  }
}

deviceContract("an IDE channel with a disk and a CD-ROM drive", () => {
  const r = rig([disk(new PatternDisk(256, [77])), cdrom(new PatternDisk(256))]);
  return {
    device: inARow(r.ide),
    clock: r.clock,
    ports: CONTROL_PORT + 1 + MASTER_PORTS,
    log: r.log,
    wires: [r.irq],
    stimulate: (random) => workload(r, random),
  };
});

describe("who answers", () => {
  it("a channel without drives floats: BSY reads clear, and no register holds what is written", () => {
    const r = rig([null, null, disk(diskOf(4)), null]);
    expect(r.inp(STATUS)).toBe(0x7f);
    expect(r.altStatus()).toBe(0x7f);
    r.out(COUNT, 0x55);
    expect(r.inp(COUNT)).not.toBe(0x55);
    expect(r.word()).toBe(0xff7f);
    r.control(SRST);
    r.control(0);
    r.out(COMMAND, 0x90);
    r.pass(5000);
    expect(r.inp(STATUS)).toBe(0x7f);
    expect(r.irq.level).toBe(false);
  });

  it("a lone disk answers for the slave with its registers, and a STATUS of 0", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(DEVICE, 0xb0);
    r.out(COUNT, 0x55);
    r.out(LOW, 0xaa);
    expect([r.inp(DEVICE), r.inp(COUNT), r.inp(LOW)]).toEqual([0xb0, 0x55, 0xaa]);
    expect([r.inp(STATUS), r.altStatus()]).toEqual([0, 0]);
  });

  it("a lone packet device answers for the slave with zeroes", () => {
    const r = rig([cdrom(null)]);
    r.out(DEVICE, 0xb0);
    r.out(COUNT, 0x55);
    expect([r.inp(DEVICE), r.inp(COUNT), r.inp(STATUS)]).toEqual([0, 0, 0]);
  });

  it("commands to an absent slave are not heard", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(DEVICE, SLAVE);
    r.out(COMMAND, 0xec);
    r.pass(1000);
    expect(r.inp(STATUS)).toBe(0);
    expect(r.irq.level).toBe(false);
    r.out(DEVICE, 0);
    expect(r.inp(STATUS)).toBe(READY);
  });

  it("a slave without a master is found, and nobody answers for the master", () => {
    const r = rig([null, disk(diskOf(4))]);
    expect(r.inp(STATUS)).toBe(0x7f);
    r.out(DEVICE, 0xb0);
    r.out(COUNT, 0x55);
    expect([r.inp(STATUS), r.inp(COUNT), r.inp(DEVICE)]).toEqual([READY, 0x55, 0xb0]);
    expect(r.identify(0xec, SLAVE)[60]).toBe(4);
  });

  it("both drives take every register write; commands reach the selected one", () => {
    const r = rig([disk(diskOf(4)), disk(diskOf(8))]);
    expect(r.identify(0xec, 0)[60]).toBe(4);
    expect(r.identify(0xec, SLAVE)[60]).toBe(8);
  });

  it("the channels are independent", () => {
    const r = rig([disk(diskOf(4)), null, disk(diskOf(8)), null], 1);
    r.command(READ_SECTORS, 3, 1);
    r.pass(500);
    expect([r.irqs[0].level, r.irqs[1].level]).toEqual([false, true]);
    expect(r.ide.channels[0].commandBlock.portRead(STATUS, 1)).toBe(READY);
  });
});

describe("the interrupt", () => {
  it("is taken by reading STATUS, not by reading ALTERNATE STATUS", () => {
    const r = rig([disk(diskOf(4))]);
    r.command(0xe7);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(500);
    expect(r.altStatus()).toBe(READY);
    expect(r.irq.level).toBe(true);
    expect(r.inp(STATUS)).toBe(READY);
    expect(r.irq.level).toBe(false);
  });

  it("is taken by the next command, too", () => {
    const r = rig([disk(diskOf(4))]);
    r.command(0xe7);
    r.pass(500);
    r.command(0xe7);
    expect(r.irq.level).toBe(false);
  });

  it("stays off the cable while nIEN is set, and comes when it is cleared", () => {
    const r = rig([disk(diskOf(4))]);
    r.control(NIEN);
    r.command(0xe7);
    r.pass(500);
    expect(r.irq.level).toBe(false);
    r.control(0);
    expect(r.irq.level).toBe(true);
  });

  it("of a drive that is not selected waits until it is", () => {
    const r = rig([disk(diskOf(4)), disk(diskOf(4))]);
    r.command(0xe7);
    r.pass(500);
    r.out(DEVICE, SLAVE);
    expect(r.irq.level).toBe(false);
    r.inp(STATUS);
    r.out(DEVICE, 0);
    expect(r.irq.level).toBe(true);
  });
});

describe("resets", () => {
  it("leave a disk's signature, and a packet device's", () => {
    const r = rig([disk(diskOf(4)), cdrom(null)]);
    r.control(SRST);
    expect(r.inp(STATUS) & BSY).toBe(BSY);
    r.pass(10);
    r.control(0);
    expect(r.settle()).toBe(READY);
    const signature = () => [ERROR, COUNT, LOW, MID, HIGH].map(r.inp);
    expect(signature()).toEqual([1, 1, 1, 0, 0]);
    r.out(DEVICE, SLAVE);
    expect(signature()).toEqual([1, 1, 1, 0x14, 0xeb]);
    expect(r.inp(STATUS)).toBe(0);
    expect(r.irq.level).toBe(false);
  });

  it("select the master", () => {
    const r = rig([disk(diskOf(4)), cdrom(null)]);
    r.out(DEVICE, SLAVE);
    r.control(SRST);
    r.control(0);
    expect(r.settle()).toBe(READY);
    expect(r.inp(DEVICE)).toBe(0);
  });

  it.each([
    ["reading", READ_SECTORS],
    ["writing", WRITE_SECTORS],
    ["a transfer whose bus master never starts", READ_DMA],
  ])("in the middle of %s lose that command and nothing else", (_what, code) => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    r.command(code, 2, 4);
    r.pass(1000);
    r.control(SRST);
    r.pass(10);
    r.control(0);
    expect(r.settle()).toBe(READY);
    expect(r.irq.level).toBe(false);
    expect(image.bytes).toEqual(diskOf(16).bytes);
    r.command(READ_SECTORS, 5, 1);
    expect(r.settle()).toBe(READY | DRQ);
    expect(r.readBytes(512)).toEqual(sectorBytes(5));
  });

  it("sectors that were written before a reset stay written", () => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    r.command(WRITE_SECTORS, 2, 4);
    r.settle();
    r.writeBytes(new Uint8Array(512).fill(0x11));
    r.settle();
    r.writeBytes(new Uint8Array(100).fill(0x22));
    r.control(SRST);
    r.control(0);
    r.settle();
    expect(image.bytes.subarray(2 * 512, 3 * 512).every((byte) => byte === 0x11)).toBe(true);
    expect(image.bytes.subarray(3 * 512, 4 * 512)).toEqual(sectorBytes(3));
  });

  it("hold as long as SRST is set", () => {
    const r = rig([disk(diskOf(4))]);
    r.control(SRST);
    r.pass(1_000_000);
    r.out(COMMAND, 0xec);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.control(0);
    expect(r.settle()).toBe(READY);
  });

  it("DEVICE RESET ends a busy packet command, without an interrupt, and leaves the other drive alone", () => {
    const r = rig([disk(diskOf(4)), cdrom(diskOf(8))]);
    r.out(DEVICE, SLAVE);
    r.out(COMMAND, 0xa0);
    r.settle();
    r.out(COMMAND, 0x08);
    expect(r.settle()).toBe(0);
    expect([ERROR, COUNT, LOW, MID, HIGH].map(r.inp)).toEqual([1, 1, 1, 0x14, 0xeb]);
    expect(r.inp(DEVICE)).toBe(SLAVE);
    expect(r.irq.level).toBe(false);
    r.out(DEVICE, 0);
    expect(r.inp(STATUS)).toBe(READY);
  });

  it("DEVICE RESET is no command of a disk", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(COMMAND, 0x08);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it("DEVICE RESET during a diagnostic does not leave the other drive busy for ever", () => {
    const r = rig([cdrom(null), disk(diskOf(4))]);
    r.out(COMMAND, 0x90);
    r.out(COMMAND, 0x08);
    r.settle();
    r.out(DEVICE, SLAVE);
    expect(r.settle()).toBe(READY);
  });

  it("EXECUTE DIAGNOSTIC runs in both drives, whichever is selected, and the master interrupts", () => {
    const r = rig([disk(diskOf(4)), cdrom(null)]);
    r.out(DEVICE, SLAVE);
    r.out(COMMAND, 0x90);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(2000);
    expect(r.irq.level).toBe(true);
    expect(r.settle()).toBe(READY);
    expect([DEVICE, ERROR, COUNT, LOW, MID, HIGH].map(r.inp)).toEqual([0, 1, 1, 1, 0, 0]);
  });
});

describe("registers", () => {
  it("HOB shows the value before the last, until the next write to the command block", () => {
    const r = rig([disk(diskOf(4))]);
    for (const register of [COUNT, LOW, MID, HIGH]) {
      r.out(register, 0x12);
      r.out(register, 0x34);
    }
    r.control(HOB);
    expect([COUNT, LOW, MID, HIGH].map(r.inp)).toEqual([0x12, 0x12, 0x12, 0x12]);
    r.out(DEVICE, 0);
    expect([COUNT, LOW, MID, HIGH].map(r.inp)).toEqual([0x34, 0x34, 0x34, 0x34]);
  });

  it("ignore writes while the drive is busy, or has data", () => {
    const r = rig([disk(diskOf(4))]);
    r.command(READ_SECTORS, 2, 1);
    r.out(LOW, 3);
    r.out(DEVICE, SLAVE);
    r.out(COMMAND, 0xec);
    expect(r.settle()).toBe(READY | DRQ);
    r.out(COMMAND, 0xec);
    expect(r.readBytes(512)).toEqual(sectorBytes(2));
    expect(r.errors.length).toBe(4);
  });

  it("show STATUS while the drive is busy", () => {
    const r = rig([disk(diskOf(4))]);
    r.command(READ_SECTORS, 2, 1);
    expect(r.inp(LOW) & BSY).toBe(BSY);
  });

  it("DATA moves a word by 16 bits and two by 32; a byte access uses up a word", () => {
    const r = rig([disk(diskOf(4))]);
    r.command(READ_SECTORS, 2, 1);
    r.settle();
    const expected = new DataView(sectorBytes(2).buffer);
    expect(r.channel.commandBlock.portRead(DATA, 4)).toBe(expected.getUint32(0, true));
    expect(r.channel.commandBlock.portRead(DATA, 2)).toBe(expected.getUint16(4, true));
    expect(r.channel.commandBlock.portRead(DATA, 1)).toBe(expected.getUint8(6));
    for (let i = 8; i < 512; i += 4) r.channel.commandBlock.portRead(DATA, 4);
    expect(r.altStatus()).toBe(READY);
  });

  it("take wide accesses byte by byte", () => {
    const r = rig([disk(diskOf(4))]);
    r.channel.commandBlock.portWrite(COUNT, 2, 0x3412);
    expect([r.inp(COUNT), r.inp(LOW)]).toEqual([0x12, 0x34]);
    expect(r.channel.commandBlock.portRead(COUNT, 2)).toBe(0x3412);
  });

  it("DATA without a request is the empty bus, and a mistake that is reported", () => {
    const r = rig([disk(diskOf(4))]);
    expect(r.word()).toBe(0xff7f);
    r.channel.commandBlock.portWrite(DATA, 2, 1);
    expect(r.errors).toEqual([
      "ide0 DATA: read, but there are no data for the host",
      "ide0 DATA: written, but the drive does not want data",
    ]);
  });
});

describe("detection", () => {
  /** As Linux does it: a pattern in two registers, after which a reset and the signature decide. */
  const holdsPattern = (r: ReturnType<typeof rig>, device: number): boolean => {
    r.out(DEVICE, 0xa0 | device);
    for (const [count, low] of [
      [0x55, 0xaa],
      [0xaa, 0x55],
      [0x55, 0xaa],
    ]) {
      r.out(COUNT, count);
      r.out(LOW, low);
    }
    return r.inp(COUNT) === 0x55 && r.inp(LOW) === 0xaa;
  };
  const classify = (r: ReturnType<typeof rig>, device: number): string => {
    r.out(DEVICE, 0xa0 | device);
    if (r.inp(ERROR) !== 1) return "none";
    const signature = (r.inp(HIGH) << 8) | r.inp(MID);
    if (signature === 0xeb14) return "packet";
    return signature === 0 && r.inp(STATUS) !== 0 ? "disk" : "none";
  };

  it.each([
    ["nothing", [null, null], ["none", "none"]],
    ["a disk", [disk(diskOf(4)), null], ["disk", "none"]],
    ["a CD-ROM drive", [cdrom(null), null], ["packet", "none"]],
    ["a disk as slave", [null, disk(diskOf(4))], ["none", "disk"]],
    ["two disks", [disk(diskOf(4)), disk(diskOf(4))], ["disk", "disk"]],
    ["a disk and a CD-ROM drive", [disk(diskOf(4)), cdrom(null)], ["disk", "packet"]],
    ["a CD-ROM drive and a disk", [cdrom(null), disk(diskOf(4))], ["packet", "disk"]],
  ])("by pattern, reset and signature finds %s", (_what, drives, found) => {
    const r = rig(drives);
    const holds = [holdsPattern(r, 0), holdsPattern(r, SLAVE)];
    r.control(SRST | NIEN);
    r.pass(20);
    r.control(NIEN);
    r.pass(150_000);
    const kinds = [0, SLAVE].map((device, i) => (holds[i] ? classify(r, device) : "none"));
    expect(kinds).toEqual(found);
  });

  it("by IDENTIFY: each kind aborts the other's, and a packet device shows its signature", () => {
    const r = rig([disk(diskOf(4)), cdrom(null)]);
    r.out(COMMAND, 0xa1);
    expect(r.settle()).toBe(READY | ERR);
    r.out(DEVICE, SLAVE);
    r.out(COMMAND, 0xec);
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.inp(MID), r.inp(HIGH)]).toEqual([ABRT, 0x14, 0xeb]);
    expect(r.errors).toEqual([]);
  });

  it("a lone master says in IDENTIFY that it answers for the slave, so firmware skips the slave", () => {
    // Word 93 with the bits of the device number and the cable masked: valid, and bit 6.
    expect(rig([disk(diskOf(4))]).identify()[93] & 0xdf61).toBe(0x4041);
    expect(rig([disk(diskOf(4)), disk(diskOf(4))]).identify()[93] & 0x40).toBe(0);
    // An 80-conductor cable: bits 15 to 13 are 011 in both.
    const pair = rig([disk(diskOf(4)), disk(diskOf(4))]);
    expect([pair.identify(0xec, 0)[93] >> 13, pair.identify(0xec, SLAVE)[93] >> 13]).toEqual([3, 3]);
  });

  it("a reset in the middle of FEATURES and COUNT leaves no older values behind the signature", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(FEATURES, 1);
    r.out(COUNT, 0x77);
    r.out(COUNT, 0x66);
    r.control(SRST);
    r.control(HOB);
    r.settle();
    expect(r.inp(COUNT)).toBe(0);
  });
});
