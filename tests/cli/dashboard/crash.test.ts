/** The machine's thread dies of a defect of ours: said in words, with what to do, and the status for that. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { umbra } from "../command.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const copy = mkdtempSync(join(tmpdir(), "umbra-crash-"));
afterAll(() => rmSync(copy, { recursive: true }));

it("a thread that throws ends the command with status 1 and asks for a report", () => {
  // Builds the product if it is not there yet.
  umbra("guests");
  cpSync(join(ROOT, "dist"), join(copy, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  for (const folder of ["guests", "node_modules"]) symlinkSync(join(ROOT, folder), join(copy, folder));
  const worker = join(copy, "dist/machine-worker.js");
  const defect = `setTimeout(() => { throw new Error("a defect made for a test"); }, 300);\n`;
  writeFileSync(worker, defect + readFileSync(worker, "utf8"));

  const args = [join(copy, "dist/umbra.js"), "run", "play", "--ui", "plain"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    input: "",
    timeout: 30_000,
  });
  expect(stdout).toContain("guest: play: a kernel");
  expect(stderr).toMatch(/^umbra: this is a defect of Umbra .*Please report it/);
  expect(stderr).toContain("a defect made for a test");
  expect(status).toBe(1);
});
