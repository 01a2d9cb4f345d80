/** What came from the terminal in one piece, key by key: a key may make the guest the one who gets the rest. */
import type { Key } from "ink";
import { keyNames, namesOfText } from "./key-names.ts";

export interface KeyReceiver {
  /** Keys go to the guest. */
  readonly typing: boolean;
  key(name: string): void;
  /** Bytes for the guest; returns those that came after it was left. */
  type(bytes: Uint8Array): Uint8Array;
}

/** @param text as Ink reports it, with `key` saying what it was if it was one */
export function sendKeys(receiver: KeyReceiver, text: string, key: Key): void {
  const names = keyNames(text, key);
  const characters = [...text];
  if (names.length < 2) {
    for (const name of names) receiver.key(name);
    return;
  }
  for (const [index, character] of characters.entries()) {
    if (receiver.typing) {
      const rest = receiver.type(Buffer.from(characters.slice(index).join("")));
      for (const name of namesOfText(Buffer.from(rest).toString())) receiver.key(name);
      return;
    }
    for (const name of namesOfText(character)) receiver.key(name);
  }
}
