/**
 * How a leaf is to be made: flags for `setSpte` and `mmuSetSpte`. They have a file of their own because the bundler
 * folds in only constants of files that import nothing.
 */

export const SET_USER_FAULT = 1;
export const SET_WRITE_FAULT = 2;
/** The guest's last entry has D. */
export const SET_DIRTY = 4;
/** The guest's last entry has G. */
export const SET_GLOBAL = 8;
/** The guest has not used it: A stays clear. */
export const SET_SPECULATIVE = 16;
export const SET_CAN_UNSYNC = 32;
