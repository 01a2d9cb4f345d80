/** The devices, as their datasheets name their registers. */
import { type DeviceCard, deviceCards } from "../../inspect/device-cards.ts";
import { displayPicture } from "../../inspect/display-view.ts";
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
    machine.board.keyboardController.stroke(keys);
    return [`pressed ${keys.join(" and ")}`];
  };
}

function moveMouse(argument: string): Action {
  const counts = argument.trim().split(/\s+/);
  const bad = counts.find((count) => !/^[-+]?\d{1,5}$/.test(count));
  if (bad !== undefined || counts.length < 2 || counts.length > 3) {
    throw new MonitorError(
      "give counts to the right and down, and notches of the wheel, such as 10 -5 or 0 0 1",
    );
  }
  const [dx, dy, wheel = 0] = counts.map(Number);
  return ({ machine }) => {
    machine.board.keyboardController.mouse.move(dx, dy, wheel);
    return [`moved the mouse by ${dx}, ${dy}`];
  };
}

function pressMouse(argument: string): Action {
  const mask = /^\d{1,2}$/.test(argument.trim()) ? Number(argument) : 32;
  if (mask > 31) throw new MonitorError("give the buttons that are down as a sum: 1 left, 2 right, 4 middle");
  return ({ machine }) => {
    machine.board.keyboardController.mouse.buttons(mask);
    return [mask === 0 ? "no button is down" : `buttons ${mask} are down`];
  };
}

function screenDump(argument: string): Action {
  const path = argument.trim();
  if (path === "") throw new MonitorError("give the name of a file, such as screen.png");
  return ({ machine, savePicture }) => {
    if (savePicture === null) throw new MonitorError("pictures cannot be written here");
    const picture = displayPicture(machine);
    const problem = savePicture(path, picture);
    if (problem !== null) throw new MonitorError(problem.replace(/\.$/, ""));
    return [`${path}: ${picture.width} x ${picture.height} dots`];
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
  {
    name: "mouse_move",
    usage: " DX DY [WHEEL]",
    sentence: "moves the guest's mouse: to the right, down, wheel away from the user",
    parse: moveMouse,
  },
  {
    name: "mouse_button",
    usage: " BUTTONS",
    sentence: "which of its buttons are down now: 1 left, 2 right, 4 middle, or a sum; 0 none",
    parse: pressMouse,
  },
  {
    name: "screendump",
    usage: " FILE",
    sentence: "writes a picture of the display to a file, as PNG",
    parse: screenDump,
  },
  {
    name: "system_powerdown",
    usage: "",
    sentence: "presses the power button: a guest with ACPI may switch itself off",
    parse: alone(({ machine }) => {
      machine.board.power.pressPowerButton();
      return ["pressed the power button"];
    }),
  },
  { name: "info devices", usage: "", sentence: "all devices of the board", parse: alone(cards("")) },
];
