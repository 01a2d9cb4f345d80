import { describe, expect, it } from "vitest";
import { type Disk, MemoryDisk } from "../../../src/devices/disk.ts";
import { VirtioBlk } from "../../../src/devices/virtio/virtio-blk.ts";
import { virtioCard } from "../../../src/inspect/virtio-card.ts";
import { deviceContract } from "../contract.ts";
import { virtioSubject } from "./contract-subject.ts";
import { EVENT_IDX, INDIRECT_DESC, NEEDS_RESET, type Part, type RigOptions, start } from "./driver.ts";

const [IN, OUT, FLUSH, GET_ID, DISCARD] = [0, 1, 4, 8, 11];
const [OK, IOERR, UNSUPP] = [0, 1, 2];
const F_RO = 1 << 5;
const F_FLUSH = 1 << 9;
const SECTORS = 40;

/** Each sector holds its own number. */
const contents = () => Uint8Array.from({ length: SECTORS * 512 }, (_, i) => Math.floor(i / 512) + 1);
const sector = (number: number, count = 1) =>
  Array.from(contents().subarray(number * 512, (number + count) * 512));

class CountingDisk extends MemoryDisk {
  flushes = 0;
  fails = false;

  override read(lba: number, into: Uint8Array): boolean {
    return !this.fails && super.read(lba, into);
  }

  override write(lba: number, from: Uint8Array): boolean {
    return !this.fails && super.write(lba, from);
  }

  override flush(): boolean {
    this.flushes++;
    return !this.fails;
  }
}

function rig(options: RigOptions & { readonly readOnly?: boolean; readonly disk?: Disk } = {}) {
  const counting = new CountingDisk("test.img", contents(), options.readOnly === true);
  const disk = options.disk ?? counting;
  const parts = start(
    (wires) => new VirtioBlk("virtio-blk0", { ...wires, disk, serial: "UMBRA-1" }),
    options,
  );
  const { buffer, memory, queue, run, bytes } = parts;
  return {
    ...parts,
    disk: counting,
    /** One request, its data as the parts say; returns its status and what came back. */
    request: (type: number, lba: number, data: readonly Part[] = []) => {
      const header = buffer(16);
      memory.view.setUint32(header, type, true);
      memory.view.setBigUint64(header + 8, BigInt(lba), true);
      const status = buffer(1, [0xaa]);
      const head = queue.add([{ gpa: header, length: 16 }, ...data, { gpa: status, length: 1, write: true }]);
      run();
      const [used] = queue.collect();
      expect(used.head).toBe(head);
      return { status: bytes(status, 1)[0], length: used.length };
    },
    from: (length: number, fill: number) => ({
      gpa: buffer(length, new Uint8Array(length).fill(fill)),
      length,
    }),
    into: (length: number) => ({ gpa: buffer(length), length, write: true }),
  };
}

deviceContract("the virtio block device", () =>
  virtioSubject(
    (wires) =>
      new VirtioBlk("virtio-blk0", { ...wires, disk: new MemoryDisk("d", contents(), true), serial: "S" }),
  ),
);

