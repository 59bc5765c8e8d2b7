import { chmod, lchown, rename, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { plainText } from "../quoted-text.js";
import { codeOfError } from "./error-code.js";
import { listen } from "./listen.js";
import { assertSocketPath, contentOfPath, statOfPath } from "./path-content.js";
import { type SettingNames, socketSettings } from "./setting-names.js";
import { describeAccess } from "./socket-access.js";
import { monitorRuns, SocketError } from "./socket-error.js";
import { probeSocket } from "./socket-probe.js";
import { listeningSockets, processWithSocket } from "./socket-table.js";

/** What the socket's file is given. */
export interface SocketRights {
  readonly mode: number;
  /** The group that it is given to; null leaves it the process's own. */
  readonly groupId: number | null;
  /** The user that it is given to; null leaves it the process's own. */
  readonly ownerId: number | null;
}

/** A socket that listens under a name beside the path, where nobody looks. */
export interface MadeSocket {
  readonly server: Server;
  readonly name: string;
  readonly identity: string | null;
}

/**
 * What is at the path. Only `free` may be bound: nothing, or a socket that refuses because its
 * monitor is gone.
 */
export type Occupant = "free" | "monitor" | "something else" | { readonly code: string };

/**
 * The socket's place in the file system. It is ours from `place` until another file replaces it:
 * `isOurs` compares the inode, which cannot be reused while we listen on it.
 */
export class SocketFile {
  readonly path: string;
  readonly #names: SettingNames;
  #identity: string | null = null;

  constructor(path: string, names = socketSettings) {
    this.path = path;
    this.#names = names;
  }

  async occupant(): Promise<Occupant> {
    try {
      const content = await contentOfPath(this.path);
      if (content === "nothing") return "free";
      if (content === "something else") return "something else";
    } catch (error) {
      return { code: codeOfError(error) };
    }
    const found = await probeSocket(this.path);
    if (found === "answers") return "monitor";
    return found === "refused" || found === "missing" ? "free" : found;
  }

  /** Throws if the path must not be bound, and leaves what is there. */
  async assertFree(): Promise<void> {
    const occupant = await this.occupant();
    const shown = plainText(this.path);
    if (occupant === "free") return;
    if (occupant === "monitor") throw monitorRuns(this.path, await this.#pidOfListener(), this.#names.path);
    if (occupant === "something else") {
      throw new SocketError(
        "invalid_path",
        `${shown} is no socket, and was left as it is: move it away, or choose another path with ${this.#names.path}`,
      );
    }
    throw new SocketError(
      "cannot_bind",
      `cannot tell whether a monitor runs on ${shown} (${occupant.code}): choose another path with ${this.#names.path}`,
    );
  }

  /**
   * Makes the server listen, with these rights, under a name of its own. `place` then gives it the
   * path; `discard` takes it away. So at no moment may anybody connect who may not afterwards, and
   * at no moment is there a path that does not answer. And libuv, which unlinks the name that it
   * bound when a server closes, finds nothing, and never takes away another monitor's socket.
   * Throws `cannot_bind`.
   */
  async make(server: Server, backlog: number, rights: SocketRights): Promise<MadeSocket> {
    const { mode, groupId, ownerId } = rights;
    const isGiven = groupId !== null || ownerId !== null;
    // If it is given to somebody, only we may connect until then.
    const firstMode = isGiven ? mode & 0o700 : mode;
    let bound: string | null = null;
    try {
      bound = await this.#listenUnderOwnName(server, backlog, firstMode);
      if (isGiven) {
        await lchown(bound, ownerId ?? -1, groupId ?? -1);
        await chmod(bound, mode);
      }
      return { server, name: bound, identity: await identityOf(bound) };
    } catch (error) {
      server.close();
      if (bound !== null) await rm(bound, { force: true });
      throw new SocketError("cannot_bind", this.#whyNot(codeOfError(error), rights));
    }
  }

  /** Gives it the path, in place of a stale socket that is there. Throws `cannot_bind`. */
  async place(made: MadeSocket): Promise<void> {
    const { name, identity } = made;
    try {
      await rename(name, this.path);
    } catch (error) {
      await this.discard(made);
      throw new SocketError("cannot_bind", this.#whyNot(codeOfError(error), null));
    }
    this.#identity = identity;
  }

  /** Makes it and gives it the path. Throws `cannot_bind`. */
  async bind(server: Server, backlog: number, rights: SocketRights): Promise<void> {
    await this.place(await this.make(server, backlog, rights));
  }

  /** Takes its name away and closes it. Never rejects. */
  async discard({ server, name }: MadeSocket): Promise<void> {
    server.close();
    await rm(name, { force: true }).catch(() => undefined);
  }

  async isOurs(): Promise<boolean> {
    return this.#identity !== null && (await identityOf(this.path)) === this.#identity;
  }

  /** Takes the path away, if it is still ours. Never rejects. */
  async remove(): Promise<void> {
    try {
      if (await this.isOurs()) await rm(this.path, { force: true });
    } catch {
      // The directory cannot be used any more. What stays is a socket that refuses, which the next
      // start replaces.
    }
    this.#identity = null;
  }

  async whoMayConnect(): Promise<string> {
    const stats = await statOfPath(this.path);
    return stats === null ? "nobody: the socket's file is gone" : describeAccess(stats);
  }

  async #listenUnderOwnName(server: Server, backlog: number, mode: number): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const name = ownName(this.path, attempt);
      try {
        await listen(server, { path: name, backlog }, 0o777 & ~mode);
        return name;
      } catch (error) {
        // Left behind by a process with this pid that was killed within the same microseconds, or
        // chosen by chance.
        if (codeOfError(error) !== "EADDRINUSE" || attempt === 10) throw error;
      }
    }
  }

  async #pidOfListener(): Promise<number | null> {
    const socket = (await listeningSockets())?.find(({ name }) => name === this.path);
    return socket === undefined ? null : processWithSocket(socket.inode);
  }

  #whyNot(code: string, rights: SocketRights | null): string {
    const shown = plainText(this.path);
    const { path, group, owner } = this.#names;
    if (code === "EACCES") return `no right to make a socket at ${shown}: choose another path with ${path}`;
    if (code === "EPERM" && rights !== null) {
      const { ownerId, groupId } = rights;
      if (ownerId !== null && ownerId !== process.getuid?.())
        return `no right to give ${shown} to user ${ownerId} (${owner}): only root may give a file away`;
      if (groupId !== null)
        return `no right to give ${shown} to group ${groupId} (${group}): this user is not in it`;
    }
    return `cannot listen on ${shown} (${code}): choose another path with ${path}`;
  }
}

/**
 * A name beside the path, which `ss -xl` shows from now on. Where the path's length leaves no room
 * for the pid, one of the same length.
 */
function ownName(path: string, attempt: number): string {
  const named = `${path}.${process.pid}`;
  if (attempt === 0) {
    try {
      assertSocketPath(named);
      return named;
    } catch {
      // Too long: a shorter one follows.
    }
  }
  const length = basename(path).length;
  const random = Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join("");
  return join(dirname(path), random);
}

/** Null where nothing is there. */
async function identityOf(path: string): Promise<string | null> {
  const stats = await statOfPath(path);
  return stats === null ? null : `${stats.dev}:${stats.ino}`;
}
