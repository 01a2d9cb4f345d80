/**
 * The board as a table: which chip sits where, and which wire goes to which pin. Nothing registers itself.
 */
import { A20Gate } from "../devices/a20-gate.ts";
import type { DriveSpec } from "../devices/ata/channel.ts";
import { Piix3Ide } from "../devices/ata/piix3-ide.ts";
import { DebugConsole } from "../devices/debug-console.ts";
import { DebugExit } from "../devices/debug-exit.ts";
import type { Device, DmaMemory, GuestErrorSink } from "../devices/device.ts";
import { FwCfg } from "../devices/fw-cfg.ts";
import { KeyboardController } from "../devices/keyboard-controller.ts";
import { NumericError } from "../devices/numeric-error.ts";
import { I440fx, type I440fxWires } from "../devices/pci/i440fx.ts";
import { PciHost } from "../devices/pci/pci-host.ts";
import { Piix3 } from "../devices/pci/piix3.ts";
import { Piix4Pm } from "../devices/pci/piix4-pm.ts";
import { PicPair } from "../devices/pic-pair.ts";
import { Pit8254 } from "../devices/pit8254.ts";
import { PostPort } from "../devices/post-port.ts";
import { Rtc } from "../devices/rtc-mc146818.ts";
import { SystemControl } from "../devices/system-control.ts";
import { SystemControlA } from "../devices/system-control-a.ts";
import { Uart16550 } from "../devices/uart16550.ts";
import { Vga } from "../devices/vga/vga.ts";
import type { VirtioPci } from "../devices/virtio/virtio-pci.ts";
import { Bus } from "./bus.ts";
import { BusSpace } from "./bus-space.ts";
import { MachineClock } from "./clock.ts";
import { type VirtioOptions, virtioCards } from "./virtio-cards.ts";

export interface BoardWires {
  /** Instructions per guest second. */
  readonly hz: number;
  /** The processor's INTR pin. */
  readonly interrupt: (level: boolean) => void;
  /** A pulse on its INIT pin. */
  readonly resetProcessor: () => void;
  /** The reset button of the whole board. */
  readonly resetSystem: () => void;
  readonly powerOff: () => void;
  /** Where RAM ends, in bytes from 0. */
  readonly ramBytes: number;
  /** What shows in the upper memory area: reads from RAM, writes to RAM. */
  readonly shadow: I440fxWires["shadow"];
  /** The date at power-on, in seconds since 1970. */
  readonly date: number;
  readonly memory: DmaMemory;
  /** Primary master and slave, secondary master and slave. */
  readonly drives: readonly (DriveSpec | null)[];
  readonly virtio: VirtioOptions;
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
const FIRST_VIRTIO_SLOT = 5;
/** The sleep type of S5. */
const SOFT_OFF = 0;

/** Something on the board that has state. */
export type BoardDevice = Device<unknown> & { readonly name: string };

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
  readonly rtc: Rtc;
  readonly vga: Vga;
  readonly pci: PciHost;
  readonly hostBridge: I440fx;
  readonly isaBridge: Piix3;
  readonly ide: Piix3Ide;
  readonly fwCfg: FwCfg;
  readonly virtio: readonly VirtioPci[];
  readonly power: Piix4Pm;
  readonly debugExit: DebugExit;
  readonly debugConsoles: readonly DebugConsole[];
  readonly post: PostPort;
  /** Everything with state, each name once. */
  readonly devices: readonly BoardDevice[];

