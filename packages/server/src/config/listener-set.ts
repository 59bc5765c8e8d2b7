import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { GivenValue } from "./given-value.js";
import type { ListenerSettings } from "./listener-settings.js";
import { listenersShape } from "./listener-shape.js";
import { listenerUrlsFrom, placeInUrl, readListenerUrl } from "./listener-url.js";
import type { GivenSettings } from "./setting-table.js";
import type { SettingTree } from "./setting-tree.js";
import type { SettingsFile } from "./settings-file.js";
import { below } from "./shape.js";
import { controlPathOf } from "./socket-path.js";
import type { TreeReading } from "./tree-reading.js";

/** A listener, and where each of its keys stands, for messages. */
interface PlacedListener {
  readonly listener: ListenerSettings;
  placeOf(key: string): string;
}

/** A bucket of rows holds those of so many seconds. */
const burstSeconds = 10;

const path = "monitoring.listeners";

/**
 * The listeners of the section `listeners:`, then those of `--listen`. What is wrong with one of
 * them, or with all together, goes to the reading.
 */
export function listenersOf(
  file: SettingsFile | null,
  settings: GivenSettings,
  listen: GivenValue | undefined,
  reading: TreeReading,
): readonly ListenerSettings[] {
  const tree = file?.trees.get("listeners");
  const placed = [
    ...(tree === undefined ? [] : ofTree(tree, reading)),
    ...(listen === undefined ? [] : ofUrls(listen, reading)),
  ];
  if (reading.isForServing)
    for (const problem of problemsOf(placed, settings)) reading.problems.push(problem);
  return placed.map(({ listener }) => listener);
}

function ofTree(tree: SettingTree, reading: TreeReading): readonly PlacedListener[] {
  const listeners = listenersShape.read(tree, path, reading) ?? [];
  return listeners.map((listener, i) => ({
    listener,
    placeOf: (key) => {
      const own = tree.kind === "list" ? `${path}[${i}]` : path;
      const entry = tree.kind === "list" ? (tree.items[i] ?? tree) : tree;
      const [at, name] = below(entry, own, [key]);
      return `${at.place} ${name}`;
    },
  }));
}

function ofUrls({ text, name }: GivenValue, reading: TreeReading): readonly PlacedListener[] {
  return (listenerUrlsFrom(text) ?? []).flatMap((url) => {
    const listener = readListenerUrl(url, name, reading.withoutLeaves());
    const placeOf = (key: string) => `${name} ${placeInUrl(url, key)}`;
    return listener === undefined ? [] : [{ listener, placeOf }];
  });
}

/** What is wrong with them together, and with the rest of the settings. */
function problemsOf(placed: readonly PlacedListener[], settings: GivenSettings): readonly string[] {
  return [
    ...placed.flatMap((one, i) => twins(one, placed.slice(0, i))),
    ...placed.flatMap((one, i) => pathProblem(one, placed.slice(0, i), settings)),
    ...placed.flatMap((one) => probeProblem(one, settings)),
    ...rateProblem(placed, settings),
  ];
}

function twins({ listener, placeOf }: PlacedListener, earlier: readonly PlacedListener[]): readonly string[] {
  const twin = earlier.find((one) => one.listener.principal === listener.principal);
  if (twin === undefined) return [];
  const sentence = `expected a principal of its own; ${listener.principal} is that of ${twin.placeOf("principal")}`;
  return [`${placeOf("principal")}: ${sentence}`];
}

/**
 * What stands at a path and beside it: its lock, and at `--socket` the socket of the commands and
 * its lock. Two names of one folder are one.
 */
function takenBy(socketPath: string, isLocal: boolean): readonly string[] {
  const real = join(realOf(dirname(socketPath)), basename(socketPath));
  const sockets = isLocal ? [real, controlPathOf(real)] : [real];
  return sockets.flatMap((one) => [one, `${one}.lock`]);
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It is not there yet, or not for us to see: the folders above it may be.
    const above = dirname(folder);
    return above === folder ? folder : join(realOf(above), basename(folder));
  }
}

function pathProblem(
  { listener, placeOf }: PlacedListener,
  earlier: readonly PlacedListener[],
  { socketPath: local }: Partial<GivenSettings>,
): readonly string[] {
  const own = takenBy(listener.socketPath, false);
  const others = [
    ...(local === undefined
      ? []
      : [{ taken: takenBy(local, true), who: `socket_path, ${local}, with its .control and .lock` }]),
    ...earlier.map((one) => ({
      taken: takenBy(one.listener.socketPath, false),
      who: `${one.placeOf("socket")}, ${one.listener.socketPath}, with its .lock`,
    })),
  ];
  const clash = others.find(({ taken }) => taken.some((one) => own.includes(one)));
  if (clash === undefined) return [];
  return [
    `${placeOf("socket")}: expected a path of its own; ${listener.socketPath} is taken by ${clash.who}`,
  ];
}

function probeProblem(
  { listener, placeOf }: PlacedListener,
  { probe }: Partial<GivenSettings>,
): readonly string[] {
  if (listener.processes !== "own") return [];
  if (process.platform === "linux" && probe !== "pidusage") return [];
  return [
    `${placeOf("processes")}: expected any, as only the probe proc of Linux sees whose a process is; got own`,
  ];
}

/** Together they must not send more than the database takes. */
function rateProblem(
  placed: readonly PlacedListener[],
  { storeRowsPerSecond: most, queueLimit }: Partial<GivenSettings>,
): readonly string[] {
  const rated = placed.filter(({ listener }) => listener.rowsPerSecond !== null);
  const sum = rated.reduce((rows, { listener }) => rows + (listener.rowsPerSecond ?? 0), 0);
  const place = rated.at(-1)?.placeOf("rows_per_second");
  if (place === undefined) return [];
  if (most !== undefined && sum > most)
    return [
      `${place}: expected at most ${most} rows a second of all listeners (store_rows_per_second); got ${sum}`,
    ];
  if (queueLimit !== undefined && sum * burstSeconds > queueLimit)
    return [
      `${place}: expected bursts of at most ${queueLimit} rows of all listeners (queue_limit), ${burstSeconds} s at their rates; got ${sum * burstSeconds}`,
    ];
  return [];
}
