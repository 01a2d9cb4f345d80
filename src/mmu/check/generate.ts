/**
 * Random stories for fast-check. Choices are weighted towards what makes translations go stale: few frames, the
 * heads of the lists, entries that are present and accessed, and flushes that do not quite reach.
 */
import fc from "fast-check";
import { PFERR_FETCH, PFERR_USER } from "../mmu.ts";
import { PTE_NX_HI, PTE_P, PTE_PS, PTE_RW } from "../paging.ts";
import type { Gva } from "../types.ts";
import { BITS, type Bit, HOST_EVENTS, type Op, SLOT_EVENTS, type StoreOp } from "./ops.ts";
import { smallerStories } from "./smaller.ts";
import {
  ALIASES,
  CR3_FRAMES,
  DIRECTORY_FLAGS,
  DIRECTORY_TARGETS,
  LARGE_TARGETS,
  LEAF_TARGETS,
  ROOT_TARGETS,
  THEMES,
  type Theme,
} from "./themes.ts";
import { D0, D1, GFNS, type Mode, OFFSETS, PAGES, R0, R1 } from "./universe.ts";

/** Bits of the high half that are now and then set: execute-disable, and the first reserved one. */
const RESERVED_HI = 0x10;
const ACCESSES = [0, 0, 0, PFERR_USER, PFERR_USER, 0, PFERR_FETCH, PFERR_USER | PFERR_FETCH];

/** Picks among a power of two of choices. */
function pick<T>(random: fc.Random, choices: readonly T[]): T {
  return choices[random.next(31 - Math.clz32(choices.length))];
}

/** An index below `count`, 0 in every second case and then mostly small. */
function skewed(random: fc.Random, count: number): number {
  const bits = random.next(6);
  if (bits < 32) return 0;
  if (bits < 44) return Math.min(1, count - 1);
  return random.nextInt(0, count - 1);
}

class StoryArbitrary extends fc.Arbitrary<readonly Op[]> {
  private readonly mode: Mode;
  private readonly length: number;
  private readonly pages: readonly Gva[];
  private readonly bits: readonly Bit[];

  constructor(mode: Mode, length: number) {
    super();
    this.mode = mode;
    this.length = length;
    this.pages = PAGES[mode];
    this.bits = mode === "mixed" ? BITS : BITS.filter((bit) => bit !== "pae");
  }

  override generate(random: fc.Random): fc.Value<readonly Op[]> {
    const theme = pick(random, THEMES);
    const ops: Op[] = [];
    for (let i = 0; i < this.length; i++) ops.push(this.op(random, theme));
    return new fc.Value<readonly Op[]>(ops, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is readonly Op[] {
    return Array.isArray(value);
  }

  override shrink(ops: readonly Op[]): fc.Stream<fc.Value<readonly Op[]>> {
    return fc.stream(smallerStories(ops)).map((smaller) => new fc.Value<readonly Op[]>(smaller, undefined));
  }

  private op(random: fc.Random, theme: Theme): Op {
    switch (pick(random, theme.kinds)) {
      case "store":
        return this.store(random, theme);
      case "access":
        return { kind: "access", gva: this.page(random), access: pick(random, ACCESSES) };
      case "write": {
        const offset = OFFSETS[skewed(random, OFFSETS.length)];
        const value = (GFNS[pick(random, LEAF_TARGETS)] << 12) | pick(random, theme.flags);
        const rare = random.next(4);
        return {
          kind: "write",
          gva: this.page(random) + offset,
          user: (rare & 1) !== 0,
          value: rare < 4 ? 0 : value,
          delivery: rare === 15,
        };
      }
      case "invlpg":
        return { kind: "invlpg", gva: this.page(random) };
      case "cr3":
        return { kind: "cr3", frame: pick(random, CR3_FRAMES) };
      case "bit": {
        const bit = this.bits[random.nextInt(0, this.bits.length - 1)];
        return { kind: "bit", bit, on: random.next(1) !== 0 };
      }
      case "host":
        return { kind: "host", event: pick(random, HOST_EVENTS) };
      case "unprotect":
        return { kind: "unprotect", frame: pick(random, theme.stored) };
      case "alias":
        return { kind: "alias", frame: pick(random, ALIASES) };
      default:
        return { kind: "slot", event: SLOT_EVENTS[random.nextInt(0, SLOT_EVENTS.length - 1)] };
    }
  }

  private page(random: fc.Random): Gva {
    return this.pages[skewed(random, this.pages.length)];
  }

  private store(random: fc.Random, theme: Theme): StoreOp {
    const frame = this.tableOf(pick(random, theme.stored));
    // In PAE tables every second word begins an entry.
    const wide = this.mode === "pae" || (this.mode === "mixed" && random.next(2) !== 0);
    const offset = wide
      ? OFFSETS[2 * skewed(random, OFFSETS.length / 2)]
      : OFFSETS[skewed(random, OFFSETS.length)];
    const rare = random.next(6);
    const lo = this.entry(random, theme, frame);
    const emulated = random.next(4) < theme.emulated;
    const how = random.next(4);
    if (wide && how >= 4) {
      const hi = rare === 0 ? RESERVED_HI : rare < 4 ? PTE_NX_HI : 0;
      return { kind: "store", frame, offset, bytes: 8, lo, hi, emulated };
    }
    if (wide && how === 3) {
      const hi = rare < 2 ? RESERVED_HI : rare < 32 ? PTE_NX_HI : 0;
      return { kind: "store", frame, offset: offset + 4, bytes: 4, lo: hi, hi: 0, emulated };
    }
    if (rare < 2) return { kind: "store", frame, offset, bytes: 2, lo: lo & 0xffff, hi: 0, emulated };
    if (rare < 4) return { kind: "store", frame, offset, bytes: 1, lo: lo & 0xff, hi: 0, emulated };
    if (rare < 6 && this.mode === "32bit") {
      const hi = this.entry(random, theme, frame);
      return { kind: "store", frame, offset: offset & ~7, bytes: 8, lo, hi, emulated };
    }
    return { kind: "store", frame, offset, bytes: 4, lo, hi: 0, emulated };
  }

  /** In 2-level paging the roots are the directories. */
  private tableOf(frame: number): number {
    if (this.mode !== "32bit") return frame;
    return frame === D0 ? R0 : frame === D1 ? R1 : frame;
  }

  private entry(random: fc.Random, theme: Theme, frame: number): number {
    const isRoot = frame === R0 || frame === R1;
    if (isRoot && this.mode === "pae") {
      // A PDPTE has P and little else.
      const flags = random.next(4);
      const target = GFNS[pick(random, ROOT_TARGETS)] << 12;
      return flags === 0 ? target | PTE_P | PTE_RW : flags < 4 ? 0 : target | PTE_P;
    }
    if (!isRoot && frame !== D0 && frame !== D1) {
      return (GFNS[pick(random, LEAF_TARGETS)] << 12) | pick(random, theme.flags);
    }
    if (random.next(2) === 0) {
      return (GFNS[pick(random, LARGE_TARGETS)] << 12) | pick(random, theme.flags) | PTE_PS;
    }
    return (GFNS[pick(random, DIRECTORY_TARGETS)] << 12) | pick(random, DIRECTORY_FLAGS);
  }
}

/** Stories of that many ops. */
export function stories(mode: Mode, length: number): fc.Arbitrary<readonly Op[]> {
  return new StoryArbitrary(mode, length);
}
