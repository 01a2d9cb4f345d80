/**
 * Decoded code is a copy of memory that must never be seen to be one.
 * SDM: volume 3, 11.6 "Self-modifying code", 8.1.3. Newer processors, like this one, see a store to code at once.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { Block, BlockCache } from "../../src/cpu/block-cache.ts";
import { RUN_DEADLINE } from "../../src/cpu/cpu.ts";
import { CPL, EAX, EBX, ECX, EDI, EIP, ESI, FS } from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import { ATTR_DATA32, Bench, CODE, DATA, KERNEL_DATA } from "../support/cpu.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

function program(text: string, origin = CODE): ReadonlyMap<string, number> {
  const { bytes, labels } = assemble(text, { origin });
  bench.load(origin, bytes);
  bench.cpu.r[EIP] = origin;
  return labels;
}
const reg = (index: number): number => bench.cpu.r[index] >>> 0;

/** Runs `text` from its start to HLT. */
function run(text: string, origin = CODE): void {
  program(text, origin);
  expect(bench.go(10_000)).toBeNull();
}

/** Runs again what is at CODE. */
function again(origin = CODE): void {
  bench.cpu.r[EIP] = origin;
  expect(bench.go(10_000)).toBeNull();
}

const decoded = (): number => (bench.cpu.codeMap[bench.memory.hpa(CODE) >>> 12] === 0 ? 0 : 1);

