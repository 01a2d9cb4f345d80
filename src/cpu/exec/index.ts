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
import * as fxsave from "./fxsave.ts";
import * as io from "./io.ts";
import * as logic from "./logic.ts";
import * as misc from "./misc.ts";
import * as mmxMove from "./mmx-move.ts";
import * as msr from "./msr.ts";
import * as multiplyDivide from "./multiply-divide.ts";
import * as rotate from "./rotate.ts";
import * as segment from "./segment.ts";
import * as shift from "./shift.ts";
import * as simdAdd from "./simd-add.ts";
import * as simdCompare from "./simd-compare.ts";
import * as simdControl from "./simd-control.ts";
import * as simdMultiply from "./simd-multiply.ts";
import * as simdShift from "./simd-shift.ts";
import * as simdUnpack from "./simd-unpack.ts";
import * as sseApproximate from "./sse-approximate.ts";
import * as sseArithmetic from "./sse-arithmetic.ts";
import * as sseCompare from "./sse-compare.ts";
import * as sseConvert from "./sse-convert.ts";
import * as sseConvertMmx from "./sse-convert-mmx.ts";
import * as sseMinmax from "./sse-minmax.ts";
import * as sseMove from "./sse-move.ts";
import * as sseShuffle from "./sse-shuffle.ts";
import * as stack from "./stack.ts";
import * as string from "./string.ts";
import * as stringScan from "./string-scan.ts";
import * as system from "./system.ts";
import * as x87Arithmetic from "./x87-arithmetic.ts";
import * as x87Compare from "./x87-compare.ts";
import * as x87Control from "./x87-control.ts";
import * as x87Functions from "./x87-functions.ts";
import * as x87Load from "./x87-load.ts";
import * as x87Move from "./x87-move.ts";
import * as x87Store from "./x87-store.ts";
import * as x87Transcendental from "./x87-transcendental.ts";

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
  fxsave,
  io,
  logic,
  misc,
  mmxMove,
  msr,
  multiplyDivide,
  rotate,
  segment,
  shift,
  simdAdd,
  simdCompare,
  simdControl,
  simdMultiply,
  simdShift,
  simdUnpack,
  sseApproximate,
  sseArithmetic,
  sseCompare,
  sseConvert,
  sseConvertMmx,
  sseMinmax,
  sseMove,
  sseShuffle,
  stack,
  stringScan,
  string,
  system,
  x87Control,
  x87Functions,
  x87Move,
  x87Transcendental,
  x87Arithmetic,
  x87Compare,
  x87Load,
  x87Store,
];
