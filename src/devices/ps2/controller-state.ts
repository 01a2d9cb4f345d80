/** What the keyboard controller remembers, and how it wakes up. */
import { COMMAND_BYTE_AUX_OFF, COMMAND_BYTE_KEYBOARD_OFF, FROM_CONTROLLER } from "./controller-registers.ts";
import type { KeyboardState } from "./keyboard.ts";
import type { MouseState } from "./mouse-state.ts";

export interface KeyboardControllerState {
  commandByte: number;
  output: number;
  outputFull: boolean;
  /** Command that waits for its data byte; 0 for none. */
  awaiting: number;
  lastWasCommand: boolean;
  /** FROM_CONTROLLER, FROM_KEYBOARD or FROM_AUX: whose byte came last into the output buffer. */
  source: number;
  /** It came over the wire, and is not an answer of the controller. */
  fromDevice: boolean;
  /** A device's byte that had to make room for an answer before it was read, and whose it is; -1 for none. */
  held: number;
  heldSource: number;
  /** BREAK has been swallowed by the translation. */
  releasing: boolean;
  keyboard: KeyboardState;
  mouse: MouseState;
  /** What the host types and the keyboard has not taken: keys, "+" for down, "-" for up in front. */
  typed: string[];
  /** When the next byte arrives, in icount; -1 if none is on its way. */
  arrival: number;
}

export type OwnState = Omit<KeyboardControllerState, "keyboard" | "mouse">;

export const powerOn = (): OwnState => ({
  commandByte: COMMAND_BYTE_KEYBOARD_OFF | COMMAND_BYTE_AUX_OFF,
  output: 0,
  outputFull: false,
  awaiting: 0,
  lastWasCommand: false,
  source: FROM_CONTROLLER,
  fromDevice: false,
  held: -1,
  heldSource: FROM_CONTROLLER,
  releasing: false,
  typed: [],
  arrival: -1,
});
