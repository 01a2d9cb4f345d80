import { describe, expect, it } from "vitest";
import { RNG_MOST_BYTES, VirtioRng } from "../../../src/devices/virtio/virtio-rng.ts";
import { virtioCard } from "../../../src/inspect/virtio-card.ts";
import { deviceContract } from "../contract.ts";
import { virtioSubject } from "./contract-subject.ts";
import { plug, type RigOptions, start } from "./driver.ts";

function rig(seed?: number, options: RigOptions = {}) {
  const parts = start(
    (wires) => new VirtioRng("virtio-rng0", seed === undefined ? wires : { ...wires, seed }),
    options,
  );
  const { queue, buffer, bytes, run } = parts;
  return {
    ...parts,
    draw: (length: number) => {
      const gpa = buffer(length);
      queue.add([{ gpa, length, write: true }]);
      run();
      const [used] = queue.collect();
      return bytes(gpa, used.length);
    },
  };
}

deviceContract("the virtio entropy device", () =>
  virtioSubject((wires) => new VirtioRng("virtio-rng0", wires)),
);

describe.each(["legacy", "modern"] as const)("an entropy device, %s", (kind) => {
  const rng = (seed?: number) => rig(seed, { interface: kind });

  it("fills a buffer, whatever its length", () => {
    const { draw } = rng();
    expect([1, 3, 64, 4096].map((length) => draw(length).length)).toEqual([1, 3, 64, 4096]);
  });

  it("gives at most 4096 bytes for a request: the driver sees how many", () => {
    expect(rng().draw(10_000)).toHaveLength(RNG_MOST_BYTES);
  });

  it("the same seed gives the same numbers, another one others; there is a seed to begin with", () => {
    const draws = [undefined, undefined, 1, 2].map((seed) => rng(seed).draw(64).join());
    expect(draws[0]).toBe(draws[1]);
    expect(new Set(draws).size).toBe(3);
  });

  it("the numbers go on after a driver's reset, and begin anew at power-on", () => {
    const first = rng();
    const [a, b] = [first.draw(64), first.draw(64)];
    expect(a).not.toEqual(b);
    const { device, registers, draw } = rng();
    draw(64);
    const before = device.save().generator;
    registers.setStatus(0);
    expect(device.save().generator).toBe(before);
    device.reset();
    expect(device.save().generator).toBe(rng().device.save().generator);
  });

  it("all bits are set about half of the time", () => {
    const bytes = rng(7).draw(4096);
    for (let bit = 0; bit < 8; bit++) {
      const ones = bytes.filter((byte) => (byte & (1 << bit)) !== 0).length;
      expect(ones).toBeGreaterThan(1900);
      expect(ones).toBeLessThan(2200);
    }
  });

  it("a buffer that it may not write comes back empty, and is a guest error", () => {
    const { queue, buffer, run, errors } = rng();
    queue.add([{ gpa: buffer(4), length: 4 }]);
    run();
    expect(queue.collect()).toEqual([{ head: 0, length: 0 }]);
    expect(errors).toHaveLength(1);
  });
});

describe("on the bus", () => {
  it("is a transitional entropy device", () => {
    const { pci } = rig();
    expect([pci.get(2, 2), pci.get(0x2e, 2), pci.get(0x0a, 2)]).toEqual([0x1005, 4, 0x00ff]);
  });

  it("its card before anyone has looked at it", () => {
    const { pci } = plug((wires) => new VirtioRng("virtio-rng0", wires));
    expect(virtioCard(pci, "")).toEqual({
      name: "virtio-rng0 entropy",
      where: "",
      irq: "INTA# idle",
      deadline: null,
      registers: [
        ["status", "00"],
        ["ISR", "00"],
        ["features", "0_00000000"],
        ["0 requests", "not set up"],
      ],
    });
  });
});
