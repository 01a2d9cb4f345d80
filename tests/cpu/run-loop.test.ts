/**
 * The run loop: exact instruction counts, faults and interrupts between instructions, block chains.
 * SDM: volume 3, 6.8 "Enabling and disabling interrupts", 6.9 "Priority among simultaneous exceptions and interrupts".
 */
import { beforeEach, describe, expect, it } from "vitest";
import { RUN_DEADLINE, RUN_DEVICE, RUN_HALTED, RUN_SHUTDOWN, RUN_STOPPED } from "../../src/cpu/cpu.ts";
import { EFLAGS_FIXED, EFLAGS_IF } from "../../src/cpu/eflags.ts";
import {
  CR2,
  CS,
  EAX,
  EBX,
  ECX,
  EDI,
  EDX,
  EIP,
  ESP,
  IDTR_LIMIT,
  VEC_DF,
  VEC_GP,
  VEC_PF,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import {
  ATTR_CODE32,
  Bench,
  CODE,
  DATA,
  FAULT_STUBS,
  KERNEL_CODE,
  RAM_BYTES,
  STACK_TOP,
} from "../support/cpu.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

/** Assembles to CODE (or elsewhere) and sets EIP to it. Returns the labels. */
function program(text: string, origin = CODE): ReadonlyMap<string, number> {
  const { bytes, labels } = assemble(text, { origin });
  bench.load(origin, bytes);
  bench.cpu.r[EIP] = origin;
  return labels;
}

const reg = (index: number): number => bench.cpu.r[index] >>> 0;

/** The vector whose handler EIP is in, if it has not run its HLT yet. */
const vectorEntered = (): number => reg(EIP) - FAULT_STUBS;

/** Interrupts on, the pin high; each acknowledge gives this vector. */
function interrupt(vector: number): void {
  bench.cpu.acknowledge = () => vector;
  bench.cpu.setInterruptLine(true);
}

describe("run(until)", () => {
  it("stops after exactly so many instructions, also in the middle of a block", () => {
    for (let count = 0; count <= 5; count++) {
      bench.reset();
      program("inc eax\ninc eax\ninc eax\ninc eax\ninc eax\nhlt");
      const before = bench.cpu.icount;
      expect(bench.cpu.run(before + count)).toBe(RUN_DEADLINE);
      expect(bench.cpu.icount).toBe(before + count);
      expect(reg(EAX)).toBe(count);
      expect(reg(EIP)).toBe(CODE + count);
    }
  });

  it("does nothing when the time is already there", () => {
    program("inc eax");
    bench.cpu.run(1);
    expect(bench.cpu.run(1)).toBe(RUN_DEADLINE);
    expect(bench.cpu.run(0)).toBe(RUN_DEADLINE);
    expect(reg(EAX)).toBe(1);
  });

  it("stops between the iterations of a repeated string instruction, each of which counts", () => {
    program(`mov edi, ${DATA}\nmov ecx, 10\nmov al, 0x55\nrep stosb\nhlt`);
    bench.cpu.run(3 + 4);
    expect(bench.cpu.icount).toBe(7);
    expect(reg(ECX)).toBe(6);
    expect(reg(EDI)).toBe(DATA + 4);
    expect(bench.bytes(DATA, 5)).toEqual([0x55, 0x55, 0x55, 0x55, 0]);
    expect(bench.cpu.run(3 + 10)).toBe(RUN_DEADLINE);
    expect(reg(ECX)).toBe(0);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(14);
  });

  it("counts a repeated string instruction with a count of 0 as one", () => {
    program("rep stosb\nhlt");
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(2);
  });

  it("runs loops to the exact instruction, wherever the end falls", () => {
    // Three instructions each time around.
    program("again: inc eax\ninc ebx\njmp again");
    for (const until of [1, 2, 3, 4, 1000, 1001, 1002, 12_345]) {
      bench.cpu.run(until);
      expect(bench.cpu.icount).toBe(until);
      expect(reg(EAX)).toBe(Math.ceil(until / 3));
      expect(reg(EBX)).toBe(Math.floor((until + 1) / 3));
      expect(reg(EIP)).toBe(CODE + (until % 3));
    }
  });
});

describe("icount", () => {
  it("inside an instruction is the number of those before it", () => {
    const seen: number[] = [];
    bench.cpu.beforeDevice = () => seen.push(bench.cpu.icount);
    program(`nop\nin al, 0x60\nnop\nnop\nmov al, [${RAM_BYTES}]\nmov [${RAM_BYTES}], al\nhlt`);
    bench.go(100);
    expect(seen).toEqual([1, 4, 5]);
  });

  it("inside a repeated string instruction counts the iterations done", () => {
    const seen: number[] = [];
    bench.cpu.beforeDevice = () => seen.push(bench.cpu.icount);
    program(`mov edi, ${RAM_BYTES}\nmov ecx, 3\nrep stosd\nhlt`);
    bench.go(100);
    expect(seen).toEqual([2, 3, 4]);
    expect(bench.cpu.icount).toBe(6);
  });

  it("passes without instructions while the processor is halted", () => {
    program("hlt\ninc eax\nhlt");
    expect(bench.cpu.run(1000)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(1);
    bench.cpu.skipTo(500);
    expect(bench.cpu.icount).toBe(500);
    expect(bench.cpu.run(1000)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(500);
    bench.cpu.halted = false;
    expect(bench.cpu.run(1000)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(502);
  });
});

describe("a fault", () => {
  it("counts one and returns to the instruction that faulted, though it stood deep in a block", () => {
    program("inc eax\ninc ebx\nud2\ninc eax");
    bench.cpu.run(3);
    expect(vectorEntered()).toBe(VEC_UD);
    expect(bench.takeFault()).toEqual({ vector: VEC_UD, errorCode: -1, eip: CODE + 2 });
    expect([reg(EAX), reg(EBX)]).toEqual([1, 1]);
  });

  it("at the last instruction of a run is delivered within it", () => {
    program("nop\nud2");
    bench.cpu.run(1);
    expect(reg(EIP)).toBe(CODE + 1);
    bench.cpu.run(2);
    expect(bench.cpu.icount).toBe(2);
    expect(vectorEntered()).toBe(VEC_UD);
  });

  it("counts the string iterations before it, and registers stand at the one that faulted", () => {
    bench.mmu.absent.add((DATA >>> 12) + 1);
    program(`mov edi, ${DATA + 0xff8}\nmov ecx, 100\nrep stosd\nhlt`);
    bench.cpu.run(2 + 2);
    expect(reg(ECX)).toBe(98);
    bench.cpu.run(2 + 3);
    expect(vectorEntered()).toBe(VEC_PF);
    expect([reg(ECX), reg(EDI), reg(CR2)]).toEqual([98, DATA + 0x1000, DATA + 0x1000]);
  });

  it("while code is fetched returns to where it was fetched, whether that began a run or a jump led there", () => {
    bench.mmu.absent.add(DATA >>> 12);
    program(`inc eax\njmp ${DATA + 5}`);
    bench.cpu.run(2);
    expect(reg(EIP)).toBe(DATA + 5);
    bench.cpu.run(3);
    expect(bench.takeFault()).toEqual({ vector: VEC_PF, errorCode: 0x10, eip: DATA + 5 });
    bench.cpu.run(4);
    expect(bench.takeFault()).toEqual({ vector: VEC_PF, errorCode: 0x10, eip: DATA + 5 });
    expect(reg(EAX)).toBe(1);
  });

  it("after a device access in the same instruction keeps count and EIP", () => {
    // The low half of the load is a device, the high half page faults.
    bench.mmu.absent.add((RAM_BYTES >>> 12) + 1);
    program(`nop\nnop\nmov eax, [${RAM_BYTES + 0xffe}]`);
    bench.step(3);
    expect(bench.takeFault()).toEqual({ vector: VEC_PF, errorCode: 0, eip: CODE + 2 });
    expect(bench.cpu.icount).toBe(3);
  });

  it("that has no handler either shuts the processor down for good, with the chain of what happened", () => {
    bench.cpu.r[IDTR_LIMIT] = 0;
    program("nop\nud2\nnop");
    expect(bench.cpu.run(100)).toBe(RUN_SHUTDOWN);
    expect(bench.cpu.shutdownFaults).toEqual([VEC_UD, VEC_DF, VEC_GP]);
    const { icount } = bench.cpu;
    program("inc eax\nhlt");
    expect(bench.cpu.run(200)).toBe(RUN_SHUTDOWN);
    expect(reg(EAX)).toBe(0);
    expect(bench.cpu.icount).toBe(icount);
  });
});

describe("fetching beyond the limit of CS", () => {
  function limitCode(limit: number): void {
    bench.setSegment(CS, KERNEL_CODE, 0, limit, ATTR_CODE32);
  }

  it("raises #GP(0) for the first instruction that does not fit, after those that do", () => {
    program("inc eax\ninc eax\nmov ebx, 5\ninc eax\nhlt");
    limitCode(CODE + 5);
    bench.step(3);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE + 2 });
    expect([reg(EAX), reg(EBX)]).toEqual([2, 0]);
  });

  it("comes before the page fault that the bytes beyond would raise", () => {
    const last = DATA + 0xfff;
    bench.mmu.absent.add((DATA >>> 12) + 1);
    bench.write8(last, 0x40);
    limitCode(last);
    bench.cpu.r[EIP] = last;
    bench.step(2);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: last + 1 });
  });

  it("comes before the page fault of the second half of an instruction", () => {
    const last = DATA + 0xfff;
    bench.mmu.absent.add((DATA >>> 12) + 1);
    bench.write8(last, 0xb8);
    limitCode(last);
    bench.cpu.r[EIP] = last;
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: last });
  });

  it("is found where no RAM is, too", () => {
    // The bus answers all ones, which is not a valid instruction; with this limit not even that is reached.
    limitCode(RAM_BYTES - 1);
    bench.cpu.r[EIP] = RAM_BYTES;
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: RAM_BYTES });
  });

  it("is checked anew when the limit shrinks under a chain of blocks", () => {
    // CLTS ends a block, and goes on with the next.
    program("again: inc eax\nclts\ninc ebx\njmp again");
    limitCode(0xf_ffff);
    bench.step(40);
    limitCode(CODE + 2);
    bench.step(3);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE + 3 });
    expect([reg(EAX), reg(EBX)]).toEqual([11, 10]);
  });
});

