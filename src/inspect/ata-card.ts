/**
 * An IDE channel as a card: its drives, what they do, and the bus master. Datasheet: ATA/ATAPI-6; Intel 82371SB (PIIX3).
 */
import { digits, hex8 } from "../common/hex.ts";
import {
  BMIC_START,
  BMIC_TO_MEMORY,
  BMIS_ACTIVE,
  BMIS_ERROR,
  BMIS_INTERRUPT,
} from "../devices/ata/bus-master.ts";
import type { AnyDrive, AtaChannel } from "../devices/ata/channel.ts";
import { commandName } from "../devices/ata/commands.ts";
import { DiskDrive } from "../devices/ata/disk-drive.ts";
import { powerWord } from "../devices/ata/drive.ts";
import {
  CONTROL_HOB,
  CONTROL_NIEN,
  CONTROL_SRST,
  ERROR_ABRT,
  ERROR_IDNF,
  ERROR_UNC,
  STATUS_BSY,
  STATUS_DF,
  STATUS_DRDY,
  STATUS_DRQ,
  STATUS_DSC,
  STATUS_ERR,
} from "../devices/ata/registers.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, type NamedBit, withBits, withWords } from "./device-text.ts";

const FIRST_IRQ = 14;
const SECTORS_PER_MIB = 2048;

const STATUS_BITS: readonly NamedBit[] = [
  [STATUS_BSY, "BSY"],
  [STATUS_DRDY, "DRDY"],
  [STATUS_DF, "DF"],
  [STATUS_DSC, "DSC"],
  [STATUS_DRQ, "DRQ"],
  [STATUS_ERR, "ERR"],
];
const ERROR_BITS: readonly NamedBit[] = [
  [ERROR_UNC, "UNC"],
  [ERROR_IDNF, "IDNF"],
  [ERROR_ABRT, "ABRT"],
];
const CONTROL_BITS: readonly NamedBit[] = [
  [CONTROL_HOB, "HOB"],
  [CONTROL_SRST, "SRST"],
  [CONTROL_NIEN, "nIEN"],
];
const BMIC_BITS: readonly NamedBit[] = [
  [BMIC_START, "start"],
  [BMIC_TO_MEMORY, "to memory"],
];
const BMIS_BITS: readonly NamedBit[] = [
  [BMIS_ACTIVE, "active"],
  [BMIS_ERROR, "error"],
  [BMIS_INTERRUPT, "interrupt"],
];

/** `where` is the place of both register blocks on the bus. */
export function ataCard(channel: AtaChannel, where: string): DeviceCard {
  const { deviceControl, selectedDevice } = channel;
  const { BMIC, BMIS, BMIDTP } = channel.busMaster.save();
  const number = channel.name === "ide0" ? 0 : 1;
  return {
    name: `${channel.name} ${number === 0 ? "primary" : "secondary"}`,
    where,
    irq: `IRQ ${FIRST_IRQ + number} ${channel.interruptLevel ? "high" : "low"}`,
    deadline: channel.deadline,
    registers: [
      ["selected", `drive ${selectedDevice}${channel.drives[selectedDevice] === null ? ", absent" : ""}`],
      ["DEV_CTRL", withBits(deviceControl, CONTROL_BITS)],
      ...channel.drives.flatMap((drive, i) => driveRows(drive, i)),
      ["BMIC", withBits(BMIC, BMIC_BITS)],
      ["BMIS", withBits(BMIS, BMIS_BITS)],
      ["BMIDTP", hex8(BMIDTP)],
    ],
  };
}

function driveRows(drive: AnyDrive | null, number: number): [string, string][] {
  if (drive === null) return [[`${number} drive`, "absent"]];
  const { status, error, command, intrq, dmarq, isPacket, power } = drive;
  const pins = [...(intrq ? ["INTRQ"] : []), ...(dmarq ? ["DMARQ"] : [])];
  return [
    [`${number} drive`, `${drive.model}, ${mediumWords(drive)}`],
    [`${number} STATUS`, [withBits(status, STATUS_BITS), ...pins].join(" ")],
    [`${number} ERROR`, isPacket ? withWords(error, [`sense ${error >> 4}`]) : withBits(error, ERROR_BITS)],
    [`${number} COMMAND`, `${hex2(command)} ${commandName(command)}`],
    [`${number} place`, placeWords(drive)],
    [`${number} power`, powerWord(power.mode)],
  ];
}

function mediumWords(drive: AnyDrive): string {
  const medium = drive instanceof DiskDrive ? drive.disk : drive.disc;
  if (medium === null) return "no disc";
  const size = `${(medium.sectors / SECTORS_PER_MIB).toFixed(1)} MiB`;
  return `${medium.name}, ${size}${medium.readOnly ? ", read-only" : ""}`;
}

/** Where a transfer is. */
function placeWords(drive: AnyDrive): string {
  if (drive instanceof DiskDrive) {
    const { lba, left } = drive.save();
    return left === 0 ? "no transfer" : `sector ${lba < 0 ? "unknown" : digits(lba)}, ${left} left`;
  }
  const { readLba, readLeft } = drive.save();
  const reading = readLeft === 0 ? "no transfer" : `sector ${digits(readLba)}, ${readLeft} to read`;
  return `${reading}; sense: ${drive.senseWords}`;
}
