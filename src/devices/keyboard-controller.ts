/**
 * The keyboard controller: its own commands, the self-test, the output port with A20 and the processor's reset, a
 * keyboard whose scan codes it translates, and a mouse on its second, "auxiliary" port. A byte that comes from the one
 * keeps the other waiting until it is read; if both have something to say, they take turns.
 *
 * Datasheet: Intel 8042 (UPI-41AH) as programmed for the IBM PC/AT Technical Reference, "Keyboard controller"; Intel
 * 82371SB (PIIX3), "Keyboard controller"; IBM PS/2 Hardware Interface Technical Reference, "Keyboard and auxiliary device
 * controller".
 *
 *     0x60   data: output buffer when read, input buffer when written
 *     0x64   status when read, command when written
 */
import type { A20Gate } from "./a20-gate.ts";
import type { Alarm, Clock, Device, GuestErrorSink, IrqLine, PortDevice } from "./device.ts";
import {
  COMMAND_BYTE_AUX_INTERRUPT,
  COMMAND_BYTE_AUX_OFF,
  COMMAND_BYTE_INTERRUPT,
  COMMAND_BYTE_KEYBOARD_OFF,
  COMMAND_BYTE_SYSTEM,
  COMMAND_BYTE_TRANSLATE,
  DISABLE_A20,
  DISABLE_AUX,
  DISABLE_KEYBOARD,
  ENABLE_A20,
  ENABLE_AUX,
  ENABLE_KEYBOARD,
  FROM_AUX,
  FROM_CONTROLLER,
  FROM_KEYBOARD,
  INPUT_UNLOCKED,
  INTERFACE_GOOD,
  OUTPUT_A20,
  OUTPUT_IDLE,
  OUTPUT_RESET,
  PULSE_OUTPUT,
  READ_COMMAND_BYTE,
  READ_INPUT_PORT,
  READ_OUTPUT_PORT,
  SELF_TEST,
  SELF_TEST_PASSED,
  STATUS_AUX,
  STATUS_COMMAND,
  STATUS_OUTPUT_FULL,
  STATUS_SYSTEM,
  STATUS_UNLOCKED,
  TEST_AUX,
  TEST_KEYBOARD,
  WRITE_AUX,
  WRITE_AUX_BUFFER,
  WRITE_COMMAND_BYTE,
  WRITE_KEYBOARD_BUFFER,
  WRITE_OUTPUT_PORT,
} from "./ps2/controller-registers.ts";
import { type KeyboardControllerState, powerOn } from "./ps2/controller-state.ts";
import { Keyboard } from "./ps2/keyboard.ts";
import { Mouse } from "./ps2/mouse.ts";
import { SET2_TO_SET1 } from "./ps2/scan-codes.ts";
import { chordsOf } from "./ps2/terminal-keys.ts";

/** In set 2, what follows is a key that goes up; in set 1 its bit 7 says so. */
const BREAK = 0xf0;
const RELEASED = 0x80;
/** Movements of keys that wait: a page of text, several times. */
const MOST_TYPED = 0x1_0000;
/** A byte takes about half a millisecond on the wire. */
const BYTES_A_SECOND = 2000;

