/** The fault card: how a machine ended, from what is known, without guesses. */
import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/dashboard/model.ts";
import { errorCodeText } from "../../../src/dashboard/overlays/error-code.ts";
import { faultBox } from "../../../src/dashboard/overlays/fault-card.ts";
import { lineWidth } from "../../../src/dashboard/text/line.ts";
import type { Stop } from "../../../src/debug/stop.ts";
import type { CpuView } from "../../../src/inspect/cpu-view.ts";
import type { MachineStatus } from "../../../src/inspect/machine-status.ts";
import { model } from "../screens/event-views.ts";
import { snapshot, texts } from "../screens/mmu-views.ts";

const cpu = (over: Partial<CpuView> = {}): CpuView => ({
  general: [],
  eip: 0xc010_0a3f,
  eflags: 2,
  flags: [],
  cpl: 0,
  control: [
    ["cr0", 0x8001_0011, ["PE", "WP", "PG"]],
    ["cr2", 0xc040_0000, []],
  ],
  segments: [],
  gdtr: [0, 0],
  idtr: [0x10_2000, 0x3f],
  code: [],
  stack: [],
  halted: false,
  interruptPending: false,
  inhibited: false,
  tlb: { supervisor: 0, user: 0 },
  ...over,
});

const CHAIN = "#PF, then #DF, then #GP, at eip c0100a3f, cr2 c0400000";
const ended = (reason: Extract<Stop, { kind: "ended" }>["reason"], detail: string): Stop => ({
  kind: "ended",
  reason,
  detail,
  status: reason === "debug-exit" ? 3 : null,
  failed: reason !== "halted",
});

function stopped(stop: Stop, status: Partial<MachineStatus> = {}, view: CpuView | null = cpu()): Model {
  const base = snapshot({ cpu: view });
  return model({ stop, snapshot: { ...base, status: { ...base.status, icount: 48_211, ...status } } });
}
const tripleFault = (
  chain = CHAIN,
  view: CpuView | null = cpu(),
  status: Partial<MachineStatus> = {},
): Model =>
  stopped(
    ended("triple-fault", `triple fault: ${chain}`),
    { faultChain: chain, eip: 0xc010_0a3f, ...status },
    view,
  );
const text = (of: Model, width = 80): string => texts(faultBox(of, width).lines).join("\n");

