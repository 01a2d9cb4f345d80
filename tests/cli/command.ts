/** The command as users start it, in a folder of its own with a blank in its name. */
import { type SpawnSyncOptions, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { tinyKernel } from "../support/tiny-kernel.ts";

export const UMBRA = resolve(import.meta.dirname, "../../bin/umbra.js");
/** For shell command lines. */
export const UMBRA_QUOTED = `"${process.execPath}" "${UMBRA}"`;

export const folder = mkdtempSync(join(tmpdir(), "umbra cli "));
afterAll(() => rmSync(folder, { recursive: true }));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function umbra(...args: string[]): Outcome {
  return start(process.execPath, [UMBRA, ...args], {});
}

/** As `umbra`, with this on standard input. */
export function umbraReading(input: string, ...args: string[]): Outcome {
  return start(process.execPath, [UMBRA, ...args], { input });
}

/** A command line for bash, for what only a shell can arrange. */
export function shell(command: string): Outcome {
  return start("bash", ["-c", command], {});
}

function start(program: string, args: string[], options: SpawnSyncOptions): Outcome {
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...options,
    encoding: "utf8",
    cwd: folder,
    timeout: 30_000,
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

/** Starts `umbra`, calls `act` at its first output, and waits for its end. */
export async function umbraDuring(
  args: readonly string[],
  act: (child: ReturnType<typeof spawn>) => void,
): Promise<Outcome> {
  return await during(process.execPath, [UMBRA, ...args], act);
}

export async function during(
  program: string,
  args: readonly string[],
  act: (child: ReturnType<typeof spawn>) => void,
): Promise<Outcome> {
  const child = spawn(program, args, { cwd: folder, timeout: 30_000 });
  const texts = { stdout: "", stderr: "" };
  let acted = false;
  const hear = (name: "stdout" | "stderr") => (chunk: Buffer) => {
    texts[name] += chunk.toString("latin1");
    if (!acted) act(child);
    acted = true;
  };
  child.stdout.on("data", hear("stdout"));
  child.stderr.on("data", hear("stderr"));
  const status = await new Promise<number | null>((done) => child.on("close", done));
  return { status, ...texts };
}

/** Writes a kernel made of these instructions, and returns its name. */
export function image(name: string, text: string): string {
  writeFileSync(join(folder, name), tinyKernel(text));
  return name;
}

export const debugExit = (value: number): string => `mov al, ${value}\nout 0xf4, al`;
export const SPIN = "spin: jmp spin";
