/** The DMA controllers as a card. Datasheet: Intel 8237A. */
import { digits } from "../common/hex.ts";
import type { DmaPair } from "../devices/dma-pair.ts";
import {
  COMMAND_ADDRESS_HOLD,
  COMMAND_DACK_HIGH,
  COMMAND_DISABLE,
  COMMAND_DREQ_LOW,
  COMMAND_MEMORY_TO_MEMORY,
  COMMAND_ROTATING,
  type Dma8237State,
} from "../devices/dma8237.ts";
import { CASCADE, MODE_AUTOINIT, MODE_DECREMENT } from "../devices/dma8237-channel.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, type NamedBit, withBits } from "./device-text.ts";

const CHANNELS = 4;
const COMMAND_BITS: readonly NamedBit[] = [
  [COMMAND_MEMORY_TO_MEMORY, "memory to memory"],
  [COMMAND_ADDRESS_HOLD, "address hold"],
  [COMMAND_DISABLE, "disabled"],
  [COMMAND_ROTATING, "rotating"],
  [COMMAND_DREQ_LOW, "DREQ low"],
  [COMMAND_DACK_HIGH, "DACK high"],
];
const MODES = ["demand", "single", "block", "cascade"];
const TYPES = ["verify", "to memory", "from memory", "illegal"];

export function dmaCard(dma: DmaPair, where: string): DeviceCard {
  const { primary, secondary } = dma.save();
  return {
    name: "dma 8237 pair",
    where,
    irq: "",
    deadline: null,
    registers: [...chipRows(dma, primary, 0), ...chipRows(dma, secondary, CHANNELS)],
  };
}

/** The command register, then a channel a row, by the numbers that the board gives them. */
function chipRows(dma: DmaPair, chip: Dma8237State, first: number): [string, string][] {
  const rows: [string, string][] = [
    [`COMMAND ${first}-${first + CHANNELS - 1}`, withBits(chip.COMMAND, COMMAND_BITS)],
  ];
  for (const [i, { mode, currentAddress, currentCount }] of chip.channels.entries()) {
    const bit = 1 << i;
    const channel = first + i;
    const isCascade = mode >> 6 === CASCADE;
    const words = [
      (chip.MASK & bit) !== 0 ? "masked" : "open",
      MODES[mode >> 6],
      ...(isCascade ? [] : [TYPES[(mode >> 2) & 3]]),
      ...((mode & MODE_DECREMENT) !== 0 ? ["down"] : []),
      ...((mode & MODE_AUTOINIT) !== 0 ? ["autoinit"] : []),
      ...((chip.REQUEST & bit) !== 0 ? ["requested"] : []),
      ...((chip.terminalCounts & bit) !== 0 ? ["TC"] : []),
    ];
    rows.push([`${channel} mode`, words.join(", ")]);
    if (!isCascade)
      rows.push([`${channel} place`, placeText(dma.page(channel), currentAddress, currentCount)]);
  }
  return rows;
}

/** "page 01 address 2000, count 01ff". */
const placeText = (page: number, address: number, count: number): string =>
  `page ${hex2(page)} address ${hex4(address)}, count ${digits(count, 4)}`;
