/**
 * A machine under control: run for a goal, stop at breakpoints and watchpoints, exactly at the instruction. Where a run
 * is stopped changes nothing in the guest, nor in what the hypervisor counts.
 *
 * It runs in pieces, so that whoever drives it can look at the world outside between two of them.
 */
import { hex8 } from "../common/hex.ts";
import { endOfCall, isReturn, nextAddress, stackPointer } from "../inspect/next-instruction.ts";
import { type RegisterInfo, registerNamed } from "../inspect/registers.ts";
import type { ExitReason, Machine } from "../machine/machine.ts";
import { eventText } from "../trace/describe.ts";
import { FilterError, parseFilter, type RecordTest } from "../trace/event-filter.ts";
import type { EventSink } from "../trace/event-sink.ts";
import { events } from "../trace/events.ts";
import { Tap } from "../trace/tap.ts";
import type { TraceRecord } from "../trace/trace-record.ts";
import type { BreakpointInfo, DebuggerApi, WatchInfo } from "./debugger-api.ts";
import { EventHub } from "./event-hub.ts";
import { type Goal, goalText } from "./goal.ts";
import { MemoryWatches } from "./memory-watch.ts";
import { MonitorError } from "./monitor-error.ts";
import { endOf, type Stop } from "./stop.ts";
import { type Watch, watchText } from "./watch.ts";

/** A watchpoint on something that is not memory. */
interface RegisterWatch {
  readonly id: number;
  readonly register: RegisterInfo;
  value: number;
}

export class Debugger implements DebuggerApi {
  readonly machine: Machine;
  readonly tap: Tap;
  stop: Stop | null;
  /** Asked when the machine was stopped by someone else, such as an audit: why, in words. */
  whyStopped: () => string;
  /** The debug-exit status that means success; null if nobody knows. */
  success: number | null;
  savePicture: DebuggerApi["savePicture"];
  /** The icount that ends the machine, whatever it runs for. */
  endAt: number;
  private goal: Goal | null;
  private readonly input: boolean;
  private readonly hub: EventHub;
  private readonly memory: MemoryWatches;
  private lastId: number;
  private readonly points = new Map<number, { gva: number; hits: number }>();
  private readonly watchList = new Map<number, { watch: Watch; hits: number }>();
  private readonly registerWatches: RegisterWatch[] = [];
  /** The end of a call that is stepped over, and the stack pointer before it. */
  private callEnd: { readonly gva: number; readonly esp: number } | null;
  /** Instructions retired when the steps are done. */
  private stepsEnd: number;
  private returnEsp: number;
  private eventTest: RecordTest | null;
  private found: Stop | null;
  private idling: boolean;

  /**
   * @param next gets all events, too
   * @param input someone may still type: a guest that waits for that has not ended
   */
  constructor(machine: Machine, next: EventSink | null = null, input = false) {
    this.machine = machine;
    this.stop = null;
    this.whyStopped = () => "stopped";
    this.success = null;
    this.savePicture = null;
    this.endAt = Number.POSITIVE_INFINITY;
    this.goal = null;
    this.input = input;
    this.hub = new EventHub(machine.linear, next);
    this.tap = new Tap(this.hub);
    machine.attachTap(this.tap);
    this.memory = new MemoryWatches(machine);
    this.lastId = 0;
    this.callEnd = null;
    this.stepsEnd = 0;
    this.returnEsp = 0;
    this.eventTest = null;
    this.found = null;
    this.idling = false;
  }

  get running(): boolean {
    return this.goal !== null;
  }

  /** The guest waits for input, and nothing else can wake it. */
  get idle(): boolean {
    return this.idling;
  }

  get breakpoints(): readonly BreakpointInfo[] {
    return [...this.points].map(([id, { gva, hits }]) => ({ id, gva, hits }));
  }

  get watches(): readonly WatchInfo[] {
    return [...this.watchList].map(([id, { watch, hits }]) => ({ id, watch, hits }));
  }

  events(): TraceRecord[] {
    return this.hub.kept();
  }

  unsyncOrigin(sp: number): { readonly icount: number; readonly eip: number } | null {
    return this.hub.unsyncOrigin(sp);
  }

  skips(sp: number): number {
    return this.hub.skips(sp);
  }

  setEvent(event: number, on: boolean): void {
    this.hub.setEvent(event, on);
  }

