/** The devices as their datasheets name them: a card each. */
import type { PortDevice } from "../devices/device.ts";
import type { Machine } from "../machine/machine.ts";
import { ioApicCard, localApicCard } from "./apic-card.ts";
import { ataCard } from "./ata-card.ts";
import { hex2, memoryPlaceOf, placeOf } from "./device-text.ts";
import { dmaCard } from "./dma-card.ts";
import { floppyCard } from "./floppy-card.ts";
import { fwCfgCard } from "./fw-cfg-card.ts";
import { pciCards, slotOf } from "./pci-card.ts";
import { picCards } from "./pic-card.ts";
import { pitCard, postCard, systemControlCard } from "./pit-card.ts";
import { pmCard } from "./pm-card.ts";
import { ps2Card } from "./ps2-card.ts";
import { rtcCard } from "./rtc-card.ts";
import { numericErrorCard, systemControlACard, testdevCard } from "./small-cards.ts";
import { uartCards } from "./uart-card.ts";
import { vgaCard } from "./vga-card.ts";
import { virtioCard } from "./virtio-card.ts";

export interface DeviceCard {
  /** Such as "pit 8254". */
  readonly name: string;
  /** Where it sits: "ports 040-043". */
  readonly where: string;
  /** The interrupt wire and its level, such as "IRQ 0 high"; "" for a device without one. */
  readonly irq: string;
  /** When it acts next by itself, in icount; null if it waits for the guest. */
  readonly deadline: number | null;
  readonly registers: readonly (readonly [name: string, value: string])[];
}

/** One card for each chip of the board, in the order of what a person looks for first. */
export function deviceCards(machine: Machine): DeviceCard[] {
  const { board } = machine;
  const { bus, dma, floppy, fwCfg } = board;
  const ports = (...devices: readonly PortDevice[]): string => placeOf(bus, ...devices);
  return [
    ...picCards(machine),
    localApicCard(board.apic, memoryPlaceOf(bus, board.apic)),
    ioApicCard(board.ioApic, memoryPlaceOf(bus, board.ioApic)),
    pitCard(machine),
    ...uartCards(machine),
    ps2Card(board.keyboardController, keyboardPlace(board)),
    systemControlCard(machine),
    systemControlACard(board),
    numericErrorCard(board),
    postCard(machine),
    rtcCard(board.rtc, ports(board.rtc), board.clock),
    vgaCard(board.vga, ports(board.vga)),
    ...board.ide.channels.map((channel) => ataCard(channel, ports(channel.commandBlock))),
    floppyCard(floppy, ports(floppy.ports, floppy.controlPort)),
    dmaCard(dma, ports(dma.primary, dma.secondaryPorts, dma.pagePorts)),
    ...pciCards(board.pci),
    pmCard(board.power, slotOf(board.pci, board.power), board.clock),
    ...board.virtio.map((card) => virtioCard(card, slotOf(board.pci, card))),
    fwCfgCard(fwCfg, ports(fwCfg.ports, fwCfg.dmaPorts)),
    ...(board.testdev === null ? [] : [testdevCard(board, board.testdev)]),
    debugExitCard(machine),
    ...debugConsoleCards(machine),
  ];
}

function keyboardPlace({ bus, keyboardController: { dataPort, commandPort } }: Machine["board"]): string {
  return placeOf(bus, dataPort, commandPort);
}

function debugExitCard({ board, exitStatus }: Machine): DeviceCard {
  const { debugExit, bus } = board;
  return {
    name: "debug exit",
    where: placeOf(bus, debugExit),
    irq: "",
    deadline: null,
    registers: [["EXIT", exitStatus === null ? "not written" : `exit status ${exitStatus}`]],
  };
}

/** They print and keep nothing; what they read as is how software finds them. */
function debugConsoleCards({ board }: Machine): DeviceCard[] {
  return board.debugConsoles.map((device) => ({
    name: device.name,
    where: placeOf(board.bus, device),
    irq: "",
    deadline: null,
    registers: [["DATA", `reads ${hex2(device.portRead(0, 1))}`]],
  }));
}
