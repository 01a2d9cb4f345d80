/** The text side of the test assembler: tokens, expressions and operands in Intel (NASM or MASM) syntax. */

/** What an expression may ask for when it is evaluated, once per pass. */
export interface Scope {
  /** Address of the current statement: `$`. */
  readonly here: number;
  /** Address of the first byte: `$$`. */
  readonly origin: number;
  symbol(name: string): number;
}

/** A number plus registers with factors: enough for any address. */
export interface Linear {
  readonly value: number;
  readonly regs: readonly { readonly reg: string; readonly factor: number }[];
}

export type Expr = (scope: Scope) => Linear;

export type Operand =
  | { readonly kind: "reg"; readonly reg: string }
  | {
      readonly kind: "imm";
      readonly size: number;
      readonly strict: boolean;
      readonly reach: string;
      readonly expr: Expr;
    }
  | { readonly kind: "far"; readonly size: number; readonly selector: Expr; readonly offset: Expr }
  | {
      readonly kind: "mem";
      /** Bytes, 0 when not written. */
      readonly size: number;
      readonly far: boolean;
      readonly segment: string;
      /** Width of the displacement in bytes, 0 when not written. */
      readonly dispSize: number;
      readonly expr: Expr;
    };

const GPR8 = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"];
const GPR16 = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const GPR32 = GPR16.map((name) => `e${name}`);
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"];
const numbered = (stem: string) => Array.from({ length: 8 }, (_, i) => `${stem}${i}`);

/** Register name to class. `st` alone is `st0`. */
export const REGISTERS: ReadonlyMap<string, string> = new Map([
  ...GPR8.map((name) => [name, "r8"] as const),
  ...GPR16.map((name) => [name, "r16"] as const),
  ...GPR32.map((name) => [name, "r32"] as const),
  ...SEGMENTS.map((name) => [name, "seg"] as const),
  ...numbered("cr").map((name) => [name, "cr"] as const),
  ...numbered("dr").map((name) => [name, "dr"] as const),
  ...numbered("st").map((name) => [name, "st"] as const),
]);

export const isSegment = (name: string): boolean => SEGMENTS.includes(name);

const SIZES: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  fword: 6,
  qword: 8,
  tbyte: 10,
  tword: 10,
};

