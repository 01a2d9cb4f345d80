/** Work that is dense in events, as a module of its own: each import of it is compiled by itself. */
import { type PolicyName, policies } from "../../src/mmu/shadow/policy.ts";
import { RingWriter } from "../../src/trace/ring.ts";
import { Tap } from "../../src/trace/tap.ts";
import { Scene } from "./scene.ts";
import { timed } from "./timing.ts";

/** Few, so that a round is rarely interrupted by another program. */
const CYCLES = 500;

export class EventfulGuest {
  private readonly scene: Scene;

  constructor(policy: PolicyName) {
    this.scene = new Scene(policies[policy].policy, { spaces: 2, tables: 2, entries: 8 });
    this.scene.warmUp();
  }

  /** Writes every event into a ring from now on, or none. */
  trace(on: boolean): void {
    const { linear } = this.scene.memory;
    const { ring, ringBytes } = linear.layout;
    this.scene.mmu.attachTap(on ? new Tap(new RingWriter(linear.i32, ring, ringBytes)) : null);
  }

  /** Nanoseconds for a kmap and a switch of processes. */
  run(): number {
    const { mmu, roots } = this.scene;
    const nanoseconds = timed(() => {
      for (let i = 0; i < CYCLES; i++) {
        this.scene.kmapCycle(i & 7);
        mmu.setCr3(roots[(i & 1) ^ 1]);
      }
    });
    return nanoseconds / CYCLES;
  }
}
