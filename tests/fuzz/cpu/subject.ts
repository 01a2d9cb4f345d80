/** A processor of each model over each kind of MMU, that runs scenes and tells how they ended. */
import { Cpu, type CpuState, RUN_DEVICE, RUN_HALTED, RUN_SHUTDOWN } from "../../../src/cpu/cpu.ts";
import { cpuModel } from "../../../src/cpu/models.ts";
import { allocateLinearMemory } from "../../../src/machine/layout.ts";
import { BareMmu } from "../../../src/mmu/bare.ts";
import { GuestMemory } from "../../../src/mmu/guest-memory.ts";
import { defaultPolicy } from "../../../src/mmu/shadow/policy.ts";
import { ShadowMmu } from "../../../src/mmu/shadow/shadow-mmu.ts";
import { broken } from "./invariants.ts";
import { RAM_BYTES, type Scene } from "./scene.ts";

const SHADOW_PAGES = 64;

/** Ports and addresses without RAM read as something that depends on where they are. */
const BUS = {
  portRead: (port: number, width: number): number =>
    (Math.imul(port + width, 0x9e37_79b1) >>> (32 - 8 * width)) >>> 0,
  portWrite: (): void => {},
  mmioRead: (gpa: number, width: number): number =>
    (Math.imul(gpa | 1, 0x85eb_ca6b) >>> (32 - 8 * width)) >>> 0,
  mmioWrite: (): void => {},
};

/** How a run ended. */
export interface Ending {
  readonly cpu: CpuState;
  readonly ram: Uint8Array;
}

export class Subject {
  private readonly cpu: Cpu;
  private readonly linear: ReturnType<typeof allocateLinearMemory>;
  private readonly ram: Uint8Array;

  constructor(model: string, shadow: boolean) {
    this.linear = allocateLinearMemory({ ramBytes: RAM_BYTES, shadowPages: SHADOW_PAGES });
    const { layout, u8 } = this.linear;
    const memory = new GuestMemory(this.linear);
    memory.addSlot({ id: 0, baseGfn: 0, npages: RAM_BYTES / 4096, basePfn: layout.ram / 4096 });
    const mmu = shadow
      ? new ShadowMmu(memory, { ...defaultPolicy, shadowPages: SHADOW_PAGES })
      : new BareMmu(memory);
    this.cpu = new Cpu(memory, mmu, BUS, cpuModel(model));
    this.ram = u8.subarray(layout.ram, layout.ram + RAM_BYTES);
  }

  /**
   * Runs a scene, in slices of at most `slice` instructions. Throws if an invariant breaks.
   */
  run(scene: Scene, slice: number): Ending {
    const { cpu } = this;
    this.ram.set(scene.ram);
    cpu.mmu.restore(scene.mmu);
    cpu.restore(scene.cpu);
    cpu.acknowledge = () => scene.interrupt;
    cpu.setInterruptLine(scene.interrupt >= 0);
    const until = scene.cpu.icount + scene.instructions;
    while (cpu.icount < until) {
      const result = cpu.run(Math.min(until, cpu.icount + slice));
      if (result === RUN_DEVICE) continue;
      if (result === RUN_HALTED || result === RUN_SHUTDOWN) break;
    }
    if (cpu.icount > until) throw new Error(`ran to ${cpu.icount} and not to ${until}`);
    const sentence = broken(cpu);
    if (sentence !== null) throw new Error(sentence);
    return { cpu: cpu.save(), ram: this.ram };
  }
}
