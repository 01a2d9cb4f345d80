/** The columns of the coverage report: what a processor mode does to an instruction. */
import { MODE_CODE32, MODE_PROTECTED, MODE_USER, MODE_V86 } from "../../src/cpu/mode.ts";

export const COLUMNS = ["real", "v86", "16-bit", "32-bit", "32-bit, CPL 3"] as const;
export type Column = (typeof COLUMNS)[number];

export function modeColumn(mode: number): Column {
  if ((mode & MODE_V86) !== 0) return "v86";
  if ((mode & MODE_PROTECTED) === 0) return "real";
  if ((mode & MODE_CODE32) === 0) return "16-bit";
  return (mode & MODE_USER) !== 0 ? "32-bit, CPL 3" : "32-bit";
}