describe("a store to code is seen by the next instruction", () => {
  it("when it changes that very instruction", () => {
    run("mov byte [next+1], 7\nnext: mov al, 1\nhlt");
    expect(reg(EAX)).toBe(7);
  });

  it("when it changes the last byte of a block, by a store of each width", () => {
    for (const store of ["byte [next+1], 7", "word [next+1], 0xf407", "dword [next], 0xf407b0"]) {
      bench = new Bench();
      run(`inc ebx\nmov ${store}\nnext: mov al, 1\nhlt\nnop\nnop`);
      expect(reg(EAX)).toBe(7);
    }
  });

  it("when a store of two bytes ends on its first byte, and when one of four begins on its last", () => {
    run("mov word [next-1], 0x43ff\njmp short next\ndb 0\nnext: inc eax\nhlt");
    expect([reg(EAX), reg(EBX)]).toEqual([0, 1]);
    bench = new Bench();
    run("mov dword [next+1], 0xf4f4f407\nnext: mov al, 1\nhlt\ndb 0, 0");
    expect(reg(EAX)).toBe(7);
  });

  it("when a read-modify-write instruction does it", () => {
    for (const change of [
      "inc byte [next+1]",
      "add dword [next+1], 1",
      "xadd byte [next+1], cl",
      "bts word [next+1], 1",
    ]) {
      bench = new Bench();
      run(`mov cl, 1\n${change}\nnext: mov al, 5\nhlt\nnop\nnop`);
      expect([change, reg(EAX)]).toEqual([change, change.startsWith("bts") ? 7 : 6]);
    }
  });

  it("when a push does it", () => {
    run("mov esp, next+5\npush 7\nnext: mov eax, 1\nhlt");
    // PUSH wrote the four bytes after the opcode.
    expect(reg(EAX)).toBe(7);
  });

  it("when CMPXCHG8B does it", () => {
    run(
      "mov ebx, 0x070807b0\nmov ecx, 0xf4f4f4f4\nmov eax, [next]\nmov edx, [next+4]\ncmpxchg8b [next]\nnext: mov al, 1\nhlt\ntimes 8 nop",
    );
    expect(reg(EAX) & 0xff).toBe(7);
  });

  it("when it is a block of its own, reached by a jump", () => {
    const text = `
      mov ecx, 3
      again:
      call there
      inc byte [there+1]
      loop again
      hlt
      there: mov al, 10
      add ebx, eax
      ret`;
    run(text);
    expect(reg(EBX)).toBe(10 + 11 + 12);
  });

  it("when it is in the block that is chained after this one", () => {
    run("mov ecx, 5\nagain: inc byte [there+1]\njmp there\nthere: mov al, 0\nloop again\nhlt");
    expect(reg(EAX)).toBe(5);
  });

  it("when it is the target of a jump or call that the block goes on with, before or behind it", () => {
    run(
      "jmp start\nf: mov al, 1\nret\nstart: mov byte [f+1], 7\ncall f\nmov bl, al\nmov byte [g+1], 8\njmp g\nnop\ng: mov al, 2\nhlt",
    );
    expect([reg(EBX), reg(EAX)]).toEqual([7, 8]);
  });

  it("when the push of a call overwrites the function that it calls", () => {
    // The return address is written over the four bytes of the function's first instruction.
    run(
      "mov esp, f+6\nnop\ncall f\nback: hlt\nalign 16\nf: inc eax\ninc eax\ntimes 4 nop\nmov esp, 0x8000\njmp back",
    );
    // Those bytes, 0b 10 00 00, are OR EDX, [EAX] and ADD [EAX], AL, with EAX 2 by then.
    expect(bench.read32(CODE + 16 + 2)).toBe(CODE + 11);
    expect(bench.read8(2)).toBe(2);
  });

  it("when REP MOVS copies over it, also over the instruction after itself", () => {
    run(`mov esi, new\nmov edi, next\nmov ecx, 2\nrep movsb\nnext: mov al, 1\nhlt\nnew: mov al, 9`);
    expect(reg(EAX)).toBe(9);
  });

  it("when REP STOS overwrites the string instruction that runs: the rest is the new code", () => {
    // Stores INC EBX upwards: after two bytes before itself, the third replaces the REP prefix.
    const labels = program(
      `mov edi, string-2\nmov ecx, 8\nmov al, 0x43\nnop\nnop\nstring: rep stosb\ntimes 8 nop\nhlt`,
    );
    bench.go(100);
    const string = labels.get("string") as number;
    // Then INC EBX ran, and what was left of the string instruction, STOSB, stored over itself.
    expect(bench.bytes(string - 2, 5)).toEqual([0x43, 0x43, 0x43, 0x43, 0x90]);
    expect([reg(ECX), reg(EDI), reg(EBX)]).toEqual([5, string + 2, 1]);
  });

  it("when a device or a loader does it", () => {
    run("mov al, 1\nhlt");
    bench.memory.writeBytes(CODE + 1, Uint8Array.of(2));
    again();
    expect(reg(EAX)).toBe(2);
    bench.memory.write32(CODE >>> 12, 0, 0x00f4_03b0);
    again();
    expect(reg(EAX)).toBe(3);
  });

  it("when a device does it in the middle of the block, by an access that the block makes", () => {
    program("mov bl, 1\nout 0x80, al\nnext: mov al, 1\nhlt");
    bench.bus.portWrite = () => bench.memory.writeBytes(CODE + 5, Uint8Array.of(9));
    bench.go(10);
    expect(reg(EAX)).toBe(9);
  });

  it("when the page became code after the store's page was already in the TLB for writing", () => {
    run(`mov dword [${DATA}], 0\nhlt`);
    bench.load(DATA, [0xb0, 1, 0xc3]);
    run(`call ${DATA}\nmov byte [${DATA + 1}], 2\ncall ${DATA}\nhlt`);
    expect(reg(EAX)).toBe(2);
  });

  it("when user code writes it, and only the supervisor's TLB entry was there when it was decoded", () => {
    bench.load(DATA, assemble(`mov byte [${DATA + 11}], 7\nnop\nnop\nnop\nmov al, 1\nhlt`).bytes);
    expect(bench.bytes(DATA + 10, 2)).toEqual([0xb0, 1]);
    bench.setPrivilege(3);
    bench.cpu.r[EIP] = DATA;
    bench.step(5);
    expect(reg(EAX)).toBe(7);
  });
});

