/**
 * The registers that a host fills in before it writes a command, and that a drive answers with. Each holds its last two
 * values: commands with 48-bit addresses take both, and the HOB bit shows the older ones.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 6.20 "48-bit Address feature set", 9.12 "Signature and persistence".
 */
import {
  DEVICE,
  DEVICE_ADDRESS,
  DEVICE_DEV,
  ERROR,
  LBA_HIGH,
  LBA_LOW,
  LBA_MID,
  SECTOR_COUNT,
} from "./registers.ts";

/** LBA_MID and LBA_HIGH together, as a signature. */
export const SIGNATURE_DISK = 0x0000;
export const SIGNATURE_PACKET = 0xeb14;

/** Each register but DEVICE is 16 bits: the value written last, above it the one before. */
export interface TaskFileState {
  FEATURES: number;
  SECTOR_COUNT: number;
  LBA_LOW: number;
  LBA_MID: number;
  LBA_HIGH: number;
  DEVICE: number;
}

export class TaskFile {
  features = 0;
  sectorCount = 0;
  lbaLow = 0;
  lbaMid = 0;
  lbaHigh = 0;
  device = 0;

  write(register: number, byte: number): void {
    switch (register) {
      case ERROR:
        this.features = pushed(this.features, byte);
        break;
      case SECTOR_COUNT:
        this.sectorCount = pushed(this.sectorCount, byte);
        break;
      case LBA_LOW:
        this.lbaLow = pushed(this.lbaLow, byte);
        break;
      case LBA_MID:
        this.lbaMid = pushed(this.lbaMid, byte);
        break;
      case LBA_HIGH:
        this.lbaHigh = pushed(this.lbaHigh, byte);
        break;
      case DEVICE:
        this.device = byte;
    }
  }

  /** ERROR and STATUS are not here. `shift` is 8 for the older values, else 0. */
  read(register: number, shift: number): number {
    switch (register) {
      case SECTOR_COUNT:
        return (this.sectorCount >> shift) & 0xff;
      case LBA_LOW:
        return (this.lbaLow >> shift) & 0xff;
      case LBA_MID:
        return (this.lbaMid >> shift) & 0xff;
      case LBA_HIGH:
        return (this.lbaHigh >> shift) & 0xff;
      case DEVICE:
        return this.device;
      default:
        return 0;
    }
  }

  /** The 28 bits of an older address. */
  get address28(): number {
    const { lbaLow, lbaMid, lbaHigh, device } = this;
    const high = ((device & DEVICE_ADDRESS) << 8) | (lbaHigh & 0xff);
    return (high << 16) | ((lbaMid & 0xff) << 8) | (lbaLow & 0xff);
  }

  set address28(lba: number) {
    this.lbaLow = lba & 0xff;
    this.lbaMid = (lba >> 8) & 0xff;
    this.lbaHigh = (lba >> 16) & 0xff;
    this.device = (this.device & ~DEVICE_ADDRESS) | ((lba >> 24) & DEVICE_ADDRESS);
  }

  get address48(): number {
    const { lbaLow, lbaMid, lbaHigh } = this;
    const low = ((lbaHigh & 0xff) << 16) | ((lbaMid & 0xff) << 8) | (lbaLow & 0xff);
    const high = (lbaHigh & 0xff00) * 0x100 + (lbaMid & 0xff00) + (lbaLow >> 8);
    return high * 0x100_0000 + low;
  }

  set address48(lba: number) {
    const low = lba % 0x100_0000;
    const high = (lba - low) / 0x100_0000;
    this.lbaLow = ((high & 0xff) << 8) | (low & 0xff);
    this.lbaMid = (high & 0xff00) | ((low >> 8) & 0xff);
    this.lbaHigh = ((high >> 8) & 0xff00) | (low >> 16);
  }

  /** What a drive leaves after a reset, so that the host sees which kind it is. */
  setSignature(signature: number): void {
    this.sectorCount = 1;
    this.lbaLow = 1;
    this.lbaMid = signature & 0xff;
    this.lbaHigh = signature >> 8;
    this.device &= DEVICE_DEV;
  }

  save(): TaskFileState {
    return {
      FEATURES: this.features,
      SECTOR_COUNT: this.sectorCount,
      LBA_LOW: this.lbaLow,
      LBA_MID: this.lbaMid,
      LBA_HIGH: this.lbaHigh,
      DEVICE: this.device,
    };
  }

  restore(state: TaskFileState): void {
    this.features = state.FEATURES;
    this.sectorCount = state.SECTOR_COUNT;
    this.lbaLow = state.LBA_LOW;
    this.lbaMid = state.LBA_MID;
    this.lbaHigh = state.LBA_HIGH;
    this.device = state.DEVICE;
  }
}

const pushed = (register: number, byte: number): number => ((register << 8) | byte) & 0xffff;
