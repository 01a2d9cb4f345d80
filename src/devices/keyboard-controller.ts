/**
 * The keyboard controller as far as software needs it without a keyboard: its own commands, the self-test, and the output
 * port, with A20 and the processor's reset.
 *
 * Datasheet: Intel 8042 (UPI-41AH) as programmed for the IBM PC/AT Technical Reference, "Keyboard controller"; Intel
 * 82371SB (PIIX3), "Keyboard controller".
 *
 *     0x60   data: output buffer when read, input buffer when written
 *     0x64   status when read, command when written
 */
import type { A20Gate } from "./a20-gate.ts";
import type { Device, GuestErrorSink, PortDevice } from "./device.ts";

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

const COMMAND_BYTE_SYSTEM = 0x04;
const COMMAND_BYTE_KEYBOARD_OFF = 0x10;
const COMMAND_BYTE_AUX_OFF = 0x20;

export interface KeyboardControllerState {
  commandByte: number;
  output: number;
  outputFull: boolean;
  /** Command that waits for its data byte; 0 for none. */
  awaiting: number;
  lastWasCommand: boolean;
}

export interface KeyboardControllerWires {
  readonly a20: A20Gate;
  readonly resetProcessor: () => void;
  readonly guestError: GuestErrorSink;
}

const powerOn = (): KeyboardControllerState => ({
  commandByte: COMMAND_BYTE_KEYBOARD_OFF | COMMAND_BYTE_AUX_OFF,
  output: 0,
  outputFull: false,
  awaiting: 0,
  lastWasCommand: false,
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
  private state = powerOn();

  constructor(wires: KeyboardControllerWires) {
    this.wires = wires;
  }

  private takeOutput(): number {
    this.state.outputFull = false;
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
    } else if (awaiting === WRITE_OUTPUT_PORT) {
      wires.a20.set((value & OUTPUT_A20) !== 0);
      if ((value & OUTPUT_RESET) === 0) wires.resetProcessor();
    }
    // Anything else is for the keyboard, and there is none: it never answers.
  }

  private answer(value: number): void {
    this.state.output = value;
    this.state.outputFull = true;
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): KeyboardControllerState {
    return { ...this.state };
  }

  restore(state: KeyboardControllerState): void {
    this.state = { ...state };
  }

  /** Offset from port 0x60. */
  probe(offset: number): string {
    return offset === 0 ? "KBC_DATA" : offset === 4 ? "KBC_COMMAND" : "?";
  }
}
