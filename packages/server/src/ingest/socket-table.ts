import { readdir, readFile, readlink } from "node:fs/promises";

/**
 * A stream socket that listens, from /proc/net/unix: it names all of this network namespace,
 * whoever they belong to.
 */
export interface ListeningSocket {
  readonly inode: number;
  /** As it was bound: an abstract name begins with `@`. */
  readonly name: string;
}

const listening = 0x10000;
const stream = 1;

/** Null if there is no such table, as on macOS: then nothing is known. Empty if nobody listens. */
export async function listeningSockets(): Promise<ListeningSocket[] | null> {
  let table: string;
  try {
    table = await readFile("/proc/net/unix", "utf8");
  } catch {
    return null;
  }
  const sockets: ListeningSocket[] = [];
  for (const line of table.split("\n")) {
    // Num: RefCount Protocol Flags Type St Inode Path
    const [, flags, type, inode, name] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +(\d+) (.+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if ((Number.parseInt(flags as string, 16) & listening) === 0) continue;
    if (Number.parseInt(type as string, 16) === stream) sockets.push({ inode: Number(inode), name });
  }
  return sockets;
}

/**
 * A process that has the socket open, if its descriptors can be read: those of our user, or all for
 * root. Null if none is found. It walks all processes, so use it only for an error message.
 */
export async function processWithSocket(inode: number): Promise<number | null> {
  const wanted = `socket:[${inode}]`;
  for (const pid of (await namesIn("/proc")).filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of await namesIn(`/proc/${pid}/fd`)) {
      if ((await targetOf(`/proc/${pid}/fd/${descriptor}`)) === wanted) return Number(pid);
    }
  }
  return null;
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch {
    // The process has gone, or is another user's.
    return [];
  }
}

async function targetOf(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch {
    // The descriptor has been closed since.
    return null;
  }
}
