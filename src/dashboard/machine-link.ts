/** The machine in its thread, as the dashboard speaks to it. */
import type { Stop } from "../debug/stop.ts";
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";
import type { RingReader } from "../trace/ring.ts";

export interface MonitorAnswer {
  readonly lines: readonly string[];
  /** The lines say what is wrong with the command. */
  readonly failed: boolean;
}

/** What the machine tells without being asked. */
export interface MachineListener {
  console(bytes: Uint8Array): void;
  running(): void;
  stopped(stop: Stop): void;
}

export interface MachineLink {
  /** Events, from the shared ring. */
  readonly events: RingReader;
  /** What events say in words. */
  readonly texts: { textOf(number: number): string };
  /** Instructions per guest second. */
  readonly hz: number;
  listen(listener: MachineListener): void;
  snapshot(wish: SnapshotRequest): Promise<Snapshot>;
  command(text: string): Promise<MonitorAnswer>;
  /** Characters for the guest's serial port. */
  input(bytes: Uint8Array): void;
  /** What a terminal sent, for the guest's keyboard. */
  keys(sent: string): void;
  /** Instructions per second of host time; null for as fast as it goes. */
  speed(limit: number | null): void;
}
