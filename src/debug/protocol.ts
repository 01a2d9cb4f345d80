/**
 * What the thread with the screen and the thread with the machine say to each other. Events do not travel this way:
 * the screen reads them from the ring, which both share.
 */
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";
import type { Stop } from "./stop.ts";

/** Why whoever watched has left. */
export type Leaving =
  /** By a key or a command. */
  | { readonly kind: "quit" }
  | { readonly kind: "timeout" }
  /** By a signal, which Ctrl-C stands for, too. */
  | { readonly kind: "interrupted"; readonly signal: number };

/** To the machine. Each request is answered once, in order. */
export type ToMachine =
  | { readonly kind: "snapshot"; readonly id: number; readonly wish: SnapshotRequest }
  /** A line for the monitor. */
  | { readonly kind: "command"; readonly id: number; readonly text: string }
  /** Characters for the guest's serial port. */
  | { readonly kind: "input"; readonly bytes: Uint8Array }
  /** What a terminal sent, for the guest's keyboard. */
  | { readonly kind: "keys"; readonly sent: string }
  /** Guest instructions per second of the host's time; null for as fast as it goes. */
  | { readonly kind: "speed"; readonly limit: number | null }
  /** End the run and answer with "finished": how it ended says the machine if it has, else this. */
  | { readonly kind: "quit"; readonly leaving: Leaving };

/** From the machine. */
export type FromMachine =
  /** First of all: where the ring lies in the shared memory. */
  | {
      readonly kind: "ready";
      readonly memory: SharedArrayBuffer;
      readonly ring: number;
      readonly ringBytes: number;
      /** Instructions per guest second. */
      readonly hz: number;
    }
  | { readonly kind: "snapshot"; readonly id: number; readonly snapshot: Snapshot }
  /** The monitor's answer, or the sentence that says what is wrong with the question. */
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly lines: readonly string[];
      readonly failed: boolean;
    }
  /** What the guest wrote to its console. */
  | { readonly kind: "console"; readonly bytes: Uint8Array }
  /** Texts of events, from number `first` on. */
  | { readonly kind: "texts"; readonly first: number; readonly texts: readonly string[] }
  | { readonly kind: "running" }
  | { readonly kind: "stopped"; readonly stop: Stop }
  /** The answer to "quit": the status that the command ends with, the report for stdout and the one for stderr. */
  | {
      readonly kind: "finished";
      readonly status: number;
      readonly document: string;
      readonly words: string;
    }
  /** The image or an option cannot be used. */
  | { readonly kind: "refused"; readonly message: string; readonly status: number };