const TOKEN =
  /\s*(?:(0[xX][\da-fA-F_]+|\d[\da-fA-F_]*[hH]|0[bB][01_]+|\d[\d_]*)|([A-Za-z_.@$?][\w.@$?]*)|("[^"]*"|'[^']*')|(<<|>>|[-+*/%&|^~()[\],:=]))/y;

/** Splits a line; comments (`;` or `#`) must be gone. */
export function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`cannot read "${text.slice(at).trim()}"`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

/** The line up to a comment that is not inside quotes. */
export function stripComment(line: string): string {
  return /^(?:"[^"]*"|'[^']*'|[^;#"'])*/.exec(line)![0];
}

export const isName = (token: string | undefined): boolean =>
  token !== undefined && /^[A-Za-z_.@?$]/.test(token);

const ZERO_REGS: Linear["regs"] = [];
const constant = (value: number): Linear => ({ value, regs: ZERO_REGS });

/** Reads the tokens of one statement from left to right. */
export class Reader {
  readonly tokens: readonly string[];
  /** Gives a local label (`.x`) its full name. */
  readonly qualify: (name: string) => string;
  at: number;

  constructor(tokens: readonly string[], at: number, qualify: (name: string) => string) {
    this.tokens = tokens;
    this.at = at;
    this.qualify = qualify;
  }

  peek(): string | undefined {
    return this.tokens[this.at];
  }

  /** Takes the token if it is one of these (case does not matter), else the empty string. */
  accept(...wanted: string[]): string {
    const token = this.peek()?.toLowerCase();
    if (token === undefined || !wanted.includes(token)) return "";
    this.at++;
    return token;
  }

  expect(token: string): void {
    if (this.accept(token) === "")
      throw new Error(`expected "${token}" before "${this.peek() ?? "end of line"}"`);
  }

  end(): void {
    if (this.at < this.tokens.length) throw new Error(`unexpected "${this.peek()}"`);
  }

  operands(): Operand[] {
    const operands: Operand[] = [];
    if (this.peek() === undefined) return operands;
    do operands.push(this.#operand());
    while (this.accept(",") !== "");
    this.end();
    return operands;
  }

  #operand(): Operand {
    let size = 0;
    let far = false;
    let strict = false;
    let reach = "";
    let segment = "";
    for (let word = this.#keyword(); word !== ""; word = this.#keyword()) {
      if (word in SIZES) size = SIZES[word]!;
      else if (word === "far") far = true;
      else if (word === "strict") strict = true;
      else if (word !== "ptr") reach = word;
    }
    if (isSegment(this.peek()?.toLowerCase() ?? "") && this.tokens[this.at + 1] === ":") {
      segment = this.tokens[this.at]!.toLowerCase();
      this.at += 2;
    }
    if (this.peek() === "[") return this.#memory(size, far, segment);
    const reg = this.#register();
    if (reg !== "") return { kind: "reg", reg };
    const expr = this.expression();
    if (this.accept(":") !== "") return { kind: "far", size, selector: expr, offset: this.expression() };
    return { kind: "imm", size, strict, reach, expr };
  }

  #keyword(): string {
    return this.accept(...Object.keys(SIZES), "ptr", "far", "near", "short", "strict");
  }

  #register(): string {
    const name = this.peek()?.toLowerCase() ?? "";
    if (name === "st") {
      this.at++;
      if (this.accept("(") === "") return "st0";
      const index = this.tokens[this.at++];
      this.expect(")");
      return `st${index}`;
    }
    if (!REGISTERS.has(name)) return "";
    this.at++;
    return name;
  }

  #memory(size: number, far: boolean, outerSegment: string): Operand {
    this.expect("[");
    let segment = outerSegment;
    const dispSize = SIZES[this.accept("byte", "word", "dword")] ?? 0;
    if (isSegment(this.peek()?.toLowerCase() ?? "")) {
      segment = this.tokens[this.at++]!.toLowerCase();
      this.expect(":");
    }
    const expr = this.expression();
    this.expect("]");
    return { kind: "mem", size, far, segment, dispSize, expr };
  }

  /** Operators by rising precedence, as in NASM. */
  expression(level = 0): Expr {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (let op = this.accept(...operators); op !== ""; op = this.accept(...operators)) {
      const [a, b, apply] = [left, this.expression(level + 1), op];
      left = (scope) => combine(apply, a(scope), b(scope));
    }
    return left;
  }

  #unary(): Expr {
    const sign = this.accept("-", "+", "~", "(");
    if (sign === "(") {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    if (sign === "+") return this.#unary();
    if (sign === "-") return negated(this.#unary());
    if (sign === "~") {
      const inner = this.#unary();
      return (scope) => constant(~plain(inner(scope)));
    }
    return this.#primary();
  }

  #primary(): Expr {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Error("a value is missing");
    if (/^\d/.test(token)) return constantExpr(parseNumber(token));
    if (/^["']/.test(token)) return constantExpr(characters(token));
    if (token === "$") return (scope) => constant(scope.here);
    if (token === "$$") return (scope) => constant(scope.origin);
    if (!isName(token)) throw new Error(`unexpected "${token}"`);
    const lower = token.toLowerCase();
    if (REGISTERS.has(lower)) return () => ({ value: 0, regs: [{ reg: lower, factor: 1 }] });
    const name = this.qualify(token);
    return (scope) => constant(scope.symbol(name));
  }
}

const LEVELS = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]];

const constantExpr = (value: number): Expr => {
  const result = constant(value);
  return () => result;
};

function negated(inner: Expr): Expr {
  return (scope) => combine("-", constant(0), inner(scope));
}

/** The value of something that may not name registers. */
export function plain(linear: Linear): number {
  if (linear.regs.length > 0) throw new Error(`register ${linear.regs[0]!.reg} in a number`);
  return linear.value;
}

function combine(op: string, a: Linear, b: Linear): Linear {
  if (op === "+") return { value: a.value + b.value, regs: [...a.regs, ...b.regs] };
  if (op === "-") return { value: a.value - plain(b), regs: a.regs };
  if (op === "*") {
    const [scaled, by] = b.regs.length > 0 ? [b, plain(a)] : [a, plain(b)];
    return {
      value: scaled.value * by,
      regs: scaled.regs.map((r) => ({ reg: r.reg, factor: r.factor * by })),
    };
  }
  const [x, y] = [plain(a), plain(b)];
  if (op === "/") return constant(Math.trunc(x / y));
  if (op === "%") return constant(x % y);
  if (op === "<<") return constant(x * 2 ** y);
  if (op === ">>") return constant(Math.floor((x >>> 0) / 2 ** y));
  if (op === "&") return constant((x & y) >>> 0);
  if (op === "|") return constant((x | y) >>> 0);
  return constant((x ^ y) >>> 0);
}

function parseNumber(token: string): number {
  const digits = token.replaceAll("_", "");
  const value = /h$/i.test(digits) ? Number.parseInt(digits, 16) : Number(digits);
  if (Number.isNaN(value)) throw new Error(`bad number "${token}"`);
  return value;
}

/** Up to four characters as a little-endian number. */
function characters(token: string): number {
  return [...token.slice(1, -1)].reduceRight((value, c) => value * 256 + c.charCodeAt(0), 0);
}
