/**
 * The command as a user meets it: exit statuses, streams, and one sentence for each mistake.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { print, tinyKernel } from "../support/tiny-kernel.ts";

const UMBRA = resolve(import.meta.dirname, "../../bin/umbra.js");
const IMAGES = resolve(import.meta.dirname, "../../guests/images");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "umbra cli "));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function umbra(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [UMBRA, ...args], {
    encoding: "utf8",
    cwd: folder,
  });
  return { status, stdout, stderr };
}

function image(name: string, text: string): string {
  writeFileSync(join(folder, name), tinyKernel(text));
  return name;
}

const debugExit = (value: number): string => `mov al, ${value}\nout 0xf4, al`;
const SPIN = "spin: jmp spin";

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
    expect(report.policy).toEqual({ mmu: "shadow", oos: true, oosGlobal: true });
    expect(report.exit).toEqual({ reason: "debug-exit", status: 1, guestStatus: 1 });
    expect(report.counters.io_exits).toBe(7);
    expect(report.stateHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("--report none prints nothing but the console", () => {
    expect(umbra("run", hello(), "--report", "none")).toMatchObject({ stdout: "hello\n", stderr: "" });
  });

  it("a reader that goes away ends the run quietly", () => {
    const chatter = image("chatter.bin", `again: ${print("all work and no play\n")}\njmp again`);
    const command = `"${process.execPath}" "${UMBRA}" run ${chatter} 2>err.txt | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout } = spawnSync("bash", ["-c", command], { encoding: "utf8", cwd: folder, timeout: 20_000 });
    expect(stdout).toBe("all work and no play\n141\n");
    expect(readFileSync(join(folder, "err.txt"), "utf8")).toBe("");
  });

  it("--debugcon PORT=FILE collects a further debug console in a file", () => {
    const name = image("debugcon.bin", `mov dx, 0x402\nmov al, 'k'\nout dx, al\n${debugExit(0)}`);
    umbra("run", name, "--debugcon", "0x402=debug.txt");
    expect(readFileSync(join(folder, "debug.txt"), "utf8")).toBe("k");
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
    sentence(umbra("run", image("m.bin", "hlt"), "--initrd", "none.img"), /^umbra: none\.img: /);
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
    expect(stdout).toContain("run [options] <image>");
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
