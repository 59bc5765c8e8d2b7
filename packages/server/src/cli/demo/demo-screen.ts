import { plainText, safeJson } from "../../config/quoted-text.js";
import { type ApiClient, ApiUnusable } from "../api-client.js";
import { type BotRow, countsOf, worstFirst } from "../bot-row.js";
import { botsTable, fleetText, reasonText } from "../bots.js";
import type { CommandContext, Options } from "../command-context.js";
import { commandName } from "../command-name.js";

const summaryEveryMs = 10_000;
const clearScreen = "\u001b[H\u001b[2J\u001b[3J";

/** What a person sees of the demo: on a terminal a table that is drawn anew, elsewhere a line for each change and one a while for all of them. */
export class DemoScreen {
  readonly #url: string;
  readonly #context: CommandContext;
  readonly #json: boolean;
  readonly #startedMs = performance.now();
  readonly #known = new Map<string, string>();
  #summarisedMs = Number.NEGATIVE_INFINITY;

  constructor(url: string, context: CommandContext, options: Options) {
    this.#url = url;
    this.#context = context;
    this.#json = options["json"] === true;
    if (!this.#json) this.#context.terminal.print(`\n${this.#help()}\n`);
  }

  async show(client: ApiClient): Promise<void> {
    const bots = await botsOf(client);
    if (bots === null) return;
    const { terminal, nowMs } = this.#context;
    if (this.#json) {
      const report = { elapsed_s: this.#elapsedS(), counts: countsOf(bots), bots };
      terminal.print(safeJson(JSON.stringify(report)));
    } else if (terminal.isInteractive) {
      const table = botsTable(bots, nowMs(), terminal);
      const room = Math.max(5, (process.stdout.rows ?? 40) - this.#help().split("\n").length - 5);
      const shown = table
        .split("\n")
        .slice(0, room + 1)
        .join("\n");
      terminal.write(
        `${clearScreen}${this.#help()}\n\n${this.#elapsedS()} s  ${fleetText(bots, terminal)}\n\n${shown}\n`,
      );
    } else {
      this.#tellChanges(bots);
    }
  }

  end(): void {
    if (this.#json) return;
    this.#context.terminal.print(
      `\nThe demo ends; its processes and files go with it. A monitor of your own: ${commandName()} start`,
    );
  }

  #help(): string {
    const url = this.#url;
    const http = url.replace("http://", "");
    return [
      "Look at it from another terminal:",
      `  ${commandName()} status --http ${http}`,
      `  ${commandName()} bots --http ${http}`,
      `  ${commandName()} usage --http ${http} --by model,feature`,
      `  curl ${url}/api/v1/bots   ${url}/metrics   ${url}/healthz`,
      "A bot's name says what it does. Ctrl-C ends the demo.",
    ].join("\n");
  }

  #tellChanges(bots: readonly BotRow[]): void {
    const { terminal } = this.#context;
    const at = () => `${this.#elapsedS()} s`.padStart(6);
    for (const bot of bots) {
      const state = bot.status === "online" && bot.conflict !== null ? "online, in conflict" : bot.status;
      const before = this.#known.get(bot.channel);
      this.#known.set(bot.channel, state);
      if (before === undefined || before === state) continue;
      const why = reasonText(bot);
      terminal.print(
        `${at()}  ${plainText(bot.channel)}: ${before} → ${state}${why === "" ? "" : ` (${plainText(why)})`}`,
      );
    }
    if (performance.now() - this.#summarisedMs < summaryEveryMs || bots.length === 0) return;
    this.#summarisedMs = performance.now();
    terminal.print(`${at()}  ${fleetText(bots, terminal)}`);
  }

  #elapsedS(): number {
    return Math.round((performance.now() - this.#startedMs) / 1_000);
  }
}

/** Null in a moment in which the monitor does not answer: the next one may. */
async function botsOf(client: ApiClient): Promise<readonly BotRow[] | null> {
  try {
    const { bots } = await client.json("/api/v1/bots");
    return Array.isArray(bots) ? worstFirst(bots as BotRow[]) : null;
  } catch (error) {
    if (error instanceof ApiUnusable) return null;
    throw error;
  }
}
