import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Child, type Exit, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll } from "vitest";
import { root } from "./document.js";

export interface ShellRun {
  readonly code: number | null;
  readonly output: string;
}

/**
 * A folder like an operator's: `kissbot-monitor` and `npx` on the path, the packages installed, and
 * settings in the environment, so that a command of the documentation runs as it stands there,
 * beside a monitor of the test.
 */
export class OperatorShell {
  readonly #place = new TemporaryFolder("operator");
  readonly folder = this.#place.path;
  readonly #ports: { readonly served: number; readonly other: number };

  private constructor(ports: { served: number; other: number }) {
    this.#ports = ports;
    const bin = join(this.folder, "bin");
    mkdirSync(bin);
    const command = `exec ${process.execPath} ${join(root, "packages/server/dist/main.js")} "$@"`;
    writeFileSync(join(bin, "kissbot-monitor"), `#!/bin/sh\n${command}\n`);
    writeFileSync(
      join(bin, "npx"),
      '#!/bin/sh\n[ "$1" = @kissbot/server ] && shift && exec kissbot-monitor "$@"\nexec "$@"\n',
    );
    for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
    const scope = join(this.folder, "node_modules", "@kissbot");
    mkdirSync(scope, { recursive: true });
    for (const name of readdirSync(join(root, "packages"))) {
      symlinkSync(join(root, "packages", name), join(scope, name));
    }
  }

  static async open(): Promise<OperatorShell> {
    return new OperatorShell({ served: await freePort(), other: await freePort() });
  }

  /** The monitor that the commands find. Resolves when it serves. */
  async startMonitor(): Promise<void> {
    await serves(this.#spawn("kissbot-monitor start", {}));
  }

  /** Runs to the end, or for a minute. */
  async run(command: string): Promise<ShellRun> {
    return runOf(await this.#spawn(command, {}, 60_000).exited);
  }

  /**
   * Runs a command that starts another monitor until that one serves, then stops it with Ctrl-C.
   */
  async runUntilItServes(command: string, more: Readonly<Record<string, string>> = {}): Promise<ShellRun> {
    const child = this.#spawn(`exec env ${command}`, {
      KISSBOT_MONITOR_SOCKET: join(this.folder, "other.sock"),
      KISSBOT_MONITOR_STORE: join(this.folder, "other.db"),
      KISSBOT_MONITOR_HTTP: `127.0.0.1:${this.#ports.other}`,
      ...more,
    });
    await serves(child);
    child.signal("SIGINT");
    return runOf(await child.exited);
  }

  async close(): Promise<void> {
    await killChildren();
    this.#place[Symbol.dispose]();
  }

  /** In a process group of its own, so that it ends with all that it started. */
  #spawn(command: string, more: Readonly<Record<string, string>>, limitMs?: number): Child {
    const { served, other } = this.#ports;
    const text = command
      .replaceAll("127.0.0.1:7788", `127.0.0.1:${served}`)
      .replaceAll(/\b77(88|89)\b/g, String(other));
    const { PATH = "" } = process.env;
    return new Child("sh", ["-ec", text], {
      folder: this.folder,
      group: true,
      ...(limitMs === undefined ? {} : { limitMs }),
      env: {
        PATH: `${join(this.folder, "bin")}:${PATH}`,
        HOME: this.folder,
        KISSBOT_MONITOR_SOCKET: join(this.folder, "monitor.sock"),
        KISSBOT_MONITOR_HTTP: `127.0.0.1:${served}`,
        ...more,
      },
    });
  }
}

/** One with a monitor for all tests of a file. `prepare` makes what they need beside it. */
export function operatorShellForFile(prepare?: (shell: OperatorShell) => void): () => OperatorShell {
  let shell: OperatorShell;
  beforeAll(async () => {
    shell = await OperatorShell.open();
    await shell.startMonitor();
    prepare?.(shell);
  }, 90_000);
  afterAll(() => shell.close());
  return () => shell;
}

async function serves(child: Child): Promise<void> {
  const said = () => `${child.stdout}${child.stderr}`;
  const isServing = () => said().includes("KissBot Monitor is running");
  await until("it serves", () => isServing() || child.exit !== null, { timeoutMs: 60_000, describe: said });
  if (!isServing()) throw new Error(`it ended with ${child.exit?.code}: ${said()}`);
}

/** What it printed; the two streams one after the other. */
function runOf({ code, stdout, stderr }: Exit): ShellRun {
  return { code, output: stdout + stderr };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
