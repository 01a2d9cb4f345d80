/** The virtio cards that a machine is to have, in the order of their slots. */
import type { Clock, DmaMemory, GuestErrorSink } from "../devices/device.ts";
import type { Disk } from "../devices/disk.ts";
import { VirtioBlk } from "../devices/virtio/virtio-blk.ts";
import { VirtioConsole } from "../devices/virtio/virtio-console.ts";
import { VirtioPci } from "../devices/virtio/virtio-pci.ts";
import { VirtioRng } from "../devices/virtio/virtio-rng.ts";

export interface VirtioOptions {
  readonly disks: readonly Disk[];
  /** A console (hvc0) that prints where the serial port does. */
  readonly console: boolean;
  readonly rng: boolean;
}

export const NO_VIRTIO: VirtioOptions = { disks: [], console: false, rng: false };

interface Wires {
  readonly clock: Clock;
  readonly memory: DmaMemory;
  readonly ramBytes: number;
  readonly guestError: GuestErrorSink;
  readonly output: (byte: number) => void;
}

export function virtioCards({ disks, console, rng }: VirtioOptions, wires: Wires): VirtioPci[] {
  const { output, ...common } = wires;
  const cards = disks.map((disk, index) => {
    const name = `virtio-blk${index}`;
    return new VirtioPci(new VirtioBlk(name, { ...common, disk, serial: `umbra-${index}` }));
  });
  if (console) cards.push(new VirtioPci(new VirtioConsole("virtio-console0", { ...common, output })));
  if (rng) cards.push(new VirtioPci(new VirtioRng("virtio-rng0", common)));
  return cards;
}
