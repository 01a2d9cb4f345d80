/** A picture of the display as a PNG file. */
import { writeFileSync } from "node:fs";
import { PNG } from "pngjs";
import type { Picture } from "../inspect/display-view.ts";
import { problem } from "./files.ts";

/** The sentence that says why it could not be written; null if it was. */
export function savePicture(path: string, { width, height, rgba }: Picture): string | null {
  const png = new PNG({ width, height });
  png.data.set(rgba);
  try {
    // The adapter has no transparent dots.
    writeFileSync(path, PNG.sync.write(png, { colorType: 2, inputHasAlpha: true }));
    return null;
  } catch (error) {
    return `${path}: ${problem(error, "written", "the folder it should go to does not exist.")}`;
  }
}