describe("an interrupt", () => {
  const VECTOR = 0x40;

  it("is taken between two instructions and counts one", () => {
    program("nop\nnop\nhlt");
    bench.flags = EFLAGS_IF | EFLAGS_FIXED;
    bench.cpu.run(1);
    interrupt(VECTOR);
    bench.cpu.run(2);
    expect(bench.cpu.icount).toBe(2);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 1);
  });

  it("waits while IF is 0, and is taken right after the POPF that sets it", () => {
    program("nop\npush 0x202\npopf\nnop\nnop\nhlt");
    interrupt(VECTOR);
    bench.cpu.run(3);
    expect(reg(EIP)).toBe(CODE + 7);
    bench.cpu.run(4);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 7);
  });

  it("waits for one more instruction after STI", () => {
    program("sti\nnop\nnop\nhlt");
    interrupt(VECTOR);
    bench.cpu.run(3);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 2);
  });

  it("is not taken between STI and CLI", () => {
    program("sti\ncli\nnop\nnop\nhlt");
    interrupt(VECTOR);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(5);
  });

  it("waits for one more instruction after MOV SS, however the run is cut into pieces", () => {
    for (const pieces of [[4], [1, 4], [2, 4], [3, 4], [1, 2, 3, 4]]) {
      bench.reset();
      program("mov ax, ss\nmov ss, ax\nmov esp, 0x8000\nnop\nhlt");
      const start = bench.cpu.icount;
      bench.cpu.run(start + 1);
      bench.flags = EFLAGS_IF | EFLAGS_FIXED;
      bench.cpu.r[EIP] = CODE + 3;
      bench.cpu.setInterruptLine(false);
      bench.cpu.beforeDevice = () => {};
      bench.cpu.run(start + 2);
      interrupt(VECTOR);
      for (const piece of pieces) bench.cpu.run(start + piece);
      expect(vectorEntered()).toBe(VECTOR);
      expect(bench.read32(0x8000 - 12)).toBe(CODE + 10);
      bench.cpu.setInterruptLine(false);
    }
  });

  it("in the shadow of STI waits for one iteration of a string instruction, not for all", () => {
    for (const pieces of [[100], [3, 100], [2, 3, 4, 100]]) {
      bench.reset();
      const labels = program(`mov edi, ${DATA}\nmov ecx, 20\nsti\nstring: rep stosb\nhlt`);
      interrupt(VECTOR);
      const start = bench.cpu.icount;
      for (const piece of pieces) bench.cpu.run(start + piece);
      expect(reg(ECX)).toBe(19);
      expect(bench.read32(STACK_TOP - 12)).toBe(labels.get("string"));
      bench.cpu.halted = false;
      bench.cpu.setInterruptLine(false);
    }
  });

  it("that a device raises is taken after the instruction that accessed it", () => {
    program("nop\nnop\nout 0x80, al\nnop\nhlt");
    bench.flags = EFLAGS_IF | EFLAGS_FIXED;
    bench.bus.portWrite = () => interrupt(VECTOR);
    bench.step(4);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 4);
  });

  it("whose line drops before it can be taken is lost", () => {
    program("nop\nsti\nnop\nnop\nhlt");
    interrupt(VECTOR);
    bench.cpu.run(1);
    bench.cpu.setInterruptLine(false);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(reg(EIP)).toBe(CODE + 5);
  });

  it("wakes a halted processor, and returns to the instruction after HLT", () => {
    program("sti\nhlt\nnop");
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    bench.cpu.skipTo(50);
    interrupt(VECTOR);
    expect(bench.cpu.run(51)).toBe(RUN_DEADLINE);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 2);
  });

  it("that is already waiting ends STI, HLT at once: none is ever lost between the two", () => {
    program("sti\nhlt\nnop");
    interrupt(VECTOR);
    expect(bench.cpu.run(3)).toBe(RUN_DEADLINE);
    expect(vectorEntered()).toBe(VECTOR);
    expect(bench.read32(STACK_TOP - 12)).toBe(CODE + 2);
  });

  it("does not wake a processor that halted with IF 0", () => {
    program("hlt");
    interrupt(VECTOR);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(bench.cpu.icount).toBe(1);
  });

  it("whose delivery faults leaves EIP where it was", () => {
    bench.mmu.absent.add((STACK_TOP >>> 12) - 1);
    bench.cpu.r[ESP] = STACK_TOP;
    program("nop\nnop");
    bench.flags = EFLAGS_IF | EFLAGS_FIXED;
    bench.cpu.run(1);
    interrupt(VECTOR);
    // Neither has #PF a stack, nor #DF.
    expect(bench.cpu.run(10)).toBe(RUN_SHUTDOWN);
    expect(reg(EIP)).toBe(CODE + 1);
    expect(bench.cpu.icount).toBe(2);
  });
});

