/**
 * The guest's console on its way to a stream of ours: gathered while the machine runs, written between slices.
 * What to do when the stream fails is the process's business (`standard-output.ts`); here the bytes are dropped.
 */
import type { Writable } from "node:stream";
import { ByteBuffer } from "./byte-buffer.ts";

const NEWLINE = 0x0a;

export class OutputStream {
  private readonly stream: Writable;
  private readonly buffer = new ByteBuffer();
  private last = NEWLINE;
  /** The guest has sent nothing. */
  isSilent = true;

  constructor(stream: Writable) {
    this.stream = stream;
  }

  /** A terminal's cursor stands behind a line that has not ended. */
  get isMidLine(): boolean {
    return this.last !== NEWLINE && "isTTY" in this.stream && this.stream.isTTY === true;
  }

  put(byte: number): void {
    this.last = byte;
    this.isSilent = false;
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
