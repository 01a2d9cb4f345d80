/** Chips of a register or two as cards: port 92 with A20, the latch of x87 errors, the device of test kernels. */
import { digits, hex8 } from "../common/hex.ts";
import type { PcTestdev } from "../devices/pc-testdev.ts";
import type { Machine } from "../machine/machine.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, memoryPlaceOf, placeOf } from "./device-text.ts";

const NUMERIC_IRQ = 13;
const LINES = 24;

export function systemControlACard({ bus, systemControlA, a20 }: Machine["board"]): DeviceCard {
  return {
    name: "system control A",
    where: placeOf(bus, systemControlA),
    irq: "",
    deadline: null,
    registers: [
      ["PORT 92", hex2(systemControlA.portRead(0, 1))],
      ["A20", a20.open ? "open" : "masked: addresses wrap at 1 MiB"],
    ],
  };
}

export function numericErrorCard({ bus, numericError }: Machine["board"]): DeviceCard {
  const { ferr, ignored } = numericError.save();
  return {
    name: "numeric error",
    where: placeOf(bus, numericError),
    irq: `IRQ ${NUMERIC_IRQ} ${ferr && !ignored ? "high" : "low"}`,
    deadline: null,
    registers: [
      ["FERR#", ferr ? "an x87 error waits" : "no x87 error waits"],
      ["IGNNE#", ignored ? "asserted: it is ignored" : "not asserted"],
    ],
  };
}

export function testdevCard({ bus }: Machine["board"], testdev: PcTestdev): DeviceCard {
  const { register, lines, memory } = testdev.save();
  const raised = Array.from({ length: LINES }, (_, line) => line).filter(
    (line) => ((lines >> line) & 1) !== 0,
  );
  const ports = placeOf(bus, testdev.registerPort, testdev.flushPort, testdev.irqPorts);
  return {
    name: testdev.name,
    where: `${ports}; ${memoryPlaceOf(bus, testdev.memory)}`,
    irq: raised.length === 0 ? "no line raised" : `lines ${raised.join(" ")} raised`,
    deadline: null,
    registers: [
      ["REGISTER", hex8(register)],
      ["memory", memory.length === 0 ? "all zero" : `written up to ${digits(memory.length - 1, 4)}`],
    ],
  };
}
