import { type BigIntStats, fstatSync, readdirSync, readSync, statSync } from "node:fs";

/**
 * How a file was lost. `gone`: nothing stands at its path. `replaced`: another file does.
 * `overwritten`: it is the same file with somebody else's content, as after
 * `cp backup.db monitor.db`. `log`: its -wal or -shm is gone or another one, while itself is as it
 * was.
 */
export type Loss = "gone" | "replaced" | "overwritten" | "log";

interface Header {
  readonly isLogged: boolean;
  /** Grows with the database, as long as nobody puts an older one in its place. */
  readonly changes: number;
}

const headerBytes = 100;
const magic = "SQLite format 3\0";

/**
 * Whether the open database is still what stands at its path. One look is three calls of stat, some
 * microseconds beside a commit.
 *
 * Only checkpoints write to the database's own file. One that was written without a checkpoint of
 * ours may have been checkpointed by another program that uses it; then its header tells: a
 * restored file is not in WAL mode (our backups), or older. Another descriptor of the file must not
 * be opened for that, since closing it would drop SQLite's locks; so the header is read through one
 * that SQLite has open, which Linux lists.
 */
export class FileWatch {
  readonly #path: string;
  readonly #identities: ReadonlyMap<string, string>;
  #written: string;
  #changes: number;
  /** The file's descriptor at the last look. Listing all descriptors is slow with many clients. */
  #descriptor: number | null = null;

  /** To be made when SQLite has opened the file and its log. */
  constructor(path: string) {
    this.#path = path;
    const identities = new Map<string, string>();
    for (const suffix of ["", "-wal", "-shm"]) {
      const file = statOf(path + suffix);
      if (file !== null && file !== undefined) identities.set(suffix, identityOf(file));
    }
    this.#identities = identities;
    const file = statOf(path);
    this.#written = file ? writtenOf(file) : "";
    this.#changes = file ? (this.#headerOf(file)?.changes ?? 0) : 0;
  }

  look(): Loss | null {
    const file = statOf(this.#path);
    // What cannot be looked at (an I/O error, a folder that may not be entered) is for SQLite to
    // complain of.
    if (file === undefined) return null;
    if (file === null) return "gone";
    if (identityOf(file) !== this.#identities.get("")) return "replaced";
    if (writtenOf(file) !== this.#written && this.#wasOverwritten(file)) return "overwritten";
    return this.owns("-wal") && this.owns("-shm") ? null : "log";
  }

  /** Whether what stands beside the database belongs to the file that was opened. */
  owns(suffix: "-wal" | "-shm"): boolean {
    const file = statOf(this.#path + suffix);
    if (file === undefined || !this.#identities.has(suffix)) return true;
    return file !== null && identityOf(file) === this.#identities.get(suffix);
  }

  /**
   * The file has been written by a checkpoint. What somebody else put there at the same time stays
   * for the next look.
   */
  noteCheckpoint(): void {
    const file = statOf(this.#path);
    if (!file || identityOf(file) !== this.#identities.get("") || this.#wasOverwritten(file)) return;
    this.#written = writtenOf(file);
  }

  #wasOverwritten(file: BigIntStats): boolean {
    const header = this.#headerOf(file);
    if (header === undefined) return file.size === 0n;
    if (header === null || !header.isLogged || header.changes < this.#changes) return true;
    // Another program's checkpoint.
    this.#written = writtenOf(file);
    this.#changes = header.changes;
    return false;
  }

  /** Null where it is no database's; undefined where it cannot be read. */
  #headerOf(file: BigIntStats): Header | null | undefined {
    if (this.#descriptor === null || !isOpenAs(this.#descriptor, file)) this.#descriptor = descriptorOf(file);
    if (this.#descriptor === null) return undefined;
    const bytes = Buffer.alloc(headerBytes);
    try {
      if (readSync(this.#descriptor, bytes, 0, headerBytes, 0) < headerBytes) return null;
    } catch {
      // Closed in this moment, or a disk that fails.
      return undefined;
    }
    if (bytes.toString("latin1", 0, magic.length) !== magic) return null;
    return { isLogged: bytes[18] === 2 && bytes[19] === 2, changes: bytes.readUInt32BE(24) };
  }
}

/** Null where nothing is there; undefined where nobody can tell. */
function statOf(path: string): BigIntStats | null | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? null : undefined;
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function writtenOf({ size, mtimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}`;
}

function isOpenAs(descriptor: number, file: BigIntStats): boolean {
  try {
    return identityOf(fstatSync(descriptor, { bigint: true })) === identityOf(file);
  } catch {
    // Closed meanwhile.
    return false;
  }
}

function descriptorOf(file: BigIntStats): number | null {
  let names: string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    // No such list here.
    return null;
  }
  const own = names.find((name) => isOpenAs(Number(name), file));
  return own === undefined ? null : Number(own);
}
