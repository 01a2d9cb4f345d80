/** What a frozen view is made of: the machine's answers, each as it was when its screen was first looked at. */
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";

interface KnownView {
  /** What was asked, as JSON. */
  readonly key: string;
  readonly snapshot: Snapshot;
}

export class FrozenViews {
  private readonly views = new Map<string, Snapshot>();

  /** The view freezes with that answer, if there is one. */
  begin(key: string, snapshot: Snapshot | null): void {
    this.views.clear();
    if (snapshot !== null) this.views.set(key, snapshot);
  }

  add(key: string, snapshot: Snapshot): void {
    this.views.set(key, snapshot);
  }

  /**
   * The answer that holds all that is wished for; null if the machine has to be asked.
   * @param current the key of the answer in view, which is kept if it will do
   */
  viewFor(wish: SnapshotRequest, key: string, current: string): KnownView | null {
    for (const known of [key, current]) {
      const snapshot = this.views.get(known);
      if (snapshot !== undefined && covers(known, wish)) return { key: known, snapshot };
    }
    return null;
  }
}

/** Whether everything that is wished for was asked, too. */
function covers(asked: string, wish: SnapshotRequest): boolean {
  const parts = JSON.parse(asked) as Readonly<Record<string, unknown>>;
  return Object.entries(wish).every(([name, part]) => JSON.stringify(parts[name]) === JSON.stringify(part));
}
