/**
 * The test device of QEMU's boards, which test kernels use: a register that keeps what is written, memory that is none, and
 * ports that move interrupt lines.
 *
 *     00e0  four bytes that keep what is written      2000  24 ports, one for each interrupt line: 1 raises, 0 lowers
 *     00e4  a page whose translations are dropped     ff000000  64 KiB that keep what is written, but are no RAM
 *
 * Datasheet: none; QEMU's pc-testdev, as kvm-unit-tests expects it.
 */
import type { Device, IrqLine, MmioDevice, PortDevice, Width } from "./device.ts";

export const TESTDEV_IRQS = 24;
export const TESTDEV_MEMORY_BYTES = 0x1_0000;
export const TESTDEV_MEMORY_GPA = 0xff00_0000;
const REGISTER_BYTES = 4;
const PAGE = 4096;

export interface PcTestdevState {
  register: number;
  /** Lines that are raised, a bit each. */
  lines: number;
  /** What the memory holds, without the zeros at its end. */
  memory: number[];
}

export interface PcTestdevWires {
  /** A wire of our own to an interrupt line, for 0 to 23; null where the board has none. */
  readonly irq: (line: number) => IrqLine | null;
  /** Whoever keeps translations of the page at `gpa` forgets them. */
  readonly flush?: (gpa: number) => void;
}

export class PcTestdev implements Device<PcTestdevState> {
  readonly name = "pc-testdev";
  /** Ports 00e0 to 00e3. */
  readonly registerPort: PortDevice;
  /** Ports 00e4 to 00e7. */
  readonly flushPort: PortDevice;
  /** Ports 2000 to 2017. */
  readonly irqPorts: PortDevice;
  /** 64 KiB from ff000000 on. */
  readonly memory: MmioDevice;
  private readonly irqs: (IrqLine | null)[];
  private readonly register = new Uint8Array(REGISTER_BYTES);
  private readonly bytes = new Uint8Array(TESTDEV_MEMORY_BYTES);
  private lines = 0;

  constructor({ irq, flush }: PcTestdevWires) {
    const { name } = this;
    this.irqs = Array.from({ length: TESTDEV_IRQS }, (_, line) => irq(line));
    this.registerPort = {
      name,
      maxWidth: 4,
      portRead: (offset, width) => load(this.register, offset, width),
      portWrite: (offset, width, value) => store(this.register, offset, width, value),
    };
    this.flushPort = {
      name,
      maxWidth: 4,
      portRead: () => 0,
      portWrite: (_offset, _width, value) => flush?.((value >>> 0) - ((value >>> 0) % PAGE)),
    };
    this.irqPorts = {
      name,
      portRead: () => 0,
      portWrite: (offset, _width, value) => this.setLine(offset, value !== 0),
    };
    this.memory = {
      name,
      maxWidth: 4,
      mmioRead: (offset, width) => load(this.bytes, offset, width),
      mmioWrite: (offset, width, value) => store(this.bytes, offset, width, value),
    };
  }

  private setLine(line: number, level: boolean): void {
    this.lines = level ? this.lines | (1 << line) : this.lines & ~(1 << line);
    if (level) this.irqs[line]?.raise();
    else this.irqs[line]?.lower();
  }

  private setLines(lines: number): void {
    for (let line = 0; line < TESTDEV_IRQS; line++) this.setLine(line, ((lines >> line) & 1) !== 0);
  }

  reset(): void {
    this.register.fill(0);
    this.bytes.fill(0);
    this.setLines(0);
  }

  save(): PcTestdevState {
    let end = this.bytes.length;
    while (end > 0 && this.bytes[end - 1] === 0) end--;
    return {
      register: load(this.register, 0, REGISTER_BYTES),
      lines: this.lines,
      memory: Array.from(this.bytes.subarray(0, end)),
    };
  }

  restore(state: PcTestdevState): void {
    store(this.register, 0, REGISTER_BYTES, state.register);
    this.bytes.fill(0);
    this.bytes.set(state.memory);
    this.setLines(state.lines);
  }

  /** `offset` counts from port 00e0 to 00e7. */
  probe(offset: number): string {
    if (offset < 0 || offset >= 2 * REGISTER_BYTES) return "?";
    return offset < REGISTER_BYTES ? "REGISTER" : "FLUSH";
  }
}

/** What lies beyond the end reads as zero. */
function load(bytes: Uint8Array, offset: number, width: Width): number {
  let value = 0;
  for (let i = 0; i < width; i++) value += (bytes[offset + i] ?? 0) * 2 ** (i * 8);
  return value;
}

/** What reaches beyond the end is lost. */
function store(bytes: Uint8Array, offset: number, width: Width, value: number): void {
  for (let i = 0; i < width && offset + i < bytes.length; i++) bytes[offset + i] = value >>> (i * 8);
}
