import { medianOf } from "../median.js";
import { cellOf, short } from "../server/cell.js";
import { cores } from "../server/cores.js";
import { Sleepers } from "../server/sleepers.js";
import type { Table } from "../table.js";
import { AblatedMonitors } from "./ablated-monitor.js";
import { type Gain, gainOf, leastGain, leastSavedMb, worthOf } from "./gain.js";
import { type Load, type LoadMeans, type LoadName, loads } from "./loads.js";
import { type LoadFigures, pairedRun } from "./paired-run.js";
import type { Trick } from "./trick.js";
import { tricks } from "./tricks.js";

const wholePairs = 9;

/** Runs of two builds, pair by pair. */
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
  const pairs = isQuick ? 1 : wholePairs;
  const monitors = new AblatedMonitors();
  let sleepers: Promise<Sleepers> | undefined;
  const means: LoadMeans = {
    ...(isQuick ? { lines: 1_000, bots: 2_000 } : { lines: 10_000, bots: 10_000 }),
    sleepers: () => {
      sleepers ??= Sleepers.start(isQuick ? 20 : 2_000);
      return sleepers;
    },
  };
  const measured = async (name: LoadName, without: readonly Trick[]) => {
    const found = await pairsOf(loads[name], monitors, without, pairs, means);
    const gain = percentOf(gainOf(found.whole.map(cpuOf), found.without.map(cpuOf)));
    console.error(`${without[0]?.id ?? "the same build twice"}, ${name}: ${gain}`);
    return found;
  };
  try {
    const trickRows: string[][] = [];
    for (const trick of wanted) trickRows.push(trickRow(trick, await measured(trick.load, [trick])));
    const loadRows: string[][] = [];
    for (const name of new Set(wanted.map(({ load }) => load)))
      loadRows.push(loadRow(name, await measured(name, [])));
    return [trickTable(trickRows, pairs), loadTable(loadRows, pairs)];
  } finally {
    monitors.remove();
    await (await sleepers)?.stop();
  }
}

async function pairsOf(
  load: Load,
  monitors: AblatedMonitors,
  without: readonly Trick[],
  count: number,
  means: LoadMeans,
): Promise<Pairs> {
  const whole = await monitors.command([]);
  const other = await monitors.command(without);
  const pairs = { whole: [] as LoadFigures[], without: [] as LoadFigures[] };
  for (let pair = 0; pair < count; pair++) {
    // Who is started first changes from pair to pair.
    const isFirst = pair % 2 === 0;
    const [one, two] = await pairedRun(load, isFirst ? [whole, other] : [other, whole], means);
    pairs.whole.push(isFirst ? one : two);
    pairs.without.push(isFirst ? two : one);
  }
  return pairs;
}

const cpuOf = ({ cpuUs }: LoadFigures) => cpuUs;
const memoryOf = ({ residentMb }: LoadFigures) => residentMb;

function trickTable(rows: readonly (readonly string[])[], pairs: number): Table {
  return {
    title: "What each trick of the data path is worth",
    method: `The monitor, built from its source as it is and with a trick taken out, under the load that shows most of it: ${pairs} pairs of processes, which take the steps of the load in turn, so that other work on the machine falls on both. A gain is how much more it takes without the trick: the median of the pairs, with bounds that hold the true median with a probability of 96 % (of nine, the second and the eighth). CPU is that of the whole process. Memory is what is resident at the end, without less with. A trick is worth its gain where the lower bound is above 0, or ${leastSavedMb} MB that it saves. Where its bounds hold 0, this run does not show a gain; it goes once the upper bound is below ${percentText(leastGain)}, unless it is there for something else. What stands in the place of each is in \`packages/bench/src/ablation\`. ${cores.text}`,
    columns: [
      "trick",
      "with it",
      "without it",
      "load",
      "CPU gain",
      "gain by the clock",
      "memory, MB",
      "worth",
    ],
    rows,
  };
}

function trickRow({ id, does, instead, load, also }: Trick, pairs: Pairs): string[] {
  const gain = gainOf(pairs.whole.map(cpuOf), pairs.without.map(cpuOf));
  return [
    `\`${id}\``,
    does,
    instead,
    load,
    percentOf(gain),
    clockGainOf(pairs),
    memoryText(pairs),
    worthOf(gain, savedMb(pairs), also),
  ];
}

function loadTable(rows: readonly (readonly string[])[], pairs: number): Table {
  return {
    title: "The loads of the ablation, and one build against itself",
    method: `Each load, what it takes with every trick, and what ${pairs} pairs of the same build show as the gain of nothing: a gain within these bounds may be none.`,
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

function savedMb({ whole, without }: Pairs): number {
  return medianOf(without.map((one, i) => memoryOf(one) - memoryOf(whole[i] as LoadFigures))).median;
}

function memoryText(pairs: Pairs): string {
  const median = savedMb(pairs);
  return `${median < 0 ? "" : "+"}${median.toFixed(1)}`;
}

function percentOf({ median, least, most }: Gain): string {
  return `${percentText(median)} (${percentText(least)} to ${percentText(most)})`;
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
