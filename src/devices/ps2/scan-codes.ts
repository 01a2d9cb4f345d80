/**
 * The keys of a PC's keyboard by the names that QEMU's `sendkey` has for them, and their scan codes in sets 1 and 2.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)", scan code sets 1 and 2.
 */

export interface Key {
  readonly set1: number;
  readonly set2: number;
  /** Both are sent behind E0. */
  readonly extended: boolean;
}

/** Keys whose codes in set 1 follow each other, from the first on: name and code in set 2. */
const ROWS: readonly (readonly [first: number, keys: string])[] = [
  [0x01, "esc 76 1 16 2 1e 3 26 4 25 5 2e 6 36 7 3d 8 3e 9 46 0 45 minus 4e equal 55 backspace 66 tab 0d"],
  [0x10, "q 15 w 1d e 24 r 2d t 2c y 35 u 3c i 43 o 44 p 4d bracket_left 54 bracket_right 5b ret 5a ctrl 14"],
  [0x1e, "a 1c s 1b d 23 f 2b g 34 h 33 j 3b k 42 l 4b semicolon 4c apostrophe 52 grave_accent 0e shift 12"],
  [0x2b, "backslash 5d z 1a x 22 c 21 v 2a b 32 n 31 m 3a comma 41 dot 49 slash 4a shift_r 59 asterisk 7c"],
  [
    0x38,
    "alt 11 spc 29 caps_lock 58 f1 05 f2 06 f3 04 f4 0c f5 03 f6 0b f7 83 f8 0a f9 01 f10 09 num_lock 77",
  ],
  [0x46, "scroll_lock 7e kp_7 6c kp_8 75 kp_9 7d kp_subtract 7b kp_4 6b kp_5 73 kp_6 74 kp_add 79 kp_1 69"],
  [0x50, "kp_2 72 kp_3 7a kp_0 70 kp_decimal 71"],
  [0x56, "less 61 f11 78 f12 07"],
];
/** Name, set 1, set 2, behind E0. */
const EXTENDED =
  "kp_enter 1c 5a ctrl_r 1d 14 kp_divide 35 4a alt_r 38 11 home 47 6c up 48 75 pgup 49 7d left 4b 6b right 4d 74 end 4f 69 down 50 72 pgdn 51 7a insert 52 70 delete 53 71 meta_l 5b 1f meta_r 5c 27 menu 5d 2f";

function readKeys(): Map<string, Key> {
  const keys = new Map<string, Key>();
  for (const [first, text] of ROWS) {
    const words = text.split(" ");
    for (let i = 0; i < words.length; i += 2) {
      keys.set(words[i], { set1: first + i / 2, set2: Number.parseInt(words[i + 1], 16), extended: false });
    }
  }
  const words = EXTENDED.split(" ");
  for (let i = 0; i < words.length; i += 3) {
    const [set1, set2] = [words[i + 1], words[i + 2]].map((code) => Number.parseInt(code, 16));
    keys.set(words[i], { set1, set2, extended: true });
  }
  return keys;
}

export const KEYS: ReadonlyMap<string, Key> = readKeys();

/** What the controller makes of each byte of set 2; F0 is its own business. */
export const SET2_TO_SET1: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const { set1, set2 } of KEYS.values()) SET2_TO_SET1[set2] = set1;
// What Alt makes of PrintScreen.
SET2_TO_SET1[0x84] = 0x54;
