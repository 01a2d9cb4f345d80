/** What a key or a command does outside the picture. Whoever holds the terminal and the machine carries it out. */
import type { UiState } from "./model.ts";

export type Effect =
  /** A line for the machine's monitor; its answer becomes the message line, or an overlay if it is long. */
  | { readonly kind: "monitor"; readonly text: string }
  /** Leave, for good. */
  | { readonly kind: "quit" }
  /** The same by Ctrl-C, which is a signal elsewhere. */
  | { readonly kind: "interrupt" }
  /** Put text on the user's clipboard (OSC 52). */
  | { readonly kind: "copy"; readonly text: string }
  /** Draw everything anew. */
  | { readonly kind: "redraw" }
  /** Stop this process as Ctrl-Z does. */
  | { readonly kind: "suspend" }
  /** What the guest may do in a second, or null. */
  | { readonly kind: "speed"; readonly limit: number | null }
  /** Counts are shown from here on as if they were 0 now. */
  | { readonly kind: "reset-counters" }
  /** The visible screen as text into a file. */
  | { readonly kind: "save"; readonly path: string };

export interface Outcome {
  readonly ui: UiState;
  readonly effects: readonly Effect[];
}
