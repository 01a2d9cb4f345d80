/** Digits in threes, separated by blanks: 4 812 655. */
export const grouped = (count: number): string => String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, " ");
