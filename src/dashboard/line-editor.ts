/** A line that is being typed, with the keys that a shell has. */
import { characterOf } from "./key-names.ts";

export interface EditedLine {
  readonly text: string;
  /** Where the cursor is, in characters from the start. */
  readonly at: number;
}

/** The line after a key; null if the key is not one for editing. */
export function edit({ text, at }: EditedLine, key: string): EditedLine | null {
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (key) {
    case "left":
    case "ctrl-b":
      return { text, at: Math.max(at - 1, 0) };
    case "right":
    case "ctrl-f":
      return { text, at: Math.min(at + 1, text.length) };
    case "home":
    case "ctrl-a":
      return { text, at: 0 };
    case "end":
    case "ctrl-e":
      return { text, at: text.length };
    case "backspace":
    case "ctrl-h":
      return { text: before.slice(0, -1) + after, at: Math.max(at - 1, 0) };
    case "ctrl-d":
      return { text: before + after.slice(1), at };
    case "ctrl-u":
      return { text: after, at: 0 };
    case "ctrl-k":
      return { text: before, at };
    case "ctrl-w": {
      const kept = before.replace(/\S+\s*$/, "");
      return { text: kept + after, at: kept.length };
    }
  }
  const typed = characterOf(key);
  return typed === null ? null : { text: before + typed + after, at: at + typed.length };
}
