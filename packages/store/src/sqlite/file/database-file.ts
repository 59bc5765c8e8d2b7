import { constants, type Stats } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreError } from "../../error.js";

const magic = "SQLite format 3\0";

/**
 * Files that this process has open. Closing *any* descriptor of a file drops every POSIX lock that
 * the process holds on it, SQLite's among them, and another process could then take our write-ahead
 * log away ("How To Corrupt An SQLite Database File", 2.2). So a file that is open here is never
 * opened a second time to look at its first bytes: it was looked at.
 */
const openHere = new Map<string, number>();

/**
 * Says why a path cannot be the database, before SQLite has touched anything: `is_directory`,
 * `cannot_open`, `read_only`, `not_a_database`. A file that is not there is created with mode 0600;
 * one that is there keeps its mode and, if it is something else, its bytes. An empty file is a
 * database nobody has written to (Python's `connect` leaves one). Asynchronous, as a disk that
 * hangs must not hold up the caller's thread.
 */
export async function prepareDatabaseFile(path: string, readOnly: boolean): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      await lookAt(path, readOnly);
      return;
    } catch (error) {
      const vanished = ((error as StoreError).cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
      if (!vanished || readOnly || round === maxRounds || (await statOf(dirname(path))) === null) throw error;
    }
  }
}

/**
 * Between two steps of a look another process may set the file aside as corrupt; then the look
 * begins anew.
 */
const maxRounds = 10;

async function lookAt(path: string, readOnly: boolean): Promise<void> {
  let file = await statOf(path);
  if (file === null && !readOnly) {
    await create(path);
    file = await statOf(path);
  }
  if (file === null) {
    const cause = Object.assign(new Error("it is not there"), { code: "ENOENT" });
    throw new StoreError("cannot_open", `${path} does not exist`, { cause });
  }
  if (file.isDirectory()) throw new StoreError("is_directory", `${path} is a directory, not a file`);
  if (!file.isFile()) throw new StoreError("not_a_database", `${path} is not a regular file`);
  await assertAccess(path, constants.R_OK, "cannot_open", "cannot be read");
  if (!readOnly) {
    await assertAccess(path, constants.W_OK, "read_only", "cannot be written");
    await assertAccess(
      dirname(path),
      constants.W_OK,
      "read_only",
      "is a folder that cannot be written, and SQLite needs files beside its own",
    );
  }
  if (file.size > 0 && !openHere.has(keyOf(file))) await assertMagic(path);
}

/** Marks a file as open in this process until the returned function is called. */
export async function holdOpen(path: string): Promise<() => void> {
  const file = await statOf(path);
  if (file === null) return () => undefined;
  const key = keyOf(file);
  openHere.set(key, (openHere.get(key) ?? 0) + 1);
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    const left = (openHere.get(key) ?? 1) - 1;
    if (left > 0) openHere.set(key, left);
    else openHere.delete(key);
  };
}

function keyOf(file: Stats): string {
  return `${file.dev}:${file.ino}`;
}

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new StoreError("cannot_open", `${path}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * `wx`: of several processes that start at once one creates it, with the mode that its -wal and
 * -shm then inherit.
 */
async function create(path: string): Promise<void> {
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
      throw new StoreError("read_only", `${path} cannot be created: ${message}`, { cause: error });
    }
    if (code === "ENOSPC")
      throw new StoreError("disk_full", `${path} cannot be created: ${message}`, { cause: error });
    const hint = code === "ENOENT" ? `; its folder ${dirname(path)} does not exist` : "";
    throw new StoreError("cannot_open", `${path} cannot be created: ${message}${hint}`, { cause: error });
  }
}

async function assertAccess(
  path: string,
  mode: number,
  code: "cannot_open" | "read_only",
  what: string,
): Promise<void> {
  try {
    await access(path, mode);
  } catch (error) {
    throw new StoreError(code, `${path} ${what}: ${(error as Error).message}`, { cause: error });
  }
}

async function assertMagic(path: string): Promise<void> {
  const head = Buffer.alloc(magic.length);
  let read: number;
  try {
    const file = await open(path, "r");
    try {
      read = (await file.read(head, 0, head.length, 0)).bytesRead;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new StoreError("cannot_open", `${path}: ${(error as Error).message}`, { cause: error });
  }
  if (read === head.length && head.toString("latin1") === magic) return;
  throw new StoreError("not_a_database", `${path} is not an SQLite database; it was left as it is`);
}