describe("a request to stop", () => {
  it("is granted after the instruction that runs now", () => {
    program("nop\nout 0x80, al\ninc eax\nhlt");
    bench.bus.portWrite = () => bench.cpu.stop();
    expect(bench.cpu.run(100)).toBe(RUN_STOPPED);
    expect(bench.cpu.icount).toBe(2);
    expect(bench.cpu.run(100)).toBe(RUN_DEVICE);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
    expect(reg(EAX)).toBe(1);
  });

  it("that comes while an interrupt is acknowledged is not forgotten", () => {
    program("nop");
    bench.load(FAULT_STUBS + 0x40, [0xeb, 0xfe]);
    bench.flags = EFLAGS_IF | EFLAGS_FIXED;
    bench.cpu.acknowledge = () => {
      bench.cpu.setInterruptLine(false);
      bench.cpu.stop();
      return 0x40;
    };
    bench.cpu.setInterruptLine(true);
    expect(bench.cpu.run(10_000)).toBe(RUN_STOPPED);
    expect(bench.cpu.icount).toBe(1);
  });
});

describe("a device access", () => {
  it("ends the run after its instruction: the device may have set an earlier deadline", () => {
    program(`inc eax\nin al, 0x60\nmov ebx, 1\nmov [${RAM_BYTES}], ebx\nmov edx, 1\nhlt`);
    expect(bench.cpu.run(100)).toBe(RUN_DEVICE);
    expect([bench.cpu.icount, reg(EBX)]).toEqual([2, 0]);
    expect(bench.cpu.run(100)).toBe(RUN_DEVICE);
    expect([bench.cpu.icount, reg(EBX), reg(EDX)]).toEqual([4, 1, 0]);
    expect(bench.cpu.run(100)).toBe(RUN_HALTED);
  });

  it("in the middle of a string instruction ends the run after that iteration", () => {
    program(`mov edi, ${RAM_BYTES - 8}\nmov ecx, 4\nrep stosd\nhlt`);
    expect(bench.cpu.run(100)).toBe(RUN_DEVICE);
    expect([bench.cpu.icount, reg(ECX)]).toEqual([2 + 3, 1]);
  });
});

