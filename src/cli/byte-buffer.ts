/** Bytes that come one at a time and are taken all at once. */
export class ByteBuffer {
  length = 0;
  private bytes = new Uint8Array(4096);

  put(byte: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = byte;
  }

  /** A copy of all that came since the last time. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}
