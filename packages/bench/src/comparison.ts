import { type Median, medianOf } from "./median.js";
import type { Figure, Table } from "./table.js";

/** What `pnpm bench compare` was asked for. */
export interface ComparisonOrder {
  /** The commit to compare with, as git names it. */
  readonly ref: string;
  readonly parts: readonly string[];
  /** How often both trees are measured, in turn. */
  readonly runs: number;
}

/** An argument that is not as expected; its message says what is. */
export class ArgumentError extends Error {}

/** Slower than this, beyond the spread, is a fault. */
const least = 0.97;
const defaultParts = ["server", "store"];
const defaultRuns = 5;
const usage = "usage: pnpm bench compare REF [PART ...] [--runs N]";

/** Reads the arguments. Throws ArgumentError. */
export function orderFrom(args: readonly string[], known: readonly string[]): ComparisonOrder {
  const words: string[] = [];
  let runs = defaultRuns;
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--runs") {
      const given = args[++i] ?? "nothing";
      if (!/^[1-9][0-9]{0,2}$/.test(given)) {
        throw new ArgumentError(`--runs: expected a whole number from 1 to 999, got ${given}; ${usage}`);
      }
      runs = Number(given);
    } else if (word.startsWith("-")) {
      throw new ArgumentError(`unknown option ${word}; ${usage}`);
    } else {
      words.push(word);
    }
  }
  const [ref, ...parts] = words;
  if (ref === undefined) throw new ArgumentError(`expected a commit to compare with; ${usage}`);
  const unknown = parts.filter((part) => !known.includes(part));
  if (unknown.length > 0) {
    throw new ArgumentError(`unknown part ${unknown.join(", ")}; expected ${known.join(", ")}`);
  }
  return { ref, parts: parts.length > 0 ? [...new Set(parts)] : defaultParts, runs };
}

/** The figures of both trees in one run. */
export interface ComparisonRun {
  readonly ours: readonly Figure[];
  readonly theirs: readonly Figure[];
}

export interface ComparedRow {
  readonly name: string;
  /** Run by run, ours by theirs: above 1 ours is better, whatever is measured. */
  readonly ratio: Median;
  /** `slower`: in every run below 0.97. `uncertain`: the median is, but not every run. */
  readonly verdict: "ok" | "uncertain" | "slower";
}

/**
 * Compares each figure, run by run. Throws RangeError where a run lacks a figure that another has.
 */
export function comparedRows(runs: readonly ComparisonRun[]): ComparedRow[] {
  const names = [
    ...new Set(runs.flatMap(({ ours, theirs }) => [...ours, ...theirs]).map(({ name }) => name)),
  ];
  return names.map((name) => {
    const ratio = medianOf(runs.map((run) => ratioOf(figureOf(run.ours, name), figureOf(run.theirs, name))));
    const verdict = ratio.median >= least ? "ok" : ratio.max >= least ? "uncertain" : "slower";
    return { name, ratio, verdict };
  });
}

function figureOf(figures: readonly Figure[], name: string): Figure {
  const found = figures.filter((one) => one.name === name);
  const [figure] = found;
  if (figure === undefined || found.length > 1) {
    throw new RangeError(`${name}: expected one figure in each run, got ${found.length}`);
  }
  return figure;
}

function ratioOf(ours: Figure, theirs: Figure): number {
  // What a run could not measure at all is no better and no worse.
  if (ours.value === theirs.value) return 1;
  const ratio = ours.better === "more" ? ours.value / theirs.value : theirs.value / ours.value;
  if (Number.isNaN(ratio)) throw new RangeError(`${ours.name}: no number`);
  return ratio;
}

export function comparisonTable(rows: readonly ComparedRow[], { ref, runs }: ComparisonOrder): Table {
  const x = (value: number) => `${value.toFixed(2)} x`;
  return {
    title: `This tree, compared with ${ref}`,
    method: `Both trees were built and measured in turn, ${runs} times, by the benchmarks of this one. A ratio is ours by theirs, above 1 where ours is better; median (least to most). Slower: below ${least} x in every run.`,
    columns: ["row", "ratio", "verdict"],
    rows: rows.map(({ name, ratio, verdict }) => [
      name,
      `${x(ratio.median)} (${x(ratio.min)} to ${x(ratio.max)})`,
      verdict,
    ]),
  };
}
