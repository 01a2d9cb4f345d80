/**
 * The keyboard controller: its own commands, the self-test, the output port with A20 and the processor's reset, and a
 * keyboard whose scan codes it translates. Nothing is plugged into its second port.
 *
 * Datasheet: Intel 8042 (UPI-41AH) as programmed for the IBM PC/AT Technical Reference, "Keyboard controller"; Intel
 * 82371SB (PIIX3), "Keyboard controller".
 *
 *     0x60   data: output buffer when read, input buffer when written
 *     0x64   status when read, command when written
 */
import type { A20Gate } from "./a20-gate.ts";
import type { Alarm, Clock, Device, GuestErrorSink, IrqLine, PortDevice } from "./device.ts";
import { Keyboard, type KeyboardState } from "./ps2/keyboard.ts";
import { SET2_TO_SET1 } from "./ps2/scan-codes.ts";
import { strokesOf } from "./ps2/us-layout.ts";

const STATUS_OUTPUT_FULL = 0x01;
/** The self-test was passed. */
const STATUS_SYSTEM = 0x04;
/** The last write went to the command port. */
const STATUS_COMMAND = 0x08;
/** The keyboard lock is open. */
const STATUS_UNLOCKED = 0x10;

const READ_COMMAND_BYTE = 0x20;
const WRITE_COMMAND_BYTE = 0x60;
const DISABLE_AUX = 0xa7;
const ENABLE_AUX = 0xa8;
const TEST_AUX = 0xa9;
const SELF_TEST = 0xaa;
const TEST_KEYBOARD = 0xab;
const DISABLE_KEYBOARD = 0xad;
const ENABLE_KEYBOARD = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const DISABLE_A20 = 0xdd;
const ENABLE_A20 = 0xdf;
/** F0 to FF: the low four bits, where clear, are pulsed low on the output port. */
const PULSE_OUTPUT = 0xf0;

const SELF_TEST_PASSED = 0x55;
const INTERFACE_GOOD = 0x00;

const OUTPUT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
/** Output port bits without a wire here: buffers full, clock and data lines high. */
const OUTPUT_IDLE = 0xcc;
const INPUT_UNLOCKED = 0x80;

const COMMAND_BYTE_INTERRUPT = 0x01;
const COMMAND_BYTE_SYSTEM = 0x04;
const COMMAND_BYTE_TRANSLATE = 0x40;
/** In set 2, what follows is a key that goes up; in set 1 its bit 7 says so. */
const BREAK = 0xf0;
const RELEASED = 0x80;
/** A byte takes about half a millisecond on the wire. */
const BYTES_A_SECOND = 2000;
const COMMAND_BYTE_KEYBOARD_OFF = 0x10;
const COMMAND_BYTE_AUX_OFF = 0x20;

export interface KeyboardControllerState {
  commandByte: number;
  output: number;
  outputFull: boolean;
  /** Command that waits for its data byte; 0 for none. */
  awaiting: number;
  lastWasCommand: boolean;
  /** What is in the output buffer came from the keyboard. */
  fromKeyboard: boolean;
  /** BREAK has been swallowed by the translation. */
  releasing: boolean;
  keyboard: KeyboardState;
  /** What the host types and the keyboard has not taken: keys, "+" for down, "-" for up in front. */
  typed: string[];
  /** When the next byte arrives, in icount; -1 if none is on its way. */
  arrival: number;
}

export interface KeyboardControllerWires {
  readonly a20: A20Gate;
  readonly resetProcessor: () => void;
  readonly guestError: GuestErrorSink;
  readonly clock: Clock;
  /** IRQ 1. */
  readonly keyboardIrq: IrqLine;
}

type OwnState = Omit<KeyboardControllerState, "keyboard">;

