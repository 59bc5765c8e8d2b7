import pidusage from "pidusage";
import { readUptimes } from "./boot-time.js";
import { ownPageSize } from "./page-size.js";
import { ProcReader } from "./proc-reader.js";
import { msPerTick, parseProcStat } from "./proc-stat.js";
import { TaskQueue } from "./task-queue.js";

/** What pidusage tells of one process; it leaves out those that it could not read. */
export type Usage = Pick<pidusage.Status, "ctime" | "elapsed" | "memory">;

/**
 * Where pidusage would read `/proc/<pid>/stat` through descriptors that it keeps: a pid that is
 * reused meanwhile reads as ESRCH for ever, and calls that overlap, or a process that ends between
 * open and read, leave descriptors open that nobody knows of. There we read the file ourselves.
 */
const procPlatforms: readonly string[] = ["linux", "android"];

/** How long pidusage remembers a process between two calls. 0 would recurse without end. */
const rememberedMs = 60_000;

/** pidusage's memory is its module's, so calls go one after the other, whoever makes them. */
const calls = new TaskQueue();
const reader = new ProcReader("/proc");

/**
 * The usage of these processes: as `/proc` has it where that is Linux's, elsewhere from `ps` or, on
 * Windows, PowerShell, which pidusage runs. `PIDUSAGE_USE_PS` and `PIDUSAGE_MAXAGE` have no say.
 */
export function callPidusage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  if (procPlatforms.includes(process.platform)) return Promise.resolve(readUsages(pids));
  return calls.run(() => askPidusage(pids));
}

function readUsages(pids: readonly number[]): ReadonlyMap<number, Usage> {
  const usages = new Map<number, Usage>();
  const pageBytes = ownPageSize(reader) ?? Number.NaN;
  const uptimeMs = readUptimes().reportedS * 1_000;
  for (const pid of pids) {
    const stat = statOf(pid);
    if (stat === null) continue;
    usages.set(pid, {
      ctime: stat.cpuTicks * msPerTick,
      elapsed: uptimeMs - stat.startTicks * msPerTick,
      memory: stat.rssPages * pageBytes,
    });
  }
  return usages;
}

function statOf(pid: number) {
  try {
    return parseProcStat(reader.read(`${pid}/stat`));
  } catch {
    // The caller has asked whether the process exists, and judges a missing usage by that.
    return null;
  }
}

async function askPidusage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const usages = new Map<number, Usage>();
  if (pids.length === 0) return usages;
  let told: Record<string, Usage | undefined>;
  try {
    // It writes into the array that it is given. With `ps` it holds no descriptor.
    told = await pidusage([...pids], { maxage: rememberedMs, usePs: true });
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
