/** What a machine's thread is told when it starts. */
import type { RunOptions } from "../commands/run.ts";

export interface MachineJob {
  readonly image: string;
  readonly options: RunOptions;
  /** Do not run before someone says so. */
  readonly paused: boolean;
}
