/** A virtio device as a card. Reading the ISR status would answer the interrupt; what it holds is asked elsewhere. */
import { digits, hex8 } from "../common/hex.ts";
import { SECTOR_BYTES } from "../devices/disk.ts";
import { VirtioBlk } from "../devices/virtio/virtio-blk.ts";
import { VirtioConsole } from "../devices/virtio/virtio-console.ts";
import type { VirtioDevice } from "../devices/virtio/virtio-device.ts";
import type { VirtioPci } from "../devices/virtio/virtio-pci.ts";
import {
  F_ANY_LAYOUT,
  F_EVENT_IDX,
  F_INDIRECT_DESC,
  F_VERSION_1,
  ISR_CONFIG,
  ISR_QUEUE,
  STATUS_ACKNOWLEDGE,
  STATUS_DEVICE_NEEDS_RESET,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
} from "../devices/virtio/virtio-registers.ts";
import { QUEUE_DESC, type Virtqueue } from "../devices/virtio/virtqueue.ts";
import type { DeviceCard } from "./device-cards.ts";
import { type NamedBit, withBits } from "./device-text.ts";

const KINDS: Readonly<Record<number, string>> = { 2: "block device", 3: "console", 4: "entropy" };
const QUEUES: Readonly<Record<number, readonly string[]>> = {
  2: ["requests"],
  3: ["receive", "transmit"],
  4: ["requests"],
};
const STATUS_BITS: readonly NamedBit[] = [
  [STATUS_ACKNOWLEDGE, "ACKNOWLEDGE"],
  [STATUS_DRIVER, "DRIVER"],
  [STATUS_FEATURES_OK, "FEATURES_OK"],
  [STATUS_DRIVER_OK, "DRIVER_OK"],
  [STATUS_DEVICE_NEEDS_RESET, "NEEDS_RESET"],
  [STATUS_FAILED, "FAILED"],
];
const ISR_BITS: readonly NamedBit[] = [
  [ISR_QUEUE, "queue"],
  [ISR_CONFIG, "configuration"],
];
const RING_FEATURES: readonly NamedBit[] = [
  [F_ANY_LAYOUT, "ANY_LAYOUT"],
  [F_INDIRECT_DESC, "INDIRECT_DESC"],
  [F_EVENT_IDX, "EVENT_IDX"],
];

export function virtioCard(pci: VirtioPci, where: string): DeviceCard {
  const { device } = pci;
  const { name, kind, status, pendingInterrupts, dueAt } = device;
  return {
    name: `${name} ${KINDS[kind.id] ?? `type ${kind.id}`}`,
    where,
    irq: `INTA# ${pendingInterrupts === 0 ? "idle" : "asserted"}`,
    deadline: dueAt < 0 ? null : dueAt,
    registers: [
      ["status", withBits(status, STATUS_BITS)],
      ["ISR", withBits(pendingInterrupts, ISR_BITS)],
      ["features", featuresText(device)],
      ...device.queues.map((queue) => queueRow(queue, QUEUES[kind.id]?.[queue.index] ?? "")),
      ...ownRows(device),
    ],
  };
}

/** What the driver took: all 64 bits, and the names of those that rings know. */
function featuresText({ driverFeatures, driverFeaturesHigh }: VirtioDevice): string {
  const names = RING_FEATURES.filter(([bit]) => (driverFeatures & bit) !== 0).map(([, name]) => name);
  if ((driverFeaturesHigh & F_VERSION_1) !== 0) names.push("VERSION_1");
  return [`${digits(driverFeaturesHigh)}_${hex8(driverFeatures)}`, ...names].join(" ");
}

function queueRow(queue: Virtqueue, what: string): [string, string] {
  const name = `${queue.index} ${what}`.trim();
  if (!queue.isEnabled) return [name, "not set up"];
  const { queueSize, availIndex, usedIndex, isLegacy, addresses } = queue;
  const style = isLegacy ? ", legacy" : "";
  const place = hex8(addresses[QUEUE_DESC]);
  return [name, `${queueSize} at ${place}${style}, taken ${availIndex}, used ${usedIndex}`];
}

function ownRows(device: VirtioDevice): [string, string][] {
  if (device instanceof VirtioBlk) {
    const { name, sectors, readOnly } = device.disk;
    const size = `${Math.floor((sectors * SECTOR_BYTES) / 1024)} KiB`;
    return [["disk", `${name}, ${size}${readOnly ? ", read-only" : ""}`]];
  }
  if (device instanceof VirtioConsole) {
    return [
      ["size", `${device.columns} x ${device.rows}`],
      ["input", `${device.inputLength} bytes wait`],
    ];
  }
  return [];
}
