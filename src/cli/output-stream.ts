/**
 * The guest's console on its way to a stream of ours: gathered while the machine runs, written between slices.
 * A reader that went away is a state, not an error.
 */
import type { Writable } from "node:stream";

export class OutputStream {
  /** The other end has closed; nothing more will be written. */
  closed = false;
  private readonly stream: Writable;
  private buffer = new Uint8Array(4096);
  private used = 0;

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      this.closed = true;
    });
  }

  put(byte: number): void {
    if (this.used === this.buffer.length) {
      const larger = new Uint8Array(this.used * 2);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer[this.used++] = byte;
  }

  /** Resolves when the stream can take more, or has closed. */
  async flush(): Promise<void> {
    if (this.used === 0 || this.closed) return;
    const bytes = this.buffer.slice(0, this.used);
    this.used = 0;
    await new Promise<void>((resolve) => {
      this.stream.write(bytes, () => resolve());
    });
  }
}
