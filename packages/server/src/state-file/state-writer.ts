import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import type { Logger } from "../logger.js";
import { type StateFile, stateFileText } from "./state-file.js";
import { pathsOf, type StatePlace } from "./state-place.js";
import { readState } from "./state-search.js";

export interface StateWriterOptions {
  readonly places: readonly StatePlace[];
  readonly state: StateFile;
  readonly logger: Logger;
  /** How often it is looked whether the file is still there; 60 000. */
  readonly checkIntervalMs?: number;
}

/**
 * Leaves the state file of a running monitor in the first place that takes it, and removes it at
 * the end. A file of another monitor that runs is never touched: each has one of its own. Nothing
 * here throws: a monitor without a state file works, and is said to have none.
 */
export class StateWriter {
  readonly #options: StateWriterOptions;
  #path: string | null = null;
  #inode: bigint | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StateWriterOptions) {
    this.#options = options;
  }

  /** The file's path; null where no place takes one, which the log says. */
  get path(): string | null {
    return this.#path;
  }

  start(): void {
    const { places, logger, checkIntervalMs = 60_000 } = this.#options;
    if (places.length === 0) return;
    this.#leave();
    if (this.#path === null) {
      const where = places.map(({ path }) => path);
      logger.warn({ where }, "no state file could be left: commands need --socket, --store and --http");
    }
    this.#timer = setInterval(() => this.#check(), checkIntervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#path !== null && this.#isOurs()) quietly(() => rmSync(this.#path as string));
    this.#path = null;
  }

  /** Comes back where somebody cleaned it away, and looks young to those that clean. */
  #check(): void {
    if (this.#path !== null && this.#isOurs()) {
      const now = new Date();
      quietly(() => utimesSync(this.#path as string, now, now));
    } else this.#leave();
  }

  /**
   * A file system gives the number of a file that is gone to the next one, so what stands in it
   * counts too.
   */
  #isOurs(): boolean {
    if (this.#path === null || this.#inode === null || inodeOf(this.#path) !== this.#inode) return false;
    return holds(this.#path, stateFileText(this.#options.state));
  }

  #leave(): void {
    this.#path = null;
    for (const place of this.#options.places) {
      if (!isUsable(place)) continue;
      for (const path of pathsOf(place)) {
        const inode = this.#claim(path, place.kind === "named");
        if (inode === null) continue;
        this.#path = path;
        this.#inode = inode;
        return;
      }
    }
  }

  /** Null where the path is another's, or cannot be written. */
  #claim(path: string, isNamed: boolean): bigint | null {
    const found = readState(path, "everybody");
    if (found?.kind === "running") return null;
    // Somebody named it by mistake: what is no state file is left as it is.
    if (isNamed && found?.kind === "ignored") return null;
    const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
    try {
      write(draft, stateFileText(this.#options.state));
      // A link fails where another has come meanwhile; what does not count is replaced.
      if (found === null) linkSync(draft, path);
      else renameSync(draft, path);
      return inodeOf(path);
    } catch {
      return null;
    } finally {
      quietly(() => rmSync(draft, { force: true }));
    }
  }
}

/** The folder of the service is root's to make, that of a user is the user's own. */
function isUsable({ path, kind }: StatePlace): boolean {
  if (kind !== "user") return true;
  const folder = dirname(path);
  try {
    if (lstatSync(dirname(folder)).uid !== process.geteuid?.()) return false;
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
}

/** Everybody may read it: it holds no secret, and other users' commands need it. */
function write(path: string, text: string): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(descriptor, text);
    fchmodSync(descriptor, 0o644);
  } finally {
    closeSync(descriptor);
  }
}

function inodeOf(path: string): bigint | null {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch {
    return null;
  }
}

function holds(path: string, text: string): boolean {
  try {
    const stats = lstatSync(path);
    return stats.isFile() && stats.size === Buffer.byteLength(text) && readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // The file is gone already, or its folder.
  }
}
