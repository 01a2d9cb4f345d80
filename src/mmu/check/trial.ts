/** Runs stories: each op is done to the MMU under test, and what comes of it is shown to the oracle. */
import type { LinearMemory } from "../linear-memory.ts";
import { PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { Audit } from "../shadow/audit.ts";
import type { Gfn, Gva } from "../types.ts";
import type { BitOp, Op, SlotEvent, StoreOp, WriteOp } from "./ops.ts";
import { FAULT, Oracle, STRAY } from "./oracle.ts";
import { isCr0Bit } from "./registers.ts";
import { Subject, type Tested } from "./subject.ts";
import { GFNS, MOVABLE_SLOT, type Mode, windowOf } from "./universe.ts";
import type { CheckName, Outcome, Violation } from "./violation.ts";

/** What is to be tested, and how. */
export interface Setup {
  readonly tested: Tested;
  readonly mode: Mode;
  /** Audit the shadow structures at each guest entry. */
  readonly audit: boolean;
  /** A page fault, too, has to drop the translations of its address, as the SDM says and KVM does not see to. */
  readonly strictFaults: boolean;
  /** Linear memory of a layout with RAM_BYTES of RAM. A machine that crashed is replaced by a new one. */
  readonly newMemory: () => LinearMemory;
}

/** Told after each op what its access came to; null if it has none, or the register write was refused. */
export type Listener = (step: number, outcome: Outcome | "#GP" | "lost" | null) => void;

export class Trial {
  readonly setup: Setup;
  private subject: Subject;
  private oracle: Oracle;
  private step: number;
  private violation: Violation | null;
  /** The story time at which each op began. */
  private readonly stepTimes: number[];

  constructor(setup: Setup) {
    this.setup = setup;
    this.step = 0;
    this.violation = null;
    this.stepTimes = [];
    this.subject = new Subject(setup.newMemory(), setup.tested, setup.mode);
    this.oracle = new Oracle(this.subject.memory);
    this.renew();
  }

  /** Runs a story from the beginning. Returns the first thing that is wrong, or null. */
  run(ops: readonly Op[], listener: Listener | null = null): Violation | null {
    this.violation = null;
    this.step = 0;
    this.stepTimes.length = 0;
    try {
      this.subject.restart();
      this.oracle.restart(this.setup.mode);
      while (this.step < ops.length && this.violation === null) {
        this.stepTimes.push(this.oracle.history.now);
        const outcome = this.perform(ops[this.step]);
        if (listener !== null) listener(this.step, outcome);
        this.step++;
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.report("crash", error.message);
      this.renew();
    }
    return this.verdict();
  }

  private verdict(): Violation | null {
    // Structures that are wrong may stay so.
    if (this.violation?.check === "audit") this.renew();
    return this.violation;
  }

  private renew(): void {
    const { newMemory, tested, mode, audit } = this.setup;
    this.subject = new Subject(newMemory(), tested, mode);
    this.oracle = new Oracle(this.subject.memory);
    this.oracle.onChange = (gfn) => this.subject.noteStore(gfn);
    const { shadow } = this.subject;
    if (!audit || shadow === null) return;
    const auditor = new Audit(shadow.kvm);
    shadow.onEntry = (after) => {
      const [first] = auditor.run(after);
      if (first === undefined) return;
      const where = `page ${first.sp}, entry ${first.entry}`;
      this.report("audit", `${first.invariant} (${first.sentence}): ${where}: ${first.detail}`);
    };
  }

  private perform(op: Op): Outcome | "#GP" | "lost" | null {
    const { subject, oracle } = this;
    const { mmu } = subject;
    switch (op.kind) {
      case "store":
        return this.store(op);
      case "access":
        return this.outcome(this.access(op.gva, op.access));
      case "write":
        return this.writeThrough(op);
      case "invlpg":
        oracle.registers.invlpg(op.gva);
        mmu.invlpg(op.gva);
        return null;
      case "cr3":
        return this.register(mmu.setCr3(GFNS[op.frame] * 4096), oracle.registers.setCr3(GFNS[op.frame]));
      case "bit":
        return this.setBit(op);
      case "host":
        subject.hostEvent(op.event);
        return null;
      case "unprotect":
        subject.unprotect(op.frame);
        return null;
      case "alias":
        subject.setAlias(op.frame);
        oracle.slotsChanged();
        return null;
      default:
        this.slotEvent(op.event);
        return null;
    }
  }

  private setBit({ bit, on }: BitOp): "#GP" | null {
    const { mmu } = this.subject;
    const { registers } = this.oracle;
    const value = registers.withBit(bit, on);
    return this.register(isCr0Bit(bit) ? mmu.setCr0(value) : mmu.setCr4(value), registers.setBit(bit, on));
  }

  private register(done: boolean, expected: boolean): "#GP" | null {
    if (done !== expected) this.report("gp", done ? "taken, where #GP is due" : "#GP, where none is due");
    return done ? null : "#GP";
  }

  private slotEvent(event: SlotEvent): void {
    const { subject, oracle } = this;
    if (event === "log") {
      subject.startLog();
    } else if (event === "take") {
      const missing = subject.takeLog();
      if (missing !== 0) {
        const gfn = MOVABLE_SLOT.homeGfn + 31 - Math.clz32(missing);
        this.report("log", `frame ${gfn}, by its first place, was stored to and is not in the log`);
      }
    } else {
      subject.changeSlot(event);
      oracle.slotsChanged();
    }
  }

  private store({ frame, offset, bytes, lo, hi, emulated }: StoreOp): Outcome | "lost" {
    if (emulated) {
      const gfn = this.subject.memory.unalias(GFNS[frame]);
      const done = this.subject.emulateStore(gfn * 4096 + offset, bytes, lo, hi);
      if (done) this.stored(gfn);
      return done ? { gfn, error: 0 } : "lost";
    }
    const paging = this.oracle.registers.rootLevel !== 0;
    return this.storeAt((paging ? windowOf(frame) : GFNS[frame] * 4096) + offset, 0, bytes, lo, hi);
  }

  private writeThrough({ gva, user, value, delivery }: WriteOp): Outcome | "lost" {
    const { mmu } = this.subject;
    mmu.delivering = delivery;
    const outcome = this.storeAt(gva, user ? PFERR_USER : 0, 4, value, 0);
    mmu.delivering = false;
    return outcome;
  }

  private storeAt(gva: Gva, user: number, bytes: number, lo: number, hi: number): Outcome | "lost" {
    const gfn = this.access(gva, user | PFERR_WRITE);
    if (gfn >= 0 && this.violation === null) {
      if (!this.subject.put(bytes, lo, hi)) return "lost";
      this.stored(gfn);
    }
    return this.outcome(gfn);
  }

  private stored(gfn: Gfn): void {
    this.subject.noteStore(gfn);
    this.oracle.observe();
  }

  private outcome(gfn: number): Outcome {
    return { gfn, error: gfn === FAULT ? this.subject.error : 0 };
  }

  /** Makes an access and judges it. */
  private access(gva: Gva, access: number): Gfn | typeof FAULT | typeof STRAY {
    const { subject, oracle } = this;
    const gfn = subject.reach(gva, access);
    // A walk may have set A and D.
    oracle.observe();
    if (gfn === FAULT) {
      if (!oracle.mayFault(gva, access, subject.error)) this.accessViolation("inv37", gva, access, gfn);
      if (this.setup.strictFaults) oracle.faulted(gva);
    } else if (gfn === STRAY) {
      this.accessViolation("slots", gva, access, gfn);
    } else if (!oracle.mayReach(gva, access, gfn)) {
      const onlyFlags = oracle.wouldReach(gva, access, gfn);
      this.accessViolation(onlyFlags ? "inv38" : "inv36", gva, access, gfn);
    } else if ((access & PFERR_WRITE) !== 0 && subject.reachedReadOnly) {
      this.accessViolation("slots", gva, access, gfn);
    }
    return gfn;
  }

  private accessViolation(check: CheckName, gva: Gva, access: number, gfn: number): void {
    if (this.violation !== null) return;
    const { oracle } = this;
    const found = gfn >= 0 ? oracle.forgotten(gva, access, gfn) : null;
    this.violation = {
      check,
      step: this.step,
      detail: "",
      access: {
        gva,
        access,
        got: this.outcome(gfn),
        allowed: oracle.allowed(gva, access),
        forgotten:
          found === null
            ? null
            : { ...found, madeStep: this.stepOf(found.made), dropStep: this.stepOf(found.drop.time) },
      },
    };
  }

  private report(check: CheckName, detail: string): void {
    this.violation ??= { check, step: this.step, detail, access: null };
  }

  /** The op during which a story time was: the last one that had begun before it. */
  private stepOf(time: number): number {
    let step = this.stepTimes.length - 1;
    while (step >= 0 && this.stepTimes[step] >= time) step--;
    return step;
  }
}
