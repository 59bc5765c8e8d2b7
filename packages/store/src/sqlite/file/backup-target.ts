import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StoreError } from "../../error.js";

/**
 * Marks a file as a backup of ours, in SQLite's `application_id`: "KBMB". A database that is
 * restored loses it.
 */
export const backupMark = 0x4b42_4d42;

const mostLinks = 40;
const headerBytes = 100;

/**
 * The file that a backup to `target` is to be: links are followed, also one that leads nowhere yet.
 * Throws `invalid_path` for what is neither absent nor a regular file, and for the database itself;
 * `would_overwrite` for a file that is no backup of ours, unless `force` says that it may go.
 */
export function backupTargetOf(sourcePath: string, target: string, force: boolean): string {
  const path = linkedFrom(resolve(target));
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing?.isDirectory()) throw new StoreError("invalid_path", `${path} is a directory; name a file`);
  if (existing !== undefined && !existing.isFile()) {
    throw new StoreError(
      "invalid_path",
      `${path} is no regular file (a device, a pipe or a socket); name a file`,
    );
  }
  if (!existsSync(dirname(path)))
    throw new StoreError("invalid_path", `the folder ${dirname(path)} does not exist`);
  const source = statSync(sourcePath);
  const real = join(realpathSync(dirname(path)), basename(path));
  const beside = ["-wal", "-shm", "-journal", ".lock", ".host"].map(
    (suffix) => realpathSync(sourcePath) + suffix,
  );
  if ((existing?.ino === source.ino && existing.dev === source.dev) || beside.includes(real))
    throw new StoreError("invalid_path", `${path} is the database itself`);
  if (existing !== undefined && !force && !isBackup(path)) {
    throw new StoreError(
      "would_overwrite",
      `${path} is there already and is no backup of a monitor's database`,
    );
  }
  return path;
}

function linkedFrom(path: string): string {
  let at = path;
  for (let links = 0; links < mostLinks; links++) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return at;
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new StoreError("invalid_path", `${path} leads through too many symbolic links`);
}

/** A backup carries the mark and is not in use: a database that is open, or was, is in WAL mode. */
function isBackup(path: string): boolean {
  const header = Buffer.alloc(headerBytes);
  const file = openSync(path, "r");
  try {
    if (readSync(file, header, 0, headerBytes, 0) < headerBytes) return false;
  } finally {
    closeSync(file);
  }
  return (
    header.toString("latin1", 0, 16) === "SQLite format 3\0" &&
    header[18] === 1 &&
    header.readUInt32BE(68) === backupMark &&
    !existsSync(`${path}-wal`)
  );
}
