/**
 * The command as a user meets it: exit statuses, streams, and one sentence for each mistake.
 */
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { asm } from "../support/asm.ts";
import { DEAF, print } from "../support/tiny-kernel.ts";
import {
  debugExit,
  folder,
  image,
  type Outcome,
  SPIN,
  shell,
  UMBRA_QUOTED,
  umbra,
  umbraDuring,
} from "./command.ts";

const IMAGES = resolve(import.meta.dirname, "../../guests/images");

describe("umbra run: how it ends", () => {
  it("a guest that writes V to the debug-exit port gives status (V << 1) | 1, as on QEMU", () => {
    expect(umbra("run", image("exit5.bin", debugExit(5))).status).toBe(11);
  });

  it("--success names the status that counts as 0", () => {
    const name = image("exit0.bin", debugExit(0));
    expect(umbra("run", name).status).toBe(1);
    expect(umbra("run", name, "--success", "1").status).toBe(0);
  });

  it("a halt that nothing can end gives status 0", () => {
    const { status, stderr } = umbra("run", image("halt.bin", "cli\nhlt"));
    expect(status).toBe(0);
    expect(stderr).toContain("halted, nothing left to wake it");
  });

  it("so does a halt with interrupts on that no device will end", () => {
    // The timer ticks, but nobody listens to it.
    const name = image("idle.bin", `${DEAF}sti\nsleep: hlt\njmp sleep`);
    const { status, stderr } = umbra("run", name);
    expect(status).toBe(0);
    expect(stderr).toContain("halted, nothing left to wake it");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends it with a summary and status %i", async (signal, expected) => {
    const name = image(`${signal}.bin`, `${print("up\n")}\n${SPIN}`);
    const { status, stdout, stderr } = await umbraDuring(["run", name], (child) => child.kill(signal));
    expect(status).toBe(expected);
    expect(stdout).toBe("up\n");
    expect(stderr).toMatch(new RegExp(`exit ${expected} \\(interrupted\\)`));
  });

  it("a triple fault gives status 3 and names the chain of exceptions", () => {
    const { status, stderr } = umbra("run", image("triple.bin", "lidt [empty]\nud2\nempty: dw 0\ndd 0"));
    expect(status).toBe(3);
    expect(stderr).toMatch(/#UD, then #DF, then #GP/);
    expect(stderr).not.toContain("    at ");
  });

  it("--max-icount stops after exactly that many instructions, with status 124", () => {
    const name = image("spin.bin", SPIN);
    const { status, stdout } = umbra("run", name, "--max-icount", "1234567", "--report", "json");
    expect(status).toBe(124);
    expect(JSON.parse(stdout)).toMatchObject({
      exit: { reason: "icount", status: 124 },
      instructions: 1234567,
    });
  });

  it("--timeout stops a guest that does not end, with status 124", () => {
    const { status, stderr } = umbra("run", image("spin2.bin", SPIN), "--timeout", "300ms");
    expect(status).toBe(124);
    expect(stderr).toContain("--timeout reached");
  });
});

const CHATTER = `again: ${print("all work and no play\n")}\njmp again`;

describe("umbra run: streams", () => {
  const hello = () => image("hello.bin", `${print("hello\n")}\n${debugExit(0)}`);

  it("the console is on stdout, the summary on stderr", () => {
    const { stdout, stderr } = umbra("run", hello());
    expect(stdout).toBe("hello\n");
    expect(stderr).toMatch(/^hello\.bin +exit 1 \(debug-exit\)/);
    for (const line of stderr.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("with --report json the document is on stdout and the console on stderr", () => {
    const { stdout, stderr } = umbra("run", hello(), "--report", "json");
    expect(stderr).toBe("hello\n");
    const report = JSON.parse(stdout);
    expect(report.policy).toMatchObject({ name: "oos+global", mmu: "shadow", oos: true, oosGlobal: true });
    expect(report.exit).toEqual({ reason: "debug-exit", status: 1, guestStatus: 1 });
    expect(report.counters.io_exits).toBe(7);
    expect(report.stateHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("--report none prints nothing but the console", () => {
    expect(umbra("run", hello(), "--report", "none")).toMatchObject({ stdout: "hello\n", stderr: "" });
  });

  it("a reader that goes away ends the run quietly", () => {
    const chatter = image("chatter.bin", CHATTER);
    const { stdout } = shell(`${UMBRA_QUOTED} run ${chatter} 2>err.txt | head -1; echo "\${PIPESTATUS[0]}"`);
    expect(stdout).toBe("all work and no play\n141\n");
    expect(readFileSync(join(folder, "err.txt"), "utf8")).toBe("");
  });

  it("a slow reader gets all of it", () => {
    const name = image("much.bin", CHATTER);
    const { stdout } = shell(`${UMBRA_QUOTED} run ${name} --max-icount 3M 2>err.txt | (sleep 0.5; wc -c)`);
    expect(Number(stdout)).toBe(1_431_818);
  });

  it("Ctrl-C and --timeout end a run whose reader has stopped reading", () => {
    const name = image("stalled.bin", CHATTER);
    const run = `${UMBRA_QUOTED} run ${name} --timeout 300ms 2>err.txt`;
    shell(`{ ${run}; echo $? >status.txt; } | { sleep 1.5; cp err.txt summary.txt; cat >/dev/null; }`);
    expect(readFileSync(join(folder, "summary.txt"), "utf8")).toContain("--timeout reached");
    expect(readFileSync(join(folder, "status.txt"), "utf8")).toBe("124\n");
  });

  it("a report that nobody reads is no defect either", () => {
    expect(shell(`${UMBRA_QUOTED} run ${hello()} --report json | true; exit \${PIPESTATUS[0]}`)).toEqual({
      status: 141,
      stdout: "",
      stderr: "hello\n",
    });
  });

  it("nobody on standard error does not change the run", () => {
    const { status, stdout } = shell(`${UMBRA_QUOTED} run ${hello()} --success 1 2> >(exec true)`);
    expect([status, stdout]).toEqual([0, "hello\n"]);
    const json = shell(
      `${UMBRA_QUOTED} run ${image("c.bin", CHATTER)} --max-icount 5M --report json 2> >(exec true)`,
    );
    expect(JSON.parse(json.stdout).exit).toMatchObject({ reason: "icount", status: 124 });
  });

  it.runIf(existsSync("/dev/full"))("a full disk behind standard output is told in one sentence", () => {
    for (const args of [`run ${hello()} --report none`, "guests", "--help"]) {
      expect(shell(`${UMBRA_QUOTED} ${args} >/dev/full`)).toEqual({
        status: 1,
        stdout: "",
        stderr: "umbra: standard output cannot be written (ENOSPC: no space left on device, write).\n",
      });
    }
  });

  it.runIf(existsSync("/dev/full"))("so is one behind a debug console, after what the guest printed", () => {
    const name = image("full.bin", `${print("first\n")}\nmov dx, 0x402\nout dx, al\n${debugExit(0)}`);
    expect(umbra("run", name, "--debugcon", "0x402=/dev/full")).toEqual({
      status: 1,
      stdout: "first\n",
      stderr: "umbra: /dev/full: the disk is full.\n",
    });
  });

  it("two debug consoles may share a file", () => {
    const send = (port: number, char: string) => `mov dx, ${port}\nmov al, '${char}'\nout dx, al`;
    const name = image("shared.bin", `${send(0x402, "a")}\n${send(0x403, "b")}\n${debugExit(0)}`);
    umbra("run", name, "--debugcon", "0x402=shared.txt", "--debugcon", "0x403=shared.txt");
    expect(readFileSync(join(folder, "shared.txt"), "utf8")).toBe("ab");
  });

  it("a run that cannot start leaves the files of debug consoles alone", () => {
    writeFileSync(join(folder, "kept.txt"), "precious");
    umbra("run", image("kept.bin", "hlt"), "--debugcon", "0x402=kept.txt", "--initrd", "missing.img");
    umbra("run", "kept.bin", "--debugcon", "0x402=kept.txt", "--debugcon", "0x3f8");
    expect(statSync(join(folder, "kept.txt")).size).toBe(8);
  });

  it("the summary keeps its columns whatever the image is called", () => {
    const names = ["name-of-eleven.bin", `${"long".repeat(20)}.bin`, "esc\x1b[31m.bin"];
    for (const name of names) {
      const { stderr } = umbra("run", image(name, debugExit(0)));
      expect(stderr).toMatch(/^[ -~]+ exit 1 \(debug-exit\) {3}2 instructions\n/);
      for (const line of stderr.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("--debugcon PORT=FILE collects a further debug console in a file", () => {
    const name = image("debugcon.bin", `mov dx, 0x402\nmov al, 'k'\nout dx, al\n${debugExit(0)}`);
    umbra("run", name, "--debugcon", "0x402=debug.txt");
    expect(readFileSync(join(folder, "debug.txt"), "utf8")).toBe("k");
  });

  it("a guest that only writes to its display has not said nothing: the summary says where to look", () => {
    const write = "mov dword [0xb8000], 0x07690748";
    const said = (text: string): string => umbra("run", image("vga.bin", `${text}\n${debugExit(0)}`)).stderr;
    expect(said(write)).toMatch(/^display +has text, and COM1 sent nothing: the dashboard shows it/m);
    expect(said(`${write}\n${print("spoken")}`)).not.toMatch(/^display/m);
    expect(said("")).not.toMatch(/^display/m);
  });

  it("--at ADDRESS loads a flat binary there and starts it, a boot sector for instance", () => {
    const sector = asm("mov al, 'b'\nout 0xe9, al\nmov al, 1\nout 0xf4, al\nhlt", {
      origin: 0x7c00,
      bits: 16,
    });
    writeFileSync(join(folder, "sector.bin"), sector);
    expect(umbra("run", "sector.bin", "--at", "7c00", "--report", "none")).toMatchObject({
      status: 3,
      stdout: "b",
    });
    const bad = (...options: string[]) => {
      const { status, stderr } = umbra("run", ...options);
      return [status, stderr.split("\n")[0]];
    };
    expect(bad("sector.bin", "--at", "here")[1]).toContain("Give an address in hexadecimal, such as 7c00");
    expect(bad("sector.bin", "--at", "f0000")).toEqual([
      2,
      expect.stringMatching(
        /^umbra: sector.bin: does not fit: \d+ bytes at 0x000f0000 reach into the video memory/,
      ),
    ]);
    expect(bad("--hda", "sector.bin", "--at", "7c00")).toEqual([
      2,
      expect.stringContaining("--at is where an image is loaded that is started without a BIOS"),
    ]);
  });

  it("--com2 FILE collects what the second serial port sends, - shows it on the console, nothing hides it", () => {
    const name = image("com2.bin", `mov dx, 0x2f8\nmov al, 's'\nout dx, al\n${debugExit(0)}`);
    const run = (...options: string[]) => umbra("run", name, "--report", "none", ...options).stdout;
    expect([run("--com2", "com2.txt"), readFileSync(join(folder, "com2.txt"), "utf8")]).toEqual(["", "s"]);
    expect([run("--com2", "-"), run(), run("--com3", "-")]).toEqual(["s", "", ""]);
  });

  it("the largest machine has a state hash, too", () => {
    const { status, stdout } = umbra("run", hello(), "--mem", "2G", "--report", "json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).stateHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("two runs of one image are the same run", () => {
    const runs = [1, 2].map(() => JSON.parse(umbra("run", hello(), "--report", "json").stdout));
    expect(runs[0].stateHash).toBe(runs[1].stateHash);
    expect(runs[0].instructions).toBe(runs[1].instructions);
  });
});

describe("umbra: mistakes get one sentence and status 2", () => {
  const sentence = (outcome: Outcome, text: RegExp): void => {
    expect(outcome.status).toBe(2);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(text);
    expect(outcome.stderr).not.toContain("    at ");
  };

  it("an image that does not exist", () => {
    sentence(umbra("run", "missing.elf"), /^umbra: missing\.elf: there is no such file/);
  });

  it("a device, whose bytes may never end, or that has none", () => {
    for (const device of ["/dev/zero", "/dev/null"]) {
      sentence(
        umbra("run", device),
        new RegExp(`^umbra: ${device}: it is a device; name a file, or a pipe\\.`),
      );
    }
    const name = image("with-module.bin", debugExit(0));
    sentence(umbra("run", name, "--initrd", "/dev/zero"), /^umbra: \/dev\/zero: it is a device/);
  });

  it("a file that is larger than any guest, at once", () => {
    const path = join(folder, "huge.bin");
    writeFileSync(path, "");
    // A hole: it takes no room on the disk.
    truncateSync(path, 3 * 2 ** 30);
    const started = performance.now();
    sentence(
      umbra("run", "huge.bin"),
      /^umbra: huge\.bin: it has 2 GiB or more, which no guest has room for\./,
    );
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("but not a pipe: another program may make the image", () => {
    const name = image("piped.bin", `${print("through a pipe")}\n${debugExit(0)}`);
    const { stdout, status } = shell(`${UMBRA_QUOTED} run <(cat ${name}) --report none`);
    expect([stdout, status]).toEqual(["through a pipe", 1]);
  });

  it("a folder instead of an image", () => {
    sentence(umbra("run", "."), /^umbra: \.: it is a folder/);
  });

  it("an ELF that was cut off", () => {
    writeFileSync(join(folder, "cut.elf"), readFileSync(join(IMAGES, "kmap.elf")).subarray(0, 5000));
    sentence(umbra("run", "cut.elf"), /^umbra: cut\.elf: .+\n$/);
  });

  it("a file that is no kernel", () => {
    writeFileSync(join(folder, "notes.txt"), "nothing to boot here\n".repeat(1000));
    sentence(umbra("run", "notes.txt"), /^umbra: notes\.txt: .+\n$/);
  });

  it("a module that does not exist", () => {
    const outcome = umbra("run", image("m.bin", "hlt"), "--initrd", "none.img");
    sentence(outcome, /^umbra: none\.img: there is no such file/);
    expect(outcome.stderr).not.toContain("built-in");
  });

  it.each(["", "m.bin,", " m.bin"])("--initrd '%s', which names nothing somewhere", (list) => {
    sentence(
      umbra("run", image("m.bin", "hlt"), "--initrd", list),
      /^umbra: --initrd '.*' has an empty name/,
    );
  });

  it("an empty name", () => {
    sentence(umbra("run", ""), /^umbra: the name of the image is empty\.\n$/);
  });

  it("a file beside a guest of its name is run as ./NAME", () => {
    writeFileSync(join(folder, "kmap"), "not a kernel");
    sentence(umbra("run", "./kmap"), /^umbra: \.\/kmap: /);
    expect(umbra("run", "kmap", "--max-icount", "1").stderr).toContain("--max-icount reached");
  });

  it("an option before the command", () => {
    sentence(
      umbra("--mem", "5M", "run", "m.bin"),
      /^umbra: unknown option '--mem'\n.*options come after the command/,
    );
  });

  it("an unknown option, with the nearest one", () => {
    sentence(
      umbra("run", "x", "--max-icout", "5"),
      /unknown option '--max-icout'\n\(Did you mean --max-icount\?\)/,
    );
  });

  it.each([
    ["--mem", "5Q"],
    ["--mem", "4G"],
    ["--mem", "1025K"],
    ["--mem", ""],
    ["--oos", "maybe"],
    ["--mmu", "ept"],
    ["--max-icount", "-1"],
    ["--timeout", "soon"],
    ["--debugcon", "70000"],
    ["--success", "256"],
    ["--shadow-pages", "63"],
    ["--report", "xml"],
  ])("%s %s", (option, value) => {
    sentence(
      umbra("run", "x", option, value),
      new RegExp(`option '${option} .*argument '${value}' is invalid`),
    );
  });

  it("two devices at one port", () => {
    sentence(umbra("run", image("p.bin", "hlt"), "--debugcon", "0x3f8"), /port 0x03f8/);
  });

  it("no command, or an unknown one", () => {
    expect(umbra("boot").status).toBe(2);
    expect(umbra("boot").stderr).toContain("unknown command 'boot'");
  });
});

describe("umbra: asking for help", () => {
  it("--help names the commands and starts without the machine", () => {
    const { status, stdout } = umbra("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("run [options] [image]");
  });

  it("-h does the same, for each command", () => {
    for (const args of [
      ["-h"],
      ["run", "-h"],
      ["check", "-h"],
      ["compare", "-h"],
      ["exec", "-h"],
      ["guests", "-h"],
    ]) {
      const { status, stdout } = umbra(...args);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^Usage: umbra/);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("--version prints the version of the package", () => {
    const { version } = JSON.parse(readFileSync(resolve(IMAGES, "../../package.json"), "utf8"));
    expect(umbra("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("guests lists every guest of the catalogue, each with an image", () => {
    const { stdout } = umbra("guests");
    const guests = JSON.parse(readFileSync(resolve(IMAGES, "../guests.json"), "utf8"));
    for (const { name, image: path } of guests) {
      expect(stdout).toContain(name);
      expect(existsSync(resolve(IMAGES, "..", path))).toBe(true);
    }
  });
});
