/**
 * A PS/2 mouse: commands and their answers, stream and remote mode, and the knocks that make it an IntelliMouse with a
 * wheel, or one with five buttons. It samples at the rate that was set, in guest time, and sends nothing new before the
 * last packet has been taken.
 *
 *     packet   7      6      5      4      3   2       1      0
 *     1        YOVF   XOVF   YSIGN  XSIGN  1   MIDDLE  RIGHT  LEFT
 *     2, 3     the low eight bits of X, positive to the right, and Y, positive away from the user
 *     4        only as ID 03 and 04: the wheel, positive towards the user; as ID 04 also buttons 4 and 5 in bits 4 and 5
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Microsoft, "Wheel support in IntelliMouse" (IDs 03, 04).
 */
import type { Alarm, Clock, GuestErrorSink } from "../device.ts";
import {
  copyOf,
  defaults,
  ID_STANDARD,
  type MouseState,
  powerOn,
  SELF_TEST_PASSED,
  type Stroke,
} from "./mouse-state.ts";

const ACK = 0xfa;
/** What was sent is invalid: again, please. */
const RESEND = 0xfe;
/** What was sent again is invalid, too. */
const ERROR = 0xfc;

const SCALING_1_1 = 0xe6;
const SCALING_2_1 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS_REQUEST = 0xe9;
const STREAM_MODE = 0xea;
const READ_DATA = 0xeb;
const RESET_WRAP = 0xec;
const SET_WRAP = 0xee;
const REMOTE_MODE = 0xf0;
const READ_ID = 0xf2;
const SET_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const LAST_AGAIN = 0xfe;
const RESET = 0xff;
/** From here on a byte is a command, even where a parameter was due. */
const FIRST_COMMAND = SCALING_1_1;

const ID_WHEEL = 0x03;
const ID_FIVE_BUTTONS = 0x04;
/** Sample rates 200, 100, 80 and 200, 200, 80, one byte each. */
const KNOCK_WHEEL = 0xc8_64_50;
const KNOCK_FIVE_BUTTONS = 0xc8_c8_50;

const PACKET_Y_OVERFLOW = 0x80;
const PACKET_X_OVERFLOW = 0x40;
const PACKET_Y_SIGN = 0x20;
const PACKET_X_SIGN = 0x10;
const PACKET_ALWAYS = 0x08;
const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALING = 0x10;

const BUTTON_LEFT = 0x01;
const BUTTON_RIGHT = 0x02;
const BUTTON_MIDDLE = 0x04;
const THREE_BUTTONS = 0x07;
const FIVE_BUTTONS = 0x1f;

const COUNTER_MOST = 255;
const COUNTER_LEAST = -256;
const HIGHEST_RESOLUTION = 3;
const LOWEST_RATE = 10;
const HIGHEST_RATE = 200;
/** What scaling 2:1 makes of the small movements; the others are doubled. */
const SCALED = [0, 1, 1, 3, 6, 9];

/** Movements that wait, each for a packet of its own. */
const STROKES_MOST = 64;
/** Half of what the counters hold, so that a stroke fits at scaling 2:1, too. */
const STROKE_MOST = 127;
/** The wheel has four bits in a packet. */
const WHEEL_MOST = 7;
/** Where the last stroke ends when there is no room for another; far enough for both overflow bits. */
const HEAP_MOST = 512;

export interface MouseWires {
  readonly clock: Clock;
  readonly guestError: GuestErrorSink;
  /** A packet waits to be taken. */
  readonly ready: () => void;
}

export class Mouse {
  private state = powerOn();
  private readonly wires: MouseWires;
  private readonly sampling: Alarm;

  constructor(wires: MouseWires) {
    this.wires = wires;
    this.sampling = wires.clock.alarm(() => this.sample());
  }

  // --- The host's side ---------------------------------------------------------------------------------------------------

  /**
   * The mouse is moved: counts to the right, counts down the screen, and notches of the wheel away from the user. What is
   * more than a packet holds comes in several; the guest hears nothing of it while it does not listen.
   */
  move(dx: number, dy: number, wheel = 0): void {
    if (!this.isListening) return;
    let x = bounded(dx, STROKE_MOST * STROKES_MOST);
    let y = bounded(0 - dy, STROKE_MOST * STROKES_MOST);
    let notches = this.state.id === ID_STANDARD ? 0 : bounded(0 - wheel, WHEEL_MOST * STROKES_MOST);
    while (x !== 0 || y !== 0 || notches !== 0) {
      const part = {
        x: bounded(x, STROKE_MOST),
        y: bounded(y, STROKE_MOST),
        wheel: bounded(notches, WHEEL_MOST),
        buttons: this.state.buttons,
      };
      this.add(part);
      x -= part.x;
      y -= part.y;
      notches -= part.wheel;
    }
    this.arm();
  }

