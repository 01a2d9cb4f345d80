import { describe, expect, it } from "vitest";
import type { PortDevice } from "../../../src/devices/device.ts";
import { ACPI_DISABLE, ACPI_ENABLE, Piix4Pm, PM_TIMER_HZ } from "../../../src/devices/pci/piix4-pm.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { deviceContract, HZ, Probe } from "../contract.ts";

const BASE = 0x600;
const STS = 0;
const EN = 2;
const CNT = 4;
const TMR = 8;
const TMR_BIT = 1;
const BUTTON = 0x100;

function build() {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const sci = new Probe("sci", log, clock);
  const mapped = new Map<number, PortDevice>();
  const slept: number[] = [];
  const pm = new Piix4Pm({
    clock,
    sci,
    sleep: (type) => slept.push(type),
    mapPorts: (base, _count, device) => {
      if (base === 0x3c0) return false;
      mapped.set(base, device);
      return true;
    },
    unmapPorts: (base) => mapped.delete(base),
    guestError: (...words) => log.push(words.join(" ")),
  });
  const place = () => {
    pm.write(0x40, 4, BASE);
    pm.write(0x80, 1, 1);
  };
  const ports = () => mapped.get(BASE) as PortDevice;
  return { pm, clock, log, sci, mapped, slept, place, ports };
}

deviceContract("power management", () => {
  const { pm, clock, log, sci, mapped, place } = build();
  place();
  const device = {
    name: "pm",
    maxWidth: 4 as const,
    portRead: (offset: number, width: 1 | 2 | 4) =>
      mapped.get(BASE)?.portRead(offset & ~(width - 1), width) ?? 0,
    portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
      mapped.get(BASE)?.portWrite(offset & ~(width - 1), width, value),
    reset: () => {
      pm.reset();
      place();
    },
    save: () => pm.save(),
    restore: (state: ReturnType<Piix4Pm["save"]>) => pm.restore(state),
    probe: (offset: number) => (offset >= 0 && offset < 16 ? "PM" : "?"),
  };
  return { device, clock, ports: 16, log, wires: [sci], stimulate: () => pm.pressPowerButton() };
});

describe("the registers", () => {
  it("answer where PMBASE says, once they are enabled, and move with it", () => {
    const { pm, mapped } = build();
    pm.write(0x40, 4, 0x0000_b001);
    expect(mapped.size).toBe(0);
    pm.write(0x80, 1, 1);
    expect([...mapped.keys()]).toEqual([0xb000]);
    pm.write(0x40, 4, 0xb041);
    expect([...mapped.keys()]).toEqual([0xb040]);
    pm.write(0x80, 1, 0);
    expect(mapped.size).toBe(0);
  });

  it("tell firmware that there is no SMM to set up: APMC_EN is on after a reset", () => {
    const { pm } = build();
    pm.write(0x58, 4, 0);
    pm.reset();
    expect(pm.get(0x58, 4)).toBe(0x0200_0000);
  });

  it("at a place that is taken, do not answer", () => {
    const { pm, mapped, log } = build();
    pm.write(0x40, 4, 0x3c0);
    pm.write(0x80, 1, 1);
    expect([mapped.size, log.length]).toEqual([0, 1]);
    pm.write(0x80, 1, 0);
  });
});

describe("the timer", () => {
  it("counts 24 bits at 3.579545 MHz", () => {
    const { clock, place, ports } = build();
    place();
    clock.advance(HZ);
    expect(ports().portRead(TMR, 4)).toBe(PM_TIMER_HZ);
    clock.advance(HZ * 10);
    expect(ports().portRead(TMR, 4)).toBe((PM_TIMER_HZ * 10) % 2 ** 24);
  });

  it("sets its status when the highest bit changes, and interrupts a guest that wants that", () => {
    const { clock, place, ports, sci, pm } = build();
    place();
    clock.advance(HZ * 3);
    expect([ports().portRead(STS, 2), sci.level]).toEqual([TMR_BIT, false]);
    ports().portWrite(STS, 2, TMR_BIT);
    pm.command(ACPI_ENABLE);
    ports().portWrite(EN, 2, TMR_BIT);
    expect(sci.level).toBe(false);
    const due = clock.nextDeadline;
    clock.advance(due - 1);
    expect(sci.level).toBe(false);
    clock.advance(due);
    expect([sci.level, (pm.timer & 0x7f_ffff) < 4]).toEqual([true, true]);
  });

  it("wakes nobody who does not want to hear of it", () => {
    const { clock, place } = build();
    place();
    expect(clock.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("events", () => {
  it("the power button interrupts while ACPI is on, until its status is cleared", () => {
    const { place, ports, sci, pm } = build();
    place();
    ports().portWrite(EN, 2, BUTTON);
    pm.pressPowerButton();
    expect(sci.level).toBe(false);
    pm.command(ACPI_ENABLE);
    expect([sci.level, ports().portRead(CNT, 2)]).toEqual([true, 1]);
    ports().portWrite(STS, 2, BUTTON);
    expect(sci.level).toBe(false);
    pm.command(ACPI_DISABLE);
    expect(ports().portRead(CNT, 2)).toBe(0);
  });

  it("status and enable can be accessed as one register of four bytes", () => {
    const { place, ports, pm } = build();
    place();
    pm.pressPowerButton();
    ports().portWrite(STS, 4, 0x0120_0000);
    expect(ports().portRead(STS, 4)).toBe(0x0120_0100);
  });
});

describe("sleeping", () => {
  it("is asked for by SLP_EN, with the type beside it", () => {
    const { place, ports, slept } = build();
    place();
    ports().portWrite(CNT, 2, 5 << 10);
    expect(slept).toEqual([]);
    ports().portWrite(CNT, 2, (5 << 10) | (1 << 13));
    ports().portWrite(CNT, 2, 1 << 13);
    expect(slept).toEqual([5, 0]);
    expect(ports().portRead(CNT, 2) & (1 << 13)).toBe(0);
  });
});

describe("the SMBus host", () => {
  it("finds nobody at any address", () => {
    const { pm, mapped } = build();
    pm.write(0x90, 4, 0x700);
    pm.write(0xd2, 1, 1);
    const smb = mapped.get(0x700) as PortDevice;
    smb.portWrite(4, 1, 0xa1);
    smb.portWrite(2, 1, 0x48);
    expect(smb.portRead(0, 1)).toBe(4);
    smb.portWrite(0, 1, 0xff);
    expect(smb.portRead(0, 1)).toBe(0);
  });
});
