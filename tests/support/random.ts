/** A seeded generator: the same numbers on every host. */

/** FNV-1a of a text. */
export function hashText(text: string): number {
  let hash = 0x811c_9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}

/** FNV-1a of words, continuing from `hash`. */
export function hashWords(hash: number, words: ArrayLike<number>): number {
  let h = hash;
  for (let i = 0; i < words.length; i++) {
    h = Math.imul(h ^ words[i], 0x0100_0193);
    h ^= h >>> 15;
  }
  return h;
}

/** A counter of 32 bits, scrambled ("splitmix"), so that neighbouring seeds have nothing in common. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 32 random bits, signed. */
  word(): number {
    this.state = (this.state + 0x9e37_79b9) | 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
    return x ^ (x >>> 15);
  }

  /** 8 random bits. */
  byte(): number {
    return this.word() & 0xff;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return (this.word() >>> 0) % limit;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}