describe("a store into the instruction that runs", () => {
  it("changes its next execution, not this one", () => {
    // The immediate of the store is its own last byte.
    run("mov ecx, 2\nagain: mov byte [again+6], 9\nmov al, [again+6]\nloop again\nhlt");
    expect(reg(EAX)).toBe(9);
  });

  it("counts it, and goes on behind it", () => {
    program("store: mov byte [store], 0x90\ninc eax\nhlt");
    bench.cpu.run(2);
    expect([reg(EAX), bench.cpu.icount, reg(EIP)]).toEqual([1, 2, CODE + 8]);
  });
});

describe("an instruction in two pages", () => {
  const EDGE = DATA + 0x1000 - 2;
  // MOV EAX, imm32 with three bytes of the number in the second page, and HLT.
  const bytes = (value: number) => [0xb8, value & 0xff, value >>> 8, 0, 0, 0xf4];

  it("is seen to change when its second page is written", () => {
    bench.load(EDGE, bytes(0x101));
    again(EDGE);
    expect(reg(EAX)).toBe(0x101);
    run(`mov byte [${EDGE + 2}], 2\njmp ${EDGE}`);
    expect(reg(EAX)).toBe(0x201);
  });

  it("is seen to change when its first page is written, and when a store spans both", () => {
    bench.load(EDGE, bytes(0x101));
    again(EDGE);
    run(`mov byte [${EDGE + 1}], 2\njmp ${EDGE}`);
    expect(reg(EAX)).toBe(0x102);
    run(`mov word [${EDGE + 1}], 0x505\njmp ${EDGE}`);
    expect(reg(EAX)).toBe(0x505);
  });

  it("is seen to change when both pages are the same frame", () => {
    const { mmu, memory } = bench;
    // Every page of 0x40000 … 0x4ffff is the frame of DATA.
    mmu.translate = (gva, access) => {
      const address = gva >>> 0;
      const hpa = memory.hpa(address >>> 16 === 4 ? DATA + (address & 0xfff) : address);
      mmu.tlb.fill((access & 4) !== 0, address, hpa - (hpa % 4096), true, true, true);
      return hpa;
    };
    bench.load(DATA + 0xffe, [0xb8, 1]);
    bench.load(DATA, [1, 0, 0, 0xf4]);
    const start = 0x4_0ffe;
    again(start);
    expect(reg(EAX)).toBe(0x101);
    run(`mov byte [${start + 1}], 2\njmp ${start}`);
    expect(reg(EAX)).toBe(0x102);
    run(`mov byte [${start + 2}], 3\njmp ${start}`);
    expect(reg(EAX)).toBe(0x302);
  });
});

describe("one frame at two linear addresses", () => {
  it("is one piece of code: a store through either is seen through both", () => {
    const { mmu, memory } = bench;
    const alias = 0x4_0000;
    mmu.translate = (gva, access) => {
      const address = gva >>> 0;
      const hpa = memory.hpa(address >>> 12 === alias >>> 12 ? DATA + (address & 0xfff) : address);
      mmu.tlb.fill((access & 4) !== 0, address, hpa - (hpa % 4096), true, true, true);
      return hpa;
    };
    // Returns its own address in EBX.
    bench.load(DATA, assemble("mov al, 1\ncall $+5\npop ebx\nret").bytes);
    const text = (store: number) =>
      `call ${DATA}\nmov esi, ebx\nmov byte [${store + 1}], 2\ncall ${alias}\nmov ah, al\nmov byte [${store + 1}], 3\ncall ${DATA}\nhlt`;
    run(text(alias));
    expect([reg(EAX), reg(ESI), reg(EBX)]).toEqual([0x203, DATA + 7, DATA + 7]);
    run(text(DATA));
    expect(reg(EAX)).toBe(0x203);
  });
});

