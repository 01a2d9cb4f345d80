/**
 * The legacy registers of a virtio PCI device, in ports.
 *
 *     00 device features   04 driver features   08 queue address (frame number)
 *     0c queue size (2)    0e queue select (2)  10 queue notify (2)   12 device status (1)   13 ISR status (1)
 *     14 the device's own configuration, since there is no MSI-X
 *
 * Datasheet: VIRTIO 1.2, 4.1.4.10 "Legacy Interfaces: A Note on PCI Device Layout". Names as in Linux,
 * include/uapi/linux/virtio_pci.h.
 */
import type { PortDevice, Width } from "../device.ts";
import type { VirtioDevice } from "./virtio-device.ts";

export const HOST_FEATURES = 0;
export const GUEST_FEATURES = 4;
export const QUEUE_PFN = 8;
export const QUEUE_NUM = 12;
export const QUEUE_SEL = 14;
export const QUEUE_NOTIFY = 16;
export const STATUS = 18;
export const ISR = 19;
export const CONFIG = 20;

export const LEGACY_PORTS = 64;

interface Register {
  readonly offset: number;
  readonly width: Width;
  readonly name: string;
}

const REGISTERS: readonly Register[] = [
  { offset: HOST_FEATURES, width: 4, name: "HOST_FEATURES" },
  { offset: GUEST_FEATURES, width: 4, name: "GUEST_FEATURES" },
  { offset: QUEUE_PFN, width: 4, name: "QUEUE_PFN" },
  { offset: QUEUE_NUM, width: 2, name: "QUEUE_NUM" },
  { offset: QUEUE_SEL, width: 2, name: "QUEUE_SEL" },
  { offset: QUEUE_NOTIFY, width: 2, name: "QUEUE_NOTIFY" },
  { offset: STATUS, width: 1, name: "STATUS" },
  { offset: ISR, width: 1, name: "ISR" },
];

const registerAt = (offset: number): Register | undefined =>
  REGISTERS.find((one) => offset >= one.offset && offset < one.offset + one.width);

export class LegacyRegisters implements PortDevice {
  readonly name: string;
  readonly maxWidth = 4;
  queueSelect = 0;
  private readonly device: VirtioDevice;

  constructor(device: VirtioDevice) {
    this.name = device.name;
    this.device = device;
  }

  portRead(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.readByte(offset + i) * 2 ** (i * 8);
    return value;
  }

  private readByte(offset: number): number {
    const register = registerAt(offset);
    if (register === undefined) return this.device.config[offset - CONFIG] ?? 0;
    return (this.readRegister(register.offset) >>> ((offset - register.offset) * 8)) & 0xff;
  }

  private readRegister(offset: number): number {
    const { device } = this;
    const queue = device.queues[this.queueSelect];
    switch (offset) {
      case HOST_FEATURES:
        return device.legacyFeatures;
      case GUEST_FEATURES:
        return device.driverFeatures;
      case QUEUE_PFN:
        return queue?.pfn ?? 0;
      case QUEUE_NUM:
        return queue?.queueSize ?? 0;
      case QUEUE_SEL:
        return this.queueSelect;
      case STATUS:
        return device.status;
      case ISR:
        return device.readIsr();
      default:
        return 0;
    }
  }

  portWrite(offset: number, width: Width, value: number): void {
    const { device } = this;
    const register = registerAt(offset);
    if (register === undefined) device.writeConfig(offset - CONFIG, width, value);
    else if (register.offset !== offset || register.width !== width)
      device.guestError(register.name, `written with ${width} bytes, which is not its width`);
    else this.writeRegister(register, value);
  }

  private writeRegister({ offset, name }: Register, value: number): void {
    const { device } = this;
    switch (offset) {
      case GUEST_FEATURES:
        device.writeLegacyFeatures(value);
        break;
      case QUEUE_PFN:
        this.writePfn(value);
        break;
      case QUEUE_SEL:
        this.queueSelect = value;
        break;
      case QUEUE_NOTIFY:
        device.notify(value);
        break;
      case STATUS:
        device.writeStatus(value, false);
        break;
      default:
        device.guestError(name, "written, but read-only");
    }
  }

  private writePfn(pfn: number): void {
    const queue = this.device.queues[this.queueSelect];
    if (queue === undefined) this.device.guestError("QUEUE_PFN", `there is no queue ${this.queueSelect}`);
    else queue.placeLegacy(pfn);
  }

  probe(offset: number): string {
    if (offset >= CONFIG && offset < LEGACY_PORTS) return "CONFIG";
    return registerAt(offset)?.name ?? "?";
  }
}
