/**
 * The handler modules, one or more for each instruction group of the SDM. `bind.ts` finds handlers in them by name.
 */

import * as arithmetic from "./arithmetic.ts";
import * as arithmeticNarrow from "./arithmetic-narrow.ts";
import * as bitByte from "./bit-byte.ts";
import * as conditionalMove from "./conditional-move.ts";
import * as dataTransfer from "./data-transfer.ts";
import * as decimal from "./decimal.ts";
import * as exchange from "./exchange.ts";
import * as flagControl from "./flag-control.ts";
import * as logic from "./logic.ts";
import * as misc from "./misc.ts";
import * as multiplyDivide from "./multiply-divide.ts";
import * as rotate from "./rotate.ts";
import * as shift from "./shift.ts";
import * as stack from "./stack.ts";

export const groups: readonly object[] = [
  arithmeticNarrow,
  arithmetic,
  bitByte,
  conditionalMove,
  dataTransfer,
  decimal,
  exchange,
  flagControl,
  logic,
  misc,
  multiplyDivide,
  rotate,
  shift,
  stack,
];