describe("data in a page with code", () => {
  it("may be stored as often as one likes: blocks stay, and so does what runs", () => {
    program(`mov ecx, 100\nagain: inc dword [${CODE + 0x800}]\nloop again\nhlt`);
    let dropped = 0;
    const written = bench.cpu.blocks.written.bind(bench.cpu.blocks);
    bench.cpu.blocks.written = (hpa, count) => {
      const any = written(hpa, count);
      if (any) dropped++;
      return any;
    };
    bench.go(1000);
    expect(bench.read32(CODE + 0x800)).toBe(100);
    expect(dropped).toBe(0);
    expect(decoded()).toBe(1);
  });

  it("right behind the code does not drop it either", () => {
    run("mov ecx, 5\nagain: inc dword [data]\nloop again\nhlt\ndata: dd 0");
    expect(bench.bytes(CODE + 14, 1)).toEqual([5]);
    expect(decoded()).toBe(1);
  });
});

describe("a page whose code was overwritten", () => {
  it("is data again after the next store, and code again when it is run", () => {
    bench.load(DATA, [0xb0, 1, 0xc3]);
    run(`call ${DATA}\nmov dword [${DATA}], 0\nmov dword [${DATA}], 0\nmov dword [${DATA}], 0\nhlt`);
    const frame = bench.memory.hpa(DATA) >>> 12;
    expect(bench.cpu.codeMap[frame]).toBe(0);
    bench.load(DATA, [0xb0, 4, 0xc3]);
    run(`call ${DATA}\nmov byte [${DATA + 1}], 5\ncall ${DATA}\nhlt`);
    expect(bench.cpu.codeMap[frame]).toBe(1);
    expect(reg(EAX)).toBe(5);
  });
});

describe("decoding", () => {
  it("forgets no translation: what the guest may see of the TLB does not depend on what was decoded", () => {
    const asked: number[] = [];
    const translate = bench.mmu.translate.bind(bench.mmu);
    bench.mmu.translate = (gva, access) => {
      asked.push((gva >>> 0) >>> 12);
      return translate(gva, access);
    };
    bench.load(DATA + 0x1000, [0xc3]);
    bench.load(DATA + 0x2000, [0xc3]);
    run(
      `mov eax, [${DATA}]\ncall ${DATA + 0x1000}\nmov eax, [${DATA}]\ncall ${DATA + 0x2000}\nmov eax, [${DATA}]\nhlt`,
    );
    expect(asked.filter((page) => page === DATA >>> 12)).toHaveLength(1);
    expect(asked.filter((page) => page === CODE >>> 12)).toHaveLength(1);
  });
});

describe("a mode", () => {
  it("has blocks of its own: the same bytes mean something else in 16-bit code", () => {
    bench.load(DATA, [0xb8, 1, 0, 0, 0, 0xf4, 0xf4]);
    again(DATA);
    expect(reg(EIP)).toBe(DATA + 6);
    bench.setSegment(1, 8, 0, -1, 0x809b);
    bench.cpu.r[EIP] = DATA;
    bench.step(2);
    // MOV AX, 1; ADD [BX+SI], AL.
    expect(reg(EIP)).toBe(DATA + 5);
  });

  it("comes and goes without losing blocks or keeping the wrong ones", () => {
    program(`mov eax, [fs:${DATA}]\nret`, DATA + 0x100);
    bench.write32(DATA, 1);
    bench.write32(DATA + 0x10, 2);
    for (let i = 0; i < 4; i++) {
      bench.setSegment(FS, KERNEL_DATA, 0, -1, ATTR_DATA32);
      run(`call ${DATA + 0x100}\nhlt`);
      expect(reg(EAX)).toBe(1);
      bench.setSegment(FS, KERNEL_DATA, 0x10, -1, ATTR_DATA32);
      run(`call ${DATA + 0x100}\nhlt`);
      expect(reg(EAX)).toBe(2);
    }
  });

  it("of the user runs the kernel's bytes as a user", () => {
    program("again: mov eax, cr0\njmp again");
    bench.step(10);
    bench.setPrivilege(3);
    bench.cpu.r[EIP] = CODE;
    bench.step(1);
    expect(reg(CPL)).toBe(0);
    expect(bench.takeFault()?.vector).toBe(13);
  });
});

