/** A machine that takes a snapshot goes on exactly as the one it was made of. */
import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../../src/devices/disk.ts";
import { OverlayDisk } from "../../src/devices/overlay-disk.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import { restoreSnapshot, takeSnapshot } from "../../src/machine/snapshot.ts";
import { guestMachine } from "../support/guest-machine.ts";

describe.each(["bare", "shadow"] as const)("%s", (mmu) => {
  it.each([1_000, 1_234_567, 5_000_001])("kmap after %d instructions", (at) => {
    const first = guestMachine("kmap", { mmu, append: "workload=mix rounds=1" });
    first.run(at);
    const snapshot = structuredClone(takeSnapshot(first));
    const second = guestMachine("kmap", { mmu, append: "workload=mix rounds=1" });
    // It may have been anywhere before.
    second.run(at * 2 + 77);
    restoreSnapshot(second, snapshot);
    expect(stateHash(second)).toBe(stateHash(first));
    for (const more of [1, 997, 300_000, 2_000_000]) {
      expect(second.run(second.icount + more)).toEqual(first.run(first.icount + more));
      expect(second.icount).toBe(first.icount);
      expect(stateHash(second)).toBe(stateHash(first));
    }
  });
});

it("a machine with other memory refuses it", () => {
  const snapshot = takeSnapshot(guestMachine("b1", { ramBytes: 4 << 20 }));
  expect(() => restoreSnapshot(guestMachine("b1", { ramBytes: 8 << 20 }), snapshot)).toThrow(RangeError);
});

it("what was written over a disk is in it, and is there again for whoever takes it back", () => {
  const disk = new OverlayDisk(new MemoryDisk("d", new Uint8Array(64 * 512).fill(7), true));
  const sector = (value: number) => new Uint8Array(512).fill(value);
  const machine = guestMachine("b1", {
    ramBytes: 4 << 20,
    drives: [{ kind: "disk", disk }, null, null, null],
  });
  disk.write(3, sector(1));
  const snapshot = structuredClone(takeSnapshot(machine));
  disk.write(3, sector(2));
  disk.write(4, sector(2));
  restoreSnapshot(machine, snapshot);
  const read = new Uint8Array(2 * 512);
  disk.read(3, read);
  expect([read[0], read[512], disk.changed]).toEqual([1, 7, 1]);
});
