/** Text as strokes on a keyboard of the US layout. */

export interface Stroke {
  readonly key: string;
  readonly shift: boolean;
}

const PLAIN =
  "`grave_accent -minus =equal [bracket_left ]bracket_right \\backslash ;semicolon 'apostrophe ,comma .dot /slash";
const SHIFTED =
  '~grave_accent _minus +equal {bracket_left }bracket_right |backslash :semicolon "apostrophe <comma >dot ?slash !1 @2 #3 $4 %5 ^6 &7 *8 (9 )0';

function readStrokes(): Map<string, Stroke> {
  const strokes = new Map<string, Stroke>([
    [" ", { key: "spc", shift: false }],
    ["\n", { key: "ret", shift: false }],
    ["\r", { key: "ret", shift: false }],
    ["\t", { key: "tab", shift: false }],
    ["\b", { key: "backspace", shift: false }],
    ["\u007f", { key: "backspace", shift: false }],
    ["\u001b", { key: "esc", shift: false }],
  ]);
  for (const key of "abcdefghijklmnopqrstuvwxyz0123456789") strokes.set(key, { key, shift: false });
  for (const key of "abcdefghijklmnopqrstuvwxyz") strokes.set(key.toUpperCase(), { key, shift: true });
  for (const word of PLAIN.split(" ")) strokes.set(word[0], { key: word.slice(1), shift: false });
  for (const word of SHIFTED.split(" ")) strokes.set(word[0], { key: word.slice(1), shift: true });
  return strokes;
}

const STROKES: ReadonlyMap<string, Stroke> = readStrokes();

/** The strokes of a text; characters that the layout does not have are left out. */
export function strokesOf(text: string): Stroke[] {
  return [...text].flatMap((char) => STROKES.get(char) ?? []);
}
