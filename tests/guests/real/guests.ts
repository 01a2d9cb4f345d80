/** The real guests: what each is started with, what is done to it, and what it must show. */
import type { Board } from "../../../src/machine/board.ts";

export interface RealGuest {
  readonly name: string;
  /** What `scripts/fetch-guests.sh` must have brought. */
  readonly group: string;
  /** In a word, for the table. */
  readonly shows: string;
  /** Boots in less than half a minute, or is the one that matters most: continuous integration runs it. */
  readonly quick: boolean;
  /** A kernel or a CD-ROM; "" for a guest that boots from its floppy. */
  readonly image: string;
  readonly fda?: string;
  readonly hda?: string;
  readonly hdb?: string;
  readonly cdrom?: string;
  readonly mem: number;
  readonly initrd?: string;
  readonly bios?: string;
  readonly append?: string;
  readonly script: readonly Step[];
  /** How the run must end; absent: it is left when the script is done. */
  readonly end?: "power-off";
}

/** What must show on the serial line or on the display, within that many million instructions of the step before. */
type Wait = { readonly wait: string | RegExp; readonly within: number };
type Look = { readonly screen: string | RegExp; readonly within: number };
/** What is typed: on the serial line, or on the keyboard. */
type Typed = { readonly type: string } | { readonly keys: string };
/** What a person does to the machine by other means. */
type Deed = { readonly does: (board: Board) => void };
export type Step = Wait | Look | Typed | Deed;

const MIB = 2 ** 20;
const LINUX = "console=ttyS0 rdinit=/init panic=-1 mitigations=off";
const PROMPT = "umbra# ";
/** Instructions of a boot up to the prompt, in millions, with a fifth to spare. */
const BOOT = 8000;

const prompt = (within: number): Step => ({ wait: PROMPT, within });
/** A command, and what its output must contain. */
const command = (text: string, shows: string | RegExp, within = 500): Step[] => [
  { type: `${text}\n` },
  { wait: shows, within },
  prompt(within),
];
const POWER_OFF: readonly Step[] = [{ type: "poweroff -f\n" }];

