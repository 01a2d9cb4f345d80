/** Where a command that moves along a track stands. The names are those of the command's bytes and of its results. */

import { CODE, FORMAT_TRACK, READ_ID, VERIFY } from "./fdc-commands.ts";
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

/** The address of the sector behind this one, as the result phase reports it. */
export function advance(state: TransferState, isMultiTrack: boolean, staysOnTrack: boolean): void {
  if (staysOnTrack || state.R !== state.EOT) {
    state.R = (state.R + 1) & 0xff;
    return;
  }
  state.R = 1;
  if (!isMultiTrack || state.head === 1) state.C = (state.C + 1) & 0xff;
  if (isMultiTrack) state.H ^= 1;
}
