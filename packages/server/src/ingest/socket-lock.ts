import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOfError } from "./error-code.js";
import { monitorRuns } from "./socket-error.js";
import { listeningSockets } from "./socket-table.js";

/**
 * Held by the one monitor that may listen on a path. The kernel gives it back when the process ends, however it ends, so it is
 * never stale and nothing has to be judged: no pid that may be another's, no file that two starters may both take for dead.
 *
 * - **Linux**: an abstract Unix socket, whose name is made of the directory's device and inode and the socket's name. Binding it
 *   is atomic. Node has no `flock`, and a file with a pid needs somebody to remove it after a `kill -9`: between the look and
 *   the removal another starter may have taken it. A second abstract name carries the pid; /proc/net/unix shows it to everybody.
 *   Both names live in the network namespace: two containers that share only the directory do not see each other's lock, and
 *   are left with the connect that tells a live monitor. Nobody is served on them; who connects is let go.
 * - **macOS, BSD**: `open` with O_EXLOCK, an flock, on a file beside the socket that holds the pid and stays.
 * - **Windows**: none is needed, as the system gives a pipe's name to one server only.
 */
export interface SocketLock {
  release(): Promise<void>;
}

/** An abstract name has its full length, since older and newer versions of libuv pad a shorter one differently. */
const abstractNameBytes = 107;

/** O_EXLOCK of macOS and the BSDs, which Node does not name. */
const exclusiveLock = 0x20;

/** Rejects with `in_use`, and the pid of the holder where it is known. */
export function takeSocketLock(
  path: string,
  platform: NodeJS.Platform = process.platform,
): Promise<SocketLock> {
  if (platform === "linux") return takeAbstractLock(path);
  if (platform === "win32") return Promise.resolve({ release: () => Promise.resolve() });
  return takeFileLock(`${path}.lock`, path);
}

async function takeAbstractLock(path: string): Promise<SocketLock> {
  const identity = await identityOf(path);
  const lock = await bindAbstract(`kissbot-monitor-lock:${identity}:`);
  if (lock === null) throw monitorRuns(path, await pidOfHolder(identity));
  const holder = await bindAbstract(`${holderPrefix(identity)}${process.pid}:`);
  return {
    release: async () => {
      if (holder !== null) await closed(holder);
      await closed(lock);
    },
  };
}

/** The same for every way to write the path, also in another mount namespace. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(dirname(path), { bigint: true });
  return createHash("sha256")
    .update(`${dev}:${ino}:${basename(path)}`)
    .digest("hex")
    .slice(0, 48);
}

function holderPrefix(identity: string): string {
  return `kissbot-monitor-pid:${identity}:`;
}

/** Null where somebody has the name. */
function bindAbstract(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error) => {
      if (codeOfError(error) === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(`\0${name.padEnd(abstractNameBytes, ".")}`, () => {
      server.removeAllListeners("error");
      // Descriptors may run out when somebody connects; that is no concern of a lock.
      server.on("error", () => {});
      resolve(server);
    });
  });
}

/** The holder binds the name with its pid right after the lock, so it may have to be asked for more than once. */
async function pidOfHolder(identity: string): Promise<number | null> {
  const prefix = `@${holderPrefix(identity)}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    for (const { name } of (await listeningSockets()) ?? []) {
      if (name.startsWith(prefix)) return pidFrom(name.slice(prefix.length));
    }
    await delay(20);
  }
  return null;
}

async function takeFileLock(lockPath: string, path: string): Promise<SocketLock> {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(lockPath, O_RDWR | O_CREAT | O_NONBLOCK | exclusiveLock, 0o644);
  } catch (error) {
    if (codeOfError(error) !== "EAGAIN") throw error;
    throw monitorRuns(path, pidFrom(await readFile(lockPath, "utf8")));
  }
  await file.truncate();
  await file.write(`${process.pid}\n`, 0);
  // The file stays: who removed it would let a third take a new one beside a second who waits for the old.
  return { release: () => file.close() };
}

function pidFrom(text: string): number | null {
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : null;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
