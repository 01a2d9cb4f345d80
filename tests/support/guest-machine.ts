/** A built-in guest, loaded and ready to run. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine, type MachineOptions } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";

export interface GuestMachineOptions extends Partial<MachineOptions> {
  readonly append?: string;
}

const IMAGES = resolve(import.meta.dirname, "../../guests/images");

/** @param name such as "kmap", an image in guests/images */
export function guestMachine(name: string, { append = "", ...options }: GuestMachineOptions = {}): Machine {
  return machineFor(name, readFileSync(resolve(IMAGES, `${name}.elf`)), append, options);
}

/** The same with any multiboot image. */
export function machineFor(
  name: string,
  bytes: Uint8Array,
  append = "",
  options: Partial<MachineOptions> = {},
): Machine {
  const ramBytes = options.ramBytes ?? 64 << 20;
  const machine = new Machine({
    mmu: "shadow",
    policy: defaultPolicy,
    console: () => {},
    ...options,
    ramBytes,
  });
  machine.load(
    loadMultiboot(
      { name, bytes },
      { memBytes: ramBytes, commandLine: append, modules: [], bootLoaderName: "test" },
    ),
  );
  return machine;
}
