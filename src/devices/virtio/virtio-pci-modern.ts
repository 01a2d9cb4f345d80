/**
 * The modern registers of a virtio PCI device, in memory: four structures in one window.
 *
 *     0000 common configuration: features, status, queues   (drawn below)
 *     1000 ISR status: one byte
 *     2000 the device's own configuration
 *     3000 notifications: four bytes for each queue
 *
 * Datasheet: VIRTIO 1.2, 4.1.4.3 "Common configuration structure layout" to 4.1.4.6. There are no MSI-X vectors, and neither
 * VIRTIO_F_NOTIFICATION_DATA nor VIRTIO_F_RING_RESET, so that their registers hold nothing.
 */
import type { MmioDevice, Width } from "../device.ts";
import type { VirtioDevice } from "./virtio-device.ts";
import { QUEUE_DESC, QUEUE_DEVICE, QUEUE_DRIVER, type Virtqueue } from "./virtqueue.ts";

export const MODERN_BYTES = 0x4000;
/** Each structure may fill this much of the window. */
export const STRUCTURE_BYTES = 0x1000;
export const COMMON_STRUCTURE = 0x0000;
export const ISR_STRUCTURE = 0x1000;
export const DEVICE_STRUCTURE = 0x2000;
export const NOTIFY_STRUCTURE = 0x3000;
/** Bytes between the notification registers of two queues. */
export const NOTIFY_MULTIPLIER = 4;

const DEVICE_FEATURE_SELECT = 0x00;
const DEVICE_FEATURE = 0x04;
const DRIVER_FEATURE_SELECT = 0x08;
const DRIVER_FEATURE = 0x0c;
const CONFIG_MSIX_VECTOR = 0x10;
const NUM_QUEUES = 0x12;
const DEVICE_STATUS = 0x14;
const CONFIG_GENERATION = 0x15;
const QUEUE_SELECT = 0x16;
const QUEUE_SIZE = 0x18;
const QUEUE_MSIX_VECTOR = 0x1a;
const QUEUE_ENABLE = 0x1c;
const QUEUE_NOTIFY_OFF = 0x1e;
const QUEUE_ADDRESSES = 0x20;
const QUEUE_NOTIFY_DATA = 0x38;
const QUEUE_RESET = 0x3a;
export const COMMON_BYTES = 0x3c;

const NO_VECTOR = 0xffff;

interface Register {
  readonly offset: number;
  readonly width: Width;
  readonly name: string;
}

// biome-ignore format: a table
const REGISTERS: readonly Register[] = [
  { offset: DEVICE_FEATURE_SELECT, width: 4, name: "DEVICE_FEATURE_SELECT" },
  { offset: DEVICE_FEATURE,        width: 4, name: "DEVICE_FEATURE" },
  { offset: DRIVER_FEATURE_SELECT, width: 4, name: "DRIVER_FEATURE_SELECT" },
  { offset: DRIVER_FEATURE,        width: 4, name: "DRIVER_FEATURE" },
  { offset: CONFIG_MSIX_VECTOR,    width: 2, name: "CONFIG_MSIX_VECTOR" },
  { offset: NUM_QUEUES,            width: 2, name: "NUM_QUEUES" },
  { offset: DEVICE_STATUS,         width: 1, name: "DEVICE_STATUS" },
  { offset: CONFIG_GENERATION,     width: 1, name: "CONFIG_GENERATION" },
  { offset: QUEUE_SELECT,          width: 2, name: "QUEUE_SELECT" },
  { offset: QUEUE_SIZE,            width: 2, name: "QUEUE_SIZE" },
  { offset: QUEUE_MSIX_VECTOR,     width: 2, name: "QUEUE_MSIX_VECTOR" },
  { offset: QUEUE_ENABLE,          width: 2, name: "QUEUE_ENABLE" },
  { offset: QUEUE_NOTIFY_OFF,      width: 2, name: "QUEUE_NOTIFY_OFF" },
  // The addresses have 64 bits, and are written in halves.
  { offset: QUEUE_ADDRESSES + QUEUE_DESC * 4,           width: 4, name: "QUEUE_DESC" },
  { offset: QUEUE_ADDRESSES + QUEUE_DESC * 4 + 4,       width: 4, name: "QUEUE_DESC" },
  { offset: QUEUE_ADDRESSES + QUEUE_DRIVER * 4,         width: 4, name: "QUEUE_DRIVER" },
  { offset: QUEUE_ADDRESSES + QUEUE_DRIVER * 4 + 4,     width: 4, name: "QUEUE_DRIVER" },
  { offset: QUEUE_ADDRESSES + QUEUE_DEVICE * 4,         width: 4, name: "QUEUE_DEVICE" },
  { offset: QUEUE_ADDRESSES + QUEUE_DEVICE * 4 + 4,     width: 4, name: "QUEUE_DEVICE" },
  { offset: QUEUE_NOTIFY_DATA,     width: 2, name: "QUEUE_NOTIFY_DATA" },
  { offset: QUEUE_RESET,           width: 2, name: "QUEUE_RESET" },
];

const registerAt = (offset: number): Register | undefined =>
  REGISTERS.find((one) => offset >= one.offset && offset < one.offset + one.width);

export class ModernRegisters implements MmioDevice {
  readonly name: string;
  readonly maxWidth = 4;
  deviceFeatureSelect = 0;
  driverFeatureSelect = 0;
  queueSelect = 0;
  private readonly device: VirtioDevice;

  constructor(device: VirtioDevice) {
    this.name = device.name;
    this.device = device;
  }

  private get queue(): Virtqueue | undefined {
    return this.device.queues[this.queueSelect];
  }

