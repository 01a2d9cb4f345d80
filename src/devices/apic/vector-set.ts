/** A set of interrupt vectors: 256 bits that software reads as eight words, the form of ISR, TMR and IRR. */

const WORDS = 8;
const NONE = -1;

export class VectorSet {
  private readonly words = new Int32Array(WORDS);

  has(vector: number): boolean {
    return ((this.words[vector >> 5] >>> (vector & 31)) & 1) !== 0;
  }

  set(vector: number, member: boolean): void {
    const bit = 1 << (vector & 31);
    if (member) this.words[vector >> 5] |= bit;
    else this.words[vector >> 5] &= ~bit;
  }

  /** The most urgent member, or -1. */
  highest(): number {
    for (let i = WORDS - 1; i >= 0; i--) {
      if (this.words[i] !== 0) return i * 32 + 31 - Math.clz32(this.words[i]);
    }
    return NONE;
  }

  /** Vectors 32 * `index` and following, as an unsigned number. */
  word(index: number): number {
    return this.words[index] >>> 0;
  }

  clear(): void {
    this.words.fill(0);
  }

  save(): number[] {
    return Array.from(this.words);
  }

  restore(words: readonly number[]): void {
    this.words.set(words);
  }
}
