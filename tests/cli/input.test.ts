/**
 * `--ui console`: what comes in on standard input reaches the guest's serial port, whole and in order.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { DEAF, print } from "../support/tiny-kernel.ts";
import {
  debugExit,
  during,
  folder,
  image,
  shell,
  UMBRA_QUOTED,
  umbraDuring,
  umbraReading,
} from "./command.ts";

const END = "\x04";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789\n";

const outb = (port: number, value: number): string => `mov dx, ${port}\nmov al, ${value}\nout dx, al`;

/** Sends back what it receives, up to a Ctrl-D. Polls. */
const ECHO = `
  again: mov dx, 0x3fd
  in al, dx
  test al, 1
  jz again
  mov dx, 0x3f8
  in al, dx
  cmp al, 4
  je quit
  out dx, al
  jmp again
  quit: ${debugExit(0)}`;

/** Sends back what it receives, up to a Ctrl-D. Sleeps between interrupts of the serial port. */
const ECHO_BY_INTERRUPT = `
  mov esp, 0x180000
  lgdt [gdtr]
  mov dword [0x200120], 0x00080000 + handler - 0x100000
  mov dword [0x200124], 0x00108e00
  lidt [idtr]
  ${outb(0x20, 0x11)}
  ${outb(0x21, 0x20)}
  ${outb(0x21, 4)}
  ${outb(0x21, 1)}
  ${outb(0x21, 0xef)}
  ${outb(0x3fa, 0xc7)}
  ${outb(0x3fc, 0x0b)}
  ${outb(0x3f9, 1)}
  sti
  sleep: hlt
  jmp sleep
  handler: mov dx, 0x3fd
  in al, dx
  test al, 1
  jz done
  mov dx, 0x3f8
  in al, dx
  cmp al, 4
  je quit
  out dx, al
  jmp handler
  done: ${outb(0x20, 0x20)}
  iretd
  quit: ${debugExit(0)}
  gdtr: dw 23
  dd gdt
  idtr: dw 0x7ff
  dd 0x200000
  gdt: dd 0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300`;

/** A driver that takes its time and then empties the FIFO. */
const LATE_SETUP = `mov ecx, 1000000\nwait: dec ecx\njnz wait\n${outb(0x3fa, 0x07)}\n${outb(0x3fc, 0x0b)}`;

describe("umbra run --ui console", () => {
  const consoleOf = (input: string, name: string): string =>
    umbraReading(input, "run", name, "--ui", "console", "--report", "none").stdout;

  it("a guest that polls gets every character", () => {
    expect(consoleOf(ALPHABET + END, image("echo.bin", ECHO))).toBe(ALPHABET);
  });

  it("a guest that sleeps until an interrupt gets every character", () => {
    expect(consoleOf(ALPHABET + END, image("irq.bin", ECHO_BY_INTERRUPT))).toBe(ALPHABET);
  });

  it("characters wait until the guest has set up its serial port", () => {
    expect(consoleOf(ALPHABET + END, image("late.bin", LATE_SETUP + ECHO))).toBe(ALPHABET);
  });

  it("a long input arrives whole, and not one FIFO for each turn of the event loop", () => {
    const text = ALPHABET.repeat(5000);
    expect(consoleOf(text + END, image("long.bin", LATE_SETUP + ECHO)) === text).toBe(true);
  });

  it("at the end of input a guest that sleeps has nothing left to wake it", () => {
    const outcome = umbraReading(ALPHABET, "run", image("end.bin", ECHO_BY_INTERRUPT), "--ui", "console");
    expect(outcome).toMatchObject({ status: 0, stdout: ALPHABET });
    expect(outcome.stderr).toContain("halted, nothing left to wake it");
  });

  it("no input at all, or one that cannot be read, is the end of input", () => {
    const name = image("none.bin", ECHO_BY_INTERRUPT);
    for (const redirection of ["<&-", "</dev/null", "<."]) {
      expect(
        shell(`${UMBRA_QUOTED} run ${name} --ui console --report none ${redirection}`),
        redirection,
      ).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });

  it("input that nobody reads does not keep the command from ending", () => {
    const name = image("deaf.bin", debugExit(0));
    expect(shell(`yes | ${UMBRA_QUOTED} run ${name} --ui console --report none`).status).toBe(1);
  });

  it("SIGTERM ends a run that waits for a key, with status 143", async () => {
    const name = image("asleep.bin", `${print("ready\n")}\n${DEAF}sti\nsleep: hlt\njmp sleep`);
    const { status } = await umbraDuring(["run", name, "--ui", "console"], (child) => {
      setTimeout(() => child.kill("SIGTERM"), 300);
    });
    expect(status).toBe(143);
  });

  const hasScript = spawnSync("script", ["--version"]).status === 0;
  it.runIf(hasScript)(
    "on a terminal keys go raw to the guest, ^] ends, and the terminal is as before",
    async () => {
      const name = image("tty.bin", ECHO);
      const command = `cd '${folder}' && ${UMBRA_QUOTED} run ${name} --ui console; echo "status $?"; stty -a`;
      const { stdout } = await during("script", ["-qec", command, "/dev/null"], (child) => {
        setTimeout(() => child.stdin?.write("x\x03y"), 300);
        setTimeout(() => child.stdin?.write("\x1d"), 700);
      });
      expect(stdout).toContain("x\x03y");
      expect(stdout).toContain("(interrupted)");
      expect(stdout).toContain("status 130");
      expect(stdout).toMatch(/[^-]icanon/);
      expect(stdout).toMatch(/[^-]echo\b/);
    },
  );
});