  mmioRead(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.readByte(offset + i) * 2 ** (i * 8);
    return value;
  }

  private readByte(offset: number): number {
    if (offset === ISR_STRUCTURE) return this.device.readIsr();
    if (offset >= DEVICE_STRUCTURE && offset < NOTIFY_STRUCTURE)
      return this.device.config[offset - DEVICE_STRUCTURE] ?? 0;
    const register = registerAt(offset);
    if (register === undefined) return 0;
    return (this.readRegister(register.offset) >>> ((offset - register.offset) * 8)) & 0xff;
  }

  private readRegister(offset: number): number {
    const { device, queue } = this;
    switch (offset) {
      case DEVICE_FEATURE_SELECT:
        return this.deviceFeatureSelect;
      case DEVICE_FEATURE:
        return [device.featuresLow, device.featuresHigh][this.deviceFeatureSelect] ?? 0;
      case DRIVER_FEATURE_SELECT:
        return this.driverFeatureSelect;
      case DRIVER_FEATURE:
        return [device.driverFeatures, device.driverFeaturesHigh][this.driverFeatureSelect] ?? 0;
      case CONFIG_MSIX_VECTOR:
      case QUEUE_MSIX_VECTOR:
        return NO_VECTOR;
      case NUM_QUEUES:
        return device.queues.length;
      case DEVICE_STATUS:
        return device.status;
      case CONFIG_GENERATION:
        return device.configGeneration;
      case QUEUE_SELECT:
        return this.queueSelect;
      case QUEUE_SIZE:
        return queue?.queueSize ?? 0;
      case QUEUE_ENABLE:
        return queue?.isEnabled === true ? 1 : 0;
      case QUEUE_NOTIFY_OFF:
        return queue?.index ?? 0;
      case QUEUE_NOTIFY_DATA:
      case QUEUE_RESET:
        return 0;
      default:
        return queue?.addresses[(offset - QUEUE_ADDRESSES) / 4] ?? 0;
    }
  }

  mmioWrite(offset: number, width: Width, value: number): void {
    const { device } = this;
    if (offset >= NOTIFY_STRUCTURE) this.writeNotify(offset - NOTIFY_STRUCTURE, value);
    else if (offset >= DEVICE_STRUCTURE) device.writeConfig(offset - DEVICE_STRUCTURE, width, value);
    else if (offset >= ISR_STRUCTURE) device.guestError("ISR", "written, but read-only");
    else this.writeCommon(offset, width, value);
  }

  private writeCommon(offset: number, width: Width, value: number): void {
    const { device } = this;
    const register = registerAt(offset);
    if (register === undefined)
      device.guestError("common configuration", `written at ${offset.toString(16)}, where nothing is`);
    else if (register.offset !== offset || register.width !== width)
      device.guestError(register.name, `written with ${width} bytes, which is not its width`);
    else this.writeRegister(register, value);
  }

  private writeRegister({ offset, name }: Register, value: number): void {
    const { device } = this;
    switch (offset) {
      case DEVICE_FEATURE_SELECT:
        this.deviceFeatureSelect = value;
        break;
      case DRIVER_FEATURE_SELECT:
        this.driverFeatureSelect = value;
        break;
      case DRIVER_FEATURE:
        device.writeFeatures(this.driverFeatureSelect, value);
        break;
      case DEVICE_STATUS:
        device.writeStatus(value, true);
        break;
      case QUEUE_SELECT:
        this.queueSelect = value;
        break;
      // A vector that can not be had: it reads back as none.
      case CONFIG_MSIX_VECTOR:
      case QUEUE_MSIX_VECTOR:
        break;
      case DEVICE_FEATURE:
      case NUM_QUEUES:
      case CONFIG_GENERATION:
      case QUEUE_NOTIFY_OFF:
      case QUEUE_NOTIFY_DATA:
        device.guestError(name, "written, but read-only");
        break;
      case QUEUE_RESET:
        device.guestError(name, "VIRTIO_F_RING_RESET was not offered");
        break;
      default:
        this.writeQueue(offset, name, value);
    }
  }

  private writeQueue(offset: number, name: string, value: number): void {
    const { device, queue } = this;
    if (queue === undefined) device.guestError(name, `there is no queue ${this.queueSelect}`);
    else if (queue.isEnabled) device.guestError(name, `queue ${queue.index} is in use`);
    else if (offset === QUEUE_ENABLE) {
      if (value === 1) queue.enable();
      else device.guestError(name, `${value} written; only a reset disables a queue`);
    } else if (offset >= QUEUE_ADDRESSES) queue.addresses[(offset - QUEUE_ADDRESSES) / 4] = value;
    else if (value === 0 || value > queue.maxSize || (value & (value - 1)) !== 0)
      device.guestError(name, `${value} is no power of two up to ${queue.maxSize}`);
    else queue.queueSize = value;
  }

  /** The place says which queue; the driver writes its number there too. */
  private writeNotify(offset: number, value: number): void {
    const index = Math.floor(offset / NOTIFY_MULTIPLIER);
    if ((value & 0xffff) !== index) this.device.guestError("notify", `${value} written for queue ${index}`);
    this.device.notify(index);
  }

  reset(): void {
    this.deviceFeatureSelect = 0;
    this.driverFeatureSelect = 0;
    this.queueSelect = 0;
  }

  probe(offset: number): string {
    if (offset < 0 || offset >= MODERN_BYTES) return "?";
    if (offset >= NOTIFY_STRUCTURE) return "NOTIFY";
    if (offset >= DEVICE_STRUCTURE) return "DEVICE_CONFIG";
    if (offset >= ISR_STRUCTURE) return "ISR";
    return registerAt(offset)?.name ?? "COMMON";
  }
}
