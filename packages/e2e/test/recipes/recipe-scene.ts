import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { root } from "../source-tree.js";
import type { FarSide } from "./far-side.js";
import { patience } from "./patience.js";
import { RecipePage } from "./recipe-page.js";

const command = join(root, "packages", "server", "bin", "kissbot-monitor.mjs");
const onlyLocal = fileURLToPath(new URL("./children/only-local.mjs", import.meta.url));

/** What the API says of a bot. */
export interface SeenBot {
  readonly channel: string;
  readonly status: string;
  readonly pid: number;
  readonly status_cause: string | null;
  readonly trouble: string | null;
  readonly restarts: number;
  readonly crash_loop: boolean;
}

interface Metric {
  readonly metric_name: string;
  readonly last_value: number;
}

/**
 * A folder with the files of a recipe, a real monitor, and what is started in it. Gone with
 * `await using`.
 */
export class RecipeScene implements AsyncDisposable {
  readonly page: RecipePage;
  readonly farSide: FarSide | null;
  readonly #place = new TemporaryFolder("recipe");
  readonly #children: Child[] = [];
  #url = "";

  private constructor(page: RecipePage, farSide: FarSide | null) {
    this.page = page;
    this.farSide = farSide;
  }

  /** The files of the page lie in it; no monitor runs yet. */
  static open(name: string, farSide: FarSide | null = null): RecipeScene {
    const scene = new RecipeScene(new RecipePage(name), farSide);
    scene.page.layInto(scene.folder);
    return scene;
  }

  get folder(): string {
    return this.#place.path;
  }

  get socketPath(): string {
    return this.#place.socketPath;
  }

  /** A file of the page as the test needs it. */
  write(file: string, text: string): void {
    writeFileSync(this.#place.file(file), text);
  }

  async startMonitor(flags: readonly string[] = []): Promise<Child> {
    const place = ["--socket", this.socketPath, "--store", this.#place.file("monitor.db")];
    const monitor = this.own(
      Child.node([command, "start", "--json", ...place, "--http", "127.0.0.1:0", ...flags]),
    );
    await monitor.prints("}\n", patience.timeoutMs);
    this.#url = JSON.parse(monitor.stdout).http;
    return monitor;
  }

  /** What the bot's environment has beside the way to the monitor and to the far side. */
  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { farSide } = this;
    return {
      KISSBOT_MONITOR_SOCKET: this.socketPath,
      ...(farSide === null
        ? {}
        : { NODE_OPTIONS: `--import=file://${onlyLocal}`, FAR_SIDE_PORT: `${farSide.port}` }),
      ...more,
    };
  }

  /** Starts a file of the page. */
  startBot(file: string, env: Readonly<Record<string, string>> = {}): Child {
    return this.own(
      Child.node([this.#place.file(file)], { folder: this.folder, env: this.environment(env) }),
    );
  }

  own(child: Child): Child {
    this.#children.push(child);
    return child;
  }

  async fleet(): Promise<readonly SeenBot[]> {
    return (await this.#ask<{ bots: readonly SeenBot[] }>("/api/v1/bots")).bots;
  }

  /** Waits until the monitor shows the bot as is expected; the bot as it is then. */
  async sees(channel: string, expected: Partial<SeenBot>): Promise<SeenBot> {
    let bot: SeenBot | undefined;
    await until(
      `${channel} is ${JSON.stringify(expected)}`,
      async () => {
        bot = (await this.fleet()).find((one) => one.channel === channel);
        return Object.entries(expected).every(([key, value]) => bot?.[key as keyof SeenBot] === value);
      },
      { ...patience, describe: () => ({ bot, said: this.#children.map(({ stderr }) => stderr) }) },
    );
    return bot as SeenBot;
  }

  /** Waits until the monitor has an event in which the bot says such words of its trouble. */
  async hears(channel: string, words: RegExp): Promise<string> {
    let said: readonly (string | null)[] = [];
    const isMeant = (trouble: string | null) => trouble !== null && words.test(trouble);
    await until(
      `${channel} says ${words}`,
      async () => {
        const path = `/api/v1/events?channel=${encodeURIComponent(channel)}`;
        const { events } = await this.#ask<{ events: readonly { trouble: string | null }[] }>(path);
        said = events.map(({ trouble }) => trouble);
        return said.some(isMeant);
      },
      { ...patience, describe: () => said },
    );
    return said.find(isMeant) as string;
  }

  /** The newest value of a metric of the bot's own. */
  async metric(channel: string, name: string): Promise<number | null> {
    const path = `/api/v1/bots/${encodeURIComponent(channel)}/metric-names`;
    const { metrics } = await this.#ask<{ metrics: readonly Metric[] }>(path);
    return metrics.find(({ metric_name }) => metric_name === name)?.last_value ?? null;
  }

  /** How many calls of language models are stored of the bot. */
  async calls(channel: string): Promise<number> {
    const path = `/api/v1/llm-usage?group_by=channel&channel=${encodeURIComponent(channel)}`;
    return (await this.#ask<{ usage: readonly { calls: number }[] }>(path)).usage[0]?.calls ?? 0;
  }

  /** What an operator reads in a terminal. */
  async bots(): Promise<string> {
    const args = [command, "bots", "--http", new URL(this.#url).host];
    return (await Child.node(args, { env: { COLUMNS: "200" } }).exited).stdout;
  }

  async #ask<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(new URL(path, this.#url));
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
    await this.farSide?.[Symbol.asyncDispose]();
    this.#place[Symbol.dispose]();
  }
}