  /** Buttons that are down now: bit 0 left, 1 right, 2 middle, 3 and 4 the fourth and fifth. */
  buttons(mask: number): void {
    const { state } = this;
    const changed = (state.buttons ^ mask) & this.visibleButtons;
    state.buttons = mask & FIVE_BUTTONS;
    if (changed === 0 || !this.isListening) return;
    this.add({ x: 0, y: 0, wheel: 0, buttons: state.buttons });
    this.arm();
  }

  private get isListening(): boolean {
    const { remote, enabled, wrap } = this.state;
    return (remote || enabled) && !wrap;
  }

  private get visibleButtons(): number {
    return this.state.id === ID_FIVE_BUTTONS ? FIVE_BUTTONS : THREE_BUTTONS;
  }

  /** Joins a movement to the last one if they fit in one packet, or must because too many wait. */
  private add(part: Stroke): void {
    const { strokes } = this.state;
    const last = strokes.at(-1);
    if (last === undefined) {
      strokes.push(part);
      return;
    }
    const [x, y, wheel] = [last.x + part.x, last.y + part.y, last.wheel + part.wheel];
    const fits = Math.abs(x) <= STROKE_MOST && Math.abs(y) <= STROKE_MOST && Math.abs(wheel) <= WHEEL_MOST;
    if ((last.buttons !== part.buttons || !fits) && strokes.length < STROKES_MOST) strokes.push(part);
    else {
      last.x = bounded(x, HEAP_MOST);
      last.y = bounded(y, HEAP_MOST);
      last.wheel = bounded(wheel, WHEEL_MOST);
      last.buttons = part.buttons;
    }
  }

  // --- Packets -----------------------------------------------------------------------------------------------------------

  /** Sets the next sample in stream mode, if there is something to say and the last packet has been taken. */
  private arm(): void {
    const { state } = this;
    if (!state.enabled || state.remote || state.wrap || state.sampleAt >= 0) return;
    if (state.strokes.length === 0 || state.buffer.length > 0) return;
    state.sampleAt = Math.max(this.wires.clock.now, state.notBefore);
    this.sampling.at(state.sampleAt);
  }

  private disarm(): void {
    this.state.sampleAt = -1;
    this.sampling.cancel();
  }

  private sample(): void {
    const { state, wires } = this;
    state.sampleAt = -1;
    const rate = Math.min(Math.max(state.rate, LOWEST_RATE), HIGHEST_RATE);
    state.notBefore = wires.clock.now + Math.ceil(wires.clock.hz / rate);
    this.queue(this.packet(state.scaling));
    wires.ready();
  }

  /** The next movement, or none. Scaling is for stream mode only. */
  private packet(scaling: boolean): number[] {
    const { id, strokes, buttons: now } = this.state;
    const { x, y, wheel, buttons } = strokes.shift() ?? { x: 0, y: 0, wheel: 0, buttons: now };
    const [dx, dy] = scaling ? [scaled(x), scaled(y)] : [x, y];
    const flags =
      PACKET_ALWAYS |
      (buttons & THREE_BUTTONS) |
      (dx < 0 ? PACKET_X_SIGN : 0) |
      (dy < 0 ? PACKET_Y_SIGN : 0) |
      (counted(dx) === dx ? 0 : PACKET_X_OVERFLOW) |
      (counted(dy) === dy ? 0 : PACKET_Y_OVERFLOW);
    const bytes = [flags, counted(dx) & 0xff, counted(dy) & 0xff];
    if (id === ID_WHEEL) bytes.push(wheel & 0xff);
    if (id === ID_FIVE_BUTTONS)
      bytes.push((wheel & 0x0f) | ((buttons & (FIVE_BUTTONS & ~THREE_BUTTONS)) << 1));
    return bytes;
  }

  get hasByte(): boolean {
    return this.state.buffer.length > 0;
  }

  take(): number {
    const byte = this.state.buffer.shift() ?? 0;
    this.arm();
    return byte;
  }

  /** The answer or packet takes the place of what is left of the one before. */
  private queue(bytes: readonly number[]): void {
    this.state.buffer = [...bytes];
    this.state.last = [...bytes];
  }

  // --- Commands ----------------------------------------------------------------------------------------------------------

