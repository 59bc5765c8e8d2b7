import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import process from "node:process";
import { isRunning } from "./process-start.js";
import { parseStateFile, type StateFile } from "./state-file.js";
import { ownerOfService, pathsOf, type StatePlace } from "./state-place.js";

const mostBytes = 65_536;

/** A state file that counts: of a monitor that runs, by somebody whose word can be taken. */
export interface RunningState {
  readonly kind: "running";
  readonly path: string;
  readonly state: StateFile;
  /** The user number of the file's owner; 0 is root. */
  readonly owner: number;
}

/** One that does not count, and in a few words why. */
interface IgnoredState {
  /** `gone`: that of a monitor that ended without removing it. */
  readonly kind: "gone" | "ignored";
  readonly reason: string;
}

/** Whose files count. */
type Trusted = readonly (number | null | undefined)[] | "everybody";

export interface StateSearch {
  /** Every running monitor of the first place that has one, in their order. */
  readonly running: readonly RunningState[];
  /** A sentence for each file that does not count, with the reason. */
  readonly notices: readonly string[];
}

/**
 * Looks for the monitors that run. A file counts only if its owner is root, the user who asks, or
 * whom root gave the folder to, if nobody else can write it, and if its process is still there.
 * Links are never followed.
 */
export function searchStates(places: readonly StatePlace[], uid = process.geteuid?.()): StateSearch {
  const notices: string[] = [];
  for (const place of places) {
    const trusted = [0, uid, ownerOfService(place)];
    const running = pathsOf(place).flatMap((path) => {
      const found = readState(path, trusted);
      if (found?.kind === "running") return [found];
      if (found !== null) notices.push(`The state file ${path} is ignored: ${found.reason}.`);
      return [];
    });
    if (running.length > 0) return { running, notices };
  }
  return { running: [], notices };
}

/** Null where there is none. */
export function readState(path: string, trusted: Trusted): RunningState | IgnoredState | null {
  let descriptor: number;
  try {
    // A pipe in its place is not waited for.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    descriptor = openSync(path, flags);
  } catch (error) {
    const reason = refusalOf(path, error);
    return reason === null ? null : { kind: "ignored", reason };
  }
  try {
    const stats = fstatSync(descriptor);
    const distrust = process.platform === "win32" ? null : distrustOf(stats, trusted);
    if (distrust !== null) return { kind: "ignored", reason: distrust };
    const state = parseStateFile(textOf(descriptor));
    if (typeof state === "string") return { kind: "ignored", reason: state };
    return isRunning(state.pid, state.processStart)
      ? { kind: "running", path, state, owner: stats.uid }
      : { kind: "gone", reason: goneText(state) };
  } catch (error) {
    return { kind: "ignored", reason: (error as Error).message };
  } finally {
    closeSync(descriptor);
  }
}

/** Names the database: whoever reads this may want to look into it. */
function goneText({ pid, store }: StateFile): string {
  const kept = store === "memory:" ? "" : `; its database was ${store}`;
  return `its monitor (pid ${pid}) is gone${kept}`;
}

/** Null where nothing is there. */
function refusalOf(path: string, error: unknown): string | null {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return null;
  // A folder that this user may not enter is another's, as in a shell that changed the user alone.
  if (code === "EACCES" && !isThere(path)) return null;
  const reasons: Record<string, string> = {
    ELOOP: "it is a symbolic link",
    EACCES: "this user may not read it",
    ENXIO: "it is no file",
  };
  return reasons[code ?? ""] ?? message;
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function distrustOf(stats: Stats, trusted: Trusted): string | null {
  if (!stats.isFile()) return "it is no file";
  if (trusted !== "everybody" && !trusted.includes(stats.uid)) {
    return `it belongs to user ${stats.uid}, not to root or to this user`;
  }
  if ((stats.mode & 0o022) !== 0) return "others may write it";
  return stats.size > mostBytes ? `it has more than ${mostBytes} bytes` : null;
}

function textOf(descriptor: number): string {
  const bytes = Buffer.alloc(mostBytes);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, bytes, length, mostBytes - length, null);
    if (count === 0) return bytes.toString("utf8", 0, length);
    length += count;
  }
}
