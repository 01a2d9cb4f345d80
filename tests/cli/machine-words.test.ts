/** A machine's command line, made again from its options. */
import { describe, expect, it } from "vitest";
import { machineWords } from "../../src/cli/machine-words.ts";

describe("the words that make a machine again", () => {
  it("are the image and the options that the guest depends on", () => {
    const options = {
      append: "workload=mix",
      mem: 128 << 20,
      policy: "modern",
      oos: false,
      shadowPages: 64,
    } as const;
    expect(machineWords("kmap", options)).toEqual([
      "kmap",
      "--append",
      "workload=mix",
      "--mem",
      "128M",
      "--policy",
      "modern",
      "--oos",
      "off",
      "--shadow-pages",
      "64",
    ]);
  });

  it("leave out what is about the run and its looks", () => {
    expect(machineWords("kmap", { ui: "dashboard", paused: true, timeout: 5, trace: "t.txt" })).toEqual([
      "kmap",
    ]);
  });

  it("write where a flat binary goes, and its mode if that was said", () => {
    expect(machineWords("a", { at: { gpa: 0x7c00, bits: null } })).toEqual(["a", "--at", "7c00"]);
    expect(machineWords("a", { at: { gpa: 0x8000, bits: 32 } })).toEqual(["a", "--at", "8000,32"]);
  });

  it("write a size that is no whole number of MiB in KiB", () => {
    expect(machineWords("a", { mem: (4 << 20) + 4096 })).toEqual(["a", "--mem", "4100K"]);
  });

  it("write the date in UTC, and that a reset is the end", () => {
    expect(machineWords("a", { date: 1_228_134_600, reboot: false })).toEqual([
      "a",
      "--date",
      "2008-12-01T12:30:00",
      "--no-reboot",
    ]);
    expect(machineWords("a", { reboot: true })).toEqual(["a"]);
  });

  it("write drives, each file with its option, and what has no value without one", () => {
    const options = { hda: "a.img", virtioDisk: ["b.img", "c.img"], writable: true, virtioRng: true };
    expect(machineWords("a", options).join(" ")).toBe(
      "a --hda a.img --virtio-disk b.img --virtio-disk c.img --writable --virtio-rng",
    );
  });
});