describe("a triple fault", () => {
  it("is named with its moment", () => {
    expect(faultBox(tripleFault(), 80).title).toBe("triple fault at icount 48 211");
  });

  it("is a chain of three, each with its meaning", () => {
    const lines = text(tripleFault()).split("\n");
    const steps = lines.filter((one) => /^\d {2}/.test(one));
    expect(steps[0]).toBe("1  #PF: page fault, cr2 c0400000, eip c0100a3f");
    expect(steps[1]).toBe("2  #DF: double fault");
    expect(steps[2]).toBe("3  #GP: general protection");
    expect(text(tripleFault())).toContain("Delivering it raised #GP.");
    expect(text(tripleFault())).toContain("the processor shuts down");
  });

  it("has the error code of each fault that has one, in words", () => {
    const coded = tripleFault(CHAIN, cpu(), { faultErrors: [2, 0, 0x6a] });
    const lines = text(coded).split("\n");
    const below = (start: string): string => lines[lines.findIndex((one) => one.startsWith(start)) + 1];
    expect(below("1  #PF")).toBe("   error code 0002: supervisor write, not present");
    expect(below("2  #DF")).toBe("   error code 0000");
    expect(below("3  #GP")).toBe("   error code 006a: gate of vector 13 in the IDT");
    expect(
      text(tripleFault("#UD, then #DF, then #GP, at eip 0", cpu(), { faultErrors: [-1, 0, 0] })),
    ).toMatch(/1 {2}#UD[^\n]*\n {3}It could/);
  });

  it.each([
    ["#PF", 0x17, "0017: user fetch, not allowed there"],
    ["#PF", 0xd, "000d: user read, a reserved bit is set"],
    ["#GP", 0x0b, "000b: gate of vector 1 in the IDT, while delivering an event"],
    ["#NP", 0x1c, "001c: selector 001c in the LDT"],
    ["#SS", 0x23, "0023: gate of vector 4 in the IDT, while delivering an event"],
    ["#TS", 0x28, "0028: selector 0028 in the GDT"],
    ["#AC", 0, "0000"],
  ])("%s with %i is error code %s", (name, code, expected) => {
    expect(errorCodeText(name, code)).toBe(`error code ${expected}`);
  });

  it("says which vectors have no gate, counted from the limit of the IDT", () => {
    const drawn = text(tripleFault());
    expect(drawn).toContain("idtr 00102000, limit 003f: room for vectors 0-7");
    expect(drawn).toContain("#PF is vector 14: beyond the limit");
    expect(drawn).toContain("#DF is vector 8: beyond the limit");
  });

  it("does not blame the IDT where it has room, but says where the gate is", () => {
    const drawn = text(tripleFault(CHAIN, cpu({ idtr: [0x10_2000, 0x7ff] })));
    expect(drawn).not.toContain("beyond");
    expect(drawn).toContain("#PF is vector 14: `:x/2xw 0x00102070` shows its gate");
  });

  it("knows that gates have four bytes in real-address mode, and that an IDT may be empty", () => {
    const real = cpu({ control: [["cr0", 0x10, ["ET"]]], idtr: [0, 0x3f] });
    expect(text(tripleFault(CHAIN, real))).toContain("room for vectors 0-15");
    expect(text(tripleFault(CHAIN, cpu({ idtr: [0, 0] })))).toContain("room for no vector");
  });

  it("takes faults without a letter name, and says nothing of cr2 where no page fault began it", () => {
    const drawn = text(tripleFault("vector 32, then #DF, then #NP, at eip 00000000, cr2 00000000"));
    expect(drawn).toContain("1  vector 32: interrupt, eip c0100a3f");
    expect(drawn).not.toContain("cr2");
    expect(drawn).toContain("vector 32: beyond");
  });

  it("says what it can before the processor has been asked about", () => {
    const drawn = text(tripleFault(CHAIN, null));
    expect(drawn).toContain("#PF: page fault, eip c0100a3f");
    expect(drawn).not.toContain("idtr");
  });

  it("names what may have led to it: guest errors", () => {
    expect(text(tripleFault())).not.toContain("guest errors");
    const drawn = text(tripleFault(CHAIN, cpu(), { guestErrors: 1234 }));
    expect(drawn).toContain("1 234 guest errors");
  });
});

describe("other ends", () => {
  it("are told as they were, with their moment", () => {
    const of = stopped(ended("debug-exit", "the guest ended itself with status 3"));
    expect(faultBox(of, 80).title).toBe("the end at icount 48 211");
    expect(text(of)).toMatch(/^The guest ended itself with status 3\.\n/);
    expect(text(stopped(ended("stopped", "the audit failed: spte 3 is wrong")))).toContain(
      "The audit failed: spte 3 is wrong.",
    );
  });

  it("of a halted guest say whether an interrupt could have come", () => {
    const halted = ended("halted", "the guest halted, and nothing is left that could wake it");
    expect(text(stopped(halted))).toContain("IF is clear: no interrupt can wake the processor.");
    expect(text(stopped(halted, {}, cpu({ flags: ["IF"] })))).toContain("IF is set");
  });

  it("are not claimed while the machine is alive, or before it was asked", () => {
    expect(text(stopped({ kind: "paused" }))).toContain("The machine has not ended.");
    expect(text(model({ snapshot: null }))).toContain("The machine has not ended.");
  });

  it("say which keys show more", () => {
    expect(text(stopped({ kind: "paused" }))).toMatch(/7 shows the processor, 4 what\scame before/);
  });
});

describe("the box", () => {
  it.each([40, 60, 80, 120])("fits %i columns, whatever texts it is given", (columns) => {
    const long = stopped(ended("stopped", `audit \u001b[2J${"word ".repeat(100)}`));
    for (const of of [long, tripleFault(), tripleFault("x".repeat(200))]) {
      const { lines } = faultBox(of, columns);
      for (const one of lines) expect(lineWidth(one)).toBeLessThanOrEqual(columns - 2);
      expect(texts(lines).join("")).not.toMatch(/\p{Cc}/u);
    }
  });
});
