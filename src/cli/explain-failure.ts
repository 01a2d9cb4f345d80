/** What a person reads when a command could not do its work, and the status that goes with it. */
import { CommandError, STATUS_HOST_ERROR } from "./exit-status.ts";
import { packageVersion } from "./package-root.ts";

export function explainFailure(error: unknown): { readonly text: string; readonly status: number } {
  if (error instanceof CommandError) {
    return { text: error.message === "" ? "" : `umbra: ${error.message}\n`, status: error.status };
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text =
    `umbra: this is a defect of Umbra ${packageVersion()}, not of your guest. Please report it with the command\n` +
    `line, the image and these lines (Node ${process.version}):\n${detail}\n`;
  return { text, status: STATUS_HOST_ERROR };
}
