/**
 * The guests that come with the package, by name.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./package-root.ts";

export interface CatalogGuest {
  readonly name: string;
  /** Path of the image, relative to the folder `guests`. */
  readonly image: string;
  /** What it shows, in one line. */
  readonly summary: string;
  readonly append: string;
  /** RAM it is meant for, as `--mem` takes it. */
  readonly mem: string;
  /** Status it ends with when all is well. */
  readonly status: number;
  readonly timeoutSeconds: number;
}

const folder = new URL("guests/", packageRoot);

export function catalog(): readonly CatalogGuest[] {
  return JSON.parse(readFileSync(new URL("guests.json", folder), "utf8")) as CatalogGuest[];
}

/** The guest of that name. What has a slash or a dot is a file, also if it is called like a guest: ./kmap. */
export function catalogGuest(name: string): CatalogGuest | undefined {
  if (/[/.]/.test(name)) return undefined;
  return catalog().find((guest) => guest.name === name);
}

export function guestImagePath(guest: CatalogGuest): string {
  return fileURLToPath(new URL(guest.image, folder));
}
