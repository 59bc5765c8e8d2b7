import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { killTree } from "./process-tree.js";
import { until } from "./until.js";

/** The oldest and the newest PostgreSQL that the store supports. */
export const postgresVersions = ["oldest", "newest"] as const;
export type PostgresVersion = (typeof postgresVersions)[number];

export interface PostgresOptions {
  readonly version?: PostgresVersion;
  /** More lines of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const packages = fileURLToPath(new URL("../postgres/node_modules", import.meta.url));
const user = "postgres";
const password = "a secret of the tests";
const startTimeoutMs = 30_000;
/** PostgreSQL refuses to run as root: there `nobody` runs it. */
const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const { pid } of running) killTree(pid);
});

/**
 * A PostgreSQL of a test, in a folder of its own. It is made once per machine by `initdb` and then
 * copied. It never syncs to the disk: what a killed process wrote stays, as long as the machine
 * runs.
 */
export class PostgresServer implements AsyncDisposable {
  readonly version: PostgresVersion;
  readonly port: number;
  readonly user = user;
  readonly password = password;
  /** The data folder, and beside it the log and the Unix socket. */
  readonly folder: string;
  readonly #programs: string;
  #process: ChildProcess | null = null;

  private constructor(version: PostgresVersion, port: number, folder: string, programs: string) {
    this.version = version;
    this.port = port;
    this.folder = folder;
    this.#programs = programs;
  }

  /** Why a test cannot have one; null where it can. With CI=true a missing one is an error. */
  static missing(version: PostgresVersion): string | null {
    if (existsSync(join(packages, `postgres-${version}`, "native", "bin", "postgres"))) return null;
    const sentence = `PostgreSQL (${version}) is not installed here: run pnpm install`;
    if (process.env["CI"] === "true") throw new Error(sentence);
    return sentence;
  }

  static async start({ version = "newest", settings = {} }: PostgresOptions = {}): Promise<PostgresServer> {
    const missing = PostgresServer.missing(version);
    if (missing !== null) throw new Error(missing);
    const programs = programsOf(version);
    const template = templateOf(version, programs);
    const folder = mkdtempSync(join(tmpdir(), "kissbot-postgres-"));
    const server = new PostgresServer(version, await freePort(), folder, programs);
    own(folder);
    copy(join(template, "data"), server.dataFolder);
    server.#configure(settings);
    await server.resume();
    return server;
  }

