/**
 * A PC's keyboard behind its controller: commands and their answers, scan codes of sets 1 and 2, sixteen bytes of buffer.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)", commands from the system.
 */
import { KEYS, type Key } from "./scan-codes.ts";

const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const ECHO = 0xee;
const IDENTITY = [0xab, 0x83];
/** The buffer could not take more. */
const OVERRUN = 0x00;
const BREAK = 0xf0;
const EXTENDED = 0xe0;
const BUFFER_BYTES = 16;

const SET_LEDS = 0xed;
const SET_CODES = 0xf0;
const IDENTIFY = 0xf2;
const SET_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const LAST_AGAIN = 0xfe;
const RESET = 0xff;

export interface KeyboardState {
  buffer: number[];
  scanning: boolean;
  codeSet: number;
  leds: number;
  rate: number;
  /** Command that waits for its byte; 0 for none. */
  awaiting: number;
  last: number;
}

const powerOn = (): KeyboardState => ({
  buffer: [],
  scanning: true,
  codeSet: 2,
  leds: 0,
  rate: 0x2b,
  awaiting: 0,
  last: 0,
});

export class Keyboard {
  private state = powerOn();

  /** Bits 0 to 2: scroll, num and caps lock. */
  get leds(): number {
    return this.state.leds;
  }

  get codeSet(): number {
    return this.state.codeSet;
  }

  /** The guest listens, and has taken what came before. */
  get isReady(): boolean {
    return this.state.scanning && this.state.buffer.length === 0;
  }

  get hasByte(): boolean {
    return this.state.buffer.length > 0;
  }

  take(): number {
    const byte = this.state.buffer.shift() ?? 0;
    this.state.last = byte;
    return byte;
  }

  /** A key goes down or up. Nothing happens while the guest does not listen, or for a name that no key has. */
  key(name: string, down: boolean): void {
    const key = KEYS.get(name);
    if (key !== undefined && this.state.scanning) this.queue(this.codes(key, down));
  }

  private codes({ set1, set2, extended }: Key, down: boolean): number[] {
    const prefix = extended ? [EXTENDED] : [];
    if (this.state.codeSet === 1) return [...prefix, down ? set1 : set1 | 0x80];
    return [...prefix, ...(down ? [] : [BREAK]), set2];
  }

  private queue(bytes: readonly number[]): void {
    const { buffer } = this.state;
    if (buffer.length + bytes.length < BUFFER_BYTES) buffer.push(...bytes);
    else if (buffer.at(-1) !== OVERRUN && buffer.length < BUFFER_BYTES) buffer.push(OVERRUN);
  }

  /** A byte from the system. What was on its way to it is dropped. */
  receive(byte: number): void {
    const { state } = this;
    const { awaiting } = state;
    state.awaiting = 0;
    if (byte === LAST_AGAIN) {
      state.buffer.unshift(state.last);
      return;
    }
    state.buffer.length = 0;
    if (awaiting !== 0 && byte < 0x80) this.parameter(awaiting, byte);
    else this.command(byte);
  }

  private parameter(command: number, byte: number): void {
    const { state } = this;
    if (command === SET_LEDS) state.leds = byte & 7;
    else if (command === SET_RATE) state.rate = byte & 0x7f;
    else if (byte > 2) {
      // Set 3 is not among those that this keyboard has.
      this.queue([RESEND]);
      return;
    } else if (byte === 0) {
      this.queue([ACK, state.codeSet]);
      return;
    } else state.codeSet = byte;
    this.queue([ACK]);
  }

  private command(command: number): void {
    const { state } = this;
    switch (command) {
      case SET_LEDS:
      case SET_RATE:
      case SET_CODES:
        state.awaiting = command;
        this.queue([ACK]);
        break;
      case ECHO:
        this.queue([ECHO]);
        break;
      case IDENTIFY:
        this.queue([ACK, ...IDENTITY]);
        break;
      case ENABLE:
        state.scanning = true;
        this.queue([ACK]);
        break;
      case DISABLE:
      case DEFAULTS:
        this.state = { ...powerOn(), leds: state.leds, scanning: command === DEFAULTS };
        this.queue([ACK]);
        break;
      case RESET:
        this.state = powerOn();
        this.queue([ACK, SELF_TEST_PASSED]);
        break;
      default:
        this.queue([RESEND]);
    }
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): KeyboardState {
    return { ...this.state, buffer: [...this.state.buffer] };
  }

  restore(state: KeyboardState): void {
    this.state = { ...state, buffer: [...state.buffer] };
  }
}