  /** A byte from the system. What was on its way to it is dropped, and so are the movements that it has not heard of. */
  receive(byte: number): void {
    const { state } = this;
    this.disarm();
    if (state.wrap && byte !== RESET && byte !== RESET_WRAP) {
      this.queue([byte]);
      return;
    }
    if (byte === LAST_AGAIN) {
      state.buffer = [...state.last];
      return;
    }
    if (byte !== READ_DATA) state.strokes = [];
    const { awaiting, refused } = state;
    state.awaiting = 0;
    state.refused = false;
    if (awaiting !== 0 && byte < FIRST_COMMAND) this.parameter(awaiting, byte, refused);
    else this.command(byte, refused);
  }

  private parameter(command: number, byte: number, refused: boolean): void {
    const { state } = this;
    if (command === SET_RATE) {
      // Any rate is kept: what asks after other makers' mice sets some that no mouse has, and expects no complaint.
      state.rate = byte;
      state.knock = ((state.knock << 8) | byte) & 0xff_ffff;
      if (state.knock === KNOCK_WHEEL) state.id = ID_WHEEL;
      else if (state.knock === KNOCK_FIVE_BUTTONS) state.id = ID_FIVE_BUTTONS;
      this.queue([ACK]);
    } else if (byte <= HIGHEST_RESOLUTION) {
      state.resolution = byte;
      this.queue([ACK]);
    } else {
      this.refuse(byte, "resolution", refused);
      // The system sends the parameter again, not the command.
      if (!refused) state.awaiting = command;
    }
  }

  private command(command: number, refused: boolean): void {
    const { state } = this;
    switch (command) {
      case RESET:
        this.state = { ...powerOn(), buttons: state.buttons };
        this.queue([ACK, SELF_TEST_PASSED, ID_STANDARD]);
        break;
      case READ_DATA:
        this.queue([ACK, ...this.packet(false)]);
        break;
      case STATUS_REQUEST:
        this.queue([ACK, this.status, state.resolution, state.rate]);
        break;
      case READ_ID:
        this.queue([ACK, state.id]);
        break;
      default:
        if (this.change(command)) this.queue([ACK]);
        else this.refuse(command, "command", refused);
    }
  }

  /** A command that sets something and is answered with ACK only; false if it is none. */
  private change(command: number): boolean {
    const { state } = this;
    if (command === SET_RATE || command === SET_RESOLUTION) state.awaiting = command;
    else if (command === SCALING_1_1 || command === SCALING_2_1) state.scaling = command === SCALING_2_1;
    else if (command === ENABLE || command === DISABLE) state.enabled = command === ENABLE;
    else if (command === SET_WRAP || command === RESET_WRAP) state.wrap = command === SET_WRAP;
    else if (command === STREAM_MODE || command === REMOTE_MODE) state.remote = command === REMOTE_MODE;
    else if (command === DEFAULTS) Object.assign(state, defaults());
    else return false;
    return true;
  }

  private refuse(byte: number, register: string, refused: boolean): void {
    this.wires.guestError("ps2-mouse", register, `${byte.toString(16)} is not known`);
    this.state.refused = !refused;
    this.queue([refused ? ERROR : RESEND]);
  }

  /** The first byte of the answer to a status request; its buttons stand the other way round than in packets. */
  private get status(): number {
    const { remote, enabled, scaling, buttons } = this.state;
    return (
      (remote ? STATUS_REMOTE : 0) |
      (enabled ? STATUS_ENABLED : 0) |
      (scaling ? STATUS_SCALING : 0) |
      (buttons & BUTTON_LEFT ? 4 : 0) |
      (buttons & BUTTON_MIDDLE ? 2 : 0) |
      (buttons & BUTTON_RIGHT ? 1 : 0)
    );
  }

  // --- State -------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.disarm();
    this.state = powerOn();
  }

  save(): MouseState {
    return copyOf(this.state);
  }

  restore(state: MouseState): void {
    this.state = copyOf(state);
    if (state.sampleAt >= 0) this.sampling.at(state.sampleAt);
    else this.sampling.cancel();
  }
}

/** A whole number from -most to most; what is none counts as 0. */
const bounded = (value: number, most: number): number =>
  Math.max(-most, Math.min(most, Math.trunc(value) || 0));

/** What the counters make of a movement: they stop at their ends. */
const counted = (movement: number): number => Math.max(COUNTER_LEAST, Math.min(COUNTER_MOST, movement));

function scaled(movement: number): number {
  const size = Math.abs(movement);
  const counts = SCALED[size] ?? 2 * size;
  return movement < 0 ? -counts : counts;
}
