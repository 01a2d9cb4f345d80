/** The kernel of docs/guests.md: what the page prints is assembled as the page says, and boots. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { screenLines, textScreen } from "../../src/devices/vga/text-screen.ts";
import { machineFor } from "../support/guest-machine.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/guests.md"), "utf8");
const source = /```asm\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
const tools = spawnSync("as", ["--version"]).status === 0 && spawnSync("ld", ["--version"]).status === 0;
if (!tools) process.stderr.write("the hello kernel is not built: there is no GNU as and ld here\n");

describe.skipIf(!tools)("the hello kernel of docs/guests.md", () => {
  it("is about thirty lines, greets on COM1 and on the screen, and switches off", () => {
    const folder = mkdtempSync(join(tmpdir(), "umbra-hello-"));
    const run = (program: string, ...args: string[]) => {
      const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
      expect([status, stderr]).toEqual([0, expect.not.stringContaining("rror")]);
    };
    try {
      writeFileSync(join(folder, "hello.s"), source);
      const [assemble, link] = /^as .*\nld .*$/m.exec(page)?.[0].split("\n") ?? [];
      run("as", ...(assemble ?? "").split(" ").slice(1));
      run("ld", ...(link ?? "").split(" ").slice(1));
      let sent = "";
      const machine = machineFor("hello.elf", readFileSync(join(folder, "hello.elf")), "", {
        console: (byte) => {
          sent += String.fromCharCode(byte);
        },
      });
      expect(machine.run(100_000)).toEqual({ reason: "power-off" });
      expect(sent).toBe("Hello from a kernel of thirty lines.\n");
      const screen = textScreen(machine.board.vga);
      expect(screen === null ? "" : screenLines(screen)[0]).toMatch(/^Hello from a kernel of thirty lines\./);
      expect(source.split("\n").length).toBeLessThan(36);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