export interface KeyboardControllerWires {
  readonly a20: A20Gate;
  readonly resetProcessor: () => void;
  readonly guestError: GuestErrorSink;
  readonly clock: Clock;
  /** IRQ 1. */
  readonly keyboardIrq: IrqLine;
  /** IRQ 12. */
  readonly mouseIrq: IrqLine;
}

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
  readonly mouse: Mouse;
  private state = powerOn();
  private readonly delivery: Alarm;
  private readonly byteTime: number;

  constructor(wires: KeyboardControllerWires) {
    this.wires = wires;
    this.byteTime = Math.ceil(wires.clock.hz / BYTES_A_SECOND);
    this.delivery = wires.clock.alarm(() => this.deliver());
    const { clock, guestError } = wires;
    this.mouse = new Mouse({ clock, guestError, ready: () => this.expect() });
  }

  // --- The host's side ---------------------------------------------------------------------------------------------------

  /** Keys by QEMU's names go down. They wait until the guest listens and has taken what came before. */
  press(...keys: readonly string[]): void {
    this.queue(keys.map((key) => `+${key}`));
  }

  release(...keys: readonly string[]): void {
    this.queue(keys.map((key) => `-${key}`));
  }

  /** Keys go down in this order, and up in the other. Lost if very much waits already: a guest that does not listen. */
  stroke(keys: readonly string[]): void {
    if (this.state.typed.length >= MOST_TYPED) return;
    this.press(...keys);
    this.release(...keys.toReversed());
  }

  private queue(strokes: readonly string[]): void {
    this.state.typed.push(...strokes);
    this.expect();
  }

  /** What a terminal sent for its keys, or a text, on the US layout. */
  typeSent(sent: string): void {
    for (const chord of chordsOf(sent)) this.stroke(chord);
  }

  // --- From the devices to the output buffer -------------------------------------------------------------------------------

  private get keyboardOff(): boolean {
    return (this.state.commandByte & COMMAND_BYTE_KEYBOARD_OFF) !== 0;
  }

  private get mouseHasByte(): boolean {
    return (this.state.commandByte & COMMAND_BYTE_AUX_OFF) === 0 && this.mouse.hasByte;
  }

  private get keyboardHasByte(): boolean {
    return !this.keyboardOff && this.keyboard.hasByte;
  }

  private get strokeWaits(): boolean {
    return !this.keyboardOff && this.state.typed.length > 0 && this.keyboard.isReady;
  }

  /** Sets off the next byte, if there is one and it may come. */
  private expect(): void {
    const { state } = this;
    if (state.arrival >= 0 || state.outputFull) return;
    if (state.held < 0 && !this.keyboardHasByte && !this.strokeWaits && !this.mouseHasByte) return;
    state.arrival = this.wires.clock.now + this.byteTime;
    this.delivery.at(state.arrival);
  }

  private deliver(): void {
    const { state } = this;
    state.arrival = -1;
    if (state.outputFull) return;
    if (state.held >= 0) {
      this.fill(state.held, state.heldSource, true);
      state.held = -1;
      return;
    }
    if (this.strokeWaits) this.nextStroke();
    if (this.mouseHasByte && !(this.keyboardHasByte && state.source === FROM_AUX)) {
      this.fill(this.mouse.take(), FROM_AUX, true);
    } else if (this.keyboardHasByte) this.scanCode(this.keyboard.take());
    this.expect();
  }

  private scanCode(byte: number): void {
    const { state } = this;
    if ((state.commandByte & COMMAND_BYTE_TRANSLATE) === 0) this.fill(byte, FROM_KEYBOARD, true);
    else if (byte === BREAK) state.releasing = true;
    else {
      this.fill(SET2_TO_SET1[byte] | (state.releasing ? RELEASED : 0), FROM_KEYBOARD, true);
      state.releasing = false;
    }
  }

  private nextStroke(): void {
    const stroke = this.state.typed.shift();
    if (stroke !== undefined) this.keyboard.key(stroke.slice(1), stroke[0] === "+");
  }

  private fill(value: number, source: number, fromDevice: boolean): void {
    const { state } = this;
    state.output = value;
    state.outputFull = true;
    state.source = source;
    state.fromDevice = fromDevice;
    this.driveIrqs();
  }

  /** An answer comes at once. A byte that is in its place, and that nobody has read, comes again behind it. */
  private answer(value: number, source = FROM_CONTROLLER): void {
    const { state } = this;
    if (state.outputFull && state.fromDevice) {
      state.held = state.output;
      state.heldSource = state.source;
    }
    this.fill(value, source, false);
  }

  private driveIrqs(): void {
    const { outputFull, source, commandByte } = this.state;
    const { keyboardIrq, mouseIrq } = this.wires;
    const wants = (from: number, enabled: number) =>
      outputFull && source === from && (commandByte & enabled) !== 0;
    if (wants(FROM_KEYBOARD, COMMAND_BYTE_INTERRUPT)) keyboardIrq.raise();
    else keyboardIrq.lower();
    if (wants(FROM_AUX, COMMAND_BYTE_AUX_INTERRUPT)) mouseIrq.raise();
    else mouseIrq.lower();
  }

  // --- The guest's side ------------------------------------------------------------------------------------------------------

  private takeOutput(): number {
    this.state.outputFull = false;
    this.driveIrqs();
    this.expect();
    return this.state.output;
  }

  private status(): number {
    const { state } = this;
    return (
      STATUS_UNLOCKED |
      (state.outputFull ? STATUS_OUTPUT_FULL : 0) |
      (state.outputFull && state.source === FROM_AUX ? STATUS_AUX : 0) |
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
      case WRITE_KEYBOARD_BUFFER:
      case WRITE_AUX_BUFFER:
      case WRITE_AUX:
        state.awaiting = command;
        break;
      case DISABLE_AUX:
        state.commandByte |= COMMAND_BYTE_AUX_OFF;
        break;
      case ENABLE_AUX:
        state.commandByte &= ~COMMAND_BYTE_AUX_OFF;
        this.expect();
        break;
      case SELF_TEST:
        this.selfTest();
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

  /** The chip starts anew: both ports are off, and what it had in its buffers is gone. The devices notice nothing. */
  private selfTest(): void {
    const { state } = this;
    state.commandByte = COMMAND_BYTE_SYSTEM | COMMAND_BYTE_KEYBOARD_OFF | COMMAND_BYTE_AUX_OFF;
    state.outputFull = false;
    state.held = -1;
    state.releasing = false;
    this.answer(SELF_TEST_PASSED);
  }

  private data(value: number): void {
    const { state, wires } = this;
    const { awaiting } = state;
    state.lastWasCommand = false;
    state.awaiting = 0;
    switch (awaiting) {
      case WRITE_COMMAND_BYTE:
        state.commandByte = value;
        this.driveIrqs();
        break;
      case WRITE_OUTPUT_PORT:
        wires.a20.set((value & OUTPUT_A20) !== 0);
        if ((value & OUTPUT_RESET) === 0) wires.resetProcessor();
        return;
      case WRITE_KEYBOARD_BUFFER:
        this.answer(value, FROM_KEYBOARD);
        break;
      case WRITE_AUX_BUFFER:
        this.answer(value, FROM_AUX);
        break;
      case WRITE_AUX:
        // Sending to a device switches its clock on.
        state.commandByte &= ~COMMAND_BYTE_AUX_OFF;
        this.mouse.receive(value);
        break;
      default:
        // Anything else is for the keyboard.
        state.commandByte &= ~COMMAND_BYTE_KEYBOARD_OFF;
        this.keyboard.receive(value);
    }
    this.expect();
  }

  /** What a BIOS leaves: the keyboard on, translated to set 1, with its interrupt; the mouse off. */
  setUp(): void {
    this.state.commandByte =
      COMMAND_BYTE_INTERRUPT | COMMAND_BYTE_SYSTEM | COMMAND_BYTE_AUX_OFF | COMMAND_BYTE_TRANSLATE;
    this.expect();
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.state = powerOn();
    this.keyboard.reset();
    this.mouse.reset();
    this.delivery.cancel();
    this.driveIrqs();
  }

  save(): KeyboardControllerState {
    return {
      ...this.state,
      typed: [...this.state.typed],
      keyboard: this.keyboard.save(),
      mouse: this.mouse.save(),
    };
  }

  restore({ keyboard, mouse, ...own }: KeyboardControllerState): void {
    this.state = { ...own, typed: [...own.typed] };
    this.keyboard.restore(keyboard);
    this.mouse.restore(mouse);
    if (own.arrival >= 0) this.delivery.at(own.arrival);
    else this.delivery.cancel();
    this.driveIrqs();
  }

  /** Offset from port 0x60. */
  probe(offset: number): string {
    return offset === 0 ? "KBC_DATA" : offset === 4 ? "KBC_COMMAND" : "?";
  }
}
