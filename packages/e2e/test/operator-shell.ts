import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./document.js";

export interface ShellRun {
  readonly code: number | null;
  readonly output: string;
}

/**
 * A folder like an operator's: `kissbot-monitor` and `npx` on the path, the packages installed, and settings in the environment, so that a command of the
 * documentation runs as it stands there, beside a monitor of the test.
 */
export class OperatorShell {
  readonly folder = mkdtempSync(join(tmpdir(), "kissbot-operator-"));
  readonly #ports: { readonly served: number; readonly other: number };
  readonly #children = new Set<ChildProcess>();

  private constructor(ports: { served: number; other: number }) {
    this.#ports = ports;
    const bin = join(this.folder, "bin");
    mkdirSync(bin);
    const command = `exec ${process.execPath} ${join(root, "packages/server/dist/main.js")} "$@"`;
    writeFileSync(join(bin, "kissbot-monitor"), `#!/bin/sh\n${command}\n`);
    writeFileSync(join(bin, "npx"), '#!/bin/sh\nexec "$@"\n');
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
    await this.#serves(this.#spawn("kissbot-monitor start", {}));
  }

  /** Runs to the end, or for a minute. */
  run(command: string): Promise<ShellRun> {
    const child = this.#spawn(command, {});
    const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
    return outputOf(child).finally(() => clearTimeout(limit));
  }

  /** Runs a command that starts another monitor until that one serves, then stops it with Ctrl-C. */
  async runUntilItServes(command: string, more: Readonly<Record<string, string>> = {}): Promise<ShellRun> {
    const child = this.#spawn(`exec env ${command}`, {
      KISSBOT_MONITOR_SOCKET: join(this.folder, "other.sock"),
      KISSBOT_MONITOR_STORE: join(this.folder, "other.db"),
      KISSBOT_MONITOR_HTTP: `127.0.0.1:${this.#ports.other}`,
      ...more,
    });
    const ended = outputOf(child);
    await this.#serves(child);
    process.kill(-(child.pid as number), "SIGINT");
    return ended;
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** In a process group of its own, so that it ends with all that it started. */
  #spawn(command: string, more: Readonly<Record<string, string>>): ChildProcess {
    const { served, other } = this.#ports;
    const text = command
      .replaceAll("127.0.0.1:7788", `127.0.0.1:${served}`)
      .replaceAll(/\b77(88|89)\b/g, String(other));
    const { PATH = "" } = process.env;
    const child = spawn("sh", ["-ec", text], {
      cwd: this.folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${join(this.folder, "bin")}:${PATH}`,
        HOME: this.folder,
        KISSBOT_MONITOR_SOCKET: join(this.folder, "monitor.sock"),
        KISSBOT_MONITOR_HTTP: `127.0.0.1:${served}`,
        ...more,
      },
    });
    this.#children.add(child);
    return child;
  }

  #serves(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = "";
      const limit = setTimeout(() => reject(new Error(`it did not serve in time: ${said}`)), 60_000);
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk) => {
          said += String(chunk);
          if (!said.includes("KissBot Monitor runs.")) return;
          clearTimeout(limit);
          resolve();
        });
      }
      child.once("exit", (code) => {
        clearTimeout(limit);
        reject(new Error(`it ended with ${code}: ${said}`));
      });
    });
  }
}

function outputOf(child: ChildProcess): Promise<ShellRun> {
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        output += String(chunk);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
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
