import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { quotedText } from "../quoted-text.js";
import { CommandError } from "./command-error.js";
import type { Terminal } from "./terminal.js";

/** What file systems answer that know no links. */
const linkless = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** Where an export goes: standard output, or a file that takes its name when it is whole. */
export class ExportTarget {
  /** Absolute; empty for standard output. */
  readonly path: string;
  readonly isTerminal: boolean;
  readonly #terminal: Terminal;
  readonly #file: FileHandle | null;
  readonly #partial: string;
  readonly #mayReplace: boolean;

  /**
   * Rejects with a `CommandError` where the file is there and may not be replaced, or cannot be
   * made.
   */
  static async open(
    output: string | undefined,
    terminal: Terminal,
    mayReplace: boolean,
  ): Promise<ExportTarget> {
    if (output === undefined) return new ExportTarget("", terminal, null, "", mayReplace);
    const path = await targetPath(resolve(output), mayReplace);
    // In a container a pid is no name of its own: one that was killed may have left such a file.
    const name = `${process.pid}-${randomBytes(4).toString("hex")}`;
    const partial = join(dirname(path), `.${basename(path)}.${name}.partial`);
    try {
      // What bots do and cost is for its owner, as the database is.
      const file = await open(partial, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      return new ExportTarget(path, terminal, file, partial, mayReplace);
    } catch (error) {
      throw problemOf(path, error);
    }
  }

  private constructor(
    path: string,
    terminal: Terminal,
    file: FileHandle | null,
    partial: string,
    mayReplace: boolean,
  ) {
    this.path = path;
    this.#terminal = terminal;
    this.#file = file;
    this.#partial = partial;
    this.#mayReplace = mayReplace;
    this.isTerminal = file === null && terminal.isInteractive;
  }

  /** Resolves when the reader, or the file, has taken it, as far as one can tell. */
  async add(text: string): Promise<void> {
    if (text === "") return;
    if (this.#file === null) await this.#terminal.writeAndWait(text);
    else await this.#fileStep(() => (this.#file as FileHandle).appendFile(text));
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    await this.#fileStep(async () => {
      await file.sync();
      await file.close();
      if (this.#mayReplace) await rename(this.#partial, this.path);
      else await this.#nameNew();
    });
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    if (this.#file === null) return;
    await this.#file.close().catch(() => undefined);
    await rm(this.#partial, { force: true });
  }

  /** Unlike a rename, a link never takes the place of a file that has come meanwhile. */
  async #nameNew(): Promise<void> {
    try {
      await link(this.#partial, this.path);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isThere = (await lstat(this.path).catch(() => null)) !== null;
      if (isThere || !linkless.has(code)) throw error;
      await rename(this.#partial, this.path);
      return;
    }
    await rm(this.#partial);
  }

  async #fileStep(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw problemOf(this.path, error);
    }
  }
}

/** The path behind links. A device, a pipe or a folder is no file that could be replaced. */
async function targetPath(path: string, mayReplace: boolean): Promise<string> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return path;
  if (!mayReplace)
    throw new CommandError(`No export: ${quotedText(path)} is there already; --force replaces it`);
  const real = await realpath(path).catch(() => path);
  const behind = await lstat(real).catch(() => null);
  if (behind !== null && !behind.isFile()) {
    throw new CommandError(
      `No export: ${quotedText(path)} is no regular file; leave --output away and redirect standard output there`,
    );
  }
  return real;
}

function problemOf(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: "there is no such folder",
    ENOTDIR: "there is no such folder",
    EACCES: "this user may not write there",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EEXIST: "it is there already; --force replaces it",
  };
  return new CommandError(
    `No export: ${quotedText(path)} cannot be written: ${reasons[code ?? ""] ?? message}`,
  );
}
