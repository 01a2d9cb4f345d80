/**
 * The board as a table: which chip sits where, and which wire goes to which pin. Nothing registers itself.
 */
import { A20Gate } from "../devices/a20-gate.ts";
import { IO_APIC_BYTES, IO_APIC_GPA, IoApic } from "../devices/apic/io-apic.ts";
import { LocalApic } from "../devices/apic/local-apic.ts";
import type { DriveSpec } from "../devices/ata/channel.ts";
import { Piix3Ide } from "../devices/ata/piix3-ide.ts";
import { DebugConsole } from "../devices/debug-console.ts";
import { DebugExit } from "../devices/debug-exit.ts";
import type { Device, DmaMemory, GuestErrorSink } from "../devices/device.ts";
import { DmaPair } from "../devices/dma-pair.ts";
import { Fdc82077, type FloppySpec } from "../devices/floppy/fdc82077.ts";
import { FwCfg } from "../devices/fw-cfg.ts";
import { KeyboardController } from "../devices/keyboard-controller.ts";
import { NumericError } from "../devices/numeric-error.ts";
import { PcTestdev, TESTDEV_MEMORY_BYTES, TESTDEV_MEMORY_GPA } from "../devices/pc-testdev.ts";
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
import { VirtioConsole } from "../devices/virtio/virtio-console.ts";
import type { VirtioPci } from "../devices/virtio/virtio-pci.ts";
import { Bus } from "./bus.ts";
import { BusSpace } from "./bus-space.ts";
import { MachineClock } from "./clock.ts";
import { InterruptLines } from "./interrupt-lines.ts";
import { SERIAL_PORTS } from "./serial-ports.ts";
import { type VirtioOptions, virtioCards } from "./virtio-cards.ts";

export interface BoardWires {
  /** Instructions per guest second. */
  readonly hz: number;
  /** The processor's INTR pin. */
  readonly interrupt: (level: boolean) => void;
  /** A pulse on its NMI pin. */
  readonly nmi: () => void;
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
  /** Floppy drives A and B. */
  readonly floppies: readonly (FloppySpec | null)[];
  readonly virtio: VirtioOptions;
  /** The processor has a local APIC, and the board an I/O APIC. */
  readonly hasApic: boolean;
  /** Who keeps translations forgets them; null for a board without the test device. */
  readonly testdev: { readonly flush: () => void } | null;
  /** The processor's A20M# pin, the other way round: address bit 20 counts. */
  readonly a20: (open: boolean) => void;
  /** Its IGNNE# pin, asserted or not. */
  readonly ignoreNumericError: (asserted: boolean) => void;
  readonly console: (byte: number) => void;
  /** What COM2 to COM4 send; null where nothing listens. */
  readonly serialOutputs: readonly (((byte: number) => void) | null)[];
  readonly debugConsoles: readonly { readonly port: number; readonly output: (byte: number) => void }[];
  readonly postCode: (value: number) => void;
  readonly exit: (status: number) => void;
  readonly guestError: GuestErrorSink;
}

const DEBUG_CONSOLE_PORT = 0xe9;
const FIRST_VIRTIO_SLOT = 5;
const APIC_PAGE = 4096;
/** The sleep type of S5. */
const SOFT_OFF = 0;

/** Something on the board that has state. */
export type BoardDevice = Device<unknown> & { readonly name: string };

export class Board {
  readonly bus: Bus;
  readonly clock: MachineClock;
  readonly pic: PicPair;
  readonly ioApic: IoApic;
  readonly apic: LocalApic;
  readonly pit: Pit8254;
  readonly systemControl: SystemControl;
  readonly systemControlA: SystemControlA;
  readonly keyboardController: KeyboardController;
  readonly numericError: NumericError;
  readonly a20: A20Gate;
  /** COM1 to COM4. */
  readonly serial: readonly Uart16550[];
  /** The first of them, where people type. */
  readonly com1: Uart16550;
  readonly rtc: Rtc;
  readonly vga: Vga;
  readonly pci: PciHost;
  readonly hostBridge: I440fx;
  readonly isaBridge: Piix3;
  readonly ide: Piix3Ide;
  readonly dma: DmaPair;
  readonly floppy: Fdc82077;
  readonly fwCfg: FwCfg;
  readonly virtio: readonly VirtioPci[];
  readonly power: Piix4Pm;
  readonly testdev: PcTestdev | null;
  readonly debugExit: DebugExit;
  readonly debugConsoles: readonly DebugConsole[];
  readonly post: PostPort;
  /** Everything with state, each name once. */
  readonly devices: readonly BoardDevice[];
  private readonly lines: InterruptLines;
  private readonly space: BusSpace;
  private readonly guestError: GuestErrorSink;
  private readonly console: (byte: number) => void;
  private apicPage: number | null = null;
  /** The guest's last word came from a virtio console, not from COM1. */
  private spokeByVirtio = false;

