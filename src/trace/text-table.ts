/** Texts that events carry as a number, so that an event is made of integers only. */

/** Guests can make texts without end, with values in them: from here on they all get number 0. */
const MAX_TEXTS = 4096;
const TOO_MANY = "(more different texts than are kept)";

export class TextTable {
  private readonly texts: string[] = [TOO_MANY];
  private readonly numbers = new Map<string, number>();

  /** The number of a text, the same one each time. */
  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    if (this.texts.length === MAX_TEXTS) return 0;
    const number = this.texts.push(text) - 1;
    this.numbers.set(text, number);
    return number;
  }

  /** How many texts there are; their numbers are below that. */
  get count(): number {
    return this.texts.length;
  }

  /** The texts from a number on, for a reader in another thread. */
  from(first: number): readonly string[] {
    return this.texts.slice(first);
  }

  textOf(number: number): string {
    return this.texts[number] ?? TOO_MANY;
  }
}
