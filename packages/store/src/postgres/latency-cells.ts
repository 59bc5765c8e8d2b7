/** A bin of a histogram and its count in one number that a double holds exactly. */
const countBits = 40;
const span = 2 ** countBits;

export function latencyCell(bin: number, calls: number): number {
  return bin * span + Math.min(calls, span - 1);
}

/** Both parts of a cell in SQL. */
export const binOfCell = (cell: string) => `(${cell} >> ${countBits})`;
export const callsOfCell = (cell: string) => `(${cell} & ((1::bigint << ${countBits}) - 1))`;
export const cellOf = (bin: string, calls: string) => `((${bin} << ${countBits}) + ${calls})`;
