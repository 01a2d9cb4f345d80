/**
 * One of the four channels of an 8237A: where it is, how much is left, and how it transfers.
 *
 *     Mode register    7 6      5          4          3 2    1 0
 *                      mode   decrement  autoinit    type   channel
 *
 * Datasheet: Intel 8237A High Performance Programmable DMA Controller, order 231466, "Register description".
 */

export const MODE_DECREMENT = 0x20;
export const MODE_AUTOINIT = 0x10;

/** Bits 3 and 2 of the mode, as seen from memory. */
export const TYPE_VERIFY = 0;
export const TYPE_WRITE = 1;
export const TYPE_READ = 2;
export const TYPE_ILLEGAL = 3;

/** Bits 7 and 6 of the mode. */
export const DEMAND = 0;
export const SINGLE = 1;
export const BLOCK = 2;
export const CASCADE = 3;

const ADDRESSES = 0x1_0000;
const LOW_BYTE = 0xff;

export interface DmaChannelState {
  baseAddress: number;
  baseCount: number;
  currentAddress: number;
  /** One less than the transfers that are left; ffff after the last. */
  currentCount: number;
  /** Without the two bits that chose the channel. */
  mode: number;
}

export class Dma8237Channel {
  state: DmaChannelState = powerOn();

  get type(): number {
    return (this.state.mode >> 2) & 3;
  }

  /** DEMAND, SINGLE, BLOCK or CASCADE. */
  get mode(): number {
    return this.state.mode >> 6;
  }

  get decrements(): boolean {
    return (this.state.mode & MODE_DECREMENT) !== 0;
  }

  get initializesItself(): boolean {
    return (this.state.mode & MODE_AUTOINIT) !== 0;
  }

  /** A write goes to the base register and the current one alike. */
  writeAddress(byte: number, high: boolean): void {
    const { state } = this;
    state.baseAddress = withByte(state.baseAddress, byte, high);
    state.currentAddress = withByte(state.currentAddress, byte, high);
  }

  writeCount(byte: number, high: boolean): void {
    const { state } = this;
    state.baseCount = withByte(state.baseCount, byte, high);
    state.currentCount = withByte(state.currentCount, byte, high);
  }

  /** How many transfers lie in one run of rising addresses, before the last one or the end of the page. */
  get run(): number {
    const { currentCount, currentAddress } = this.state;
    return this.decrements ? 1 : Math.min(currentCount + 1, ADDRESSES - currentAddress);
  }

  /** Counts `transfers`, not more than the run has. True at terminal count: the last one was among them. */
  advance(transfers: number, hold = false): boolean {
    const { state } = this;
    const step = hold ? 0 : this.decrements ? -transfers : transfers;
    state.currentAddress = (state.currentAddress + step) & (ADDRESSES - 1);
    const isLast = transfers > state.currentCount;
    state.currentCount = (state.currentCount - transfers) & (ADDRESSES - 1);
    return isLast;
  }

  reload(): void {
    const { state } = this;
    state.currentAddress = state.baseAddress;
    state.currentCount = state.baseCount;
  }

  reset(): void {
    this.state = powerOn();
  }
}

const powerOn = (): DmaChannelState => ({
  baseAddress: 0,
  baseCount: 0,
  currentAddress: 0,
  currentCount: 0,
  mode: 0,
});

const withByte = (word: number, byte: number, high: boolean): number =>
  high ? (word & LOW_BYTE) | (byte << 8) : (word & ~LOW_BYTE) | byte;
