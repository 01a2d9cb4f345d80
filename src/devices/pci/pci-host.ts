/**
 * The PCI bus as the processor reaches it: configuration mechanism 1, and the windows of the functions that are plugged in.
 *
 *     0cf8   address: bit 31 enable, 23-16 bus, 15-11 device, 10-8 function, 7-2 register; four bytes at a time only
 *     0cf9   the reset control register of the ISA bridge, which answers narrower accesses there
 *     0cfc   data, of the register that the address names
 *
 * Datasheet: PCI Local Bus Specification 3.0, 3.2.2.3.2 "Software generation of configuration transactions"; Intel 82441FX
 * (PMC), 3.1 "I/O mapped registers".
 */
import type { Device, GuestErrorSink, IrqLine, MmioDevice, PortDevice, Width } from "../device.ts";
import type { PciFunction, PciWindow } from "./pci-function.ts";

const ENABLE = 0x8000_0000;
const ALL_ONES = [0, 0xff, 0xffff, 0, 0xffff_ffff];

/** How the bus makes windows answer. `map…` is false if something else is there already. */
export interface PciAddressSpace {
  mapPorts(base: number, count: number, device: PortDevice): boolean;
  unmapPorts(base: number): void;
  mapMemory(base: number, size: number, device: MmioDevice): boolean;
  unmapMemory(base: number): void;
}

export interface PciHostWires {
  readonly space: PciAddressSpace;
  /** Where RAM ends: no memory window lies below. */
  readonly memoryBase: number;
  /** What answers narrow accesses to 0cf8 to 0cfb: the reset control register, at offset 1. */
  readonly resetControl: PortDevice;
  /** The wire that pin 1 to 4 of a device is on. */
  readonly interrupt: (device: number, pin: number) => IrqLine;
  readonly guestError: GuestErrorSink;
}

export interface PciHostState {
  CONFADD: number;
}

interface Plugged {
  readonly device: number;
  readonly fn: number;
  readonly pciFunction: PciFunction;
  /** The windows that answer now. */
  mapped: PciWindow[];
}

export class PciHost implements Device<PciHostState> {
  readonly name = "pci-host";
  /** Ports 0cf8 to 0cfb. */
  readonly addressPort: PortDevice;
  /** Ports 0cfc to 0cff. */
  readonly dataPort: PortDevice;
  private readonly wires: PciHostWires;
  private readonly plugged: Plugged[] = [];
  private CONFADD = 0;

  constructor(wires: PciHostWires) {
    this.wires = wires;
    const { resetControl } = wires;
    this.addressPort = {
      name: this.name,
      maxWidth: 4,
      portRead: (offset, width) => {
        if (width === 4) return this.CONFADD;
        const low = resetControl.portRead(offset, 1);
        return width === 1 ? low : low | (resetControl.portRead(offset + 1, 1) << 8);
      },
      portWrite: (offset, width, value) => {
        if (width === 4) this.CONFADD = (value & 0x80ff_fffc) >>> 0;
        else
          for (let i = 0; i < width; i++) resetControl.portWrite(offset + i, 1, (value >>> (i * 8)) & 0xff);
      },
    };
    this.dataPort = {
      name: this.name,
      maxWidth: 4,
      portRead: (offset, width) => this.readConfig(offset, width),
      portWrite: (offset, width, value) => this.writeConfig(offset, width, value),
    };
  }

  /** All functions, in the order of their numbers. */
  get functions(): readonly {
    readonly device: number;
    readonly fn: number;
    readonly pciFunction: PciFunction;
  }[] {
    return this.plugged;
  }

  plug(device: number, fn: number, pciFunction: PciFunction): void {
    const entry: Plugged = { device, fn, pciFunction, mapped: [] };
    this.plugged.push(entry);
    this.plugged.sort((a, b) => a.device - b.device || a.fn - b.fn);
    const pin = pciFunction.pin;
    if (pin !== 0) pciFunction.intx = this.wires.interrupt(device, pin);
    pciFunction.moved = () => this.remap(entry);
  }

  private readConfig(offset: number, width: Width): number {
    const target = this.addressed();
    return target === null ? ALL_ONES[width] : target.get((this.CONFADD & 0xfc) + offset, width);
  }

  private writeConfig(offset: number, width: Width, value: number): void {
    this.addressed()?.write((this.CONFADD & 0xfc) + offset, width, value);
  }

  /** The function that the address names; null if there is none, which is how software finds out. */
  private addressed(): PciFunction | null {
    const { CONFADD } = this;
    if (CONFADD < ENABLE || ((CONFADD >>> 16) & 0xff) !== 0) return null;
    const device = (CONFADD >>> 11) & 31;
    const fn = (CONFADD >>> 8) & 7;
    return this.plugged.find((one) => one.device === device && one.fn === fn)?.pciFunction ?? null;
  }

  /**
   * A function's BARs or its command register changed. Of two windows that overlap, that of the lower slot answers,
   * whichever came first: so the map follows from the registers alone, and restoring those restores it.
   */
  private remap(moved: Plugged): void {
    const placed: PciWindow[] = [];
    const choices = this.plugged.map((entry) => {
      const wanted = entry.pciFunction.windows();
      const chosen = wanted.filter((window) => this.isFree(window, placed) && placed.push(window) > 0);
      return { entry, wanted, chosen, before: entry.mapped };
    });
    const stays = (entry: Plugged, window: PciWindow): boolean =>
      entry !== moved && has(entry.mapped, window);
    for (const { entry, chosen } of choices) {
      for (const window of entry.mapped) {
        if (!(stays(entry, window) && has(chosen, window))) this.unmap(window);
      }
    }
    for (const { entry, wanted, chosen, before } of choices) {
      entry.mapped = chosen.filter((window) => stays(entry, window) || this.map(window));
      for (const window of wanted) {
        if (has(entry.mapped, window) || !(entry === moved || has(before, window))) continue;
        const detail = `placed at ${window.base.toString(16)}, which is taken`;
        this.wires.guestError(entry.pciFunction.name, `BAR${window.bar.index}`, detail);
      }
    }
  }

  /** Neither in RAM nor where a window lies that comes first. */
  private isFree({ bar, base }: PciWindow, placed: readonly PciWindow[]): boolean {
    if (bar.space === "memory" && base < this.wires.memoryBase) return false;
    return !placed.some(
      (other) =>
        other.bar.space === bar.space && base < other.base + other.bar.size && other.base < base + bar.size,
    );
  }

  private map({ bar, base }: PciWindow): boolean {
    const { space } = this.wires;
    return bar.space === "ports"
      ? space.mapPorts(base, bar.size, bar.device as PortDevice)
      : space.mapMemory(base, bar.size, bar.device as MmioDevice);
  }

  private unmap({ bar, base }: PciWindow): void {
    if (bar.space === "ports") this.wires.space.unmapPorts(base);
    else this.wires.space.unmapMemory(base);
  }

  reset(): void {
    this.CONFADD = 0;
  }

  save(): PciHostState {
    return { CONFADD: this.CONFADD };
  }

  restore(state: PciHostState): void {
    this.CONFADD = state.CONFADD;
  }

  probe(offset: number): string {
    if (!(offset >= 0 && offset < 8)) return "?";
    return offset < 4 ? "CONFADD" : "CONFDATA";
  }
}

function has(windows: readonly PciWindow[], { bar, base }: PciWindow): boolean {
  return windows.some((one) => one.bar === bar && one.base === base);
}
