/**
 * Interrupts by vector: requested (IRR), in service (ISR), level-triggered (TMR); a higher vector goes before a lower one.
 *
 * SDM: volume 3, 11.8.3 "Interrupt, task, and processor priority", 11.8.4 "Interrupt acceptance for fixed interrupts".
 */
import { VectorSet } from "./vector-set.ts";

const NONE = -1;

export interface InterruptQueueState {
  TPR: number;
  ISR: number[];
  TMR: number[];
  IRR: number[];
}

/** Sixteen vectors make a class; the classes are what is compared. */
const classOf = (priority: number): number => priority >> 4;

export class InterruptQueue {
  readonly ISR = new VectorSet();
  readonly TMR = new VectorSet();
  readonly IRR = new VectorSet();
  TPR = 0;

  /** Vectors of this class and below wait. */
  get PPR(): number {
    const inService = Math.max(this.ISR.highest(), 0);
    return classOf(this.TPR) >= classOf(inService) ? this.TPR : inService & 0xf0;
  }

  /** How busy the processor is, for messages that go to the least busy one. */
  get APR(): number {
    const { TPR } = this;
    const requested = classOf(Math.max(this.IRR.highest(), 0));
    const inService = classOf(Math.max(this.ISR.highest(), 0));
    if (classOf(TPR) >= requested && classOf(TPR) > inService) return TPR;
    return Math.max(classOf(TPR) & inService, requested) << 4;
  }

  /** A second request for a vector that waits merges with the first. */
  request(vector: number, level: boolean): void {
    this.IRR.set(vector, true);
    this.TMR.set(vector, level);
  }

  /** The vector that may interrupt now, or -1. */
  get deliverable(): number {
    const vector = this.IRR.highest();
    return vector >= 0 && classOf(vector) > classOf(this.PPR) ? vector : NONE;
  }

  take(vector: number): void {
    this.IRR.set(vector, false);
    this.ISR.set(vector, true);
  }

  /** Ends the most urgent service; its vector, or -1. */
  end(): number {
    const vector = this.ISR.highest();
    if (vector >= 0) this.ISR.set(vector, false);
    return vector;
  }

  reset(): void {
    this.TPR = 0;
    this.ISR.clear();
    this.TMR.clear();
    this.IRR.clear();
  }

  save(): InterruptQueueState {
    return { TPR: this.TPR, ISR: this.ISR.save(), TMR: this.TMR.save(), IRR: this.IRR.save() };
  }

  restore(state: InterruptQueueState): void {
    this.TPR = state.TPR;
    this.ISR.restore(state.ISR);
    this.TMR.restore(state.TMR);
    this.IRR.restore(state.IRR);
  }
}
