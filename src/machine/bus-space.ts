/** The bus for those whose place the guest chooses: what is taken is answered with no, not with an exception. */
import type { MmioDevice, PortDevice } from "../devices/device.ts";
import type { PciAddressSpace } from "../devices/pci/pci-host.ts";
import { type Bus, BusConflict } from "./bus.ts";

export class BusSpace implements PciAddressSpace {
  private readonly bus: Bus;

  constructor(bus: Bus) {
    this.bus = bus;
  }

  mapPorts(base: number, count: number, device: PortDevice): boolean {
    return isFree(() => this.bus.mapPorts(base, count, device));
  }

  unmapPorts(base: number): void {
    this.bus.unmapPorts(base);
  }

  mapMemory(base: number, size: number, device: MmioDevice): boolean {
    return isFree(() => this.bus.mapMmio(base, size, device));
  }

  unmapMemory(base: number): void {
    this.bus.unmapMmio(base);
  }
}

function isFree(map: () => void): boolean {
  try {
    map();
    return true;
  } catch (error) {
    if (error instanceof BusConflict) return false;
    throw error;
  }
}
