/** One real guest, driven by its script: waits for what it prints, types what it is told, at exact instruction counts. */
import { resolve } from "node:path";
import { Writable } from "node:stream";
import { type PreparedRun, prepare } from "../../../src/cli/prepare.ts";
import { vgaText } from "../../../src/inspect/vga-card.ts";
import type { Machine, RunOutcome } from "../../../src/machine/machine.ts";
import { TypedInput } from "../../../src/machine/typed-input.ts";
import type { RealGuest, Step } from "./guests.ts";

const MILLION = 1_000_000;
/** Instructions between two looks at what was printed, and between two offers of what is typed. */
const LOOK = MILLION;
const OFFER = 20_000;

export interface DriveResult {
  /** Null if all went as the script says. */
  readonly problem: string | null;
  readonly machine: Machine;
  readonly hostSeconds: number;
  readonly output: string;
}

/** What is in the drives, as options. */
function filesOf({ hda, hdb, cdrom, fda }: Partial<RealGuest>, folder: string): Record<string, string> {
  const named = Object.entries({ hda, hdb, cdrom, fda });
  return Object.fromEntries(
    named.flatMap(([plug, file]) => (file === undefined ? [] : [[plug, resolve(folder, file)]])),
  );
}

export class Drive {
  private readonly prepared: PreparedRun;
  private readonly machine: Machine;
  private readonly input: TypedInput;
  private output = "";
  /** Where the next wait begins to look. */
  private seen = 0;

  constructor({ image, mem, initrd, bios, append, ...drives }: RealGuest, folder: string) {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.output += chunk.toString("latin1");
        done();
      },
    });
    const options = {
      mem,
      ...(append === undefined ? {} : { append }),
      ...filesOf(drives, folder),
      ...(bios === undefined ? {} : { bios: resolve(folder, bios) }),
      ...(initrd === undefined ? {} : { initrd: resolve(folder, initrd) }),
    };
    this.prepared = prepare(image === "" ? "" : resolve(folder, image), undefined, options, { stream });
    this.machine = this.prepared.machine;
    this.input = new TypedInput(this.machine.board);
  }

  async run({ script, end }: RealGuest): Promise<DriveResult> {
    const started = performance.now();
    let problem: string | null = null;
    let ended: RunOutcome["reason"] | null = null;
    for (const step of script) {
      const outcome = await this.step(step);
      ended = outcome.ended;
      problem = outcome.problem;
      if (problem !== null) break;
    }
    if (problem === null && end !== undefined) {
      for (let i = 0; i < 1000 && ended === null; i++) ended = await this.advance();
      if (ended !== end) problem = `it ended with ${ended ?? "nothing"}, not with ${end}`;
    }
    const hostSeconds = (performance.now() - started) / 1000;
    return { problem, machine: this.machine, hostSeconds, output: this.output };
  }

  private async step(step: Step): Promise<{ problem: string | null; ended: RunOutcome["reason"] | null }> {
    if ("type" in step) {
      this.input.add(new TextEncoder().encode(step.type));
      return { problem: null, ended: null };
    }
    if ("does" in step) {
      step.does(this.machine.board);
      return { problem: null, ended: null };
    }
    if ("keys" in step) {
      this.machine.board.keyboardController.typeSent(step.keys);
      return { problem: null, ended: null };
    }
    const wanted = "wait" in step ? step.wait : step.screen;
    const isThere = (): boolean => ("wait" in step ? this.finds(step.wait) : this.shows(step.screen));
    const limit = this.machine.icount + step.within * MILLION;
    for (;;) {
      if (isThere()) return { problem: null, ended: null };
      if (this.machine.icount >= limit) {
        return { problem: `no ${String(wanted)} within ${step.within} million instructions`, ended: null };
      }
      const ended = await this.advance();
      if (ended === null) continue;
      if (isThere()) return { problem: null, ended };
      return { problem: `it ended with ${ended} before ${String(wanted)}`, ended };
    }
  }

  /** What the display shows, line by line. */
  private shows(wanted: string | RegExp): boolean {
    const text = vgaText(this.machine.board.vga).join("\n");
    return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
  }

  private finds(wanted: string | RegExp): boolean {
    const rest = this.output.slice(this.seen);
    const match = typeof wanted === "string" ? null : wanted.exec(rest);
    const end =
      typeof wanted === "string"
        ? rest.indexOf(wanted) + wanted.length
        : match === null
          ? -1
          : match.index + match[0].length;
    if (typeof wanted === "string" ? !rest.includes(wanted) : match === null) return false;
    this.seen += end;
    return true;
  }

  /** A step of the run; why it ended, or null. */
  private async advance(): Promise<RunOutcome["reason"] | null> {
    const { machine, input } = this;
    input.offer(machine.icount);
    const { reason } = machine.run(machine.icount + (input.waiting > 0 ? OFFER : LOOK));
    await this.prepared.console.flush();
    return reason === "icount" ? null : reason;
  }
}
