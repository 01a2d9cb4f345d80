/**
 * A virtio entropy device whose numbers are always the same: they come from a generator with a seed, not from the host, so
 * that a run can be repeated. The seed is a wire; another one gives other numbers. It is no source of secrets.
 *
 * Datasheet: VIRTIO 1.2, 5.4 "Entropy Device". The generator: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom
 * number generators" (splitmix), with 32 bits.
 */
import { VirtioDevice, type VirtioState, type VirtioWires } from "./virtio-device.ts";
import type { Virtqueue } from "./virtqueue.ts";

const QUEUE_SIZE = 8;
/** The most that one request gets; the driver asks again if it wants more. */
export const RNG_MOST_BYTES = 4096;
const DEFAULT_SEED = 0x756d_6272;
const GOLDEN_GAMMA = 0x9e37_79b9;

export interface VirtioRngWires extends VirtioWires {
  /** 32 bits. */
  readonly seed?: number;
}

export interface VirtioRngState extends VirtioState {
  /** The generator's counter. */
  generator: number;
}

export class VirtioRng extends VirtioDevice {
  private readonly seed: number;
  private generator: number;

  constructor(name: string, wires: VirtioRngWires) {
    super(
      name,
      {
        id: 4,
        pciDevice: 0x1005,
        pciClass: 0x00_ff_00,
        features: 0,
        queueSizes: [QUEUE_SIZE],
        configBytes: 0,
      },
      wires,
    );
    this.seed = (wires.seed ?? DEFAULT_SEED) | 0;
    this.generator = this.seed;
  }

  protected override serve(queue: Virtqueue): boolean {
    const chain = queue.peek();
    if (chain === null) return false;
    const { writable } = chain;
    if (writable.length === 0) this.guestError("requestq", "a buffer that the device may not write");
    const bytes = new Uint8Array(Math.min(writable.length, RNG_MOST_BYTES));
    for (let i = 0; i < bytes.length; i += 4) {
      const word = this.word();
      for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = word >>> (j * 8);
    }
    writable.write(0, bytes);
    this.finish(queue, chain, bytes.length);
    return true;
  }

  /** 32 bits: a counter with large steps, its bits mixed. */
  private word(): number {
    this.generator = (this.generator + GOLDEN_GAMMA) | 0;
    let x = this.generator;
    x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
    return x ^ (x >>> 16);
  }

  /** Only power-on begins anew: after a mere reset of the device its driver does not get the same numbers again. */
  override reset(): void {
    super.reset();
    this.generator = this.seed;
  }

  override save(): VirtioRngState {
    return { ...super.save(), generator: this.generator };
  }

  override restore(state: VirtioRngState): void {
    super.restore(state);
    this.generator = state.generator;
  }
}
