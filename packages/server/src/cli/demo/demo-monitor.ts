import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { within } from "../../within.js";
import { CommandError } from "../command-error.js";

const startTimeoutMs = 20_000;
/** A monitor ends within 13 s of SIGTERM. */
const stopTimeoutMs = 14_000;

/** A monitor of the demo's own: this same command, as a process that ends when the demo does. */
export class DemoMonitor {
  readonly #child: ChildProcess;
  readonly #stderr: string[] = [];
  /** Resolves when it ended. */
  readonly ended: Promise<void>;
  readonly socketPath: string;
  readonly store: string;

  constructor(folder: string, port: number) {
    this.socketPath = join(folder, "bots.sock");
    this.store = join(folder, "monitor.db");
    const settings = {
      "--socket": this.socketPath,
      "--store": this.store,
      "--http": `127.0.0.1:${port}`,
      "--metrics-interval": "1",
      "--stale-timeout": "6",
      "--log-level": "warn",
    };
    const args = [
      process.argv[1] ?? "",
      "start",
      // The demo leaves the user's own settings and the commands' way to a real monitor as they
      // are.
      "--no-config",
      "--state-file",
      "off",
      "--json",
      "--stop-with-stdin",
      ...Object.entries(settings).flat(),
    ];
    // Nothing of the user's own settings: the demo must not meet a real monitor.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("KISSBOT_MONITOR_")),
    );
    this.#child = spawn(process.execPath, args, {
      cwd: folder,
      env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#child.stdin?.on("error", () => {
      // It ended by itself; `ended` tells.
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr.push(text);
      if (this.#stderr.length > 20) this.#stderr.shift();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", () => resolve());
      this.#child.once("close", () => resolve());
    });
  }

  /** Where its HTTP is, once it runs. Rejects with what it said when it ended instead. */
  async url(): Promise<string> {
    let text = "";
    const told = new Promise<string>((resolve) => {
      this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const url = urlFrom(text);
        if (url !== null) resolve(url);
      });
    });
    const url = await within(Promise.race([told, this.ended]), startTimeoutMs);
    if (typeof url !== "string" || url === "late")
      throw new CommandError(`the demo's monitor did not start: ${this.lastWords()}`);
    return url;
  }

  lastWords(): string {
    return this.#stderr.join("").trim() || "it said nothing";
  }

  /** Lets it stop as a monitor does; ends it where it does not. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopTimeoutMs);
    await this.ended;
    clearTimeout(timer);
  }
}

/** The report of `start --json`, once it is there as a whole. */
function urlFrom(text: string): string | null {
  try {
    const { http } = JSON.parse(text) as { http?: unknown };
    return typeof http === "string" ? http : null;
  } catch {
    // The rest of it is still to come.
    return null;
  }
}
