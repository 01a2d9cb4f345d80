/**
 * A random guest that flushes after every change that a processor may otherwise ignore. Whatever the policy, it
 * must see what it would see on a bare machine.
 */
import fc from "fast-check";
import { PTE_NX_HI } from "../../../src/mmu/paging.ts";
import { A, D, G, P, PS, RW, TestGuest, US } from "../../support/page-tables.ts";
import { FETCH, type Processor, READ, USER, WRITE } from "../harness.ts";

export type Mode = "pae" | "2-level";

export type Op =
  | { kind: "entry"; table: number; slot: number; target: number; flags: number; hi: number; flush: number }
  | { kind: "access"; space: number; gva: number; access: number }
  | { kind: "store"; gva: number; value: number; target: number; bytes: 1 | 2 | 4 }
  | { kind: "cr3"; space: number }
  | { kind: "invlpg"; gva: number }
  | { kind: "toggle"; what: "pge" | "wp" | "nxe" | "pg" | "pse" | "clts" }
  | { kind: "host"; what: "shrink" | "io" };

const USED = P | RW | US | A | D;
const FLAGS = [USED, USED, USED | G, USED | G, P | RW | A | D | G, P | US | A, P | RW | US, 0, 0];

const flags = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...FLAGS) },
  { weight: 2, arbitrary: fc.nat(0x1ff).map((bits) => (bits & ~PS) | P) },
  { weight: 1, arbitrary: fc.nat(0x1ff) },
);

export const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("entry" as const),
      table: fc.nat(255),
      slot: fc.nat(3),
      target: fc.nat(63),
      flags,
      hi: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.constantFrom(PTE_NX_HI, 0x10, 0x1)),
      flush: fc.nat(3),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("access" as const),
      space: fc.nat(1),
      gva: fc.nat(63),
      access: fc.constantFrom(READ, WRITE, FETCH, USER, USER | WRITE, USER | FETCH),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("store" as const),
      gva: fc.nat(63),
      value: flags,
      target: fc.nat(63),
      bytes: fc.constantFrom(4, 4, 4, 2, 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cr3" as const), space: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("invlpg" as const), gva: fc.nat(63) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("toggle" as const),
      what: fc.constantFrom("pge", "wp", "nxe", "pg", "pse", "clts"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("host" as const), what: fc.constantFrom("shrink", "io") }),
  },
) as fc.Arbitrary<Op>;

const LINEAR = 0xc000_0000;
const CR0 = 0x8001_0009;

/** One machine and the tables of two address spaces in it; the same on every machine that is made. */
export class RandomGuest {
  readonly guest: TestGuest;
  readonly mode: Mode;
  readonly cr3: number[];
  /** Frames of page directories, then of page tables. */
  readonly tables: number[];
  private readonly directories: number;
  private cr0 = CR0;
  private cr4: number;
  private efer = 0x800;
  private space = 0;

  constructor(mode: Mode, shadowPages: number, tables: number) {
    this.mode = mode;
    this.guest = new TestGuest({ mib: 8, shadowPages });
    this.tables = [];
    this.cr3 = [];
    this.cr4 = mode === "pae" ? 0xb0 : 0x90;
    const kernel = P | RW | A | D | G;
    if (mode === "pae") {
      const spaces = [this.guest.pae(), this.guest.pae()];
      const shared = this.guest.frame();
      const top = this.guest.frame();
      for (const space of spaces) {
        this.tables.push(space.directory(0));
        space.directory(2, shared);
        space.directory(3, top);
        this.cr3.push(space.cr3);
      }
      for (let mib = 0; mib < 8; mib += 2) spaces[0].mapLarge(LINEAR + (mib << 20), mib * 256, kernel);
      this.tables.push(shared, top);
    } else {
      for (let i = 0; i < 2; i++) {
        const space = this.guest.twoLevel();
        for (let mib = 0; mib < 8; mib += 4) space.mapLarge(LINEAR + (mib << 20), mib * 256, kernel);
        this.tables.push(space.root);
        this.cr3.push(space.cr3);
      }
    }
    this.directories = this.tables.length;
    while (this.tables.length < tables) this.tables.push(this.guest.frame());
    this.fill();
  }

  /** Something to start from: every directory slot leads to a table, every table slot to a frame. */
  private fill(): void {
    const { memory } = this.guest;
    this.tables.forEach((gfn, table) => {
      for (let slot = 0; slot < 4; slot++) {
        const directory = table < this.directories;
        const target = directory
          ? this.directories + ((table * 4 + slot) % (this.tables.length - this.directories))
          : slot;
        const to = directory ? this.tables[target] : 0x20 + table * 4 + slot;
        memory.write32(gfn, this.offset({ table, slot }), (to << 12) | USED | (table % 2 === 0 ? G : 0));
      }
    });
  }

  start(cpu: Processor): void {
    cpu.mmu.setEfer(this.efer);
    cpu.mmu.setCr4(this.cr4);
    cpu.mmu.setCr3(this.cr3[0]);
    cpu.mmu.setCr0(this.cr0);
  }

