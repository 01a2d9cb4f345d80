/** The thread of a machine, from the outside: starts it, matches answers to questions, notices when it dies. */
import { Worker } from "node:worker_threads";
import type { MachineLink, MachineListener, MonitorAnswer } from "../../dashboard/machine-link.ts";
import type { FromMachine, Leaving, ToMachine } from "../../debug/protocol.ts";
import type { Stop } from "../../debug/stop.ts";
import type { Snapshot, SnapshotRequest } from "../../inspect/snapshot.ts";
import { RingReader } from "../../trace/ring.ts";
import { CommandError } from "../exit-status.ts";
import type { MachineJob } from "./job.ts";

export type Finished = Extract<FromMachine, { kind: "finished" }>;
type Ready = Extract<FromMachine, { kind: "ready" }>;

interface Question {
  readonly resolve: (answer: FromMachine) => void;
  readonly reject: (error: unknown) => void;
}

export class MachineThread implements MachineLink {
  readonly events: RingReader;
  /** Another reader, from the oldest event that is kept. */
  readonly eventsFromStart: () => RingReader;
  readonly hz: number;
  readonly texts = { textOf: (number: number): string => this.textList[number] ?? "" };
  private readonly textList: string[] = [];
  private readonly worker: Worker;
  private readonly questions = new Map<number, Question>();
  private readonly errors: string[];
  private listener: MachineListener | null = null;
  /** What was said before anyone listened. */
  private early: FromMachine[] = [];
  private lastId = 0;
  private quitting: ((finished: Finished) => void) | null = null;
  private died: (error: unknown) => void = () => {};
  /** Rejects when the thread dies, with the reason; never resolves. */
  readonly death: Promise<never>;

  private constructor(worker: Worker, { memory, ring, ringBytes, hz }: Ready, errors: string[]) {
    this.worker = worker;
    this.errors = errors;
    this.eventsFromStart = () => new RingReader(new Int32Array(memory), ring, ringBytes, true);
    this.events = this.eventsFromStart();
    this.hz = hz;
    this.death = new Promise<never>((_, reject) => {
      this.died = reject;
    });
    // Whoever does not wait for it hears of it through the questions.
    this.death.catch(() => {});
    worker.on("message", (message: FromMachine) => this.hear(message));
    worker.on("error", (error) => this.fail(error));
    // After a quit nobody waits for anything any more.
    worker.on("exit", (code) => this.fail(new Error(`the machine's thread ended with status ${code}`)));
  }

  /** Starts a machine. Throws a CommandError if its image or options cannot be used. */
  static async start(job: MachineJob): Promise<MachineThread> {
    const worker = new Worker(new URL("./machine-worker.js", import.meta.url), {
      workerData: job,
      stdout: true,
      stderr: true,
    });
    const errors: string[] = [];
    worker.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
    const ready = await new Promise<Ready>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (message: FromMachine) => {
        worker.off("error", reject);
        if (message.kind === "ready") resolve(message);
        else if (message.kind === "refused") reject(new CommandError(message.message, message.status));
        else reject(new Error(`the machine's thread began with '${message.kind}'`));
      });
    });
    return new MachineThread(worker, ready, errors);
  }

  /** What the thread wrote to standard error: warnings about the image, mostly. */
  get errorText(): string {
    return this.errors.join("");
  }

  listen(listener: MachineListener): void {
    this.listener = listener;
    const { early } = this;
    this.early = [];
    for (const message of early) this.tell(message);
  }

  async snapshot(wish: SnapshotRequest): Promise<Snapshot> {
    const answer = await this.ask((id) => ({ kind: "snapshot", id, wish }));
    if (answer.kind !== "snapshot") throw new Error(`a snapshot was answered with '${answer.kind}'`);
    return answer.snapshot;
  }

  async command(text: string): Promise<MonitorAnswer> {
    const answer = await this.ask((id) => ({ kind: "command", id, text }));
    if (answer.kind !== "answer") throw new Error(`a command was answered with '${answer.kind}'`);
    return answer;
  }

  input(bytes: Uint8Array): void {
    this.post({ kind: "input", bytes });
  }

  keys(sent: string): void {
    this.post({ kind: "keys", sent });
  }

  speed(limit: number | null): void {
    this.post({ kind: "speed", limit });
  }

  /** Ends the machine and its thread; the answer has the status that the command ends with. */
  async quit(leaving: Leaving = { kind: "quit" }): Promise<Finished> {
    const finished = new Promise<Finished>((resolve) => {
      this.quitting = resolve;
    });
    this.post({ kind: "quit", leaving });
    const result = await Promise.race([finished, this.death]);
    this.quitting = null;
    await this.worker.terminate();
    return result;
  }

  private ask(question: (id: number) => ToMachine): Promise<FromMachine> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.questions.set(id, { resolve, reject });
      this.post(question(id));
    });
  }

  private post(message: ToMachine): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromMachine): void {
    switch (message.kind) {
      case "snapshot":
      case "answer":
        this.questions.get(message.id)?.resolve(message);
        this.questions.delete(message.id);
        break;
      case "texts":
        this.textList.splice(message.first, message.texts.length, ...message.texts);
        break;
      case "finished":
        this.quitting?.(message);
        this.quitting = null;
        break;
      default:
        if (this.listener === null) this.early.push(message);
        else this.tell(message);
    }
  }

  private tell(message: FromMachine): void {
    if (message.kind === "console") this.listener?.console(message.bytes);
    if (message.kind === "running") this.listener?.running();
    if (message.kind === "stopped") this.listener?.stopped(message.stop satisfies Stop);
  }

  private fail(error: unknown): void {
    this.died(error);
    for (const { reject } of this.questions.values()) reject(error);
    this.questions.clear();
  }
}
