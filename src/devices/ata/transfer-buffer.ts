/**
 * The sector buffer between the cable and a medium. A channel has one: only one of its drives is ever at work.
 *
 *      0 ........ position ........ end ........ used ........ BUFFER_BYTES
 *        moved              this DRQ block    what was loaded
 */

export const BUFFER_BYTES = 0x1_0000;

export interface TransferBufferState {
  position: number;
  end: number;
  used: number;
  toHost: boolean;
  /** In hexadecimal: what is still to go to the host, or what has come from it. */
  data: string;
}

export class TransferBuffer {
  readonly bytes = new Uint8Array(BUFFER_BYTES);
  /** The next byte to move. */
  position = 0;
  /** Where the open DRQ block ends. */
  end = 0;
  /** How many bytes are of use. */
  used = 0;
  /** The drive sends; otherwise it receives. */
  toHost = false;

  /** Says that the first `length` bytes are to be moved; none of them is open to the host yet. */
  load(length: number, toHost: boolean): void {
    this.position = 0;
    this.end = 0;
    this.used = length;
    this.toHost = toHost;
  }

  clear(): void {
    this.load(0, false);
  }

  /** Opens the next block of at most `limit` bytes; returns its length. */
  open(limit: number): number {
    this.end = Math.min(this.position + limit, this.used);
    return this.end - this.position;
  }

  get isBlockMoved(): boolean {
    return this.position >= this.end;
  }

  get isAllMoved(): boolean {
    return this.position >= this.used;
  }

  /** A word for the host; a block of odd length is padded. */
  takeWord(): number {
    const { bytes, position, used } = this;
    this.position = position + 2;
    return bytes[position] | (position + 1 < used ? bytes[position + 1] << 8 : 0);
  }

  putWord(value: number): void {
    this.bytes[this.position] = value & 0xff;
    this.bytes[this.position + 1] = (value >> 8) & 0xff;
    this.position += 2;
  }

  save(): TransferBufferState {
    const { position, end, used, toHost, bytes } = this;
    const data = toHost ? bytes.subarray(position, used) : bytes.subarray(0, position);
    return { position, end, used, toHost, data: toHex(data) };
  }

  restore(state: TransferBufferState): void {
    this.position = state.position;
    this.end = state.end;
    this.used = state.used;
    this.toHost = state.toHost;
    const from = state.toHost ? state.position : 0;
    for (let i = 0; i * 2 < state.data.length; i++)
      this.bytes[from + i] = Number.parseInt(state.data.slice(i * 2, i * 2 + 2), 16);
  }
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
