/**
 * Stores to watched memory. The frames that hold what is watched are treated as if they held decoded code: each store
 * to them is reported, whoever makes it and at whatever linear address, and nothing else takes longer.
 *
 * What a linear address leads to may change, so for each that is watched the entries of the guest's tables on the way
 * to it are watched as well.
 */
import { digits } from "../common/hex.ts";
import { guestWalk } from "../inspect/translation.ts";
import type { Machine } from "../machine/machine.ts";
import type { Watch } from "./watch.ts";

type MemoryWatch = Extract<Watch, { kind: "gva" | "gfn" }>;

const PAGE = 4096;

/** Bytes of host memory. */
interface Range {
  readonly hpa: number;
  readonly bytes: number;
}

interface Watched {
  readonly id: number;
  readonly watch: MemoryWatch;
  /** What is watched; empty where the address leads nowhere. */
  target: readonly Range[];
  /** The entries that lead there. */
  path: readonly Range[];
  /** What the bytes were, and where; null for a frame. */
  value: string | null;
}

/** A watched thing that was stored to, or an address that reads something else now. */
export interface WatchHit {
  readonly id: number;
  readonly change: string;
}

export class MemoryWatches {
  private readonly machine: Machine;
  private readonly list: Watched[] = [];
  private frames: ReadonlySet<number> = new Set();
  /** Stores since the last look: the watch and the words for it. */
  private stores: { readonly watched: Watched; readonly text: string }[] = [];
  private moved = false;

  constructor(machine: Machine) {
    this.machine = machine;
    machine.cpu.afterWatchedStore = (hpa, bytes) => this.stored(hpa, bytes);
    machine.cpu.afterControlWrite = () => {
      if (this.list.some(({ watch }) => watch.kind === "gva")) this.pathsChanged();
    };
  }

  /** The watched frame exists, or the address may be watched. */
  add(id: number, watch: MemoryWatch): void {
    const watched: Watched = { id, watch, target: [], path: [], value: null };
    this.list.push(watched);
    this.resolve(watched);
    this.watchFrames();
  }

  remove(id: number): void {
    const at = this.list.findIndex((watched) => watched.id === id);
    if (at >= 0) this.list.splice(at, 1);
    this.watchFrames();
  }

  /** What has happened since the last look, between two instructions. */
  take(): WatchHit | null {
    let hit: WatchHit | null = null;
    for (const { watched, text } of this.stores) {
      const before = watched.value;
      watched.value = this.valueOf(watched);
      const change = before === null ? text : `${before} -> ${watched.value}, ${text}`;
      hit ??= { id: watched.id, change };
    }
    this.stores = [];
    if (!this.moved) return hit;
    this.moved = false;
    for (const watched of this.list) {
      if (watched.watch.kind !== "gva") continue;
      const before = watched.value;
      this.resolve(watched);
      if (before !== watched.value) {
        hit ??= { id: watched.id, change: `${before} -> ${watched.value}, it leads elsewhere now` };
      }
    }
    this.watchFrames();
    return hit;
  }

  private stored(hpa: number, bytes: number): void {
    const { machine } = this;
    for (const watched of this.list) {
      if (watched.path.some((range) => overlap(range, hpa, bytes))) this.pathsChanged();
      if (!watched.target.some((range) => overlap(range, hpa, bytes))) continue;
      const text = storeText(watched, hpa, bytes, machine.cpu.eip);
      this.stores.push({ watched, text });
      machine.cpu.requestBreak();
    }
  }

  private pathsChanged(): void {
    this.moved = true;
    this.machine.cpu.requestBreak();
  }

  private resolve(watched: Watched): void {
    const { memory } = this.machine;
    const { watch } = watched;
    if (watch.kind === "gfn") {
      watched.target = [{ hpa: memory.hpa(watch.gfn * PAGE), bytes: PAGE }];
      return;
    }
    watched.target = this.piecesOf(watch.gva, watch.bytes);
    const { steps } = guestWalk(this.machine, watch.gva);
    // With PAE the upper entries are registers of the processor, loaded with CR3.
    const bytes = steps.some(({ level }) => level === 3) ? 8 : 4;
    watched.path = steps
      .filter(({ level }) => level < 3)
      .map(({ table, index }) => ({ hpa: memory.hpa(table * PAGE + index * bytes), bytes }))
      .filter(({ hpa }) => hpa >= 0);
    watched.value = this.valueOf(watched);
  }

  /** Host memory behind linear addresses; what is not mapped is left out. */
  private piecesOf(gva: number, bytes: number): Range[] {
    const { mmu, memory } = this.machine;
    const pieces: Range[] = [];
    for (let i = 0; i < bytes; i++) {
      const at = (gva + i) % 2 ** 32;
      const gpa = mmu.probe(at);
      const hpa = gpa < 0 ? -1 : memory.hpa(gpa);
      if (hpa >= 0) pieces.push({ hpa, bytes: 1 });
    }
    return pieces;
  }

  private valueOf({ watch, target }: Watched): string | null {
    if (watch.kind === "gfn") return null;
    if (target.length < watch.bytes) return "(not mapped)";
    const { u8 } = this.machine.linear;
    return [...target]
      .reverse()
      .map(({ hpa }) => digits(u8[hpa], 2))
      .join("");
  }

  /** Has exactly the frames reported that are needed now. */
  private watchFrames(): void {
    const { blocks } = this.machine.cpu;
    const wanted = new Set(
      this.list.flatMap(({ target, path }) => [...target, ...path].map(({ hpa }) => Math.floor(hpa / PAGE))),
    );
    for (const frame of this.frames) if (!wanted.has(frame)) blocks.watchFrame(frame, false);
    for (const frame of wanted) if (!this.frames.has(frame)) blocks.watchFrame(frame, true);
    this.frames = wanted;
  }
}

function storeText({ watch, target }: Watched, hpa: number, bytes: number, eip: number): string {
  if (watch.kind === "gva") return `stored by ${digits(eip, 8)}`;
  const gpa = watch.gfn * PAGE + hpa - target[0].hpa;
  return `${bytes} bytes stored at gpa ${digits(gpa, 8)} by ${digits(eip, 8)}`;
}

function overlap(range: Range, hpa: number, bytes: number): boolean {
  return hpa < range.hpa + range.bytes && range.hpa < hpa + bytes;
}
