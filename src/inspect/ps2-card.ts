/** Keyboard controller, keyboard and mouse as a card. Datasheet: Intel 8042; IBM PS/2 Hardware Interface Technical Reference. */
import type { KeyboardController } from "../devices/keyboard-controller.ts";
import {
  COMMAND_BYTE_AUX_INTERRUPT,
  COMMAND_BYTE_AUX_OFF,
  COMMAND_BYTE_INTERRUPT,
  COMMAND_BYTE_KEYBOARD_OFF,
  COMMAND_BYTE_SYSTEM,
  COMMAND_BYTE_TRANSLATE,
  FROM_AUX,
  FROM_KEYBOARD,
} from "../devices/ps2/controller-registers.ts";
import type { MouseState } from "../devices/ps2/mouse-state.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, type NamedBit, withBits, withWords } from "./device-text.ts";

const COMMAND_BYTE_BITS: readonly NamedBit[] = [
  [COMMAND_BYTE_INTERRUPT, "IRQ 1"],
  [COMMAND_BYTE_AUX_INTERRUPT, "IRQ 12"],
  [COMMAND_BYTE_SYSTEM, "system"],
  [COMMAND_BYTE_KEYBOARD_OFF, "keyboard off"],
  [COMMAND_BYTE_AUX_OFF, "mouse off"],
  [COMMAND_BYTE_TRANSLATE, "translates"],
];
const LEDS: readonly NamedBit[] = [
  [1, "scroll"],
  [2, "num"],
  [4, "caps"],
];
const BUTTONS: readonly NamedBit[] = [
  [1, "left"],
  [2, "right"],
  [4, "middle"],
  [8, "fourth"],
  [16, "fifth"],
];
/** By the identity that the mouse has taken on. */
const MICE: Readonly<Record<number, string>> = { 0: "standard", 3: "with a wheel", 4: "with five buttons" };

export function ps2Card(controller: KeyboardController, where: string): DeviceCard {
  const { commandByte, output, outputFull, source, typed, arrival, keyboard, mouse } = controller.save();
  const from = source === FROM_KEYBOARD ? "keyboard" : source === FROM_AUX ? "mouse" : "controller";
  const raises = (which: number, bit: number): string =>
    outputFull && source === which && (commandByte & bit) !== 0 ? "high" : "low";
  const due = [arrival, mouse.sampleAt].filter((when) => when >= 0);
  return {
    name: "keyboard controller 8042",
    where,
    irq: `IRQ 1 ${raises(FROM_KEYBOARD, COMMAND_BYTE_INTERRUPT)}, IRQ 12 ${raises(FROM_AUX, COMMAND_BYTE_AUX_INTERRUPT)}`,
    deadline: due.length === 0 ? null : Math.min(...due),
    registers: [
      ["COMMAND", withBits(commandByte, COMMAND_BYTE_BITS)],
      ["DATA", outputFull ? withWords(output, [`of the ${from}, not read`]) : hex2(output)],
      ["keyboard", `set ${keyboard.codeSet}, ${keyboard.scanning ? "listens for keys" : "off"}`],
      ["LEDs", withBits(keyboard.leds, LEDS)],
      ["typed", typed.length === 0 ? "nothing waits" : `${typed.length} movements of keys wait`],
      ["mouse", mouseWords(mouse)],
      ["buttons", withBits(mouse.buttons, BUTTONS)],
    ],
  };
}

function mouseWords({ id, enabled, remote, rate, strokes }: MouseState): string {
  const mode = remote ? "asked" : enabled ? `${rate} samples/s` : "off";
  const waiting = strokes.length === 0 ? "" : `, ${strokes.length} movements wait`;
  return `${MICE[id] ?? hex2(id)}, ${mode}${waiting}`;
}
