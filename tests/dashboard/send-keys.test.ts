/** Keys that arrive in one piece, as from a quick typist on a busy computer, or pasted. */
import type { Key } from "ink";
import { expect, it } from "vitest";
import { sendKeys } from "../../src/dashboard/send-keys.ts";

const NO_KEY = {} as Key;

/** "i" gives the keys to the guest, ^] takes them back. */
function receiver() {
  const log: string[] = [];
  const self = {
    typing: false,
    key: (name: string) => {
      log.push(name);
      if (name === "i") self.typing = true;
    },
    type: (bytes: Uint8Array) => {
      const end = bytes.indexOf(0x1d);
      const guest = end < 0 ? bytes : bytes.subarray(0, end);
      log.push(`guest: ${JSON.stringify(Buffer.from(guest).toString())}`);
      if (end >= 0) self.typing = false;
      return end < 0 ? new Uint8Array(0) : bytes.subarray(end + 1);
    },
  };
  return { self, log };
}

it("what follows the key that lets someone type is typed, not taken for commands", () => {
  const { self, log } = receiver();
  sendKeys(self, "7imap\r", NO_KEY);
  expect(log).toEqual(["7", "i", 'guest: "map\\r"']);
});

it("what follows the key that ends typing is a command again", () => {
  const { self, log } = receiver();
  sendKeys(self, "imap\r\u001dq", NO_KEY);
  expect(log).toEqual(["i", 'guest: "map\\r"', "q"]);
});

it("one key is one key", () => {
  const { self, log } = receiver();
  sendKeys(self, "", { upArrow: true } as Key);
  sendKeys(self, "i", NO_KEY);
  expect(log).toEqual(["up", "i"]);
});
