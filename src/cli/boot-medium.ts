/** Images that a BIOS boots: told by their first sectors, since a kernel is told by its header. */
import { closeSync, openSync, readSync, statSync } from "node:fs";

export type BootMedium = "disk" | "floppy" | "cdrom";

/** Up to the identifier of an ISO 9660 volume. */
const HEAD_BYTES = 0x8006;
const VOLUME_IDENTIFIER = 0x8001;
const BOOT_SIGNATURE = 0x1fe;
const HDRS = 0x202;
const SECTOR = 512;
const KIB = 1024;
/** Of 5¼ and 3½ inch floppies. */
const FLOPPY_SIZES: ReadonlySet<number> = new Set(
  [160, 180, 320, 360, 720, 1200, 1440, 2880].map((kib) => kib * KIB),
);

/** What a file is; null for what no BIOS could boot, and for what cannot be read, which someone else says. */
export function bootMedium(path: string): BootMedium | null {
  const head = Buffer.alloc(HEAD_BYTES);
  let size: number;
  try {
    const kind = statSync(path);
    if (!kind.isFile()) return null;
    size = kind.size;
    const handle = openSync(path, "r");
    try {
      readSync(handle, head, 0, HEAD_BYTES, 0);
    } finally {
      closeSync(handle);
    }
  } catch {
    return null;
  }
  // A Linux kernel has the signature of a boot sector, too.
  if (head.toString("latin1", HDRS, HDRS + 4) === "HdrS") return null;
  if (head.toString("latin1", VOLUME_IDENTIFIER, VOLUME_IDENTIFIER + 5) === "CD001") return "cdrom";
  if (head.readUInt16LE(BOOT_SIGNATURE) !== 0xaa55 || size % SECTOR !== 0) return null;
  return FLOPPY_SIZES.has(size) ? "floppy" : "disk";
}
