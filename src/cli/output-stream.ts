/**
 * The guest's console on its way to a stream of ours: gathered while the machine runs, written between slices.
 * What to do when the stream fails is the process's business (`standard-output.ts`); here the bytes are dropped.
 */
import type { Writable } from "node:stream";
import { ByteBuffer } from "./byte-buffer.ts";

const NEWLINE = 0x0a;

export class OutputStream {
  /** The last line has begun and not ended. */
  midLine = false;
  private readonly stream: Writable;
  private readonly buffer = new ByteBuffer();

  constructor(stream: Writable) {
    this.stream = stream;
  }

  put(byte: number): void {
    this.midLine = byte !== NEWLINE;
    this.buffer.put(byte);
  }

  /** Resolves when the stream can take more, or has failed. */
  async flush(): Promise<void> {
    if (this.buffer.length === 0) return;
    const bytes = this.buffer.take();
    await new Promise<void>((resolve) => {
      this.stream.write(bytes, () => resolve());
    });
  }
}
