/** Read-only memory, as a ROM is: instructions read it like any other; their stores go to the bus. */
import { describe, expect, it } from "vitest";
import { EAX, EBX, ECX } from "../../src/cpu/state.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const ROM = 0x40_0000;

/** Runs `text` with a page of ROM at 4 MiB whose first word is 41. */
function run(mmu: "bare" | "shadow", text: string): Machine {
  const machine = new Machine({
    ramBytes: 4 << 20,
    mmu,
    policy: defaultPolicy,
    console: () => {},
  });
  const { memory, shadow } = machine;
  memory.write32(0x300, 0, 41);
  const slot = { id: 7, baseGfn: ROM >>> 12, npages: 1, basePfn: memory.pfn(0x300), readOnly: true };
  if (shadow === null) memory.addSlot(slot);
  else shadow.addSlot(slot);
  machine.load(
    loadMultiboot(
      { name: "test", bytes: tinyKernel(`${text}\ncli\nhlt`) },
      { memBytes: 4 << 20, commandLine: "", modules: [], bootLoaderName: "test" },
    ),
  );
  expect(machine.run(10_000).reason).toBe("halted");
  return machine;
}

describe.each(["bare", "shadow"] as const)("%s", (mmu) => {
  it("a load finds the contents, a store is lost", () => {
    const { cpu, guestErrors } = run(
      mmu,
      `mov eax, [${ROM}]\nmov dword [${ROM}], 5\nmov ebx, [${ROM}]\nmov dword [${ROM}], 6`,
    );
    expect([cpu.r[EAX], cpu.r[EBX], guestErrors]).toEqual([41, 41, 2]);
  });

  it("an instruction that reads and writes sees the contents, and its flags and result follow from them", () => {
    const { cpu, guestErrors } = run(
      mmu,
      `mov ecx, 1\nxadd [${ROM}], ecx\nadd dword [${ROM}], 1\nmov eax, [${ROM}]\nlock inc word [${ROM + 1}]`,
    );
    expect([cpu.r[ECX], cpu.r[EAX], guestErrors]).toEqual([41, 41, 3]);
  });

  it("a store that reaches from RAM into it writes only the RAM", () => {
    const machine = run(mmu, `mov eax, [${ROM}]\nmov dword [${ROM - 2}], 0x11223344\nmov bx, [${ROM - 2}]`);
    expect(machine.cpu.r[EBX] & 0xffff).toBe(0x3344);
    expect(machine.memory.read32(0x300, 0)).toBe(41);
  });

  it("instructions can be executed there", () => {
    // MOV EAX, 7; RET
    const { cpu } = run(
      mmu,
      `mov esp, 0x80000\nmov dword [0x300004], 0x000007b8\nmov word [0x300008], 0xc300\ncall ${ROM + 4}`,
    );
    expect(cpu.r[EAX]).toBe(7);
  });
});
