/**
 * The handler modules, one or more for each instruction group of the SDM. `bind.ts` finds handlers in them by name.
 */

import * as arithmetic from "./arithmetic.ts";
import * as arithmeticNarrow from "./arithmetic-narrow.ts";
import * as bitByte from "./bit-byte.ts";
import * as conditionalMove from "./conditional-move.ts";
import * as controlTransfer from "./control-transfer.ts";
import * as cpuid from "./cpuid.ts";
import * as dataTransfer from "./data-transfer.ts";
import * as decimal from "./decimal.ts";
import * as exchange from "./exchange.ts";
import * as farControlTransfer from "./far-control-transfer.ts";
import * as flagControl from "./flag-control.ts";
import * as io from "./io.ts";
import * as logic from "./logic.ts";
import * as misc from "./misc.ts";
import * as msr from "./msr.ts";
import * as multiplyDivide from "./multiply-divide.ts";
import * as rotate from "./rotate.ts";
import * as segment from "./segment.ts";
import * as shift from "./shift.ts";
import * as stack from "./stack.ts";
import * as string from "./string.ts";
import * as stringScan from "./string-scan.ts";
import * as system from "./system.ts";
import * as x87 from "./x87.ts";

export const groups: readonly object[] = [
  arithmeticNarrow,
  arithmetic,
  bitByte,
  conditionalMove,
  controlTransfer,
  cpuid,
  dataTransfer,
  decimal,
  exchange,
  farControlTransfer,
  flagControl,
  io,
  logic,
  misc,
  msr,
  multiplyDivide,
  rotate,
  segment,
  shift,
  stack,
  stringScan,
  string,
  system,
  x87,
];
