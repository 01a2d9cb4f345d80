/** The controller's FIFO: room for a sector, or for the part of it that a command wants. */
import { SECTOR_BYTES } from "../disk.ts";

export interface SectorFifoState {
  position: number;
  length: number;
  toHost: boolean;
  /** What has come from the host, or is to go there. */
  data: number[];
}

export class SectorFifo {
  readonly sector = new Uint8Array(SECTOR_BYTES);
  /** The host reads; otherwise it writes. */
  toHost = false;
  private position = 0;
  private length = 0;

  /** Lets the host move the first `length` bytes. */
  open(length: number, toHost: boolean): void {
    this.position = 0;
    this.length = length;
    this.toHost = toHost;
  }

  get isDone(): boolean {
    return this.position >= this.length;
  }

  take(): number {
    return this.sector[this.position++];
  }

  put(byte: number): void {
    this.sector[this.position++] = byte;
  }

  reset(): void {
    this.open(0, false);
  }

  /** `inUse`: the bytes are still wanted. */
  save(inUse: boolean): SectorFifoState {
    const { position, length, toHost } = this;
    return { position, length, toHost, data: inUse ? Array.from(this.sector.subarray(0, length)) : [] };
  }

  restore(state: SectorFifoState): void {
    this.position = state.position;
    this.length = state.length;
    this.toHost = state.toHost;
    this.sector.set(state.data);
  }
}
