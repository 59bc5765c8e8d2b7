import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { type PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";

const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
// Debian puts it where users do not look.
const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };

export const hasPooler = spawnSync("pgbouncer", ["--version"], { env }).status === 0;

/**
 * Debian's pgbouncer before a server: a connection of a client gets one of a few for each
 * transaction.
 */
export class Pooler implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: TemporaryFolder, child: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = child;
  }

  /** `users`: who may connect besides the server's own. */
  static async start(
    server: PostgresServer,
    connections: number,
    users: readonly string[] = [],
  ): Promise<Pooler> {
    const folder = new TemporaryFolder("pooler");
    const port = await freePort();
    const userFile = folder.file("users");
    const config = folder.file("pgbouncer.ini");
    writeFileSync(userFile, [server.user, ...users].map((user) => `"${user}" ""\n`).join(""));
    writeFileSync(
      config,
      `[databases]
* = host=${server.folder} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${userFile}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 200
server_login_retry = 1
logfile = ${folder.file("log")}
`,
    );
    if (owner.uid !== undefined)
      for (const path of [folder.path, userFile, config]) chownSync(path, owner.uid, owner.gid);
    const child = spawn("pgbouncer", [config], { stdio: "ignore", env, ...owner });
    const pooler = new Pooler(port, folder, child);
    const log = () => readFileSync(folder.file("log"), "utf8");
    await until("pgbouncer listens", () => child.exitCode !== null || log().includes("process up"));
    if (child.exitCode !== null) throw new Error(`pgbouncer did not start: ${log()}`);
    return pooler;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
    this.#folder[Symbol.dispose]();
  }
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
