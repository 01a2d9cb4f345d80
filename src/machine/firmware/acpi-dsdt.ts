/**
 * The board in ACPI's words: the PCI bus with its windows and interrupts, what sits behind the ISA bridge, and how to
 * switch off.
 *
 * ACPI 6.4: 5.2.11.1 "DSDT", 6.1 "Device identification objects", 6.2.13 "_PRT", 7.4.2 "_Sx"; the PNP identifiers.
 */
import { SERIAL_PORTS } from "../serial-ports.ts";
import {
  type Aml,
  aPackage,
  busNumbers,
  device,
  dma,
  eisaId,
  emptyMethod,
  integer,
  irq,
  memoryWindow,
  named,
  nameString,
  ports,
  portWindow,
  processor,
  resources,
  scope,
  sharedIrq,
} from "./aml.ts";

/** Which interrupt the four PIRQs are: the routes that the firmware presets in the ISA bridge. */
export const PIRQ_ROUTES = [10, 10, 11, 11] as const;
const PCI_DEVICES = 32;
const PINS = 4;
/** Memory for PCI functions ends where the I/O APIC begins. */
const PCI_MEMORY_END = 0xfebf_ffff;
/** Sleep type of soft off. */
const SOFT_OFF = 0;

const pnp = (name: string, id: string, ...list: Aml[]): Aml =>
  device(name, named("_HID", eisaId(id)), named("_CRS", resources(...list)));

const serial = (number: number, base: number, line: number): Aml =>
  device(
    `COM${number}`,
    named("_HID", eisaId("PNP0501")),
    named("_UID", integer(number)),
    named("_CRS", resources(ports(base, 8), irq(line))),
  );

/** Which PIRQ a pin, 0 to 3, of a device on the bus goes to: neighbours are turned by one. */
export const pirqOf = (slot: number, pin: number): number => (slot + PINS - 1 + pin) & 3;

const linkName = (pirq: number): string => `LNK${"ABCD"[pirq]}`;

/**
 * Each pin of each device. With an I/O APIC the interrupts go through links, since those alone can say that they are
 * active high; for others PCI's rule holds, by which they are active low, and to that the I/O APIC's pins would be set.
 */
function interruptRoutes(links: boolean): Aml {
  const routes: Aml[] = [];
  for (let slot = 0; slot < PCI_DEVICES; slot++) {
    for (let pin = 0; pin < PINS; pin++) {
      const pirq = pirqOf(slot, pin);
      const source = links ? nameString(linkName(pirq)) : integer(0);
      const index = integer(links ? 0 : PIRQ_ROUTES[pirq]);
      routes.push(aPackage(integer(slot * 0x1_0000 + 0xffff), integer(pin), source, index));
    }
  }
  return aPackage(...routes);
}

/** A route that cannot be changed. */
const interruptLink = (pirq: number): Aml =>
  device(
    linkName(pirq),
    named("_HID", eisaId("PNP0C0F")),
    named("_UID", integer(pirq)),
    named("_PRS", resources(sharedIrq(PIRQ_ROUTES[pirq]))),
    named("_CRS", resources(sharedIrq(PIRQ_ROUTES[pirq]))),
    emptyMethod("_SRS", 1),
  );

/** `ramBytes` is where RAM ends, and memory for PCI functions begins; `hasApic`: there are a local and an I/O APIC. */
export function buildDsdt(ramBytes: number, hasApic: boolean): Uint8Array {
  const isa = device(
    "ISA",
    named("_ADR", integer(0x0001_0000)),
    pnp("PIC", "PNP0000", ports(0x20, 2), ports(0xa0, 2), irq(2)),
    pnp("TIMR", "PNP0100", ports(0x40, 4), irq(0)),
    pnp("RTC", "PNP0B00", ports(0x70, 2), irq(8)),
    pnp("FPU", "PNP0C04", ports(0xf0, 1), irq(13)),
    pnp("KBD", "PNP0303", ports(0x60, 1), ports(0x64, 1), irq(1)),
    pnp("MOU", "PNP0F13", irq(12)),
    pnp("FDC0", "PNP0700", ports(0x3f2, 4), ports(0x3f7, 1), irq(6), dma(2)),
    ...SERIAL_PORTS.map(({ base, irq: line }, index) => serial(index + 1, base, line)),
  );
  const pci = device(
    "PCI0",
    named("_HID", eisaId("PNP0A03")),
    named("_ADR", integer(0)),
    named("_UID", integer(0)),
    named(
      "_CRS",
      resources(
        busNumbers(0, 0xff),
        ports(0xcf8, 8),
        portWindow(0, 0xcf7),
        portWindow(0xd00, 0xffff),
        memoryWindow(0xa_0000, 0xb_ffff),
        memoryWindow(ramBytes, PCI_MEMORY_END),
      ),
    ),
    named("_PRT", interruptRoutes(hasApic)),
    isa,
  );
  const off = integer(SOFT_OFF);
  const links = hasApic ? PIRQ_ROUTES.map((_, pirq) => interruptLink(pirq)) : [];
  return Uint8Array.from([
    ...(hasApic ? scope("\\_PR", processor("CPU0", 0)) : []),
    ...scope("\\_SB", pci, ...links),
    ...named("\\_S5", aPackage(off, off, integer(0), integer(0))),
  ]);
}