describe("chains of blocks", () => {
  /** Linear page 0x20 leads to a page of RAM that the test chooses. */
  const WINDOW = 0x2_0000;
  function mapWindow(target: number): void {
    const { mmu, memory } = bench;
    mmu.translate = (gva, access) => {
      const address = gva >>> 0;
      const hpa = memory.hpa(address >>> 12 === WINDOW >>> 12 ? target + (address & 0xfff) : address);
      mmu.tlb.fill((access & 4) !== 0, address, hpa - (hpa % 4096), true, true, true);
      return hpa;
    };
  }
  const OLD = 0x3_0000;
  const NEW = 0x4_0000;
  /** Calls the window for ever. */
  function callWindow(): void {
    bench.load(OLD, assemble("mov ebx, 1\nret").bytes);
    bench.load(NEW, assemble("mov ebx, 2\nret").bytes);
    mapWindow(OLD);
    program(`again: call ${WINDOW}\njmp again`);
    bench.step(400);
    expect(reg(EBX)).toBe(1);
    mapWindow(NEW);
  }

  it("hold until the guest invalidates: a stale translation may be used", () => {
    callWindow();
    bench.step(400);
    expect(reg(EBX)).toBe(1);
  });

  it("end with the translation of their page", () => {
    callWindow();
    bench.mmu.tlb.flushPage(WINDOW);
    bench.step(4);
    expect(reg(EBX)).toBe(2);
  });

  it("end with all translations", () => {
    callWindow();
    bench.mmu.tlb.flush();
    bench.step(4);
    expect(reg(EBX)).toBe(2);
  });

  it("end when INVLPG is in the middle of straight code: the next page comes from its new frame", () => {
    const edge = WINDOW - 8;
    bench.load(OLD, assemble("mov ebx, 1\nhlt").bytes);
    bench.load(NEW, assemble("mov ebx, 2\nhlt").bytes);
    mapWindow(OLD);
    const text = `invlpg [${WINDOW}]\nnop`;
    bench.load(edge, assemble(text, { origin: edge }).bytes);
    bench.cpu.r[EIP] = edge;
    bench.go(10);
    expect(reg(EBX)).toBe(1);
    mapWindow(NEW);
    bench.cpu.r[EIP] = edge;
    bench.go(10);
    expect(reg(EBX)).toBe(2);
  });

  it("of an instruction that spans two pages look at the second page each time", () => {
    const edge = WINDOW - 1;
    bench.load(edge, [0xbb]);
    bench.load(OLD, [1, 0, 0, 0, 0xc3]);
    bench.load(NEW, [2, 0, 0, 0, 0xc3]);
    mapWindow(OLD);
    program(`again: call ${edge}\njmp again`);
    bench.step(100);
    expect(reg(EBX)).toBe(1);
    mapWindow(NEW);
    bench.mmu.tlb.flushPage(WINDOW);
    bench.step(4);
    expect(reg(EBX)).toBe(2);
    mapWindow(OLD);
    bench.mmu.tlb.flushPage(WINDOW);
    bench.step(4);
    expect(reg(EBX)).toBe(1);
  });
});

