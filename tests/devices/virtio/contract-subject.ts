/** A virtio device for the contract that all devices keep: its ports and its memory, its guest's memory, and a driver. */
import type { VirtioDevice, VirtioWires } from "../../../src/devices/virtio/virtio-device.ts";
import type { VirtioPci, VirtioPciState } from "../../../src/devices/virtio/virtio-pci.ts";
import type { MachineClock } from "../../../src/machine/clock.ts";
import type { Random } from "../../support/random.ts";
import type { Subject } from "../contract.ts";
import {
  EVENT_IDX,
  INDIRECT,
  INDIRECT_DESC,
  legacyRegisters,
  modernRegisters,
  NEXT,
  plug,
  QueueDriver,
  WRITE,
} from "./driver.ts";

/** Memory of the contract's guest: the queues begin at 64 KiB, and what is copied in every state should be small. */
const RAM = 0x1_c000;
const SEEN_FROM = 0x1_0000;
const LEGACY = 64;
/** What is worth an access: the beginning of each structure. */
const MODERN: readonly number[] = [0x0000, 0x1000, 0x2000, 0x3000];
const STRUCTURE = 64;
const OFFSETS = LEGACY + MODERN.length * STRUCTURE;

interface SubjectState {
  device: VirtioPciState;
  memory: string;
}

/** Where an offset of the subject leads. */
function place(offset: number): { readonly isModern: boolean; readonly at: number } {
  if (offset < LEGACY) return { isModern: false, at: offset };
  const rest = offset - LEGACY;
  return { isModern: true, at: MODERN[Math.floor(rest / STRUCTURE)] + (rest % STRUCTURE) };
}

export function virtioSubject<D extends VirtioDevice>(
  make: (wires: VirtioWires, log: string[], clock: MachineClock) => D,
  outside: (device: D, random: Random) => void = () => {},
): Subject<SubjectState> {
  const log: string[] = [];
  const rig = plug((wires) => make(wires, log, wires.clock as MachineClock), RAM);
  const { pci, memory, clock, intx, device } = rig;
  const wire = Object.assign(intx, { log });
  const read = (offset: number, width: 1 | 2 | 4): number => {
    const { isModern, at } = place(offset);
    return isModern ? pci.modern.mmioRead(at, width) : pci.legacy.portRead(at, width);
  };
  return {
    device: {
      name: pci.name,
      maxWidth: 4,
      portRead: (offset, width) => read(offset & ~(width - 1), width),
      portWrite: (offset, width, value) => {
        const { isModern, at } = place(offset & ~(width - 1));
        if (isModern) pci.modern.mmioWrite(at, width, value);
        else pci.legacy.portWrite(at, width, value);
      },
      reset: () => {
        memory.bytes.fill(0);
        pci.reset();
      },
      save: () => ({
        device: pci.save(),
        memory: Buffer.from(memory.bytes.subarray(SEEN_FROM)).toString("latin1"),
      }),
      restore: (state) => {
        memory.bytes.set(Buffer.from(state.memory, "latin1"), SEEN_FROM);
        pci.restore(state.device);
      },
      probe: (offset) => {
        if (!(offset >= 0 && offset < OFFSETS)) return "?";
        const { isModern, at } = place(offset);
        return isModern ? pci.modern.probe(at) : pci.legacy.probe(at);
      },
    },
    clock,
    ports: OFFSETS,
    log,
    wires: [wire],
    stimulate: (random) => {
      switch (random.below(4)) {
        case 0:
          bringUp(pci, rig.memory, random);
          break;
        case 1:
          outside(device, random);
          break;
        default:
          request(pci, rig.memory, random);
      }
    },
  };
}

/** A driver that does everything right. */
function bringUp(pci: VirtioPci, memory: ConstructorParameters<typeof QueueDriver>[0], random: Random): void {
  const registers = random.oneIn(2) ? legacyRegisters(pci) : modernRegisters(pci);
  memory.bytes.fill(0);
  pci.write(4, 2, 7);
  registers.setStatus(0);
  registers.setStatus(3);
  registers.setFeatures(registers.getFeatures() & (random.oneIn(2) ? INDIRECT_DESC | EVENT_IDX : 0));
  if (registers.isModern) registers.setStatus(11);
  for (const { index } of pci.device.queues) {
    const queue = new QueueDriver(memory, index, registers.queueSize(index), registers.isModern);
    registers.place(index, queue.size, queue.desc, queue.avail, queue.used);
  }
  registers.setStatus(registers.isModern ? 15 : 7);
}

/** A request that makes sense more often than not. */
function request(pci: VirtioPci, memory: ConstructorParameters<typeof QueueDriver>[0], random: Random): void {
  const queue = random.pick(pci.device.queues);
  if (!queue.isEnabled) return;
  const driver = new QueueDriver(memory, queue.index, queue.queueSize, !queue.isLegacy);
  const header = 0x1_b000;
  memory.view.setUint32(header, random.pick([0, 0, 1, 1, 4, 8, 11]), true);
  memory.view.setUint32(header + 8, random.below(20), true);
  const data = header + 0x100;
  const odd = random.oneIn(50) ? random.pick([INDIRECT, NEXT, WRITE]) : 0;
  driver.setDescriptor(driver.desc, 0, header, 16, NEXT, 1);
  driver.setDescriptor(driver.desc, 1, data, 512, NEXT | (random.oneIn(2) ? WRITE : 0) | odd, 2);
  driver.setDescriptor(driver.desc, 2, data + 512, 1 + random.below(3), WRITE);
  for (let i = random.below(4); i > 0; i--) driver.offer(random.oneIn(30) ? random.below(512) : 0);
  pci.device.notify(queue.index);
}
