/** A defect of ours in the middle of a run: what the guest printed comes first, and the user learns what to do. */
import { afterEach, expect, it, vi } from "vitest";
import { explainFailure } from "../../src/cli/explain-failure.ts";
import { runCommand } from "../../src/cli/run-session.ts";
import { Machine } from "../../src/machine/machine.ts";

afterEach(() => vi.restoreAllMocks());

it("an exception in the machine does not lose what the guest printed", async () => {
  let printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation(((bytes: Uint8Array, done: () => void) => {
    printed += Buffer.from(bytes).toString();
    done();
    return true;
  }) as typeof process.stdout.write);
  vi.spyOn(Machine.prototype, "run").mockImplementation(function (this: Machine) {
    for (const char of "last words") this.options.console(char.charCodeAt(0));
    throw new TypeError("a table is missing");
  });
  const listeners = process.listenerCount("SIGINT");
  await expect(runCommand("kmap", { mmu: "bare" })).rejects.toThrow("a table is missing");
  expect(printed).toBe("last words");
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});

it("it is called a defect, with what to report, and status 1", () => {
  const { text, status } = explainFailure(new TypeError("a table is missing"));
  expect(status).toBe(1);
  expect(text).toMatch(
    /^umbra: this is a defect of Umbra \d+\.\d+\.\d+, not of your guest\. Please report it/,
  );
  expect(text).toContain("TypeError: a table is missing\n    at ");
});