describe("a block that goes on at the target of a jump or call", () => {
  it("returns from the call, faults and stops with the EIP of the instruction it is at", () => {
    const text = "inc eax\ncall f\ninc ebx\njmp end\nud2\nf: inc ecx\nret\nback: ud2\nend: inc edx\njmp back";
    const labels = program(text);
    const eips = [0, 1, "f", "f+1", 6, 7, "end", "end+1", "back"].map((at) =>
      typeof at === "number"
        ? CODE + at
        : (labels.get(at.split("+")[0]) as number) + (at.includes("+") ? 1 : 0),
    );
    for (let count = 0; count < eips.length; count++) {
      bench.reset();
      bench.step(count);
      expect([count, reg(EIP)]).toEqual([count, eips[count]]);
    }
    bench.reset();
    bench.step(eips.length);
    expect(bench.takeFault()).toEqual({ vector: VEC_UD, errorCode: -1, eip: labels.get("back") });
    expect([EAX, EBX, ECX, EDX].map(reg)).toEqual([1, 1, 1, 1]);
  });

  it("leaves ESP alone when the push of the call faults", () => {
    program("nop\ncall f\nf: inc eax\nhlt");
    bench.mmu.absent.add((DATA >>> 12) - 1);
    bench.cpu.r[ESP] = DATA;
    bench.setSegment(CS, KERNEL_CODE, 0, -1, ATTR_CODE32);
    bench.cpu.run(1);
    // Its handler has no stack either.
    expect(bench.cpu.run(10)).toBe(RUN_SHUTDOWN);
    expect([reg(EIP), reg(ESP), reg(EAX)]).toEqual([CODE + 1, DATA, 0]);
  });
});