describe.each(["legacy", "modern"] as const)("a disk behind virtio, %s", (kind) => {
  const disk = (options: Parameters<typeof rig>[0] = {}) => rig({ interface: kind, ...options });

  it("tells its size and what requests may look like", () => {
    const { registers } = disk();
    const { config } = registers;
    expect([config(0, 4), config(4, 4)]).toEqual([SECTORS, 0]);
    expect([config(8, 4), config(12, 4), config(20, 4)]).toEqual([0x10_0000, 126, 512]);
    expect(registers.getFeatures() & 0xff_ffff).toBe(0x02 | 0x04 | 0x40 | 0x200);
    expect(registers.queueSize(0), "firmware has room for no more").toBe(128);
  });

  it("reads sectors into buffers of any shape", () => {
    const { request, into, bytes } = disk();
    const parts = [into(100), into(412), into(1024)];
    expect(request(IN, 3, parts)).toEqual({ status: OK, length: 3 * 512 + 1 });
    expect(parts.flatMap(({ gpa, length }) => bytes(gpa, length))).toEqual(sector(3, 3));
  });

  it("writes sectors", () => {
    const { request, from, disk: medium } = disk();
    expect(request(OUT, 5, [from(512, 0x77), from(512, 0x88)])).toEqual({ status: OK, length: 1 });
    expect([medium.bytes[5 * 512 - 1], medium.bytes[5 * 512], medium.bytes[7 * 512 - 1]]).toEqual([
      5, 0x77, 0x88,
    ]);
    expect(medium.bytes[7 * 512]).toBe(8);
  });

  it("moves more than one piece of 64 KiB", () => {
    const big = new MemoryDisk(
      "big",
      Uint8Array.from({ length: 0x4_0000 }, (_, i) => i * 7 + (i >> 9)),
    );
    const { request, into, bytes } = disk({ disk: big });
    const to = into(0x3_0200);
    expect(request(IN, 2, [to])).toEqual({ status: OK, length: 0x3_0201 });
    expect(bytes(to.gpa, to.length)).toEqual(Array.from(big.bytes.subarray(1024, 1024 + to.length)));
  });

  it("takes requests in an indirect table, with the event index, as Linux makes them", () => {
    const { queue, buffer, memory, run, bytes, errors } = disk({ features: EVENT_IDX | INDIRECT_DESC });
    const [header, data, status, table] = [buffer(16), buffer(512), buffer(1, [0xaa]), buffer(48)];
    memory.view.setUint32(header + 8, 9, true);
    queue.add(
      [
        { gpa: header, length: 16 },
        { gpa: data, length: 512, write: true },
        { gpa: status, length: 1, write: true },
      ],
      table,
    );
    run();
    expect([bytes(status, 1), bytes(data, 512), errors]).toEqual([[OK], sector(9), []]);
  });

  it("header and status are the first 16 bytes and the last one, not buffers of their own", () => {
    const { queue, buffer, memory, run, bytes } = disk();
    const [header, data] = [buffer(16), buffer(513)];
    memory.view.setUint32(header + 8, 1, true);
    queue.add([
      { gpa: header, length: 4 },
      { gpa: header + 4, length: 12 },
      { gpa: data, length: 513, write: true },
    ]);
    run();
    expect(bytes(data, 513)).toEqual([...sector(1), OK]);
  });

  it("tells its serial number in 20 bytes, ended by a zero if it is shorter", () => {
    const { request, into, bytes } = disk();
    const id = into(20);
    expect(request(GET_ID, 0, [id])).toEqual({ status: OK, length: 21 });
    expect(bytes(id.gpa, 8)).toEqual([..."UMBRA-1"].map((c) => c.charCodeAt(0)).concat(0));
  });

  it.each([
    ["one sector beyond the end", SECTORS, 512],
    ["a request that straddles the end", SECTORS - 1, 1024],
    ["a sector number of 64 bits", 2 ** 63, 512],
    ["a number that wraps when the length is added", 2 ** 64 - 2048, 512],
    ["a piece of a sector", 0, 511],
    ["a sector and a piece", 0, 700],
  ])("%s is an IOERR, and nothing is done", (_, lba, length) => {
    const { request, into, from, bytes, disk: medium, errors, registers } = disk();
    const to = into(length);
    expect(request(IN, lba, [to])).toEqual({ status: IOERR, length: 0 });
    expect(bytes(to.gpa, length).every((byte) => byte === 0)).toBe(true);
    expect(request(OUT, lba, [from(length, 0xee)])).toEqual({ status: IOERR, length: 1 });
    expect(medium.bytes).toEqual(contents());
    expect(errors).toHaveLength(2);
    expect(registers.getStatus() & NEEDS_RESET).toBe(0);
  });

  it("the last sector is on the disk, and a request for nothing too", () => {
    const { request, into } = disk();
    expect(request(IN, SECTORS - 1, [into(512)]).status).toBe(OK);
    expect(request(IN, SECTORS).status).toBe(OK);
    expect(request(IN, SECTORS + 1).status).toBe(IOERR);
  });

  it("a buffer longer than size_max is an IOERR", () => {
    const { request, errors } = disk({
      ramBytes: 0x20_0000,
      disk: new MemoryDisk("d", new Uint8Array(0x20_0000)),
    });
    expect(request(IN, 0, [{ gpa: 0x6_0000, length: 0x10_0200, write: true }]).status).toBe(IOERR);
    expect(errors[0]).toContain("longer than size_max");
  });

  it.each([
    ["discard", DISCARD],
    ["write zeroes", 13],
    ["a SCSI command of old", 2],
    ["a type of ones", 0xffff_ffff],
  ])("%s is UNSUPP", (_, type) => {
    const { request, errors } = disk();
    expect(request(type, 0)).toEqual({ status: UNSUPP, length: 1 });
    expect(errors).toHaveLength(1);
  });

  it("a disk that is read-only says so, and refuses writes", () => {
    const { request, from, registers, disk: medium } = disk({ readOnly: true });
    expect(registers.getFeatures() & F_RO).toBe(F_RO);
    expect(request(OUT, 0, [from(512, 1)]).status).toBe(IOERR);
    expect(medium.bytes).toEqual(contents());
  });

  it("flushes when asked; without that feature after each write", () => {
    const careful = disk({ features: F_FLUSH });
    careful.request(OUT, 0, [careful.from(512, 1)]);
    expect(careful.disk.flushes).toBe(0);
    expect(careful.request(FLUSH, 0)).toEqual({ status: OK, length: 1 });
    expect(careful.disk.flushes).toBe(1);
    const simple = disk();
    simple.request(OUT, 0, [simple.from(512, 1)]);
    expect(simple.disk.flushes).toBe(1);
  });

  it("what the host cannot do is an IOERR", () => {
    const { request, into, from, disk: medium } = disk();
    medium.fails = true;
    expect(request(IN, 0, [into(512)])).toEqual({ status: IOERR, length: 0 });
    expect(request(OUT, 0, [from(512, 1)]).status).toBe(IOERR);
    expect(request(FLUSH, 0).status).toBe(IOERR);
  });

  it.each([
    [
      "no whole header",
      [
        { gpa: 0x1000, length: 15 },
        { gpa: 0x1000, length: 1, write: true },
      ],
    ],
    ["no room for the status", [{ gpa: 0x1000, length: 16 }]],
  ])("a request with %s breaks the device", (_, parts) => {
    const { queue, run, registers, errors } = disk();
    queue.add(parts);
    run();
    expect([queue.usedIdx, errors.length]).toEqual([0, 1]);
    expect(registers.getStatus() & NEEDS_RESET).toBe(NEEDS_RESET);
  });
});

describe("on the bus", () => {
  it("is a transitional block device, a mass storage controller", () => {
    const { pci } = rig();
    expect([pci.get(2, 2), pci.get(0x2e, 2), pci.get(8, 4)]).toEqual([0x1001, 2, 0x0100_0000]);
  });

  it("its card tells the handshake, the features, the queue and the disk", () => {
    const { pci, request, into } = rig({ features: EVENT_IDX });
    request(IN, 0, [into(512)]);
    const card = virtioCard(pci, "ports c000-c03f");
    expect(card).toMatchObject({
      name: "virtio-blk0 block device",
      where: "ports c000-c03f",
      irq: "INTA# asserted",
    });
    expect(card.registers).toEqual([
      ["status", "0f ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK"],
      ["ISR", "01 queue"],
      ["features", "1_20000000 EVENT_IDX VERSION_1"],
      ["0 requests", "128 at 00010000, taken 1, used 1"],
      ["disk", "test.img, 20 KiB"],
    ]);
  });
});
