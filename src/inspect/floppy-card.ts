/** The diskette controller as a card: its registers, what it does, and the drives. Datasheet: Intel 82077AA. */
import { PHASE_COMMAND, PHASE_RESULT } from "../devices/floppy/command-phases.ts";
import { commandName } from "../devices/floppy/fdc-commands.ts";
import {
  CONFIG_EFIFO,
  CONFIG_EIS,
  CONFIG_POLL,
  DIR_CCR,
  DOR_DMAGATE,
  DOR_MOTOR,
  DOR_RESET,
  DOR_SELECT,
  MSR_CMD_BSY,
  MSR_DIO,
  MSR_DSR,
  MSR_NON_DMA,
  MSR_RQM,
} from "../devices/floppy/fdc-registers.ts";
import type { Fdc82077, Fdc82077State } from "../devices/floppy/fdc82077.ts";
import type { FloppyDrive } from "../devices/floppy/floppy-drive.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, type NamedBit, withBits, withWords } from "./device-text.ts";

const FDC_IRQ = 6;
const UNITS = [0, 1, 2, 3];

const MSR_BITS: readonly NamedBit[] = [
  [MSR_RQM, "RQM"],
  [MSR_DIO, "DIO"],
  [MSR_NON_DMA, "NON DMA"],
  [MSR_CMD_BSY, "CMD BSY"],
  ...UNITS.map((unit): NamedBit => [1 << unit, `seek ${unit}`]),
];
const CONFIG_BITS: readonly NamedBit[] = [
  [CONFIG_EIS, "EIS"],
  [CONFIG_EFIFO, "no FIFO"],
  [CONFIG_POLL, "no polling"],
];
/** By the data rate select bits. */
const RATES = ["500 kbit/s", "300 kbit/s", "250 kbit/s", "1 Mbit/s"];

export function floppyCard(fdc: Fdc82077, where: string): DeviceCard {
  const state = fdc.save();
  const { DOR, DRATE, settings, positioners } = state;
  const motors = UNITS.filter((unit) => (DOR & (DOR_MOTOR << unit)) !== 0);
  return {
    name: "fdc 82077AA",
    where,
    irq: `IRQ ${FDC_IRQ} ${fdc.interruptLevel ? "high" : "low"}`,
    deadline: fdc.deadline,
    registers: [
      [
        "DOR",
        withWords(DOR, [
          `drive ${DOR & DOR_SELECT}`,
          ...motors.map((unit) => `motor ${unit}`),
          ...((DOR & DOR_DMAGATE) !== 0 ? ["gate open"] : []),
          ...((DOR & DOR_RESET) === 0 ? ["reset"] : []),
        ]),
      ],
      // Reading MSR changes nothing.
      ["MSR", withBits(fdc.ports.portRead(MSR_DSR, 1), MSR_BITS)],
      ["rate", `${RATES[DRATE]}${state.powerDown ? ", power down" : ""}`],
      ["DIR", hex2(fdc.controlPort.portRead(DIR_CCR, 1))],
      ["command", commandWords(state)],
      ["CONFIGURE", withBits(settings.config, CONFIG_BITS)],
      ...fdc.drives.flatMap((drive, i) => driveRows(drive, i, positioners[i].PCN)),
    ],
  };
}

/** What it does: "READ DATA, C 0 H 1 R 5". */
function commandWords({ phases, transfer }: Fdc82077State): string {
  const { phase, bytes, results } = phases;
  if (phase === PHASE_COMMAND && bytes.length === 0) return "none";
  const name = commandName(bytes[0]);
  if (phase === PHASE_COMMAND) return `${name}, ${bytes.length} bytes so far`;
  if (phase === PHASE_RESULT) return `${name}, ${results.length} result bytes to read`;
  return `${name}, C ${transfer.C} H ${transfer.H} R ${transfer.R}`;
}

function driveRows(drive: FloppyDrive | null, number: number, PCN: number): [string, string][] {
  if (drive === null) return [[`${number} drive`, "absent"]];
  const { disk, format, kind, track } = drive;
  const medium =
    disk === null || format === null
      ? "no medium"
      : `${disk.name}, ${format.name}${disk.readOnly ? ", write-protected" : ""}`;
  return [
    [`${number} drive`, `${kind}, ${medium}${drive.diskChanged ? ", changed" : ""}`],
    [`${number} head`, `on track ${track}${track === PCN ? "" : `, the controller says ${PCN}`}`],
  ];
}