describe("how a run is cut into pieces", () => {
  it("is invisible to the MMU: no translation is looked up that one run would not look up", () => {
    // Addresses 16 MiB apart share a TLB entry: each load of the loop displaces the page of the code.
    const asked: string[][] = [];
    for (const piece of [1000, 1, 2, 3, 7]) {
      bench = new Bench();
      const list: string[] = [];
      const { mmu, memory } = bench;
      mmu.translate = (gva, access) => {
        list.push(`${(gva >>> 0).toString(16)} ${access}`);
        const address = (gva >>> 0) % 0x100_0000;
        const hpa = memory.hpa(address);
        mmu.tlb.fill(false, gva, hpa - (hpa % 4096), true, true, true);
        return hpa;
      };
      program(`again: mov eax, [${0x100_0000 + CODE}]\ninc ebx\ncmp ebx, 5\njmp again`);
      for (let until = 0; until < 1000; ) {
        until = Math.min(1000, until + piece);
        bench.cpu.run(until);
      }
      asked.push(list);
    }
    for (const list of asked) expect(list).toEqual(asked[0]);
  });

  it("is invisible to the guest: registers and memory are those of one run", () => {
    const text = `
      mov esi, ${DATA}
      mov edi, ${DATA + 0x800}
      mov ecx, 300
      again:
      add eax, [esi]
      rol eax, 5
      mov [esi+4], eax
      add esi, 4
      push ecx
      mov ecx, 7
      rep stosb
      pop ecx
      loop again
      ud2`;
    const outcome = (step: (i: number) => number) => {
      bench = new Bench();
      program(text);
      const log: string[] = [];
      for (let until = 0, i = 0; until < 4000; i++) {
        until = Math.min(4000, until + step(i));
        bench.cpu.run(until);
      }
      log.push([...bench.cpu.r.subarray(0, 16)].join(), bench.bytes(DATA, 0x1800).join());
      return log;
    };
    const whole = outcome(() => 4000);
    let x = 12345;
    const random = () => {
      x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
      return 1 + ((x >>> 16) % 17);
    };
    expect(outcome(() => 1)).toEqual(whole);
    expect(outcome(random)).toEqual(whole);
  });
});

describe("code where no RAM is", () => {
  /** The bus answers these bytes from RAM_BYTES on. */
  function rom(text: string): void {
    const { bytes } = assemble(text, { origin: RAM_BYTES });
    for (const [at, byte] of bytes.entries()) bench.bus.cells.set(RAM_BYTES + at, byte);
  }

  it("is read from the bus, anew each time", () => {
    rom("mov eax, 1\nhlt");
    bench.cpu.r[EIP] = RAM_BYTES;
    bench.go(10);
    expect(reg(EAX)).toBe(1);
    rom("mov eax, 2\nhlt");
    bench.cpu.r[EIP] = RAM_BYTES;
    bench.go(10);
    expect(reg(EAX)).toBe(2);
  });

  it("may begin in RAM: the bytes of one instruction come from both", () => {
    bench.write8(RAM_BYTES - 1, 0xb8);
    for (const value of [1, 2]) {
      rom(`dd ${value}\nhlt`);
      bench.cpu.r[EIP] = RAM_BYTES - 1;
      bench.go(10);
      expect(reg(EAX)).toBe(value);
    }
  });

  it("may end in RAM: the bytes beyond the page come from where that page is", () => {
    const { mmu } = bench;
    // The page after the first one of the hole is RAM again.
    const translate = mmu.translate.bind(mmu);
    mmu.translate = (gva, access) => {
      if (gva >>> 12 === (RAM_BYTES >>> 12) + 1) return bench.memory.hpa(DATA) + (gva & 0xfff);
      return translate(gva, access);
    };
    bench.bus.cells.set(RAM_BYTES + 0xfff, 0xb8);
    bench.load(DATA, [7, 0, 0, 0, 0xf4]);
    bench.cpu.r[EIP] = RAM_BYTES + 0xfff;
    bench.go(10);
    expect(reg(EAX)).toBe(7);
  });
});
