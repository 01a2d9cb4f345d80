/** What one run of kmap under the dashboard was like. */
export interface Measurement {
  /** From the guest's first instruction to its end, of the host's time. */
  readonly seconds: number;
  /** Writes to the terminal and bytes in them while the guest ran. */
  readonly frames: number;
  readonly bytes: number;
  /** Milliseconds from a key to the screen that it asks for. */
  readonly keys: readonly number[];
  /** Bytes written in a second after the guest had ended. */
  readonly idleBytes: number;
}
