import { medianOf } from "../median.js";
import { cellOf, short } from "../server/cell.js";
import { cores } from "../server/cores.js";
import type { Table } from "../table.js";
import { AblatedMonitors } from "./ablated-monitor.js";
import { type Gain, gainOf, leastGain } from "./gain.js";
import { type Load, type LoadFigures, type LoadName, loads, quickScale, wholeScale } from "./loads.js";
import type { Trick } from "./trick.js";
import { tricks } from "./tricks.js";

const wholeRounds = 9;

/** Runs of two builds, round by round. */
interface Pairs {
  readonly whole: readonly LoadFigures[];
  readonly without: readonly LoadFigures[];
}

/**
 * Each trick of the data path, or those of these ids, with and without it. Throws where there is no
 * trick of an id.
 */
export async function ablationTables(isQuick: boolean, ids: readonly string[]): Promise<Table[]> {
  const unknown = ids.filter((id) => !tricks.some((trick) => trick.id === id));
  if (unknown.length > 0) {
    throw new Error(`unknown trick ${unknown.join(", ")}; expected ${tricks.map(({ id }) => id).join(", ")}`);
  }
  const wanted = tricks.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const rounds = isQuick ? 1 : wholeRounds;
  const monitors = new AblatedMonitors();
  try {
    const rows = new Map<string, string[]>();
    const loadRows: string[][] = [];
    for (const name of new Set(wanted.map(({ load }) => load))) {
      const shown = wanted.filter(({ load }) => load === name);
      const { twice, pairs } = await measured(name, shown, monitors, rounds, isQuick);
      loadRows.push(loadRow(name, twice));
      for (const [i, trick] of shown.entries()) rows.set(trick.id, trickRow(trick, pairs[i] as Pairs));
    }
    return [
      trickTable(
        wanted.map(({ id }) => rows.get(id) as string[]),
        rounds,
      ),
      loadTable(loadRows, rounds),
    ];
  } finally {
    monitors.remove();
  }
}

/**
 * In each round a run of every build, and two of the one with all tricks. Which build goes first
 * changes from round to round, so that what the machine does falls on each.
 */
async function measured(
  name: LoadName,
  shown: readonly Trick[],
  monitors: AblatedMonitors,
  rounds: number,
  isQuick: boolean,
): Promise<{ readonly twice: Pairs; readonly pairs: readonly Pairs[] }> {
  const load: Load = loads[name];
  const builds = [[], [], ...shown.map((trick) => [trick])];
  const runs: LoadFigures[][] = builds.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < builds.length; step++) {
      const i = (round * stride + step) % builds.length;
      const command = await monitors.command(builds[i] as readonly Trick[]);
      runs[i]?.push(await load.run(command, isQuick ? quickScale : wholeScale));
    }
    console.error(`${name}: round ${round + 1} of ${rounds}`);
  }
  const [first = [], second = [], ...others] = runs;
  const whole = first.map((one, i) => meanOf(one, second[i] as LoadFigures));
  return { twice: { whole: first, without: second }, pairs: others.map((without) => ({ whole, without })) };
}

/** How far the first build moves from round to round. */
const stride = 5;

function meanOf(one: LoadFigures, other: LoadFigures): LoadFigures {
  return {
    cpuUs: (one.cpuUs + other.cpuUs) / 2,
    clockUs: one.clockUs === null || other.clockUs === null ? null : (one.clockUs + other.clockUs) / 2,
    residentMb: (one.residentMb + other.residentMb) / 2,
  };
}

const cpuOf = ({ cpuUs }: LoadFigures) => cpuUs;
const memoryOf = ({ residentMb }: LoadFigures) => residentMb;

function trickTable(rows: readonly (readonly string[])[], rounds: number): Table {
  return {
    title: "What each trick of the data path is worth",
    method: `The monitor, built from its source as it is and with a trick taken out, under the load that shows most of it: ${rounds} rounds with a run of each build, in turn, each in a process of its own, and two of the build with all tricks. A gain is how much more it takes without the trick than the mean of those two: the median of the rounds, with bounds that hold the true median with a probability of 96 % (of nine, the second and the eighth). CPU is that of the whole process, which other work on the machine touches least. Memory is what is resident at the end, without less with. A trick stays where the upper bound of its gain is ${percentText(leastGain)} or more, or for what else it does. What stands in the place of each is in \`packages/bench/src/ablation\`. ${cores.text}`,
    columns: [
      "trick",
      "with it",
      "without it",
      "load",
      "CPU gain",
      "gain by the clock",
      "memory, MB",
      "stays for",
    ],
    rows,
  };
}

function trickRow({ id, does, instead, load, also }: Trick, pairs: Pairs): string[] {
  const gain = gainOf(pairs.whole.map(cpuOf), pairs.without.map(cpuOf));
  const reasons = [...(gain.most >= leastGain ? ["its gain"] : []), ...(also === undefined ? [] : [also])];
  return [
    `\`${id}\``,
    does,
    instead,
    load,
    percentOf(gain),
    clockGainOf(pairs),
    memoryText(pairs),
    reasons.length === 0 ? "nothing" : reasons.join("; "),
  ];
}

function loadTable(rows: readonly (readonly string[])[], rounds: number): Table {
  return {
    title: "The loads of the ablation, and one build against itself",
    method: `Each load, what it takes with every trick, and what the same ${rounds} rounds show as the gain of nothing, which is one of those two runs beside the other: a gain within these bounds may be none.`,
    columns: ["load", "it is", "CPU, µs", "CPU gain of nothing", "by the clock", "memory, MB"],
    rows,
  };
}

function loadRow(name: LoadName, pairs: Pairs): string[] {
  const { text, unit } = loads[name];
  return [
    name,
    text,
    `${cellOf(pairs.whole.map(cpuOf), short)} a ${unit}`,
    percentOf(gainOf(pairs.whole.map(cpuOf), pairs.without.map(cpuOf))),
    clockGainOf(pairs),
    memoryText(pairs),
  ];
}

function clockGainOf({ whole, without }: Pairs): string {
  const clocks = (of: readonly LoadFigures[]) => of.flatMap(({ clockUs }) => clockUs ?? []);
  const [ours, theirs] = [clocks(whole), clocks(without)];
  return ours.length === 0 ? "" : percentOf(gainOf(ours, theirs));
}

function memoryText({ whole, without }: Pairs): string {
  const more = without.map((one, i) => memoryOf(one) - memoryOf(whole[i] as LoadFigures));
  const { median } = medianOf(more);
  return `${median < 0 ? "" : "+"}${median.toFixed(1)}`;
}

function percentOf({ median, least, most }: Gain): string {
  return `${percentText(median)} (${percentText(least)} to ${percentText(most)})`;
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