  /** Does one operation and says what the guest saw of it. */
  step(cpu: Processor, op: Op): string {
    switch (op.kind) {
      case "entry":
        return this.writeEntry(cpu, op);
      case "access":
        return seen(cpu.access(this.gva(op.gva), op.access));
      case "store": {
        const outcome = seen(cpu.store(this.gva(op.gva), this.entry(op.target, op.value), 0, op.bytes));
        const gfn = Number(outcome.slice(4));
        // Any frame above the data frames may hold a table.
        const flushed = outcome.startsWith("gfn") && gfn >= 0x100 ? this.flushAll(cpu) : "";
        return outcome + flushed;
      }
      case "cr3":
        this.space = op.space;
        return `cr3 ${cpu.mmu.setCr3(this.cr3[op.space])}`;
      case "invlpg":
        cpu.mmu.invlpg(this.gva(op.gva));
        return "";
      case "toggle":
        return this.toggle(cpu, op.what);
      case "host":
        if (op.what === "io") cpu.mmu.exit(0);
        else if ("shrink" in cpu.mmu) (cpu.mmu as { shrink(): void }).shrink();
        return "";
    }
  }

  private toggle(cpu: Processor, what: string): string {
    const { mmu } = cpu;
    switch (what) {
      case "wp":
        this.cr0 ^= 0x1_0000;
        return `wp ${mmu.setCr0(this.cr0)}`;
      case "nxe":
        this.efer ^= 0x800;
        mmu.setEfer(this.efer);
        return this.flushAll(cpu);
      case "pg":
        return `pg ${mmu.setCr0(this.cr0 & 0x7fff_ffff)} ${cpu.read(0x10_0000)} ${mmu.setCr0(this.cr0)}`;
      case "pse":
        this.cr4 ^= 0x10;
        return `pse ${mmu.setCr4(this.cr4)}`;
      case "clts":
        mmu.clts();
        return `ts ${mmu.setCr0(this.cr0)}`;
      default:
        return this.flushAll(cpu);
    }
  }

  private writeEntry(cpu: Processor, op: Op & { kind: "entry" }): string {
    const table = this.pick(op.table);
    const gfn = this.tables[table];
    const offset = this.offset({ table, slot: op.slot });
    const at = LINEAR + gfn * 4096 + offset;
    const before = this.guest.memory.read32(gfn, offset);
    const lo = this.entry(table < this.directories ? op.target & 31 : op.target, op.flags);
    let outcome = "";
    if (this.mode === "pae" && this.guest.memory.read32(gfn, offset + 4) !== op.hi) {
      outcome += seen(cpu.store(at, 0));
      outcome += seen(cpu.store(at + 4, op.hi));
    }
    outcome += seen(cpu.store(at, lo));
    // What was not present cannot have been cached.
    if (op.flush === 3 && (before & P) === 0) return outcome;
    const global = ((before | lo) & G) !== 0;
    if (table < this.directories || global || op.flush === 0) return outcome + this.flushAll(cpu);
    // Only the current space can hold translations that are not global.
    if (op.flush === 1) return `${outcome} ${cpu.mmu.setCr3(this.cr3[this.space])}`;
    for (let i = 0; i < 16; i++) cpu.mmu.invlpg(this.gva(i * 4 + op.slot));
    return outcome;
  }

  /** A table, more often a page table than a directory. */
  private pick(table: number): number {
    if (table < 32) return table % this.directories;
    return this.directories + (table % (this.tables.length - this.directories));
  }

  /** All translations, global ones too. */
  private flushAll(cpu: Processor): string {
    return ` flush ${cpu.mmu.setCr4(this.cr4 ^ 0x80)} ${cpu.mmu.setCr4(this.cr4)}`;
  }

  /** Four slots of each table are in play; those of the shared top directory stay clear of the linear map. */
  private offset({ table, slot }: { table: number; slot: number }): number {
    if (this.mode === "pae") return (table === 3 ? 0x1f0 + slot : slot) * 8;
    return SLOTS[slot] * 4;
  }

  /** The linear addresses that those slots can make valid; the last two bits choose the page table's slot. */
  private gva(i: number): number {
    const slot = i & 3;
    const directorySlot = (i >> 2) & 3;
    if (this.mode === "2-level") return SLOTS[directorySlot] * 0x40_0000 + SLOTS[slot] * 0x1000;
    const region = [0, 0x8000_0000, 0xfe00_0000, 0][i >> 4];
    return region + directorySlot * 0x20_0000 + slot * 0x1000;
  }

  /** Mostly data frames in a page table's entry, tables in a directory's; also a device, and nothing. */
  private entry(target: number, flagBits: number): number {
    const frames = [...this.tables, 0xa5, 0x6_0000, 0x200, 0x400];
    const gfn = target < 32 ? frames[(target * 7) % frames.length] : target;
    return (gfn << 12) | flagBits;
  }
}

/** In 4-byte tables both halves, and three quarters, are in play. */
const SLOTS = [0, 1, 511, 600];

/** The guest cannot tell an emulated store from its own. */
function seen(outcome: string): string {
  return outcome.replace("emulated ", "");
}
