/** The devices, as their datasheets name their registers. */
import { type DeviceCard, deviceCards } from "../../inspect/device-cards.ts";
import { isKeyName } from "../../inspect/key-names.ts";
import { vgaText } from "../../inspect/vga-card.ts";
import { GUEST_HZ } from "../../machine/machine.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import { MonitorError } from "../monitor-error.ts";
import { timeText } from "../monitor-text.ts";
import { alone } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

const NAME_WIDTH = 12;

function cardLines({ name, where, irq, deadline, registers }: DeviceCard, now: number): string[] {
  const due =
    deadline === null
      ? ""
      : `, acts at icount ${deadline}, in ${timeText(Math.max(0, deadline - now) / GUEST_HZ)}`;
  return [
    `${name}, ${where}${irq === "" ? "" : `, ${irq}`}${due}`,
    ...registers.map(([register, value]) => `  ${register.padEnd(NAME_WIDTH)} ${value}`),
  ];
}

/** @param first how the names of the cards begin */
const cards =
  (first: string) =>
  ({ machine }: DebuggerApi): string[] =>
    deviceCards(machine)
      .filter(({ name }) => name.startsWith(first))
      .flatMap((card) => cardLines(card, machine.icount));

/** Keys joined by "-": down in that order, up in the other. */
function sendKey(argument: string): Action {
  const keys = argument.trim().split("-");
  const unknown = keys.find((key) => !isKeyName(key));
  if (unknown !== undefined) {
    throw new MonitorError(
      `no key is called '${unknown}'; they have QEMU's names, such as a, ret, ctrl, f1, up`,
    );
  }
  return ({ machine }) => {
    const { keyboardController } = machine.board;
    keyboardController.press(...keys);
    keyboardController.release(...keys.toReversed());
    return [`pressed ${keys.join(" and ")}`];
  };
}

export const deviceCommands: readonly Command[] = [
  {
    name: "info pic",
    usage: "",
    sentence: "the interrupt controllers: requests, in service, masks",
    parse: alone(cards("pic")),
  },
  {
    name: "info pit",
    usage: "",
    sentence: "the timer: its three channels and when it fires next",
    parse: alone(cards("pit")),
  },
  {
    name: "info vga",
    usage: "",
    sentence: "the text that the display shows",
    parse: alone(({ machine }) => vgaText(machine.board.vga)),
  },
  {
    name: "info pci",
    usage: "",
    sentence: "the functions on the PCI bus: what they are and where they answer",
    parse: alone(cards("pci")),
  },
  {
    name: "sendkey",
    usage: " KEYS",
    sentence: "presses keys of the guest's keyboard together, such as ctrl-alt-delete",
    parse: sendKey,
  },
  { name: "info devices", usage: "", sentence: "all devices of the board", parse: alone(cards("")) },
];
