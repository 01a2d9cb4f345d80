/**
 * A machine at rest as plain data: memory, processor, the registers of the MMU, every device, time. A machine that takes
 * a snapshot goes on as the one that made it does: making one drops all cached translations on either side.
 */
import type { CpuState } from "../cpu/cpu.ts";
import { OverlayDisk, type OverlayDiskState } from "../devices/overlay-disk.ts";
import type { MmuState } from "../mmu/mmu.ts";
import type { ClockState } from "./clock.ts";
import type { Machine } from "./machine.ts";
import type { UpperMemoryState } from "./upper-memory.ts";

export interface Snapshot {
  readonly ram: Uint8Array;
  readonly upperMemory: UpperMemoryState;
  readonly cpu: CpuState;
  readonly mmu: MmuState;
  readonly clock: ClockState;
  readonly a20: boolean;
  /** By the name of the device. */
  readonly devices: Readonly<Record<string, unknown>>;
  /** What was written over each disk that stays as it is. A disk that is itself written to cannot go back. */
  readonly overlays: readonly OverlayDiskState[];
}

/** Between two runs only. */
export function takeSnapshot(machine: Machine): Snapshot {
  const { board, cpu, linear, mmu } = machine;
  const { layout, u8 } = linear;
  mmu.memoryChanged();
  cpu.forgetBlocks();
  return {
    ram: u8.slice(layout.ram, layout.ram + layout.ramBytes),
    upperMemory: machine.upperMemory.save(),
    cpu: cpu.save(),
    mmu: mmu.save(),
    clock: board.clock.save(),
    a20: board.a20.open,
    devices: Object.fromEntries(board.devices.map((device) => [device.name, device.save()])),
    overlays: overlaysOf(machine).map((disk) => disk.save()),
  };
}

/** The machine must have been built with the same options, and have the same ROM. */
export function restoreSnapshot(machine: Machine, snapshot: Snapshot): void {
  const { board, cpu, linear, mmu } = machine;
  const { layout, u8 } = linear;
  if (snapshot.ram.length !== layout.ramBytes) {
    throw new RangeError(
      `the snapshot has ${snapshot.ram.length} bytes of RAM, the machine has ${layout.ramBytes}`,
    );
  }
  board.a20.set(snapshot.a20);
  u8.set(snapshot.ram, layout.ram);
  machine.upperMemory.restore(snapshot.upperMemory);
  mmu.restore(snapshot.mmu);
  cpu.restore(snapshot.cpu);
  board.clock.restore(snapshot.clock);
  for (const [index, disk] of overlaysOf(machine).entries()) disk.restore(snapshot.overlays[index]);
  for (const device of board.devices) device.restore(snapshot.devices[device.name]);
}

/** In an order that only the options decide. */
function overlaysOf({ options: { drives = [], floppies = [], virtio } }: Machine): OverlayDisk[] {
  const disks = [
    ...drives.map((drive) => (drive?.kind === "disk" ? drive.disk : null)),
    ...floppies.map((floppy) => floppy?.disk ?? null),
    ...(virtio?.disks ?? []),
  ];
  return disks.filter((disk) => disk instanceof OverlayDisk);
}
