import { randomBytes } from "node:crypto";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { codeOfError, messageOfError } from "../errno.js";
import { assertSocketPath } from "../socket-path.js";

/**
 * Where a monitor for tests listens: a path that the caller gave, or one of its own in a folder of
 * its own. On Windows it is the name of a pipe, without a folder. The folder exists from `make` to
 * `leave` or `remove`, so a monitor that never listens leaves nothing behind.
 */
export class Place {
  readonly socketPath: string;
  readonly #folder: string | undefined;

  /** Throws TypeError or RangeError if no socket can have the given path. */
  constructor(socketPath?: string) {
    if (socketPath !== undefined) {
      assertListenPath(socketPath);
      this.socketPath = socketPath;
      return;
    }
    this.socketPath = newSocketPath("/monitor.sock");
    if (process.platform !== "win32") this.#folder = resolve(this.socketPath, "..");
  }

  /** Creates the folder; no error if it exists. */
  make(): void {
    if (this.#folder === undefined) return;
    try {
      mkdirSync(this.#folder, { mode: 0o700 });
    } catch (error) {
      const code = codeOfError(error);
      if (code === "EEXIST") return;
      throw new Error(
        `cannot make the folder ${this.#folder}: ${code}. Set TMPDIR to a folder that exists, has a short path and can be written`,
        { cause: error },
      );
    }
  }

  /** Removes the folder unless somebody else put something into it. */
  leave(): void {
    if (this.#folder === undefined) return;
    try {
      rmdirSync(this.#folder);
    } catch {
      // Not empty, or gone: `remove` and the end of the process take the rest.
    }
  }

  /** Removes the folder and everything in it. */
  remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A path that nobody else uses, in the folder for temporary files. Some machines have one with a
 * path so long that no socket fits below it (a runner of CI, a user of macOS); then the path is in
 * `/tmp`.
 */
export function newSocketPath(ending: string): string {
  const name = `kissbot-${randomBytes(6).toString("hex")}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const path = resolve(tmpdir(), name + ending);
  try {
    assertSocketPath(path, process.platform);
    return path;
  } catch {
    // Too long.
    return `/tmp/${name}${ending}`;
  }
}

/** Node 20 would cut a path that is too long, and listen somewhere else. */
function assertListenPath(socketPath: string): void {
  try {
    assertSocketPath(socketPath, process.platform);
  } catch (error) {
    if (error instanceof RangeError)
      throw new RangeError(
        `${messageOfError(error)}. Give a shorter path, or none: then the monitor takes a short one of its own`,
      );
    throw error;
  }
}
