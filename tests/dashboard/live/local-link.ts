/** A machine in this thread, behind the interface of one in another. */
import type { MachineLink, MachineListener, MonitorAnswer } from "../../../src/dashboard/machine-link.ts";
import { Debugger } from "../../../src/debug/debugger.ts";
import type { FromMachine } from "../../../src/debug/protocol.ts";
import { Session } from "../../../src/debug/session.ts";
import type { Snapshot, SnapshotRequest } from "../../../src/inspect/snapshot.ts";
import { GUEST_HZ, type Machine } from "../../../src/machine/machine.ts";
import { RingReader } from "../../../src/trace/ring.ts";

const SLICE = 100_000;

export class LocalLink implements MachineLink {
  readonly events: RingReader;
  readonly texts: { textOf(number: number): string };
  readonly hz = GUEST_HZ;
  readonly target: Debugger;
  /** What was set by `speed`, oldest first. */
  readonly speeds: (number | null)[] = [];
  /** Instead of answering, fail. */
  failing: Error | null = null;
  snapshots = 0;
  private readonly session: Session;
  private readonly answers = new Map<number, (message: FromMachine) => void>();
  private listener: MachineListener | null = null;
  private lastId = 0;
  private over = false;

  /** @param boot makes the machine, given where its console goes */
  constructor(boot: (console: (byte: number) => void) => Machine, paused = false) {
    const machine = boot((byte) => this.listener?.console(Uint8Array.of(byte)));
    this.target = new Debugger(machine, null, true);
    this.session = new Session(this.target, (message) => this.hear(message));
    const { i32, layout } = machine.linear;
    this.events = new RingReader(i32, layout.ring, layout.ringBytes, true);
    this.texts = this.target.tap.texts;
    if (!paused) this.session.go();
    setImmediate(() => this.turn());
  }

  listen(listener: MachineListener): void {
    this.listener = listener;
  }

  async snapshot(wish: SnapshotRequest): Promise<Snapshot> {
    this.snapshots++;
    if (this.failing !== null) throw this.failing;
    const answer = await this.ask((id) => this.session.handle({ kind: "snapshot", id, wish }));
    if (answer.kind !== "snapshot") throw new Error(answer.kind);
    return answer.snapshot;
  }

  async command(text: string): Promise<MonitorAnswer> {
    const answer = await this.ask((id) => this.session.handle({ kind: "command", id, text }));
    if (answer.kind !== "answer") throw new Error(answer.kind);
    return answer;
  }

  input(bytes: Uint8Array): void {
    this.session.handle({ kind: "input", bytes });
  }

  keys(sent: string): void {
    this.session.handle({ kind: "keys", sent });
  }

  speed(limit: number | null): void {
    this.speeds.push(limit);
  }

  close(): void {
    this.over = true;
  }

  private turn(): void {
    if (this.over) return;
    if (this.session.busy) this.session.advance(SLICE);
    setTimeout(() => this.turn(), 0);
  }

  private ask(question: (id: number) => void): Promise<FromMachine> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      // As from another thread: never at once.
      setImmediate(() => question(id));
    });
  }

  private hear(message: FromMachine): void {
    if ("id" in message) {
      this.answers.get(message.id)?.(message);
      this.answers.delete(message.id);
    }
    if (message.kind === "running") this.listener?.running();
    if (message.kind === "stopped") this.listener?.stopped(message.stop);
  }
}
