import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import pidusage from "pidusage";
import { Turns } from "./turns.js";

/** What pidusage tells of one process; it leaves out those that it could not read. */
export type Usage = Pick<pidusage.Status, "ctime" | "elapsed" | "memory">;

/**
 * The memory that pidusage has of each process between two calls: on some platforms an open
 * descriptor is part of it.
 */
interface PidusageHistory {
  set(pid: number, known: { readonly fd: number }, maxAgeMs: number): void;
  clear(): void;
}

/**
 * Where pidusage reads `/proc/<pid>/stat` through a descriptor that it keeps; elsewhere it runs
 * `ps`, or PowerShell.
 */
const descriptorPlatforms: readonly string[] = ["linux", "android", "netbsd"];

/** Long enough that pidusage's own timer never expires an entry while a call is under way. */
const callAgeMs = 10 * 86_400_000;
/** Elsewhere entries are plain numbers, and expire after this. 0 would recurse without end. */
const plainAgeMs = 60_000;

/**
 * pidusage's memory is its module's, so all calls of this process, whoever makes them, go one after
 * the other.
 */
const turns = new Turns();

/**
 * One call of pidusage 4.1, in its turn and without its traps. All come from the descriptors in its
 * memory: it opens one per pid and holds it until a timer closes it, so that a pid reused meanwhile
 * reads as ESRCH for ever; two first calls at once, `clear()`, and a process that ends between open
 * and read each leave one open that nobody knows of; and the timer may close one under a read,
 * whose end then puts the closed number back, to be closed again when it is somebody else's file.
 *
 * So the descriptors are ours: opened before the call, lent to its memory, and closed after the
 * call when that memory has been emptied. Between two calls pidusage knows no process and holds
 * nothing. `PIDUSAGE_USE_PS` and `PIDUSAGE_MAXAGE` have no say.
 */
export function callPidusage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  return turns.take(() =>
    descriptorPlatforms.includes(process.platform) ? lend(pids) : ask(pids, plainAgeMs),
  );
}

async function lend(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const history = openHistory();
  const descriptors: number[] = [];
  const lent: number[] = [];
  history.clear();
  try {
    for (const pid of pids) {
      const descriptor = openStat(pid);
      if (descriptor === null) continue;
      descriptors.push(descriptor);
      history.set(pid, { fd: descriptor }, callAgeMs);
      lent.push(pid);
    }
    return await ask(lent, callAgeMs);
  } finally {
    history.clear();
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

async function ask(pids: readonly number[], maxage: number): Promise<ReadonlyMap<number, Usage>> {
  const usages = new Map<number, Usage>();
  if (pids.length === 0) return usages;
  let told: Record<string, Usage | undefined>;
  try {
    // It writes into the array that it is given.
    told = await pidusage([...pids], { maxage, usePs: false });
  } catch (error) {
    // It says so when not one of them was there.
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return usages;
    throw error;
  }
  for (const pid of pids) {
    const usage = told[pid];
    if (usage !== undefined && usage !== null) usages.set(pid, usage);
  }
  return usages;
}

/**
 * Null where there is no such process, or no descriptor to be had: then there is no usage to be had
 * either.
 */
function openStat(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}/stat`, "r");
  } catch {
    // The caller has asked whether the process exists, and judges a missing usage by that.
    return null;
  }
}

let loaded: PidusageHistory | undefined;

/**
 * The very module that pidusage itself uses. It is not part of its interface, which is why this
 * package pins its version.
 */
function openHistory(): PidusageHistory {
  loaded ??= createRequire(import.meta.url)("pidusage/lib/history.js") as PidusageHistory;
  return loaded;
}
