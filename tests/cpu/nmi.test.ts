/** Non-maskable interrupts. SDM: volume 3, 6.7 "Nonmaskable interrupt (NMI)". */
import { beforeEach, expect, it } from "vitest";
import { RUN_HALTED } from "../../src/cpu/cpu.ts";
import { EFLAGS_IF } from "../../src/cpu/eflags.ts";
import { EAX, EIP, ESP, VEC_NMI } from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import { Bench, CODE, IDT, KERNEL_CODE, STACK_TOP } from "../support/cpu.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

/** A program, and a handler for vector 2 behind the label `nmi`. */
function load(text: string): ReadonlyMap<string, number> {
  const { bytes, labels } = assemble(text, { origin: CODE });
  bench.load(CODE, bytes);
  const handler = labels.get("nmi") ?? 0;
  bench.write32(IDT + VEC_NMI * 8, (KERNEL_CODE << 16) | (handler & 0xffff));
  bench.write32(IDT + VEC_NMI * 8 + 4, 0x8e00);
  bench.cpu.r[EIP] = CODE;
  return labels;
}

it("is taken with IF clear, between two instructions", () => {
  load("inc eax\ninc eax\nhlt\nnmi: hlt");
  expect(bench.flags & EFLAGS_IF).toBe(0);
  bench.step(1);
  bench.cpu.signalNmi();
  bench.step(10);
  expect([bench.cpu.r[EAX], bench.cpu.r[ESP], bench.read32(STACK_TOP - 12)]).toEqual([
    1,
    STACK_TOP - 12,
    CODE + 1,
  ]);
});

it("wakes a halted processor", () => {
  const labels = load("hlt\nback: hlt\nnmi: inc eax\niret");
  expect(bench.step(10)).toBe(RUN_HALTED);
  bench.cpu.signalNmi();
  expect(bench.step(10)).toBe(RUN_HALTED);
  expect([bench.cpu.r[EAX], bench.cpu.r[EIP]]).toEqual([1, (labels.get("back") ?? 0) + 1]);
});

it("waits until the IRET of the one before, and no more than one waits", () => {
  load("nop\nnop\nhlt\nnmi: inc eax\nnop\nnop\niret");
  bench.cpu.signalNmi();
  bench.step(2);
  expect(bench.cpu.r[EAX]).toBe(1);
  bench.cpu.signalNmi();
  bench.cpu.signalNmi();
  bench.step(2);
  expect(bench.cpu.r[EAX]).toBe(1);
  bench.step(30);
  expect(bench.cpu.r[EAX]).toBe(2);
});

it("is not taken between MOV SS and the next instruction", () => {
  const labels = load("mov cx, ss\nmov ss, cx\nafter: inc eax\nhlt\nnmi: hlt");
  bench.step(2);
  bench.cpu.signalNmi();
  bench.step(20);
  expect(bench.cpu.r[EAX]).toBe(1);
  expect(bench.read32(STACK_TOP - 12)).toBe((labels.get("after") ?? 0) + 1);
});
