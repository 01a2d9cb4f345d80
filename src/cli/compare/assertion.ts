/**
 * `--assert "oos+global.exits < 0.95 * oos.exits"`: one comparison between sums of numbers and counters.
 *
 *     assertion = sum ("<" | "<=" | ">" | ">=" | "==" | "!=") sum
 *     sum       = product { ("+" | "-") product }
 *     product   = factor { ("*" | "/") factor }
 *     factor    = number | policy "." counter | "(" sum ")" | "-" factor
 *
 * Names of policies contain + and -; the longest name that fits, with a dot after it, is taken.
 */

/** What is wrong with an assertion, and where. */
export class AssertionSyntaxError extends Error {}

type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";
/** Value of a counter of a policy. */
export type Lookup = (policy: string, counter: string) => number;
type Expression = (lookup: Lookup) => number;

export interface Assertion {
  readonly text: string;
  readonly evaluate: (lookup: Lookup) => AssertionResult;
}

export interface AssertionResult {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly holds: boolean;
}

const HOLDS: Record<Comparison, (left: number, right: number) => boolean> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

/** Throws an AssertionSyntaxError that names the column. */
export function parseAssertion(
  text: string,
  policies: readonly string[],
  counters: readonly string[],
): Assertion {
  const parser = new Parser(text, policies, counters);
  const left = parser.sum();
  const comparison = parser.comparison();
  const right = parser.sum();
  parser.end();
  return {
    text,
    evaluate: (lookup) => {
      const values = { left: left(lookup), right: right(lookup) };
      return { text, ...values, holds: HOLDS[comparison](values.left, values.right) };
    },
  };
}

class Parser {
  private readonly text: string;
  private readonly policies: readonly string[];
  private readonly counters: readonly string[];
  private at = 0;

  constructor(text: string, policies: readonly string[], counters: readonly string[]) {
    this.text = text;
    // The longest first: oos+global before oos.
    this.policies = [...policies].sort((a, b) => b.length - a.length);
    this.counters = counters;
  }

  sum(): Expression {
    let left = this.product();
    for (;;) {
      const one = left;
      if (this.take(/[+]/y)) {
        const other = this.product();
        left = (lookup) => one(lookup) + other(lookup);
      } else if (this.take(/-/y)) {
        const other = this.product();
        left = (lookup) => one(lookup) - other(lookup);
      } else return left;
    }
  }

  comparison(): Comparison {
    const found = this.take(/<=|>=|==|!=|<|>/y);
    return (found as Comparison | null) ?? this.fail("a comparison (< <= > >= == !=) is missing");
  }

  end(): void {
    this.take(/\s*/y);
    if (this.at < this.text.length) this.fail("nothing may follow the second side");
  }

  private product(): Expression {
    let left = this.factor();
    for (;;) {
      const one = left;
      if (this.take(/[*]/y)) {
        const other = this.factor();
        left = (lookup) => one(lookup) * other(lookup);
      } else if (this.take(/[/]/y)) {
        const other = this.factor();
        left = (lookup) => one(lookup) / other(lookup);
      } else return left;
    }
  }

  private factor(): Expression {
    if (this.take(/[(]/y)) {
      const inner = this.sum();
      if (!this.take(/[)]/y)) this.fail("a ) is missing");
      return inner;
    }
    if (this.take(/-/y)) {
      const inner = this.factor();
      return (lookup) => -inner(lookup);
    }
    const number = this.take(/\d[\d_]*(\.\d+)?/y);
    if (number !== null) {
      const value = Number(number.replaceAll("_", ""));
      return () => value;
    }
    return this.counter();
  }

  private counter(): Expression {
    this.take(/\s*/y);
    const policy = this.policies.find((name) => this.text.startsWith(`${name}.`, this.at));
    if (policy === undefined) {
      this.fail(`expected a number or POLICY.COUNTER, where the policies are ${this.policies.join(", ")}`);
    }
    const start = this.at;
    this.at += policy.length + 1;
    const counter = this.take(/\w+/y) ?? "";
    if (!this.counters.includes(counter)) {
      this.at = start;
      this.fail(`there is no counter '${counter}'; --report json lists them`);
    }
    return (lookup) => lookup(policy, counter);
  }

  /** The text that the sticky pattern matches here, blanks before it skipped; null if it does not. */
  private take(pattern: RegExp): string | null {
    const blank = /\s*/y;
    blank.lastIndex = this.at;
    blank.exec(this.text);
    pattern.lastIndex = blank.lastIndex;
    const match = pattern.exec(this.text);
    if (match === null) return null;
    this.at = pattern.lastIndex;
    return match[0];
  }

  private fail(why: string): never {
    const blank = /\s*/y;
    blank.lastIndex = this.at;
    blank.exec(this.text);
    throw new AssertionSyntaxError(`'${this.text}', column ${blank.lastIndex + 1}: ${why}.`);
  }
}