  eventIsOn(event: number): boolean {
    return this.hub.eventIsOn(event);
  }

  addBreakpoint(gva: number): number {
    for (const [id, point] of this.points) if (point.gva === gva) return id;
    this.points.set(++this.lastId, { gva, hits: 0 });
    this.armBreakpoints();
    return this.lastId;
  }

  addWatch(watch: Watch): number {
    const { machine } = this;
    const id = this.lastId + 1;
    switch (watch.kind) {
      case "register": {
        const register = registerNamed(watch.name);
        if (register === undefined) {
          throw new MonitorError(`no register is called '${watch.name}'; \`info registers\` lists them`);
        }
        this.registerWatches.push({ id, register, value: register.read(machine) });
        break;
      }
      case "sp": {
        if (machine.shadow === null) throw new MonitorError("there is no shadow MMU: the machine is bare");
        const pages = machine.linear.layout.shadowPages;
        if (watch.sp < 1 || watch.sp >= pages) {
          throw new MonitorError(
            `there is no sp ${watch.sp.toString(16)}; they go from 1 to ${(pages - 1).toString(16)}`,
          );
        }
        break;
      }
      case "gfn":
        if (machine.memory.pfn(watch.gfn) < 0) {
          throw new MonitorError(
            `no memory is at gfn ${watch.gfn.toString(16)}; RAM ends at ${(machine.options.ramBytes / 4096).toString(16)}`,
          );
        }
        this.memory.add(id, watch);
        break;
      case "gva":
        this.memory.add(id, watch);
    }
    this.lastId = id;
    this.watchList.set(id, { watch, hits: 0 });
    this.listen();
    return id;
  }

  remove(id: number): boolean {
    const known = this.points.delete(id) || this.watchList.delete(id);
    this.memory.remove(id);
    const at = this.registerWatches.findIndex((one) => one.id === id);
    if (at >= 0) this.registerWatches.splice(at, 1);
    this.armBreakpoints();
    this.listen();
    return known;
  }

  start(goal: Goal): void {
    const { machine } = this;
    if (this.goal !== null) throw new MonitorError("the machine is running; `stop` stops it");
    if (this.stop?.kind === "ended") throw new MonitorError(`the machine has ended: ${this.stop.detail}`);
    this.callEnd = null;
    this.eventTest = null;
    this.returnEsp = this.esp();
    if (goal.kind === "until" && goal.icount <= machine.icount) {
      throw new MonitorError(`icount is ${machine.icount} already, and time does not run backwards`);
    }
    if (goal.kind === "event") this.eventTest = filterFor(goal.filter);
    if (goal.kind === "next") {
      const end = endOfCall(machine);
      if (end !== null) this.callEnd = { gva: end, esp: this.esp() };
    }
    this.stepsEnd = machine.instructions + (goal.kind === "step" ? goal.count : 1);
    this.goal = goal;
    this.stop = null;
    this.found = null;
    this.idling = false;
    for (const watch of this.registerWatches) watch.value = watch.register.read(machine);
    machine.cpu.passBreak();
    this.armBreakpoints();
    this.listen();
  }

  pause(): Stop {
    return this.end({ kind: "paused" });
  }

  run(instructions: number): Stop | null {
    const { machine, goal } = this;
    if (goal === null) return this.stop;
    if (machine.icount >= this.endAt) return this.end(this.ended("icount"));
    const limit = Math.min(machine.icount + instructions, this.endAt);
    const single = this.registerWatches.length > 0 || goal.kind === "finish";
    this.idling = false;
    while (machine.icount < limit) {
      const returns = goal.kind === "finish" && isReturn(machine) && this.esp() >= this.returnEsp;
      const instructionsBefore = machine.instructions;
      const { reason } = machine.run(this.nextEnd(goal, single, limit));
      const stop = this.lookAround(reason);
      if (stop !== null) return this.end(stop);
      if (this.reached(goal, returns && machine.instructions > instructionsBefore)) {
        return this.end({ kind: "done", goal: goalText(goal, machine.icount) });
      }
      if (reason === "halted") {
        if (!this.input || !machine.interruptible) return this.end(this.ended("halted"));
        this.idling = true;
        return null;
      }
      if (reason !== "icount" && reason !== "break") return this.end(this.ended(reason));
    }
    return machine.icount < this.endAt ? null : this.end(this.ended("icount"));
  }

