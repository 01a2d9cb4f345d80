/**
 * What the process tells its caller. A guest that used the debug-exit port decides for itself.
 */

/** Clean power-off, or a halt that nothing can end. */
export const STATUS_OK = 0;
/** Something went wrong on our side. */
export const STATUS_HOST_ERROR = 1;
/** The command line, or the image it names, is not usable. */
export const STATUS_USAGE = 2;
export const STATUS_TRIPLE_FAULT = 3;
/** --audit found an invariant of the shadow MMU broken, or two runs that must agree do not. */
export const STATUS_VIOLATION = 4;
/** An --assert of `umbra compare` does not hold. */
export const STATUS_ASSERTION = 5;
/** --timeout or --max-icount ended the run. */
export const STATUS_LIMIT = 124;
/** The reader of our output went away: 128 + SIGPIPE, as a shell reports it. */
export const STATUS_BROKEN_PIPE = 141;
/** Ended by a signal: this plus its number, as a shell reports it. 130 for Ctrl-C. */
export const STATUS_SIGNAL = 128;

/** One sentence for the user, or nothing to say, and the status that goes with it. */
export class CommandError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "CommandError";
    this.status = status;
  }
}
