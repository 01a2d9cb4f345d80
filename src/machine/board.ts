/**
 * The board as a table: which chip sits where, and which wire goes to which pin. Nothing registers itself.
 */
import { A20Gate } from "../devices/a20-gate.ts";
import { DebugConsole } from "../devices/debug-console.ts";
import { DebugExit } from "../devices/debug-exit.ts";
import type { GuestErrorSink } from "../devices/device.ts";
import { KeyboardController } from "../devices/keyboard-controller.ts";
import { NumericError } from "../devices/numeric-error.ts";
import { PicPair } from "../devices/pic-pair.ts";
import { Pit8254 } from "../devices/pit8254.ts";
import { PostPort } from "../devices/post-port.ts";
import { SystemControl } from "../devices/system-control.ts";
import { SystemControlA } from "../devices/system-control-a.ts";
import { Uart16550 } from "../devices/uart16550.ts";
import { Bus } from "./bus.ts";
import { MachineClock } from "./clock.ts";

export interface BoardWires {
  /** Instructions per guest second. */
  readonly hz: number;
  /** The processor's INTR pin. */
  readonly interrupt: (level: boolean) => void;
  /** A pulse on its INIT pin. */
  readonly resetProcessor: () => void;
  /** Its A20M# pin, the other way round: address bit 20 counts. */
  readonly a20: (open: boolean) => void;
  /** Its IGNNE# pin, asserted or not. */
  readonly ignoreNumericError: (asserted: boolean) => void;
  readonly console: (byte: number) => void;
  readonly debugConsoles: readonly { readonly port: number; readonly output: (byte: number) => void }[];
  readonly postCode: (value: number) => void;
  readonly exit: (status: number) => void;
  readonly guestError: GuestErrorSink;
}

const DEBUG_CONSOLE_PORT = 0xe9;

export class Board {
  readonly bus: Bus;
  readonly clock: MachineClock;
  readonly pic: PicPair;
  readonly pit: Pit8254;
  readonly systemControl: SystemControl;
  readonly systemControlA: SystemControlA;
  readonly keyboardController: KeyboardController;
  readonly numericError: NumericError;
  readonly a20: A20Gate;
  readonly com1: Uart16550;
  readonly debugExit: DebugExit;
  readonly debugConsoles: readonly DebugConsole[];
  readonly post: PostPort;

  constructor(wires: BoardWires) {
    const { guestError } = wires;
    const clock = new MachineClock(wires.hz);
    const pic = new PicPair(wires.interrupt);
    const pit = new Pit8254({ clock, irq: pic.irq(0), guestError });
    const systemControl = new SystemControl({ clock, pit });
    const a20 = new A20Gate(wires.a20);
    const { resetProcessor } = wires;
    const systemControlA = new SystemControlA({ a20, resetProcessor });
    const keyboardController = new KeyboardController({ a20, resetProcessor, guestError });
    const numericError = new NumericError({ irq: pic.irq(13), ignore: wires.ignoreNumericError });
    const com1 = new Uart16550("com1", { clock, irq: pic.irq(4), output: wires.console });
    const debugExit = new DebugExit(wires.exit);
    const post = new PostPort(wires.postCode);
    const bus = new Bus(guestError);

    bus.mapPorts(0x020, 2, pic.primary);
    bus.mapPorts(0x040, 4, pit);
    bus.mapPorts(0x060, 1, keyboardController.dataPort);
    bus.mapPorts(0x061, 1, systemControl);
    bus.mapPorts(0x064, 1, keyboardController.commandPort);
    bus.mapPorts(0x080, 1, post);
    bus.mapPorts(0x092, 1, systemControlA);
    bus.mapPorts(0x0a0, 2, pic.secondary);
    bus.mapPorts(0x0f0, 2, numericError);
    bus.mapPorts(0x0f4, 1, debugExit);
    bus.mapPorts(0x3f8, 8, com1);
    bus.mapPorts(0x4d0, 2, pic.elcr);
    const consoles = wires.debugConsoles.some(({ port }) => port === DEBUG_CONSOLE_PORT)
      ? wires.debugConsoles
      : [{ port: DEBUG_CONSOLE_PORT, output: wires.console }, ...wires.debugConsoles];
    this.debugConsoles = consoles.map(({ port, output }) => {
      const device = new DebugConsole(`debugcon-${port.toString(16)}`, output);
      bus.mapPorts(port, 1, device);
      return device;
    });

    this.bus = bus;
    this.clock = clock;
    this.pic = pic;
    this.pit = pit;
    this.systemControl = systemControl;
    this.systemControlA = systemControlA;
    this.keyboardController = keyboardController;
    this.numericError = numericError;
    this.a20 = a20;
    this.com1 = com1;
    this.debugExit = debugExit;
    this.post = post;
  }
}