const powerOn = (): OwnState => ({
  commandByte: COMMAND_BYTE_KEYBOARD_OFF | COMMAND_BYTE_AUX_OFF,
  output: 0,
  outputFull: false,
  awaiting: 0,
  lastWasCommand: false,
  fromKeyboard: false,
  releasing: false,
  typed: [],
  arrival: -1,
});

export class KeyboardController implements Device<KeyboardControllerState> {
  readonly name = "keyboard-controller";
  /** Port 0x60. */
  readonly dataPort: PortDevice = {
    name: this.name,
    portRead: () => this.takeOutput(),
    portWrite: (_offset, _width, value) => this.data(value),
  };
  /** Port 0x64. */
  readonly commandPort: PortDevice = {
    name: this.name,
    portRead: () => this.status(),
    portWrite: (_offset, _width, value) => this.command(value),
  };
  private readonly wires: KeyboardControllerWires;
  readonly keyboard = new Keyboard();
  private state = powerOn();
  private readonly delivery: Alarm;
  private readonly byteTime: number;

  constructor(wires: KeyboardControllerWires) {
    this.wires = wires;
    this.byteTime = Math.ceil(wires.clock.hz / BYTES_A_SECOND);
    this.delivery = wires.clock.alarm(() => this.deliver());
  }

  // --- The host's side ---------------------------------------------------------------------------------------------------

  /** Keys by QEMU's names go down. They wait until the guest listens and has taken what came before. */
  press(...keys: readonly string[]): void {
    this.state.typed.push(...keys.map((key) => `+${key}`));
    this.expect();
  }

  release(...keys: readonly string[]): void {
    this.state.typed.push(...keys.map((key) => `-${key}`));
    this.expect();
  }

  /** A text, key by key, on the US layout. */
  type(text: string): void {
    for (const { key, shift } of strokesOf(text)) {
      const keys = shift ? ["shift", key] : [key];
      this.press(...keys);
      this.release(...keys.toReversed());
    }
  }

  // --- From the keyboard to the output buffer ------------------------------------------------------------------------------

  private get keyboardOff(): boolean {
    return (this.state.commandByte & COMMAND_BYTE_KEYBOARD_OFF) !== 0;
  }

  /** Sets off the next byte, if there is one and it may come. */
  private expect(): void {
    const { state, keyboard } = this;
    if (state.arrival >= 0 || state.outputFull || this.keyboardOff) return;
    if (!keyboard.hasByte && (state.typed.length === 0 || !keyboard.isReady)) return;
    state.arrival = this.wires.clock.now + this.byteTime;
    this.delivery.at(state.arrival);
  }

  private deliver(): void {
    const { state, keyboard } = this;
    state.arrival = -1;
    if (state.outputFull || this.keyboardOff) return;
    if (!keyboard.hasByte) this.nextStroke();
    if (!keyboard.hasByte) {
      this.expect();
      return;
    }
    const byte = keyboard.take();
    if ((state.commandByte & COMMAND_BYTE_TRANSLATE) === 0) this.fill(byte, true);
    else if (byte === BREAK) state.releasing = true;
    else {
      this.fill(SET2_TO_SET1[byte] | (state.releasing ? RELEASED : 0), true);
      state.releasing = false;
    }
    this.expect();
  }

  private nextStroke(): void {
    const stroke = this.state.typed.shift();
    if (stroke !== undefined) this.keyboard.key(stroke.slice(1), stroke[0] === "+");
  }

  private fill(value: number, fromKeyboard: boolean): void {
    const { state } = this;
    state.output = value;
    state.outputFull = true;
    state.fromKeyboard = fromKeyboard;
    this.driveIrq();
  }

  private driveIrq(): void {
    const { outputFull, fromKeyboard, commandByte } = this.state;
    if (outputFull && fromKeyboard && (commandByte & COMMAND_BYTE_INTERRUPT) !== 0)
      this.wires.keyboardIrq.raise();
    else this.wires.keyboardIrq.lower();
  }

  // --- The guest's side ------------------------------------------------------------------------------------------------------

