/** Where a command that moves along a track stands. The names are those of the command's bytes and of its results. */

import {
  CODE,
  FLAG_MT,
  FLAG_SK,
  FORMAT_TRACK,
  READ_DELETED_DATA,
  READ_ID,
  READ_TRACK,
  VERIFY,
} from "./fdc-commands.ts";
import { UNIT_DRIVE, UNIT_HEAD } from "./fdc-registers.ts";

/** In the drive byte of VERIFY: DTL counts the sectors. */
const VERIFY_EC = 0x80;

/** What the alarm, or the host, brings. */
export const STAGE_IDLE = 0;
export const STAGE_SEEK = 1;
export const STAGE_SECTOR = 2;
export const STAGE_FAIL = 3;
export const STAGE_HOST = 4;
export const NEVER = -1;

export interface TransferState {
  /** The first byte of the command. */
  command: number;
  unit: number;
  /** The side that is read or written; H is what the address marks are expected to say. */
  head: number;
  C: number;
  H: number;
  R: number;
  N: number;
  EOT: number;
  /** Sectors to go, for the commands that count them. */
  left: number;
  /** VERIFY ends by `left`, not by EOT. */
  counts: boolean;
  /** What FORMAT TRACK fills sectors with. */
  D: number;
  ST0: number;
  ST1: number;
  ST2: number;
  nonDma: boolean;
  stage: number;
  /** In icount. */
  dueAt: number;
}

export const idle = (): TransferState => ({
  command: 0,
  unit: 0,
  head: 0,
  C: 0,
  H: 0,
  R: 0,
  N: 0,
  EOT: 0,
  left: 0,
  counts: false,
  D: 0,
  ST0: 0,
  ST1: 0,
  ST2: 0,
  nonDma: false,
  stage: STAGE_IDLE,
  dueAt: NEVER,
});

/** A command with all of its parameters, at its beginning. VERIFY moves no bytes, so it has no need of the host. */
export function stateOf(bytes: readonly number[], nonDma: boolean): TransferState {
  const [command, drive, ...rest] = bytes;
  const code = command & CODE;
  const state = idle();
  state.command = command;
  state.unit = drive & UNIT_DRIVE;
  state.head = (drive & UNIT_HEAD) === 0 ? 0 : 1;
  state.nonDma = nonDma && code !== VERIFY;
  if (code === FORMAT_TRACK) {
    [state.N, state.left, , state.D] = rest;
  } else if (code !== READ_ID) {
    [state.C, state.H, state.R, state.N, state.EOT] = rest;
    const [, , , , , , DTL] = rest;
    state.counts = code === VERIFY && (drive & VERIFY_EC) !== 0;
    state.left = state.counts ? DTL || 256 : state.EOT;
  }
  return state;
}

/** Behind a sector a command looks for the next one, ends as it should, or finds nothing more on the cylinder. */
export type Behind = "next" | "end" | "end of cylinder";

/**
 * A sector is done; at terminal count it was the last. C, H and R become the address behind it, as the results give it. At
 * the end of the cylinder there is none, and they stay.
 */
export function advance(state: TransferState, terminalCount: boolean): Behind {
  const { command, head, R, EOT, counts } = state;
  const code = command & CODE;
  const isMultiTrack = (command & FLAG_MT) !== 0;
  const isLastOfTrack = R === EOT && code !== READ_TRACK;
  const turnsOver = isLastOfTrack && isMultiTrack && head === 0;
  const isLastOfCylinder = isLastOfTrack && !turnsOver;
  state.left--;
  const isCounted = (code === READ_TRACK || counts) && state.left === 0;
  const isWrongMark = code === READ_DELETED_DATA && (command & FLAG_SK) === 0;
  const isVerified = code === VERIFY && !counts && isLastOfCylinder;
  const isEnd = terminalCount || isCounted || isWrongMark || isVerified;
  if (isLastOfCylinder && !isEnd) return "end of cylinder";
  state.R = isLastOfTrack ? 1 : (R + 1) & 0xff;
  if (isLastOfCylinder) state.C = (state.C + 1) & 0xff;
  if (isLastOfTrack && isMultiTrack) state.H ^= 1;
  if (isEnd) return "end";
  if (turnsOver) state.head = 1;
  return "next";
}
