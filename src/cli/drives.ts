/** The drives of the machine from a command line: which file is in which, and whether it may change. */
import type { DriveSpec } from "../devices/ata/channel.ts";
import type { Disk } from "../devices/disk.ts";
import type { FloppySpec } from "../devices/floppy/fdc82077.ts";
import { driveKindFor } from "../devices/floppy/geometry.ts";
import { OverlayDisk } from "../devices/overlay-disk.ts";
import type { VirtioOptions } from "../machine/virtio-cards.ts";
import { DiskFile } from "./disk-file.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";

export interface DriveOptions {
  readonly hda?: string;
  readonly hdb?: string;
  readonly hdc?: string;
  readonly hdd?: string;
  readonly cdrom?: string;
  readonly fda?: string;
  readonly fdb?: string;
  readonly virtioDisk?: readonly string[];
  readonly virtioConsole?: boolean;
  readonly virtioRng?: boolean;
  /** What the guest writes goes to the files. */
  readonly writable?: boolean;
}

export interface Drives {
  /** Primary master and slave, secondary master and slave. */
  readonly specs: readonly (DriveSpec | null)[];
  /** Drives A and B. */
  readonly floppies: readonly (FloppySpec | null)[];
  readonly virtio: VirtioOptions;
  readonly files: readonly DiskFile[];
}

const NAMES = ["hda", "hdb", "hdc", "hdd"] as const;
const FLOPPY_NAMES = ["fda", "fdb"] as const;
/** The plug that `--cdrom` takes, as on other emulators. */
const CDROM_PLUG = 2;

export function hasDrives(options: DriveOptions): boolean {
  if (options.cdrom !== undefined || (options.virtioDisk ?? []).length > 0) return true;
  return [...NAMES, ...FLOPPY_NAMES].some((name) => options[name] !== undefined);
}

/** Opens the files. Throws a CommandError, one sentence, if one cannot be a disk or a plug is taken twice. */
export function openDrives(options: DriveOptions): Drives {
  const files: DiskFile[] = [];
  const specs: (DriveSpec | null)[] = NAMES.map((name) => {
    const path = options[name];
    return path === undefined
      ? null
      : { kind: "disk", disk: openDisk(path, options.writable === true, files) };
  });
  if (options.cdrom !== undefined) {
    if (specs[CDROM_PLUG] !== null) {
      throw new CommandError("--cdrom and --hdc are the same plug; give one of them.", STATUS_USAGE);
    }
    const file = new DiskFile(options.cdrom, false);
    files.push(file);
    specs[CDROM_PLUG] = { kind: "cdrom", disc: file };
  }
  const floppies = FLOPPY_NAMES.map((name) => {
    const path = options[name];
    return path === undefined ? null : openFloppy(path, options.writable === true, files);
  });
  const disks = (options.virtioDisk ?? []).map((path) => openDisk(path, options.writable === true, files));
  const virtio = {
    disks,
    console: options.virtioConsole === true,
    rng: options.virtioRng === true,
  };
  return { specs, floppies, virtio, files };
}

/** The drive is one that the image was made for. */
function openFloppy(path: string, writable: boolean, files: DiskFile[]): FloppySpec {
  const disk = openDisk(path, writable, files);
  const kind = driveKindFor(disk.sectors);
  if (kind !== null) return { kind, disk };
  throw new CommandError(
    `${path}: it has ${disk.sectors} sectors of 512 bytes, more than the 5760 of the largest diskette; a disk is for --hda.`,
    STATUS_USAGE,
  );
}

function openDisk(path: string, writable: boolean, files: DiskFile[]): Disk {
  const file = new DiskFile(path, writable);
  files.push(file);
  return writable ? file : new OverlayDisk(file);
}
