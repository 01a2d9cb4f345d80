/** A small deterministic generator (xorshift32), with the choices that streams are made of. */

export class Random {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring sequences.
    this.state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) | 1;
    for (let i = 0; i < 4; i++) this.word();
  }

  /** 32 bits, signed. */
  word(): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state;
  }

  /** From 0 to `count - 1`. */
  below(count: number): number {
    return (this.word() >>> 0) % count;
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  byte(): number {
    return this.word() & 0xff;
  }
}
