/**
 * Every screen and everything that lies over one, as it was approved: a change of a picture is seen in a review.
 * `npx vitest run tests/dashboard/golden -u` approves what is drawn now.
 */
import { describe, expect, it } from "vitest";
import { drawFrame, wishOf } from "../../../src/dashboard/frame.ts";
import type { Model } from "../../../src/dashboard/model.ts";
import { ASCII, type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { render, textOf } from "../../../src/dashboard/text/line.ts";
import { KVM_MMU_SYNC_SKIP } from "../../../src/trace/events.ts";
import { type Case, overlayCases, readRecording, SIZES, screenCases, sourceOf, uiOf } from "./recording.ts";

const recording = readRecording();
const skip = recording.rows.findLast(({ record }) => record.event === KVM_MMU_SYNC_SKIP)?.record.seq ?? 0;
const sources = new Map<Glyphs, Awaited<ReturnType<typeof sourceOf>>>();
for (const glyphs of [UNICODE, ASCII]) sources.set(glyphs, await sourceOf(recording, glyphs));

function modelOf(one: Case, size: (typeof SIZES)[number], glyphs: Glyphs): Model {
  const source = sources.get(glyphs);
  if (source === undefined) throw new Error("no such glyphs");
  const model: Model = { ...source, ui: uiOf(one), snapshot: null };
  if (one.name === "fault") return { ...model, ...recording.fault };
  const wish = JSON.stringify(wishOf(model, size));
  const snapshot = recording.snapshots[wish];
  if (snapshot === undefined) {
    throw new Error(
      `${one.name} asks for what was not recorded, ${wish}: npx tsx tests/dashboard/golden/record.ts`,
    );
  }
  return { ...model, snapshot };
}

describe.each(SIZES)("at $columns x $rows", (size) => {
  const folder = `${size.columns}x${size.rows}`;

  it.each([...screenCases, ...overlayCases(skip)])("$name", async (one) => {
    const lines = drawFrame(modelOf(one, size, UNICODE), size).map(textOf);
    for (const line of lines) expect(line.length).toBe(size.columns);
    expect(lines).toHaveLength(size.rows - 1);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`${folder}/${one.name}.txt`);
  });

  it.each(screenCases)("$name in ASCII, without colour", async (one) => {
    const text = drawFrame(modelOf(one, size, ASCII), size)
      .map((line) => render(line, false))
      .join("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that nothing else is there is the point
    expect(text).toMatch(/^[\x0a\x20-\x7e]*$/);
    if (size === SIZES[0]) await expect(`${text}\n`).toMatchFileSnapshot(`${folder}/${one.name}.ascii.txt`);
  });

  it("the out-of-sync lists in colour", async () => {
    const text = drawFrame(modelOf(screenCases[3], size, UNICODE), size)
      .map((line) => render(line, true))
      .join("\n")
      .replaceAll("\u001b", "^[");
    await expect(`${text}\n`).toMatchFileSnapshot(`${folder}/screen-3.color.txt`);
  });
});
