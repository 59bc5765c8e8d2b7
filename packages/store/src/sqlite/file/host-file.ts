import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import process from "node:process";

/** Which host a database belongs to. */
export interface HostIdentity {
  /** A random UUID, for as long as the data lives. */
  readonly hostId: string;
  readonly madeAtMs: number;
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const mostBytes = 4_096;

/**
 * The file beside a database that keeps its identity: a database that is set aside as corrupt takes
 * its own copy along.
 */
export function hostFileOf(databasePath: string): string {
  return `${databasePath}.host`;
}

/** Null where there is none, or where it cannot be read or says something else. */
export function readHostFile(databasePath: string): HostIdentity | null {
  try {
    const path = hostFileOf(databasePath);
    const file = statSync(path);
    if (!file.isFile() || file.size > mostBytes) return null;
    const { host_id: hostId, made_at_ms: madeAtMs } = JSON.parse(readFileSync(path, "utf8"));
    const isSound = typeof hostId === "string" && uuid.test(hostId) && Number.isSafeInteger(madeAtMs);
    return isSound ? { hostId, madeAtMs } : null;
  } catch {
    return null;
  }
}

/**
 * Writes the file unless it says this already. It is only a second copy: where it cannot be written
 * (a full disk, a folder of that name) nothing else fails, and the next opening tries again.
 */
export function keepHostFile(databasePath: string, identity: HostIdentity): void {
  if (readHostFile(databasePath)?.hostId === identity.hostId) return;
  const path = hostFileOf(databasePath);
  const partial = `${path}.partial-${process.pid}`;
  try {
    const file = openSync(partial, "w", 0o600);
    try {
      writeSync(file, `${JSON.stringify({ host_id: identity.hostId, made_at_ms: identity.madeAtMs })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch {
    rmSync(partial, { force: true });
  }
}
