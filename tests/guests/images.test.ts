/**
 * The guest images as files: each is what its catalogue entry, its source and the multiboot specification say.
 *
 * Booting them is the business of the other tests here. Multiboot 1 specification, section 3.1.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

interface Entry {
  name: string;
  image: string;
  summary: string;
  append: string;
  mem: string;
  status: number;
  timeoutSeconds: number;
  console?: string;
}

const folder = new URL("../../guests/", import.meta.url);
const buildScript = fileURLToPath(new URL("../../scripts/build-guests.sh", import.meta.url));
const entries = JSON.parse(readFileSync(new URL("guests.json", folder), "utf8")) as Entry[];

const ELF32_LITTLE_ENDIAN = [0x7f, 0x45, 0x4c, 0x46, 1, 1];
const EXECUTABLE = 2;
const MACHINE_386 = 3;
const MULTIBOOT_MAGIC = 0x1badb002;
const MULTIBOOT_SEARCH = 8192;

/** The offset of a valid multiboot header, or -1. */
function multibootHeader(image: Buffer): number {
  for (let at = 0; at + 12 <= Math.min(image.length, MULTIBOOT_SEARCH); at += 4) {
    const sum = image.readUInt32LE(at) + image.readUInt32LE(at + 4) + image.readUInt32LE(at + 8);
    if (image.readUInt32LE(at) === MULTIBOOT_MAGIC && sum % 2 ** 32 === 0) return at;
  }
  return -1;
}

test("guests have different names", () => {
  expect(new Set(entries.map((entry) => entry.name)).size).toBe(entries.length);
});

describe.each(entries)("guest $name", (entry) => {
  const path = new URL(entry.image, folder);

  test("has a complete catalogue entry", () => {
    expect(entry.name).toMatch(/^[a-z0-9-]+$/);
    expect(entry.summary).toMatch(/^\S[^\n]+\S$/);
    expect(entry.append).toBeTypeOf("string");
    expect(entry.mem).toMatch(/^\d+[KMG]$/);
    expect(entry.status).toBeGreaterThanOrEqual(0);
    expect(entry.timeoutSeconds).toBeGreaterThan(0);
    if (entry.console !== undefined) expect(existsSync(new URL(entry.console, folder))).toBe(true);
  });

  test("has an image that is a multiboot ELF32 executable", () => {
    const image = readFileSync(path);
    expect([...image.subarray(0, 6)]).toEqual(ELF32_LITTLE_ENDIAN);
    expect(image.readUInt16LE(16)).toBe(EXECUTABLE);
    expect(image.readUInt16LE(18)).toBe(MACHINE_386);
    expect(multibootHeader(image)).toBeGreaterThan(0);
  });
});

test("the images have the checksums that SHA256SUMS records", () => {
  const sums = readFileSync(new URL("images/SHA256SUMS", folder), "utf8");
  const lines = sums.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const [sum, name] = line.split(/\s+/) as [string, string];
    const image = readFileSync(new URL(`images/${name}`, folder));
    expect(createHash("sha256").update(image).digest("hex"), name).toBe(sum);
  }
});

test("the images are what their sources give, where the toolchain is", (context) => {
  const build = spawnSync("bash", [buildScript, "--check"], { encoding: "utf8" });
  if (build.error) return context.skip(`bash does not run: ${build.error.message}`);
  const [reason = ""] = build.stdout.split("\n");
  expect(build.status, build.stdout + build.stderr).toBe(0);
  if (reason.includes("skipped")) {
    console.info(reason);
    return context.skip(reason);
  }
  expect(reason).toContain("byte for byte");
});
