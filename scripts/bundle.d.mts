/** The sources cannot be bundled here; `message` is a sentence for the user. */
export class BundleError extends Error {}
export const PRODUCT: Readonly<Record<string, string>>;
export function bundle(entries: Readonly<Record<string, string>>, outdir: string): Promise<void>;
export function bundleIfStale(
  entries: Readonly<Record<string, string>>,
  outdir: string,
  folders: readonly string[],
): Promise<string>;
