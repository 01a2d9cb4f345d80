/** What the main thread and a worker say to each other about one run. Plain data: it is copied between threads. */
import type { Difference, MachineDigest } from "../../inspect/machine-digest.ts";
import type { Stats } from "../../mmu/shadow/stats.ts";
import type { RunOptions } from "../commands/run.ts";
import type { PolicyChoice } from "../policy-options.ts";
import type { EndReason } from "../run-result.ts";

export interface Job {
  readonly image: string;
  readonly options: RunOptions;
  readonly choice: PolicyChoice;
}

/** How one run ended. */
export interface Finished {
  readonly kind: "finished";
  readonly reason: EndReason;
  readonly status: number;
  readonly instructions: number;
  readonly icount: number;
  readonly console: Uint8Array;
  /** Null without a hypervisor. */
  readonly stats: Stats | null;
  readonly stateHash: string;
  readonly digest: MachineDigest;
  readonly hostSeconds: number;
}

/** The command line, or the image, is not usable. */
export interface Refused {
  readonly kind: "refused";
  readonly message: string;
  readonly status: number;
}

/** The bytes of a frame that was asked for by number. */
export interface PageBytes {
  readonly kind: "page";
  readonly bytes: Uint8Array;
}

export type FromWorker = Finished | Refused | PageBytes;

/** Where two runs differ first. */
export type RunDifference =
  | { readonly kind: "run"; readonly what: string; readonly values: readonly [string, string] }
  | Difference;
