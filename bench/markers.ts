/**
 * Reads the protocol that the guests speak on COM1 (guests/bench/start.S): `<`, then `>`, eight hexadecimal
 * digits and a newline, once per round.
 */

/** When something happened, on all the clocks there are. */
export interface Stamp {
  readonly wallMs: number;
  /** Processor time of the whole process, background threads included; null where it cannot be had. */
  readonly cpuMs: number | null;
  readonly instructions: number | null;
}

export interface Round {
  readonly wallMs: number;
  readonly cpuMs: number | null;
  /** As counted by who ran it, if it counts. */
  readonly instructions: number | null;
  readonly check: number;
}

const difference = (from: number | null, to: number | null): number | null =>
  from === null || to === null ? null : to - from;

export class MarkerReader {
  readonly rounds: Round[];
  private readonly stamp: () => Stamp;
  private begin: Stamp | null;
  private end: Stamp | null;
  private digits: string;

  /** @param stamp called at the moment a marker is seen */
  constructor(stamp: () => Stamp) {
    this.stamp = stamp;
    this.rounds = [];
    this.begin = null;
    this.end = null;
    this.digits = "";
  }

  /** Takes the next byte. True if it completed a round. */
  byte(code: number): boolean {
    const char = String.fromCharCode(code);
    if (char === "<") {
      this.end = null;
      this.digits = "";
      this.begin = this.stamp();
    } else if (char === ">") {
      this.end = this.stamp();
    } else if (char === "\n") {
      return this.completeRound();
    } else if (this.end !== null) {
      this.digits += char;
    }
    return false;
  }

  private completeRound(): boolean {
    const { begin, end, digits } = this;
    this.begin = null;
    this.end = null;
    if (begin === null || end === null || !/^[0-9a-f]{8}$/.test(digits)) return false;
    this.rounds.push({
      wallMs: end.wallMs - begin.wallMs,
      cpuMs: difference(begin.cpuMs, end.cpuMs),
      instructions: difference(begin.instructions, end.instructions),
      check: Number.parseInt(digits, 16),
    });
    return true;
  }
}

/** The clocks of this process. */
export function processStamp(instructions: number | null): Stamp {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000, instructions };
}
