/**
 * The keys of the opcode table, taken apart: what an encoding must have to be of a row (`opcodes.ts` says how they read).
 */
import type { Row } from "./opcodes.ts";

export interface OpcodeKey {
  /** `rep`, `np`, `66`, `f3`, `f2`, or "" for a row that serves every prefix no other claims. */
  readonly prefix: string;
  /** Behind 0F. */
  readonly twoByte: boolean;
  readonly opcode: number;
  /** The low three bits of the opcode are a register: eight opcodes. */
  readonly plusRegister: boolean;
  /** A ModR/M byte follows. */
  readonly modrm: boolean;
  /** ModR/M.reg and ModR/M.rm where they are part of the opcode, else -1. */
  readonly reg: number;
  readonly rm: number;
  /** The operand that ModR/M.rm names may be memory, and may be a register. */
  readonly memory: boolean;
  readonly register: boolean;
}

const KEY = /^(?:(rep|np|66|f3|f2) )?(0f )?([0-9a-f]{2})(\+r)?(?:\/([0-7]))?([mr])?([0-7])?$/;
/** Operands that ModR/M names. */
const MODRM_OPERAND = /^(?:[EG][bvwd]?|[MRPQVWUN].*|STi|Sw|Cd|Dd)$/;
const MEMORY_ONLY = /^M/;
const REGISTER_ONLY = /^[NU]/;

const digit = (text: string | undefined): number => (text === undefined ? -1 : Number(text));

/** Of a row with a key: the rows of undefined opcodes have none. Throws a RangeError for what is no key. */
export function opcodeKey({ key, operands }: Row): OpcodeKey {
  const match = KEY.exec(key);
  if (match === null) throw new RangeError(`"${key}" is no key of the opcode table`);
  const [, prefix = "", twoByte, opcode, plusRegister, reg, form, rm] = match;
  const letters = operands.split(",");
  const memoryOnly = form === "m" || letters.some((one) => MEMORY_ONLY.test(one));
  const registerOnly = !memoryOnly && (form === "r" || letters.some((one) => REGISTER_ONLY.test(one)));
  return {
    prefix,
    twoByte: twoByte !== undefined,
    opcode: Number.parseInt(opcode, 16),
    plusRegister: plusRegister !== undefined,
    modrm: reg !== undefined || letters.some((one) => MODRM_OPERAND.test(one)),
    reg: digit(reg),
    rm: digit(rm),
    memory: !registerOnly,
    register: !memoryOnly,
  };
}
