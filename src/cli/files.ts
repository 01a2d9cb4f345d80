/** The files that a command line names, and one sentence for each way in which they can be unusable. */
import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import { ByteBuffer } from "./byte-buffer.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";

/** The largest guest has 2 GiB of RAM: no image, module or ROM is that large. */
const MOST_BYTES = 2 ** 31 - 1;
const TOO_LARGE = "it has 2 GiB or more, which no guest has room for.";
/** What a pipe holds on Linux, and gives at once. */
const PIECE = 1 << 16;

/** Reads a file, or a pipe to its end. `missing` says what to do if there is none. */
export function readInput(path: string, shown: string, missing: string): Uint8Array {
  const unusable = (why: string): CommandError => new CommandError(`${shown}: ${why}`, STATUS_USAGE);
  try {
    // Looked at before it is opened: that alone may have effects on a device.
    const kind = statSync(path);
    if (kind.isFIFO()) return readPipe(path, unusable);
    if (!kind.isFile() && !kind.isDirectory()) throw unusable("it is a device; name a file, or a pipe.");
    if (kind.size > MOST_BYTES) throw unusable(TOO_LARGE);
    return readFileSync(path);
  } catch (error) {
    throw error instanceof CommandError ? error : unusable(problem(error, "read", missing));
  }
}

/** Another program's output, such as <(gunzip -c image.gz): its size is known at its end. */
function readPipe(path: string, unusable: (why: string) => CommandError): Uint8Array {
  const handle = openSync(path, "r");
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE);
      const count = readSync(handle, piece);
      if (count === 0) return Buffer.concat(pieces, length);
      length += count;
      if (length > MOST_BYTES) throw unusable(TOO_LARGE);
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(handle);
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