  /**
   * A copy of this one, which is stopped for it, that follows it until it is promoted. `port`:
   * where it finds this one.
   */
  async standby(port = this.port): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "kissbot-postgres-"));
    const standby = new PostgresServer(this.version, await freePort(), folder, this.#programs);
    own(folder);
    await this.stop();
    copy(this.dataFolder, standby.dataFolder);
    await this.resume();
    const place = `host=127.0.0.1 port=${port} user=${user} password=''${password}''`;
    standby.#configure({ primary_conninfo: place });
    writeFileSync(join(standby.dataFolder, "standby.signal"), "");
    await standby.resume();
    return standby;
  }

  get dataFolder(): string {
    return join(this.folder, "data");
  }

  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  /** Without a password, which `password` is. */
  url(database = "postgres", host = "127.0.0.1"): string {
    return `postgres://${user}@${host}:${this.port}/${database}`;
  }

  /** Starts it again after `kill` or `stop`. */
  async resume(): Promise<void> {
    const deadlineMs = performance.now() + startTimeoutMs;
    for (;;) {
      const words = await this.#tryStart();
      if (words === null) return;
      // A backend that was being forked when its tree was killed holds the shared memory a moment
      // longer.
      const isPassing = words.includes("pre-existing shared memory") || words.includes("lock file");
      if (!isPassing || performance.now() > deadlineMs) throw new Error(`PostgreSQL did not start: ${words}`);
    }
  }

  /** SIGKILL to all its processes at once. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const gone = once(child, "exit");
    killTree(child.pid);
    await gone;
    this.#process = null;
  }

  /** In order: connections are closed, the state is written. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const gone = once(child, "exit");
    child.kill("SIGINT");
    await gone;
    this.#process = null;
  }

  /** What it logged. */
  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configure(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries({
      listen_addresses: "127.0.0.1",
      port: `${this.port}`,
      unix_socket_directories: this.folder,
      fsync: "off",
      full_page_writes: "off",
      shared_buffers: "32MB",
      max_connections: "60",
      log_min_messages: "warning",
      ...settings,
    }).map(([name, value]) => `${name} = '${value}'\n`);
    const path = join(this.dataFolder, "postgresql.auto.conf");
    writeFileSync(path, lines.join(""));
    own(path);
  }

  /** Null when it takes connections, else what it said. */
  async #tryStart(): Promise<string | null> {
    const logPath = join(this.folder, "log");
    const before = existsSync(logPath) ? readFileSync(logPath, "utf8").length : 0;
    const child = spawn(
      "/bin/sh",
      ["-c", 'exec "$0" -D "$1" >>"$2" 2>&1', join(this.#programs, "postgres"), this.dataFolder, logPath],
      { stdio: "ignore", cwd: this.folder, env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" }, ...owner },
    );
    running.add(child);
    this.#process = child;
    let ended = false;
    const exited = once(child, "exit").then(() => {
      ended = true;
      running.delete(child);
    });
    await until("PostgreSQL takes connections", () => ended || isReady(this.dataFolder, child.pid), {
      timeoutMs: startTimeoutMs,
    });
    if (!ended) return null;
    await exited;
    this.#process = null;
    return readFileSync(logPath, "utf8").slice(before);
  }
}

/** The lock file says whose it is, and how far the start is. */
function isReady(dataFolder: string, pid: number | undefined): boolean {
  const lines = readFileSync(join(dataFolder, "postmaster.pid"), "utf8").split("\n");
  return lines[0] === `${pid}` && lines[7]?.trim() === "ready";
}

function programsOf(version: PostgresVersion): string {
  const native = join(packages, `postgres-${version}`, "native");
  const programs = join(native, "bin");
  if (spawnSync(join(programs, "postgres"), ["--version"], owner).status === 0) return programs;
  // `nobody` cannot reach this checkout.
  const copied = join(tmpdir(), `kissbot-postgres-programs-${numberOf(version)}`);
  return join(
    madeOnce(copied, (draft) => cpSync(native, draft, { recursive: true, verbatimSymlinks: true })),
    "bin",
  );
}

/** A data folder as `initdb` makes it, to be copied. */
function templateOf(version: PostgresVersion, programs: string): string {
  return madeOnce(join(tmpdir(), `kissbot-postgres-template-${numberOf(version)}`), (draft) => {
    const words = join(draft, "password");
    writeFileSync(words, `${password}\n`);
    own(words);
    const data = join(draft, "data");
    const flags = ["--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${words}`, "--wal-segsize=1"];
    const common = ["--encoding=UTF8", "--locale=C", "--no-sync", `--username=${user}`, "-D", data];
    const made = spawnSync(join(programs, "initdb"), [...common, ...flags], {
      encoding: "utf8",
      cwd: draft,
      ...owner,
    });
    if (made.status !== 0) throw new Error(`initdb: ${made.error ?? ""}${made.stdout}${made.stderr}`);
  });
}

/** Several test files may want it at once; the first that is ready wins. */
function madeOnce(path: string, make: (draft: string) => void): string {
  if (existsSync(path)) return path;
  const draft = mkdtempSync(`${path}-draft-`);
  own(draft);
  try {
    make(draft);
    chmodSync(draft, 0o755);
    if (!existsSync(path)) renameSync(draft, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return path;
}

function copy(from: string, to: string): void {
  const copied = spawnSync("cp", ["-a", "--reflink=auto", from, to], { encoding: "utf8" });
  if (copied.status !== 0) throw new Error(`cp: ${copied.stderr}`);
}

function own(path: string): void {
  if (owner.uid !== undefined) chownSync(path, owner.uid, owner.gid);
}

function numberOf(version: PostgresVersion): string {
  const manifest = readFileSync(join(packages, `postgres-${version}`, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