export const realGuests: readonly RealGuest[] = [
  {
    name: "linux-pae",
    group: "pae",
    shows: "Debian 6.1 -686-pae: a shell, fork, tmpfs, a module, poweroff",
    quick: true,
    image: "vmlinuz-686-pae",
    mem: 256 * MIB,
    initrd: "initrd-686-pae.gz",
    append: LINUX,
    script: [
      prompt(BOOT),
      ...command("cat /proc/cpuinfo", /vendor_id\s*: GenuineUmbra[\s\S]*flags\s*:.* pae /),
      ...command("for i in 1 2 3 4 5 6 7 8; do (exit $i); echo child $?; done", "child 8"),
      ...command(
        "dd if=/dev/zero of=/tmp/file bs=4k count=1000 && md5sum /tmp/file",
        /1000\+0 records out[\s\S]*[0-9a-f]{32} {2}\/tmp\/file/,
      ),
      ...command("free -k", /Mem:\s+\d+/),
      ...command("insmod /lib/modules/dummy.ko && cat /proc/modules", /dummy \d+ 0 - Live/),
      ...POWER_OFF,
      { wait: "reboot: Power down", within: 500 },
    ],
    end: "power-off",
  },
  {
    name: "linux-highmem",
    group: "pae",
    shows: "the same with high memory: kmap traffic",
    quick: false,
    image: "vmlinuz-686-pae",
    mem: 1536 * MIB,
    initrd: "initrd-686-pae.gz",
    append: LINUX,
    script: [
      prompt(BOOT),
      ...command("grep High /proc/meminfo", /HighTotal:\s+[1-9]\d+ kB/),
      ...command("/work/kmap", "programs started: 120", 3000).slice(0, 2),
      { wait: "reboot: Power down", within: 500 },
    ],
    end: "power-off",
  },
  {
    name: "linux-686",
    group: "686",
    shows: "Debian 6.1 -686: two-level paging",
    quick: false,
    image: "vmlinuz-686",
    mem: 256 * MIB,
    initrd: "initrd-686.gz",
    append: LINUX,
    script: [
      prompt(BOOT),
      ...command("cat /proc/version", "6.1."),
      ...POWER_OFF,
      { wait: "Power down", within: 500 },
    ],
    end: "power-off",
  },
  {
    name: "linux-devices",
    group: "pae",
    shows: "Debian's drivers: ata_piix (DMA), sr, floppy, psmouse, the power button",
    quick: false,
    image: "vmlinuz-686-pae",
    mem: 256 * MIB,
    initrd: "initrd-devices-686-pae.gz",
    append: `${LINUX} work=devices`,
    hda: "grub-rescue-cdrom.iso",
    hdb: "grub-rescue-floppy.img",
    cdrom: "grub-rescue-cdrom.iso",
    fda: "grub-rescue-floppy.img",
    script: [
      { wait: /disks: fd0 sda sdb sr0/, within: BOOT },
      { wait: /([0-9a-f]{32}) {2}\/dev\/sda\r?\n\1 {2}\/dev\/sr0/, within: 1000 },
      { wait: /([0-9a-f]{32}) {2}-\r?\n\1 {2}-/, within: 5000 },
      { wait: "/dev/sda keeps what is written", within: 1000 },
      { wait: "/dev/fd0 keeps what is written", within: 3000 },
      { wait: /ata1\.00: ATA-6: UMBRA DISK/, within: 500 },
      { wait: /FDC 0 is a post-1991 82077/, within: 500 },
      { wait: "ImExPS/2 Generic Explorer Mouse", within: 500 },
      { wait: "devices done", within: 500 },
      prompt(500),
      { does: ({ keyboardController }) => keyboardController.mouse.move(5, -3, 0) },
      { does: ({ power }) => power.pressPowerButton() },
      // Two movements and two changes of a key, and what ends each event: 16 bytes a piece.
      ...command("sleep 1; cat /tmp/event* | wc -c", "112"),
      ...POWER_OFF,
      { wait: "Power down", within: 500 },
    ],
    end: "power-off",
  },
  {
    name: "installer",
    group: "installer",
    shows: "debian-installer on serial: its first screen",
    quick: false,
    image: "installer/linux",
    mem: 512 * MIB,
    initrd: "installer/initrd.gz",
    append: "console=ttyS0 mitigations=off TERM=dumb DEBIAN_FRONTEND=text",
    script: [{ wait: /Select a language|Choose the language/, within: 30_000 }],
  },
  {
    name: "memtest",
    group: "memtest",
    shows: "memtest86+ 6.10: a pass of all tests over 8 MiB, on the display",
    quick: false,
    image: "memtest86+ia32.bin",
    mem: 8 * MIB,
    script: [
      { screen: /Memtest86\+ v6\.10 .*Umbra pentium4/, within: 500 },
      { screen: /Pass: {2}1 .*Errors: 0/, within: 40_000 },
    ],
  },
  {
    name: "grub-cd",
    group: "grub",
    shows: "SeaBIOS, its video BIOS, GRUB's rescue CD: its menu, and a command that is typed",
    quick: true,
    image: "grub-rescue-cdrom.iso",
    bios: "bios.bin",
    mem: 64 * MIB,
    script: [
      { screen: /GNU GRUB {2}version 2\.06[\s\S]*Memtest86\+/, within: 5000 },
      { keys: "c" },
      { screen: /^grub>/m, within: 1000 },
      { keys: "echo Typed!\n" },
      { screen: /Typed!\n/, within: 2000 },
    ],
  },
  {
    name: "grub-floppy",
    group: "grub",
    shows: "GRUB's rescue floppy through the diskette controller: its menu, and a command that is typed",
    quick: true,
    image: "",
    fda: "grub-rescue-floppy.img",
    bios: "bios.bin",
    mem: 64 * MIB,
    script: [
      { screen: /GNU GRUB {2}version 2\.06[\s\S]*Memtest86\+/, within: 20_000 },
      { keys: "c" },
      { screen: /^grub>/m, within: 1000 },
      { keys: "ls (fd0)\n" },
      { screen: /fd0/, within: 2000 },
    ],
  },
  {
    name: "gnumach",
    group: "gnumach",
    shows: "GNU Mach 1.8 by multiboot: its banner, up to the missing bootstrap modules",
    quick: true,
    image: "gnumach",
    mem: 64 * MIB,
    script: [{ screen: /panic [\s\S]*No bootstrap code loaded/, within: 5000 }],
  },
];
