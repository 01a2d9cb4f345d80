/** A guest's console as lines of plain text: nothing that moves a cursor, rings, or speaks to a terminal. */

/** CSI, OSC and other string sequences, two-character escapes; ECMA-48. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|[ -/]*[0-~])/g;
/** A line without an end is given up after so many characters. */
const LONGEST_LINE = 1_000;

export class PlainLines {
  private readonly decoder = new TextDecoder();
  private rest = "";
  private restBefore = "";

  /** The lines that are complete now. */
  add(bytes: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    this.rest = lines.pop() ?? "";
    while (this.rest.length > LONGEST_LINE) {
      lines.push(this.rest.slice(0, LONGEST_LINE));
      this.rest = this.rest.slice(LONGEST_LINE);
    }
    return lines.map(printable);
  }

  /** A line that is not complete and has not grown since the last call, such as a prompt; "" if there is none. */
  take(): string {
    const { rest } = this;
    const settled = rest !== "" && rest === this.restBefore;
    this.restBefore = settled ? "" : rest;
    if (!settled) return "";
    this.rest = "";
    return printable(rest);
  }
}

/** The text without control sequences and control characters. A carriage return starts the line again. */
function printable(text: string): string {
  const plain = text.replace(SEQUENCES, "").replace(/\t/g, " ");
  return (plain.split("\r").findLast((part) => part !== "") ?? "").replace(/\p{Cc}|\p{Cf}/gu, "");
}
