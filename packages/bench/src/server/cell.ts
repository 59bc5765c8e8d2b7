import { medianOf } from "../median.js";

/** A cell of a table: the median of the runs, with the least and the most. */
export function cellOf(runs: readonly number[], text: (value: number) => string = short): string {
  const { median, min, max } = medianOf(runs);
  return `${text(median)} (${text(min)} to ${text(max)})`;
}

/** Three digits or so. */
export function short(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

export function thousands(value: number): string {
  return `${(value / 1_000).toFixed(1)} k`;
}

export function percent(value: number): string {
  return `${short(100 * value)} %`;
}

export function times(value: number): string {
  return `${value.toFixed(2)} x`;
}

/** Run by run: what the machine did in one of them falls on both. */
export function ratiosOf(ours: readonly number[], baseline: readonly number[]): number[] {
  return ours.map((value, i) => value / (baseline[i] as number));
}
