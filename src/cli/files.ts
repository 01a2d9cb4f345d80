/** The files that a command line names, and one sentence for each way in which they can be unusable. */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { ByteBuffer } from "./byte-buffer.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";

/** Reads a file. `missing` says what to do if there is none. */
export function readInput(path: string, shown: string, missing: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandError(`${shown}: ${problem(error, "read", missing)}`, STATUS_USAGE);
  }
}

/** A file written at its end, so that two of one path share it. Bytes are gathered between two flushes. */
export class OutputFile {
  private readonly path: string;
  private readonly buffer = new ByteBuffer();
  private handle: number | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Empties the file, or makes it. */
  open(): void {
    try {
      closeSync(openSync(this.path, "w"));
      this.handle = openSync(this.path, "a");
    } catch (error) {
      const missing = "the folder it should go to does not exist.";
      throw new CommandError(`${this.path}: ${problem(error, "written", missing)}`, STATUS_USAGE);
    }
  }

  put(byte: number): void {
    this.buffer.put(byte);
  }

  flush(): void {
    if (this.handle === null || this.buffer.length === 0) return;
    const bytes = this.buffer.take();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.handle, bytes, at);
    } catch (error) {
      throw new CommandError(`${this.path}: ${problem(error, "written", "")}`, STATUS_HOST_ERROR);
    }
  }

  close(): void {
    if (this.handle === null) return;
    try {
      this.flush();
    } finally {
      closeSync(this.handle);
    }
  }
}

/** What is wrong with a file, in the words of the user. */
export function problem(error: unknown, verb: "read" | "written", missing: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return missing;
    case "EISDIR":
      return `it is a folder and cannot be ${verb}; name a file.`;
    case "EACCES":
    case "EPERM":
      return `it may not be ${verb}; check its permissions.`;
    case "ENOSPC":
      return "the disk is full.";
    default:
      return `it cannot be ${verb} (${(error as Error).message}).`;
  }
}
