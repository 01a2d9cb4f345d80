/**
 * Characters that someone types, on their way to the guest: to its serial port, or to the virtio console if that is where it
 * spoke last. It gets as many as it takes, when it is ready for them.
 */
import type { Uart16550, UartState } from "../devices/uart16550.ts";
import type { VirtioConsole } from "../devices/virtio/virtio-console.ts";

const IER_ERBFI = 0x01;
const MCR_DTR_RTS = 0x03;
const MCR_LOOP = 0x10;
/** Guest time after which a guest that left its serial port alone is taken to use it as it is. */
const SETUP_ICOUNT = 10_000_000;

/** Where characters can go; a `Board` is one. */
export interface InputPlaces {
  readonly com1: Uart16550;
  /** The virtio console, if the guest spoke there last. */
  readonly spokenVirtioConsole: VirtioConsole | null;
}

export class TypedInput {
  private readonly places: InputPlaces;
  private bytes: Uint8Array = new Uint8Array(0);
  /** The guest was seen ready for characters at its serial port. */
  private listening = false;

  constructor(places: InputPlaces) {
    this.places = places;
  }

  /** Characters that the guest has not taken yet. */
  get waiting(): number {
    return this.bytes.length;
  }

  add(bytes: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    this.bytes = all;
  }

  /** Gives the guest what it takes and returns how much that was; the rest is offered again later. */
  offer(icount: number): number {
    if (this.bytes.length === 0) return 0;
    const { com1, spokenVirtioConsole } = this.places;
    const taken = spokenVirtioConsole?.receive(this.bytes) ?? this.offerSerial(com1, icount);
    this.bytes = this.bytes.subarray(taken);
    return taken;
  }

  private offerSerial(com1: Uart16550, icount: number): number {
    this.listening ||= icount >= SETUP_ICOUNT || isSetUp(com1.save());
    return this.listening ? com1.receive(this.bytes) : 0;
  }
}

/**
 * The guest's driver is ready for characters. One that comes earlier is lost when the driver empties the FIFO, or
 * spoils its loopback test.
 */
function isSetUp({ IER, MCR }: UartState): boolean {
  if ((MCR & MCR_LOOP) !== 0) return false;
  return (IER & IER_ERBFI) !== 0 || (MCR & MCR_DTR_RTS) !== 0;
}
