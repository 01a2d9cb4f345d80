/**
 * `--dirty-log`: which frames of RAM the guest stores to, round by round, as a live migration asks. The rounds begin at
 * exact instruction counts, so they are the same every time.
 */
import type { Machine } from "../machine/machine.ts";
import type { ShadowMmu } from "../mmu/shadow/shadow-mmu.ts";
import type { RunOptions } from "./commands/run.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";
import type { PolicyChoice } from "./policy-options.ts";

/** Instructions of a round; Infinity for one round, null without `--dirty-log`. Throws one sentence for bare. */
export function dirtyLogInterval({ dirtyLog }: RunOptions, { mmu }: PolicyChoice): number | null {
  if (dirtyLog === undefined) return null;
  if (mmu === "bare") {
    throw new CommandError(
      "--dirty-log and a bare machine contradict each other: the hypervisor keeps that log.",
      STATUS_USAGE,
    );
  }
  return dirtyLog === true ? Number.POSITIVE_INFINITY : dirtyLog;
}

export class DirtyLog {
  /** Frames stored to in each round that is over. */
  readonly rounds: number[] = [];
  /** Frames stored to in any of them. */
  total = 0;
  /** Where the round that runs ends, in icount. */
  roundEnd: number;
  private readonly machine: Machine;
  private readonly shadow: ShadowMmu;
  private readonly interval: number;
  private readonly seen: Map<number, Uint32Array>;

  constructor(machine: Machine, shadow: ShadowMmu, interval: number) {
    this.machine = machine;
    this.shadow = shadow;
    this.interval = interval;
    this.roundEnd = machine.icount + interval;
    this.seen = new Map();
    for (const { id, npages } of machine.memory.slots) {
      this.seen.set(id, new Uint32Array(Math.ceil(npages / 32)));
      shadow.startDirtyLog(id);
    }
  }

  /** Ends the round if its time has come. */
  advance(): void {
    if (this.machine.icount >= this.roundEnd) this.endRound();
  }

  /** Ends the round that runs, and starts the next one. */
  endRound(): void {
    let frames = 0;
    for (const [id, seen] of this.seen) {
      const bitmap = this.shadow.takeDirtyLog(id) ?? [];
      bitmap.forEach((word, i) => {
        frames += bitCount(word);
        this.total += bitCount(word & ~seen[i]);
        seen[i] |= word;
      });
    }
    this.rounds.push(frames);
    this.roundEnd = this.machine.icount + this.interval;
  }
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
