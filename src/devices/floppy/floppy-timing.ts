/**
 * How long diskettes take, in guest time.
 *
 * Differs: the spindle turns twenty times too fast, and a step takes as long whatever SPECIFY says; motors are at speed at once.
 */
import type { Clock } from "../device.ts";

export const REVOLUTION_US = 10_000;
/** How long the controller looks for a sector: until the index hole has come by twice. */
export const SEARCH_US = 2 * REVOLUTION_US;
/** One track further. */
export const STEP_US = 2000;
/** Work of the controller alone. */
export const CONTROLLER_US = 50;
/** From the end of a reset to its interrupt. */
export const RESET_US = 150;

const MICROSECONDS = 1_000_000;

/** Microseconds as instructions, at least one. */
export const instructions = ({ hz }: Clock, microseconds: number): number =>
  Math.max(1, Math.ceil((microseconds * hz) / MICROSECONDS));
