/** A number as bytes, the lowest first, as all tables of firmware have it. One of 32 bits may come signed. */
export const littleEndian = (value: number, count: number): number[] =>
  Array.from(
    { length: count },
    (_, i) => Math.floor((value >= 0 ? value : value + 2 ** 32) / 2 ** (i * 8)) & 0xff,
  );
