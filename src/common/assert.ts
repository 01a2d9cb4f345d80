/** Host bugs stop the program, in every build. Mistakes of the guest never come here. */

/** Throws when `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
