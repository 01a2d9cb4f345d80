/** What a person is told when an image cannot be booted: one sentence that names the file and the reason. */

/** The image, a module or the command line cannot be booted as given. `message` is ready to print. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  /** The file the sentence is about, as it was given. */
  readonly image: string;

  constructor(image: string, reason: string) {
    super(`${image}: ${reason}`);
    this.image = image;
  }
}

/** An address as sentences show it: eight digits, `0x00100000`. */
export function hex8(address: number): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}

/** A size as sentences show it: whole MiB, rounded up, so it can be given to `--mem`. */
export function mib(bytes: number): string {
  return `${Math.ceil(bytes / 0x10_0000)} MiB`;
}
