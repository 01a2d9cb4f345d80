/**
 * Nonsense for one device of a whole board: random accesses of every width to its ports and addresses, time passing in
 * between. Nothing may throw; that it also neither hangs nor grows is seen by how long it takes and what it leaves.
 */
import { MemoryDisk } from "../../../src/devices/disk.ts";
import type { MmioRange, PortRange } from "../../../src/machine/bus.ts";
import { Machine } from "../../../src/machine/machine.ts";
import { defaultPolicy } from "../../../src/mmu/shadow/policy.ts";
import { asm } from "../../support/asm.ts";
import { Random } from "../../support/random.ts";

const DISK_SECTORS = 256;
const WIDTHS = [1, 1, 1, 2, 4] as const;

/** A board with something in every drive, set up as for a kernel. */
export function buildBoard(): Machine {
  const disk = (name: string) => new MemoryDisk(name, new Uint8Array(DISK_SECTORS * 512));
  const machine = new Machine({
    ramBytes: 4 << 20,
    mmu: "bare",
    policy: defaultPolicy,
    console: () => {},
    floppies: [{ kind: "1.44M", disk: new MemoryDisk("f", new Uint8Array(2880 * 512)) }, null],
    testdev: true,
    virtio: { disks: [disk("v")], console: true, rng: true },
    drives: [{ kind: "disk", disk: disk("a") }, null, { kind: "cdrom", disc: disk("c") }, null],
  });
  machine.load({
    entry: 0x10_0000,
    segments: [{ name: "code", gpa: 0x10_0000, bytes: asm("hlt"), size: 1 }],
    registers: { eax: 0, ebx: 0, esi: 0 },
    start: {
      cr0: 0x11,
      eflags: 2,
      cs: { selector: 8, base: 0, limit: 0xffff_ffff, access: 0x9b, flags: 0xc },
      data: { selector: 16, base: 0, limit: 0xffff_ffff, access: 0x93, flags: 0xc },
      gdtr: { base: 0, limit: 0 },
    },
    parts: {
      kernel: { gpa: 0x10_0000, bytes: asm("hlt") },
      commandLine: { gpa: 0, bytes: Uint8Array.of(0) },
      initrd: null,
      setup: null,
    },
    warnings: [],
  });
  return machine;
}

/** The names of what answers on the bus. */
export function deviceNames({ board: { bus } }: Machine): string[] {
  const all = [...bus.portRanges, ...bus.mmioRanges].map(({ device }) => device.name);
  return [...new Set(all)].sort();
}

export class Storm {
  readonly machine = buildBoard();
  private readonly ports: readonly PortRange[];
  private readonly windows: readonly MmioRange[];
  private readonly random: Random;

  constructor(name: string, seed: number) {
    const { bus } = this.machine.board;
    // Where they are now: what the guest moves away answers no more, and that is to be tried, too.
    this.ports = bus.portRanges.filter(({ device }) => device.name === name);
    this.windows = bus.mmioRanges.filter(({ device }) => device.name === name);
    this.random = new Random(seed);
  }

  run(accesses: number): void {
    const { random } = this;
    for (let i = 0; i < accesses; i++) {
      if (this.ports.length > 0 && (this.windows.length === 0 || random.oneIn(2))) this.port();
      else this.memory();
      if (random.oneIn(8)) this.pass();
    }
  }

  private value(width: 1 | 2 | 4): number {
    const { random } = this;
    const word = random.oneIn(3) ? random.pick([0, 1, 0x80, 0xff, 0xffff_ffff]) : random.word() >>> 0;
    return width === 4 ? word : word & (width === 2 ? 0xffff : 0xff);
  }

  private port(): void {
    const { random } = this;
    const { bus } = this.machine.board;
    const { base, count } = random.pick(this.ports);
    const width = random.pick(WIDTHS);
    const port = base + random.below(count);
    if (random.oneIn(2)) bus.portWrite(port, width, this.value(width));
    else bus.portRead(port, width);
  }

  private memory(): void {
    const { random } = this;
    const { bus } = this.machine.board;
    const { base, end } = random.pick(this.windows);
    const width = random.pick(WIDTHS);
    const gpa = base + random.below(end - base);
    if (random.oneIn(2)) bus.mmioWrite(gpa, width, this.value(width));
    else bus.mmioRead(gpa, width);
  }

  private pass(): void {
    const { random } = this;
    const { clock } = this.machine.board;
    clock.advance(clock.now + random.below(random.oneIn(50) ? 1_000_000 : 2000));
  }
}