  /** The icount to run to, at most: never past the goal, and one instruction where each is looked at. */
  private nextEnd(goal: Goal, single: boolean, limit: number): number {
    const { machine } = this;
    const now = machine.icount;
    let end = limit;
    if (goal.kind === "until") end = Math.min(end, goal.icount);
    const steps = goal.kind === "step" || (goal.kind === "next" && this.callEnd === null);
    if (steps) end = Math.min(end, now + this.stepsEnd - machine.instructions);
    if (single) end = now + 1;
    // While the processor sleeps no instruction runs: at once to where it may wake up.
    if (machine.cpu.halted && !machine.cpu.interruptLine && (steps || single)) {
      const wake = machine.board.clock.nextDeadline;
      end = Math.max(end, Math.min(wake, goal.kind === "until" ? goal.icount : limit));
    }
    return end;
  }

  /** Whether anything that someone waits for has happened. */
  private lookAround(reason: ExitReason): Stop | null {
    const { machine } = this;
    const hit = this.memory.take();
    if (hit !== null) return this.watchStop(hit.id, hit.change);
    for (const watch of this.registerWatches) {
      const value = watch.register.read(machine);
      if (value === watch.value) continue;
      const change = `${hex8(watch.value)} -> ${hex8(value)}`;
      watch.value = value;
      return this.watchStop(watch.id, change);
    }
    if (this.found !== null) return this.found;
    if (reason !== "icount" && reason !== "break") return null;
    if (machine.cpu.halted) return null;
    const gva = nextAddress(machine);
    for (const [id, point] of this.points) {
      if (point.gva !== gva || reason !== "break") continue;
      point.hits++;
      return { kind: "breakpoint", id, gva };
    }
    return null;
  }

  private watchStop(id: number, change: string): Stop {
    const entry = this.watchList.get(id);
    if (entry === undefined) return { kind: "paused" };
    entry.hits++;
    return { kind: "watch", id, what: watchText(entry.watch), change };
  }

  private reached(goal: Goal, returned: boolean): boolean {
    const { machine, callEnd } = this;
    switch (goal.kind) {
      case "until":
        return machine.icount >= goal.icount;
      case "step":
        return machine.instructions >= this.stepsEnd;
      case "next":
        if (callEnd === null) return machine.instructions >= this.stepsEnd;
        return nextAddress(machine) === callEnd.gva && this.esp() >= callEnd.esp && !machine.cpu.halted;
      case "finish":
        return returned;
      default:
        return false;
    }
  }

  private ended(reason: ExitReason): Stop {
    return endOf(this.machine, reason, this.success, this.whyStopped);
  }

  private end(stop: Stop): Stop {
    this.goal = null;
    this.stop = stop;
    this.eventTest = null;
    this.callEnd = null;
    this.idling = false;
    this.machine.cpu.passBreak();
    this.armBreakpoints();
    this.listen();
    return stop;
  }

  /** The processor stops at breakpoints, and where a call returns to. */
  private armBreakpoints(): void {
    const addresses = [...this.points.values()].map(({ gva }) => gva);
    if (this.callEnd !== null) addresses.push(this.callEnd.gva);
    this.machine.cpu.setBreakpoints(addresses);
  }

  /** Hears events only while someone waits for one. */
  private listen(): void {
    const watched = [...this.watchList].filter(([, { watch }]) => watch.kind === "sp");
    const { eventTest, tap } = this;
    if (this.goal === null || (watched.length === 0 && eventTest === null)) {
      this.hub.listener = null;
      return;
    }
    this.hub.listener = (record) => {
      if (this.found !== null) return;
      if (eventTest?.(record, tap.texts) === true) {
        this.found = { kind: "event", seq: record.seq, text: eventText(record, tap.texts) };
      }
      const at = events[record.event].fields.indexOf("sp");
      for (const [id, { watch }] of watched) {
        if (this.found !== null || at < 0 || watch.kind !== "sp" || record.fields[at] !== watch.sp) continue;
        this.found = this.watchStop(id, eventText(record, tap.texts));
      }
      if (this.found !== null) this.machine.cpu.requestBreak();
    };
  }

  private esp(): number {
    return stackPointer(this.machine);
  }
}

function filterFor(text: string): RecordTest {
  try {
    return parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new MonitorError(error.message);
  }
}