  constructor(wires: BoardWires) {
    const { guestError } = wires;
    const clock = new MachineClock(wires.hz);
    const { resetProcessor } = wires;
    const bus = new Bus(guestError);
    const space = new BusSpace(bus);
    const pic = new PicPair((level) => apic.setLint0(level));
    const ioApic = new IoApic({ deliver: (message) => apic.deliver(message), guestError });
    const lines = new InterruptLines(pic, ioApic);
    const apic = new LocalApic({
      clock,
      interrupt: wires.interrupt,
      acknowledgePic: () => pic.acknowledge(),
      nmi: wires.nmi,
      initProcessor: resetProcessor,
      eoi: (vector) => ioApic.eoi(vector),
      place: (base) => this.placeApic(base),
      guestError,
    });
    const pit = new Pit8254({ clock, irq: lines.isa(0), guestError });
    const systemControl = new SystemControl({ clock, pit });
    const a20 = new A20Gate(wires.a20);
    const systemControlA = new SystemControlA({ a20, resetProcessor });
    const keyboardController = new KeyboardController({
      a20,
      resetProcessor,
      guestError,
      clock,
      keyboardIrq: lines.isa(1),
      mouseIrq: lines.isa(12),
    });
    const numericError = new NumericError({ irq: lines.isa(13), ignore: wires.ignoreNumericError });
    const outputs = [(byte: number) => this.print(byte, false), ...wires.serialOutputs];
    const serial = SERIAL_PORTS.map(
      ({ irq }, index) =>
        new Uart16550(`com${index + 1}`, {
          clock,
          irq: lines.isa(irq),
          output: outputs[index] ?? (() => {}),
        }),
    );
    const debugExit = new DebugExit(wires.exit);
    const post = new PostPort(wires.postCode);
    const rtc = new Rtc({ clock, irq: lines.isa(8), start: wires.date });
    const vga = new Vga({ clock });
    const hostBridge = new I440fx({ ramBytes: wires.ramBytes, shadow: wires.shadow });
    const isaBridge = new Piix3({
      irq: (number) => lines.isa(number),
      resetSystem: wires.resetSystem,
      resetProcessor,
    });
    const power = new Piix4Pm({
      clock,
      sci: lines.isa(9),
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
      irqs: [lines.isa(14), lines.isa(15)],
      memory: wires.memory,
      guestError,
    });
    const dma = new DmaPair({ memory: wires.memory, guestError });
    const floppy = new Fdc82077(wires.floppies, {
      clock,
      irq: lines.isa(6),
      dma: dma.channel(2),
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
      output: (byte) => this.print(byte, true),
    });
    for (const [index, card] of virtio.entries()) pci.plug(FIRST_VIRTIO_SLOT + index, 0, card);

    bus.mapPorts(0x000, 16, dma.primary);
    bus.mapPorts(0x020, 2, pic.primary);
    bus.mapPorts(0x040, 4, pit);
    bus.mapPorts(0x060, 1, keyboardController.dataPort);
    bus.mapPorts(0x061, 1, systemControl);
    bus.mapPorts(0x064, 1, keyboardController.commandPort);
    bus.mapPorts(0x070, 2, rtc);
    bus.mapPorts(0x080, 1, post);
    bus.mapPorts(0x081, 15, dma.pagePorts);
    bus.mapPorts(0x092, 1, systemControlA);
    bus.mapPorts(0x0a0, 2, pic.secondary);
    bus.mapPorts(0x0b2, 2, isaBridge.apmPorts);
    bus.mapPorts(0x0c0, 32, dma.secondaryPorts);
    bus.mapPorts(0x0f0, 2, numericError);
    bus.mapPorts(0x0f4, 1, debugExit);
    bus.mapPorts(0x170, 8, ide.channels[1].commandBlock);
    bus.mapPorts(0x1f0, 8, ide.channels[0].commandBlock);
    bus.mapPorts(0x376, 1, ide.channels[1].controlBlock);
    bus.mapPorts(0x3b0, 0x30, vga);
    bus.mapPorts(0x3f0, 6, floppy.ports);
    bus.mapPorts(0x3f6, 1, ide.channels[0].controlBlock);
    bus.mapPorts(0x3f7, 1, floppy.controlPort);
    for (const [index, { base }] of SERIAL_PORTS.entries()) bus.mapPorts(base, 8, serial[index]);
    bus.mapPorts(0x4d0, 2, pic.elcr);
    bus.mapPorts(0x510, 2, fwCfg.ports);
    bus.mapPorts(0x514, 8, fwCfg.dmaPorts);
    bus.mapPorts(0xcf8, 4, pci.addressPort);
    bus.mapPorts(0xcfc, 4, pci.dataPort);
    bus.mapPorts(0xafe0, 4, power.gpePorts);
    bus.mapMmio(0xa_0000, 0x2_0000, vga.memory);
    if (wires.hasApic) bus.mapMmio(IO_APIC_GPA, IO_APIC_BYTES, ioApic);
    const testdev =
      wires.testdev === null
        ? null
        : new PcTestdev({ irq: (line) => lines.system(line), flush: wires.testdev.flush });
    if (testdev !== null) {
      bus.mapPorts(0x0e0, 4, testdev.registerPort);
      bus.mapPorts(0x0e4, 4, testdev.flushPort);
      bus.mapPorts(0x2000, 24, testdev.irqPorts);
      bus.mapMmio(TESTDEV_MEMORY_GPA, TESTDEV_MEMORY_BYTES, testdev.memory);
    }
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
    this.space = space;
    this.console = wires.console;
    this.guestError = guestError;
    this.pic = pic;
    this.lines = lines;
    this.ioApic = ioApic;
    this.apic = apic;
    this.pit = pit;
    this.systemControl = systemControl;
    this.systemControlA = systemControlA;
    this.keyboardController = keyboardController;
    this.numericError = numericError;
    this.a20 = a20;
    this.serial = serial;
    this.com1 = serial[0];
    this.rtc = rtc;
    this.vga = vga;
    this.pci = pci;
    this.hostBridge = hostBridge;
    this.isaBridge = isaBridge;
    this.ide = ide;
    this.dma = dma;
    this.floppy = floppy;
    this.fwCfg = fwCfg;
    this.virtio = virtio;
    this.power = power;
    this.testdev = testdev;
    this.debugExit = debugExit;
    this.post = post;
    this.devices = [
      pic,
      pit,
      systemControl,
      systemControlA,
      keyboardController,
      numericError,
      ...serial,
      rtc,
      vga,
      pci,
      hostBridge,
      isaBridge,
      ide,
      dma,
      floppy,
      fwCfg,
      ...virtio,
      power,
      debugExit,
      ...this.debugConsoles,
      post,
      ...(testdev === null ? [] : [testdev]),
      // After those who drive their pins: a snapshot that is taken back leaves them as it says.
      ioApic,
      apic,
    ] as BoardDevice[];
  }

  /** Whether something is on its way that may wake a processor that sleeps; the timer alone does not, if nobody hears it. */
  get mayWake(): boolean {
    const { clock, pit, lines } = this;
    const deadline = lines.timerIsHeard ? clock.nextDeadline : clock.nextDeadlineBut(pit.deadline);
    return deadline !== Number.POSITIVE_INFINITY;
  }

  /** The virtio console, if the guest spoke there last. */
  get spokenVirtioConsole(): VirtioConsole | null {
    if (!this.spokeByVirtio) return null;
    const card = this.virtio.find(({ device }) => device instanceof VirtioConsole);
    return card === undefined ? null : (card.device as VirtioConsole);
  }

  private print(byte: number, byVirtio: boolean): void {
    this.spokeByVirtio = byVirtio;
    this.console(byte);
  }

  /** Moves the page of the local APIC's registers; null takes it off the bus. */
  private placeApic(base: number | null): void {
    if (this.apicPage !== null) this.space.unmapMemory(this.apicPage);
    this.apicPage = base !== null && this.space.mapMemory(base, APIC_PAGE, this.apic) ? base : null;
    if (base === this.apicPage) return;
    this.guestError("apic", "APIC_BASE", "another device answers there, and the local APIC no longer does");
  }
}
