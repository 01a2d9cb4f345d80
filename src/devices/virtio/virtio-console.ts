/**
 * A terminal as a virtio console with one port: a queue of buffers for what is typed, and one of what is printed.
 *
 *     config   00 columns (2)   02 rows (2)   04 max_nr_ports (4)   08 emerg_wr (4): prints its low byte
 *
 * Datasheet: VIRTIO 1.2, 5.3 "Console Device".
 *
 * Differs: VIRTIO_CONSOLE_F_MULTIPORT is not offered, so there are no control queues.
 */
import type { Width } from "../device.ts";
import { VirtioDevice, type VirtioState, type VirtioWires } from "./virtio-device.ts";
import type { Virtqueue } from "./virtqueue.ts";

export const CONSOLE_F_SIZE = 1 << 0;
export const CONSOLE_F_EMERG_WRITE = 1 << 2;

export const RECEIVEQ = 0;
export const TRANSMITQ = 1;
const QUEUE_SIZE = 128;

const CONFIG_COLUMNS = 0;
const CONFIG_ROWS = 2;
const CONFIG_MAX_NR_PORTS = 4;
const CONFIG_EMERG_WR = 8;
const CONFIG_BYTES = 12;

/** What waits for a buffer of the driver. */
const INPUT_BYTES = 256;
/** What is printed at once; the rest of a longer buffer takes its time. */
const OUTPUT_BYTES = 4096;

export interface VirtioConsoleWires extends VirtioWires {
  /** Hears each byte that is printed. */
  readonly output: (byte: number) => void;
  /** The device listens and has nothing left: the host may send more. */
  readonly ready?: () => void;
  readonly columns?: number;
  readonly rows?: number;
}

export interface VirtioConsoleState extends VirtioState {
  columns: number;
  rows: number;
  input: number[];
  /** How much of the next buffer to print has been printed. */
  printed: number;
}

export class VirtioConsole extends VirtioDevice {
  private readonly output: (byte: number) => void;
  private readonly ready: (() => void) | null;
  private readonly powerOnSize: readonly [columns: number, rows: number];
  private readonly view: DataView;
  private input: number[] = [];
  private printed = 0;

  constructor(name: string, wires: VirtioConsoleWires) {
    super(
      name,
      {
        id: 3,
        pciDevice: 0x1003,
        pciClass: 0x07_80_00,
        features: CONSOLE_F_SIZE | CONSOLE_F_EMERG_WRITE,
        queueSizes: [QUEUE_SIZE, QUEUE_SIZE],
        configBytes: CONFIG_BYTES,
      },
      wires,
    );
    this.output = wires.output;
    this.ready = wires.ready ?? null;
    this.powerOnSize = [wires.columns ?? 80, wires.rows ?? 25];
    this.view = new DataView(this.config.buffer);
    this.view.setUint32(CONFIG_MAX_NR_PORTS, 1, true);
    this.setSize(...this.powerOnSize);
  }

  /** Characters from the host; returns how many were taken. The rest must be offered again: none is lost. */
  receive(bytes: Uint8Array): number {
    const queue = this.queues[RECEIVEQ];
    if (!this.mayServe(queue)) return 0;
    const taken = Math.min(bytes.length, INPUT_BYTES - this.input.length);
    if (taken === 0) return 0;
    this.input.push(...bytes.subarray(0, taken));
    this.wake(queue);
    return taken;
  }

  /** The terminal's window has another size now. */
  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return;
    this.setSize(columns, rows);
    this.configChanged();
  }

  get columns(): number {
    return this.view.getUint16(CONFIG_COLUMNS, true);
  }

  get rows(): number {
    return this.view.getUint16(CONFIG_ROWS, true);
  }

  /** For people: characters from the host that the driver has not had. */
  get inputLength(): number {
    return this.input.length;
  }

  private setSize(columns: number, rows: number): void {
    this.view.setUint16(CONFIG_COLUMNS, columns, true);
    this.view.setUint16(CONFIG_ROWS, rows, true);
  }

  protected override started(): void {
    this.ready?.();
  }

  protected override serve(queue: Virtqueue): boolean {
    return queue.index === RECEIVEQ ? this.fillBuffer(queue) : this.print(queue);
  }

  private fillBuffer(queue: Virtqueue): boolean {
    const chain = queue.peek();
    if (chain === null || this.input.length === 0) return false;
    const { writable } = chain;
    if (writable.length === 0) this.guestError("receiveq", "a buffer that the device may not write");
    const bytes = Uint8Array.from(this.input.splice(0, writable.length));
    writable.write(0, bytes);
    this.finish(queue, chain, bytes.length);
    if (this.input.length === 0) this.ready?.();
    return this.input.length > 0;
  }

  private print(queue: Virtqueue): boolean {
    const chain = queue.peek();
    if (chain === null) return false;
    const { readable } = chain;
    const count = Math.max(0, Math.min(readable.length - this.printed, OUTPUT_BYTES));
    const bytes = new Uint8Array(count);
    readable.read(this.printed, bytes);
    this.printed += count;
    if (this.printed >= readable.length) {
      this.printed = 0;
      this.finish(queue, chain, 0);
    }
    for (const byte of bytes) this.output(byte);
    return true;
  }

  /** Works without queues, and before anything has been negotiated: for a kernel's last words. */
  override writeConfig(offset: number, width: Width, value: number): void {
    if (offset === CONFIG_EMERG_WR) this.output(value & 0xff);
    // What comes after the low byte of emerg_wr in a write of parts means nothing.
    else if (offset < CONFIG_EMERG_WR || offset >= CONFIG_BYTES) super.writeConfig(offset, width, value);
  }

  protected override stopped(): void {
    this.input = [];
    this.printed = 0;
  }

  override reset(): void {
    super.reset();
    this.setSize(...this.powerOnSize);
  }

  override save(): VirtioConsoleState {
    const { columns, rows, input, printed } = this;
    return { ...super.save(), columns, rows, input: [...input], printed };
  }

  override restore(state: VirtioConsoleState): void {
    super.restore(state);
    this.setSize(state.columns, state.rows);
    this.input = [...state.input];
    this.printed = state.printed;
  }
}