  constructor(wires: BoardWires) {
    const { guestError } = wires;
    const clock = new MachineClock(wires.hz);
    const pic = new PicPair(wires.interrupt);
    const pit = new Pit8254({ clock, irq: pic.irq(0), guestError });
    const systemControl = new SystemControl({ clock, pit });
    const a20 = new A20Gate(wires.a20);
    const { resetProcessor } = wires;
    const systemControlA = new SystemControlA({ a20, resetProcessor });
    const keyboardController = new KeyboardController({
      a20,
      resetProcessor,
      guestError,
      clock,
      keyboardIrq: pic.irq(1),
    });
    const numericError = new NumericError({ irq: pic.irq(13), ignore: wires.ignoreNumericError });
    const com1 = new Uart16550("com1", { clock, irq: pic.irq(4), output: wires.console });
    const debugExit = new DebugExit(wires.exit);
    const post = new PostPort(wires.postCode);
    const bus = new Bus(guestError);
    const space = new BusSpace(bus);
    const rtc = new Rtc({ clock, irq: pic.irq(8), start: wires.date });
    const vga = new Vga({ clock });
    const hostBridge = new I440fx({ ramBytes: wires.ramBytes, shadow: wires.shadow });
    const isaBridge = new Piix3({
      irq: (number) => pic.irq(number),
      resetSystem: wires.resetSystem,
      resetProcessor,
    });
    const power = new Piix4Pm({
      clock,
      sci: pic.irq(9),
      sleep: (type) => {
        if (type === SOFT_OFF) wires.powerOff();
        else guestError("piix4-pm", "PM1_CNT", `sleep type ${type} is none that this board has`);
      },
      mapPorts: (base, count, device) => space.mapPorts(base, count, device),
      unmapPorts: (base) => space.unmapPorts(base),
      guestError,
    });
    const ide = new Piix3Ide(wires.drives, {
      clock,
      irqs: [pic.irq(14), pic.irq(15)],
      memory: wires.memory,
      guestError,
    });
    const fwCfg = new FwCfg({ memory: wires.memory, guestError });
    isaBridge.command = (value) => power.command(value);
    const pci = new PciHost({
      space,
      memoryBase: wires.ramBytes,
      resetControl: isaBridge.resetControl,
      interrupt: (device, pin) => isaBridge.interrupt(device, pin),
      guestError,
    });
    pci.plug(0, 0, hostBridge);
    pci.plug(1, 0, isaBridge);
    pci.plug(1, 1, ide.pci);
    pci.plug(1, 3, power);
    const virtio = virtioCards(wires.virtio, {
      clock,
      memory: wires.memory,
      ramBytes: wires.ramBytes,
      guestError,
      output: wires.console,
    });
    for (const [index, card] of virtio.entries()) pci.plug(FIRST_VIRTIO_SLOT + index, 0, card);

    bus.mapPorts(0x020, 2, pic.primary);
    bus.mapPorts(0x040, 4, pit);
    bus.mapPorts(0x060, 1, keyboardController.dataPort);
    bus.mapPorts(0x061, 1, systemControl);
    bus.mapPorts(0x064, 1, keyboardController.commandPort);
    bus.mapPorts(0x070, 2, rtc);
    bus.mapPorts(0x080, 1, post);
    bus.mapPorts(0x092, 1, systemControlA);
    bus.mapPorts(0x0a0, 2, pic.secondary);
    bus.mapPorts(0x0b2, 2, isaBridge.apmPorts);
    bus.mapPorts(0x0f0, 2, numericError);
    bus.mapPorts(0x0f4, 1, debugExit);
    bus.mapPorts(0x170, 8, ide.channels[1].commandBlock);
    bus.mapPorts(0x1f0, 8, ide.channels[0].commandBlock);
    bus.mapPorts(0x376, 1, ide.channels[1].controlBlock);
    bus.mapPorts(0x3b0, 0x30, vga);
    bus.mapPorts(0x3f6, 1, ide.channels[0].controlBlock);
    bus.mapPorts(0x3f8, 8, com1);
    bus.mapPorts(0x4d0, 2, pic.elcr);
    bus.mapPorts(0x510, 2, fwCfg.ports);
    bus.mapPorts(0x514, 8, fwCfg.dmaPorts);
    bus.mapPorts(0xcf8, 4, pci.addressPort);
    bus.mapPorts(0xcfc, 4, pci.dataPort);
    bus.mapPorts(0xafe0, 4, power.gpePorts);
    bus.mapMmio(0xa_0000, 0x2_0000, vga.memory);
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
    this.rtc = rtc;
    this.vga = vga;
    this.pci = pci;
    this.hostBridge = hostBridge;
    this.isaBridge = isaBridge;
    this.ide = ide;
    this.fwCfg = fwCfg;
    this.virtio = virtio;
    this.power = power;
    this.debugExit = debugExit;
    this.post = post;
    this.devices = [
      pic,
      pit,
      systemControl,
      systemControlA,
      keyboardController,
      numericError,
      com1,
      rtc,
      vga,
      pci,
      hostBridge,
      isaBridge,
      ide,
      fwCfg,
      ...virtio,
      power,
      debugExit,
      ...this.debugConsoles,
      post,
    ] as BoardDevice[];
  }
}
