import { Agent, request } from "node:http";
import { Child, until } from "@kissbot/testkit";
import type { InstalledProject } from "./installed-project.js";
import type { Kill } from "./loss.js";
import { MetricsText } from "./metrics-text.js";
import type { Scene } from "./scene.js";

export interface MonitorOptions {
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
  /** A shell's commands before it takes the shell's place: `ulimit -n 64`. */
  readonly shell?: string;
  readonly startMs?: number;
  /** The scene's, if not given. */
  readonly project?: InstalledProject;
}

/** What it said of itself when it was up. */
export interface StartReport {
  readonly socketPath: string;
  readonly store: { readonly open: boolean; readonly detail: string | null; readonly bots: number };
  readonly http: string;
}

export interface BotAnswer {
  readonly channel: string;
  readonly pid: number;
  readonly status: string;
  readonly last_seen: string;
  readonly registered_at: string;
  readonly restarts: number;
  readonly features: Record<string, boolean>;
  readonly process_seen: boolean;
  readonly conflict: unknown;
}

export interface HealthAnswer {
  readonly status: string;
  readonly problems: readonly { readonly code: string; readonly detail: string }[];
  readonly connections: number;
  readonly store: { readonly status: string; readonly pending_rows: number };
  readonly bots: Record<string, number>;
}

/**
 * `kissbot-monitor start` of the installed project, on the scene's socket and database, with HTTP
 * on a free port.
 */
export class MonitorProcess extends Child {
  // One connection, kept: a monitor without descriptors can still be asked.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  report: StartReport | null = null;

  /** Does not wait: for those that are expected not to come up. */
  static launch(
    scene: Scene,
    { flags = [], env = {}, shell, project = scene.project }: MonitorOptions = {},
  ): MonitorProcess {
    const settings = ["--socket", scene.socketPath, "--store", scene.storePath, "--http", "127.0.0.1:0"];
    const args = ["start", "--json", ...settings, ...flags];
    const { command } = project;
    return scene.own(
      shell === undefined
        ? new MonitorProcess(command, args, { folder: scene.folder, env })
        : new MonitorProcess("/bin/sh", ["-c", `${shell}; exec "$0" "$@"`, command, ...args], {
            folder: scene.folder,
            env,
          }),
    );
  }

  /** Resolves when it says that it is up. */
  static async start(scene: Scene, options: MonitorOptions = {}): Promise<MonitorProcess> {
    const monitor = MonitorProcess.launch(scene, options);
    await monitor.isUp(options.startMs);
    return monitor;
  }

  async isUp(timeoutMs = 30_000): Promise<void> {
    await until("the monitor is up", () => this.#hasReported() || this.exit !== null, {
      timeoutMs,
      describe: () => this.stderr,
    });
    if (this.report === null)
      throw new Error(`the monitor ended: ${JSON.stringify(this.exit)} ${this.stderr}`);
  }

  /** Ends it as a machine's failure would. Resolves when it is gone. */
  async crash(): Promise<Kill> {
    const atMs = Date.now();
    this.signal("SIGKILL");
    await this.exited;
    return { atMs, goneAtMs: Date.now() };
  }

  async health(): Promise<HealthAnswer> {
    return JSON.parse(await this.text("/healthz"));
  }

  async bots(): Promise<readonly BotAnswer[]> {
    return (JSON.parse(await this.text("/api/v1/bots?scope=local")) as { bots: BotAnswer[] }).bots;
  }

  async metrics(): Promise<MetricsText> {
    return new MetricsText(await this.text("/metrics"));
  }

  /** How many bots are in that status. */
  async count(status: string): Promise<number> {
    return (await this.health()).bots[status] ?? 0;
  }

  text(path: string, timeoutMs = 20_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.report?.http);
      const asked = request(url, { agent: this.#agent, timeout: timeoutMs }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(text);
          else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
        });
      });
      asked.on("timeout", () => asked.destroy(new Error(`${path}: no answer within ${timeoutMs} ms`)));
      asked.on("error", reject);
      asked.end();
    });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await super[Symbol.asyncDispose]();
  }

  #hasReported(): boolean {
    if (this.report === null && this.stdout.endsWith("}\n"))
      this.report = JSON.parse(this.stdout) as StartReport;
    return this.report !== null;
  }
}