  private takeOutput(): number {
    this.state.outputFull = false;
    this.driveIrq();
    this.expect();
    return this.state.output;
  }

  private status(): number {
    const { state } = this;
    return (
      STATUS_UNLOCKED |
      (state.outputFull ? STATUS_OUTPUT_FULL : 0) |
      (state.commandByte & COMMAND_BYTE_SYSTEM ? STATUS_SYSTEM : 0) |
      (state.lastWasCommand ? STATUS_COMMAND : 0)
    );
  }

  private command(command: number): void {
    const { state, wires } = this;
    state.lastWasCommand = true;
    state.awaiting = 0;
    switch (command) {
      case READ_COMMAND_BYTE:
        this.answer(state.commandByte);
        break;
      case WRITE_COMMAND_BYTE:
      case WRITE_OUTPUT_PORT:
        state.awaiting = command;
        break;
      case DISABLE_AUX:
        state.commandByte |= COMMAND_BYTE_AUX_OFF;
        break;
      case ENABLE_AUX:
        state.commandByte &= ~COMMAND_BYTE_AUX_OFF;
        break;
      case SELF_TEST:
        state.commandByte |= COMMAND_BYTE_SYSTEM;
        this.answer(SELF_TEST_PASSED);
        break;
      case TEST_AUX:
      case TEST_KEYBOARD:
        this.answer(INTERFACE_GOOD);
        break;
      case DISABLE_KEYBOARD:
        state.commandByte |= COMMAND_BYTE_KEYBOARD_OFF;
        break;
      case ENABLE_KEYBOARD:
        state.commandByte &= ~COMMAND_BYTE_KEYBOARD_OFF;
        this.expect();
        break;
      case READ_INPUT_PORT:
        this.answer(INPUT_UNLOCKED);
        break;
      case READ_OUTPUT_PORT:
        this.answer(OUTPUT_IDLE | OUTPUT_RESET | (wires.a20.open ? OUTPUT_A20 : 0));
        break;
      case DISABLE_A20:
        wires.a20.set(false);
        break;
      case ENABLE_A20:
        wires.a20.set(true);
        break;
      default:
        if (command >= PULSE_OUTPUT) {
          if ((command & OUTPUT_RESET) === 0) wires.resetProcessor();
        } else {
          wires.guestError(this.name, "command", `${command.toString(16)} is not known`);
        }
    }
  }

  private data(value: number): void {
    const { state, wires } = this;
    const { awaiting } = state;
    state.lastWasCommand = false;
    state.awaiting = 0;
    if (awaiting === WRITE_COMMAND_BYTE) {
      state.commandByte = value;
      this.driveIrq();
      this.expect();
    } else if (awaiting === WRITE_OUTPUT_PORT) {
      wires.a20.set((value & OUTPUT_A20) !== 0);
      if ((value & OUTPUT_RESET) === 0) wires.resetProcessor();
    } else {
      // Anything else is for the keyboard; sending to it switches its clock on.
      state.commandByte &= ~COMMAND_BYTE_KEYBOARD_OFF;
      this.keyboard.receive(value);
      this.expect();
    }
  }

  private answer(value: number): void {
    this.fill(value, false);
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.state = powerOn();
    this.keyboard.reset();
    this.delivery.cancel();
    this.driveIrq();
  }

  save(): KeyboardControllerState {
    return { ...this.state, typed: [...this.state.typed], keyboard: this.keyboard.save() };
  }

  restore({ keyboard, ...own }: KeyboardControllerState): void {
    this.state = { ...own, typed: [...own.typed] };
    this.keyboard.restore(keyboard);
    if (own.arrival >= 0) this.delivery.at(own.arrival);
    else this.delivery.cancel();
    this.driveIrq();
  }

  /** Offset from port 0x60. */
  probe(offset: number): string {
    return offset === 0 ? "KBC_DATA" : offset === 4 ? "KBC_COMMAND" : "?";
  }
}
