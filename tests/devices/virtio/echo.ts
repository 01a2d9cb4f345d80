/** A device for the tests of what all devices share: it copies what it may read into what it may write. */
import { VirtioDevice, type VirtioWires } from "../../../src/devices/virtio/virtio-device.ts";
import type { Virtqueue } from "../../../src/devices/virtio/virtqueue.ts";

export class Echo extends VirtioDevice {
  constructor(wires: VirtioWires, queueSizes: readonly number[] = [256, 8]) {
    super(
      "echo",
      { id: 9, pciDevice: 0x1009, pciClass: 0xff_00_00, features: 1, queueSizes, configBytes: 4 },
      wires,
    );
    this.config.set([0xde, 0xad, 0xbe, 0xef]);
  }

  protected override serve(queue: Virtqueue): boolean {
    const chain = queue.peek();
    if (chain === null) return false;
    const bytes = new Uint8Array(Math.min(chain.readable.length, chain.writable.length));
    chain.readable.read(0, bytes);
    chain.writable.write(0, bytes);
    this.finish(queue, chain, bytes.length);
    return true;
  }

  change(): void {
    this.config[0] ^= 1;
    this.configChanged();
  }
}
