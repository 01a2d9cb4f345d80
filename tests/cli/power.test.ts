/** What a guest's own power button, reset button and clock do to `umbra run`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder, image, umbra } from "./command.ts";

const POWER_OFF = "mov dx, 0x604\nmov ax, 0x2000\nout dx, ax\njmp $";
const RESET = "mov dx, 0xcf9\nmov al, 6\nout dx, al\njmp $";
/** Ends with the two digits of the year as the clock has them. */
const YEAR = "mov al, 9\nout 0x70, al\nin al, 0x71\nmov dx, 0xe9\nout dx, al\ncli\nhlt";

describe("the end", () => {
  it("a guest that switches itself off ends with status 0, and the summary says so", () => {
    const { status, stderr } = umbra("run", image("off.bin", POWER_OFF), "--ui", "none");
    expect([status, /exit 0 \(powered off\)/.test(stderr)]).toEqual([0, true]);
  });

  it("a reset starts it again; with --no-reboot it is the end, with status 0", () => {
    const name = image("reset.bin", RESET);
    expect(umbra("run", name, "--ui", "none", "--max-icount", "10k").status).toBe(124);
    const { status, stderr } = umbra("run", name, "--ui", "none", "--no-reboot");
    expect([status, /reset by the guest/.test(stderr)]).toEqual([0, true]);
  });
});

describe("--date", () => {
  const year = (...options: string[]) =>
    umbra("run", image("year.bin", YEAR), "--ui", "none", "--report", "none", ...options).stdout;

  it("is 2008-12-01 if nobody says anything, so that every run is the same", () => {
    expect(year()).toBe("\u0008");
  });

  it("is what was asked for, or now", () => {
    expect(year("--date", "2031-05-06")).toBe("1");
    const now = new Date().getUTCFullYear() % 100;
    expect(year("--date", "now").charCodeAt(0)).toBe(Math.floor(now / 10) * 16 + (now % 10));
  });

  it.each(["tomorrow", "2008-13-01", "1969-01-01", "2008-1-1"])("%s is refused with a sentence", (when) => {
    const { status, stderr } = umbra("run", image("year.bin", YEAR), "--date", when);
    expect(status).toBe(2);
    expect(stderr).toContain("Say now, or a date from 1970 on such as 2008-12-01");
  });
});

describe("--initrd of a Linux kernel", () => {
  it("that is not there is named", () => {
    const kernel = new Uint8Array(0x2000);
    const view = new DataView(kernel.buffer);
    view.setUint16(0x1fe, 0xaa55, true);
    view.setUint32(0x202, 0x5372_6448, true);
    view.setUint16(0x206, 0x20f, true);
    kernel[0x211] = 1;
    writeFileSync(join(folder, "vmlinuz"), kernel);
    const { status, stderr } = umbra("run", "vmlinuz", "--initrd", "nothing.gz");
    expect([status, stderr.split("\n")[0]]).toEqual([
      2,
      "umbra: nothing.gz: there is no such file; --initrd takes the initial RAM disk of the kernel.",
    ]);
  });
});
