/**
 * What a screen wants to know about a machine, and the answer: plain data that can be sent between threads, kept, and
 * compared. Who asks says which parts; a part that nobody looks at costs nothing.
 */
import type { Machine } from "../machine/machine.ts";
import type { Stats } from "../mmu/shadow/stats.ts";
import { type CpuView, cpuView } from "./cpu-view.ts";
import { type DeviceCard, deviceCards } from "./device-cards.ts";
import { type DisplayView, displayView } from "./display-view.ts";
import { counterTable } from "./hypervisor.ts";
import { type MachineStatus, machineStatus } from "./machine-status.ts";
import { type OosView, oosView, type UnsyncMemory } from "./oos-view.ts";
import { type PageView, type PageWindow, pageView } from "./page-view.ts";
import { type ShadowView, type ShadowWindow, shadowView } from "./shadow-view.ts";
import { type TranslateView, type TranslateWish, translateView } from "./translate-view.ts";

export interface SnapshotRequest {
  readonly cpu?: { readonly code: number; readonly stack: number };
  readonly devices?: true;
  readonly display?: true;
  readonly oos?: true;
  readonly shadow?: ShadowWindow;
  readonly page?: PageWindow;
  readonly translate?: TranslateWish;
}

export interface Snapshot {
  readonly status: MachineStatus;
  /** Counters by name; null without a hypervisor. Their meanings are in `counterTable` of `hypervisor.ts`. */
  readonly counters: Readonly<Record<string, number>> | null;
  readonly cpu: CpuView | null;
  readonly devices: readonly DeviceCard[] | null;
  readonly display: DisplayView | null;
  /** This and what follows: null also without a hypervisor. */
  readonly oos: OosView | null;
  readonly shadow: ShadowView | null;
  readonly page: PageView | null;
  /** Without a hypervisor its shadow half is empty. */
  readonly translate: TranslateView | null;
}

/** Looks at what is asked for and changes nothing: a run with snapshots ends as one without. */
export function snapshotOf(machine: Machine, memory: UnsyncMemory, request: SnapshotRequest): Snapshot {
  const { cpu, devices, display, oos, shadow, page, translate } = request;
  return {
    status: machineStatus(machine),
    counters: machine.shadow === null ? null : countersOf(machine.shadow.stats),
    cpu: cpu === undefined ? null : cpuView(machine, cpu),
    devices: devices === undefined ? null : deviceCards(machine),
    display: display === undefined ? null : displayView(machine.board.vga),
    oos: oos === undefined ? null : oosView(machine, memory),
    shadow: shadow === undefined ? null : shadowView(machine, shadow),
    page: page === undefined ? null : pageView(machine, page, memory),
    translate: translate === undefined ? null : translateView(machine, translate),
  };
}

function countersOf(stats: Stats): Readonly<Record<string, number>> {
  return Object.fromEntries(counterTable.map(({ name }) => [name, stats[name]]));
}