describe("the cache", () => {
  const frames = 64;
  const make = () => {
    const codeMap = new Uint8Array(frames);
    return { codeMap, cache: new BlockCache(codeMap, { markCode: () => {} }) };
  };
  const block = (mode: number, hpa: number, bytes = 4, secondPage = -1) =>
    new Block(mode, hpa, 0, bytes, [], true, secondPage);

  it("finds each block that was added and not written, though their addresses and modes share places", () => {
    const { cache } = make();
    const blocks: Block[] = [];
    for (let frame = 0; frame < frames; frame++) {
      for (let at = 0; at < 4096; at += 512) {
        for (const mode of [1, 2, 9]) blocks.push(block(mode, frame * 4096 + at));
      }
    }
    for (const added of blocks) cache.add(added);
    for (const added of blocks) expect(cache.find(added.hpa, added.mode)).toBe(added);
    cache.written(3 * 4096 + 514, 1);
    for (const added of blocks) {
      const gone = added.hpa === 3 * 4096 + 512;
      expect(cache.find(added.hpa, added.mode)).toBe(gone ? cache.none : added);
    }
  });

  it("replaces a block by a new one for the same place and mode, and keeps nothing of the old one", () => {
    const { cache } = make();
    const old = block(1, 0xffe, 4, 5);
    cache.add(old);
    const other = block(1, 0xffe, 4, 6);
    cache.add(other);
    expect(cache.find(0xffe, 1)).toBe(other);
    expect(old.mode).not.toBe(1);
    expect(cache.written(5 * 4096, 1)).toBe(false);
    expect(cache.written(6 * 4096, 1)).toBe(true);
    expect(cache.find(0xffe, 1)).toBe(cache.none);
  });

  it("says whether a store hit anything, byte by byte", () => {
    for (let at = 90; at < 210; at++) {
      const { cache } = make();
      cache.add(block(1, 100, 100));
      expect([at, cache.written(at, 1)]).toEqual([at, at >= 100 && at < 200]);
      expect(cache.find(100, 1) === cache.none).toBe(at >= 100 && at < 200);
    }
  });

  it("drops both halves of a block in two pages", () => {
    for (const [hpa, hits] of [
      [0xffd, 0],
      [0xffe, 1],
      [0x5000, 1],
      [0x5001, 1],
      [0x5002, 0],
    ]) {
      const { cache } = make();
      const spanning = block(1, 0xffe, 4, 5);
      cache.add(spanning);
      expect(cache.written(hpa, 1)).toBe(hits === 1);
      expect(cache.find(0xffe, 1)).toBe(hits === 1 ? cache.none : spanning);
    }
  });

  it("tells the frames of its code, and forgets all at once", () => {
    const { codeMap, cache } = make();
    cache.add(block(1, 0x2ffe, 4, 7));
    expect([codeMap[2], codeMap[7], codeMap[3]]).toEqual([1, 1, 0]);
    cache.clear();
    expect(codeMap.some((byte) => byte !== 0)).toBe(false);
    expect(cache.find(0x2ffe, 1)).toBe(cache.none);
  });
});

describe("self-modifying code and exact counts", () => {
  it("a run cut anywhere sees the same stores at the same instruction", () => {
    const text = "mov ecx, 30\nagain: inc byte [value+1]\nvalue: mov al, 0\nadd ebx, eax\nloop again\nhlt";
    run(text);
    const whole = reg(EBX);
    expect(whole).toBe((30 * 31) / 2);
    bench = new Bench();
    program(text);
    for (let until = 1; bench.cpu.run(until) === RUN_DEADLINE; until++);
    expect(reg(EBX)).toBe(whole);
  });
});
