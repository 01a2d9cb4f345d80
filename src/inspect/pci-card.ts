/** The PCI bus: a card for each function; power management, and the clock. */
import {
  COMMAND_IO,
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PCI_COMMAND,
  PCI_INTERRUPT_LINE,
  type PciFunction,
} from "../devices/pci/pci-function.ts";
import type { PciHost } from "../devices/pci/pci-host.ts";
import type { Piix4Pm } from "../devices/pci/piix4-pm.ts";
import type { Rtc } from "../devices/rtc-mc146818.ts";
import { dateOf } from "../devices/rtc-time.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, type NamedBit } from "./device-text.ts";

const COMMANDS: readonly NamedBit[] = [
  [COMMAND_IO, "ports"],
  [COMMAND_MEMORY, "memory"],
  [COMMAND_MASTER, "master"],
];

export function pciCards(host: PciHost): DeviceCard[] {
  return host.functions.map(({ device, fn, pciFunction }) => {
    const command = pciFunction.get(PCI_COMMAND, 2);
    const enabled = COMMANDS.filter(([bit]) => (command & bit) !== 0).map(([, name]) => name);
    const windows = pciFunction.windows().map(({ bar, base }) => {
      const end = base + bar.size - 1;
      return [`BAR${bar.index}`, `${bar.space} ${base.toString(16)}-${end.toString(16)}`] as const;
    });
    const { pin } = pciFunction;
    const line: [string, string][] =
      pin === 0 ? [] : [["INT", `INT${"ABCD"[pin - 1]}, line ${pciFunction.get(PCI_INTERRUPT_LINE, 1)}`]];
    return {
      name: `pci ${pciFunction.name}`,
      where: `device ${device} function ${fn}`,
      irq: "",
      deadline: null,
      registers: [
        ["ID", `${hex4(pciFunction.get(0, 2))}:${hex4(pciFunction.get(2, 2))}`],
        ["PCICMD", `${hex4(command)}${enabled.length === 0 ? "" : ` ${enabled.join(", ")}`}`],
        ...windows,
        ...line,
      ],
    };
  });
}

/** Where a function is plugged in. */
export function slotOf(host: PciHost, pciFunction: PciFunction): string {
  const place = host.functions.find((one) => one.pciFunction === pciFunction);
  return place === undefined ? "" : `device ${place.device} function ${place.fn}`;
}

export function powerCard(power: Piix4Pm): DeviceCard {
  const { PM1_STS, PM1_EN, PM1_CNT } = power.registers;
  return {
    name: "power management",
    where: "of pci piix4-pm",
    irq: "",
    deadline: null,
    registers: [
      ["PM1_STS", hex4(PM1_STS)],
      ["PM1_EN", hex4(PM1_EN)],
      ["PM1_CNT", `${hex4(PM1_CNT)} ${(PM1_CNT & 1) === 0 ? "ACPI off" : "ACPI on"}`],
      ["PM_TMR", power.timer.toString(16).padStart(6, "0")],
    ],
  };
}

const DAY_SECONDS = 86_400;

export function rtcCard(rtc: Rtc, where: string): DeviceCard {
  const seconds = rtc.date;
  const { year, month, day } = dateOf(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = seconds - Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS;
  const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(":");
  return {
    name: "rtc mc146818",
    where,
    irq: "",
    deadline: null,
    registers: [
      ["DATE", `${year}-${two(month)}-${two(day)} ${time}`],
      ["A", hex2(rtc.register(0x0a))],
      ["B", hex2(rtc.register(0x0b))],
      ["C", hex2(rtc.register(0x0c))],
    ],
  };
}
