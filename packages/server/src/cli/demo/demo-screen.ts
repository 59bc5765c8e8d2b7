import { plainText, safeJson } from "../../quoted-text.js";
import { AlternateScreen } from "../alternate-screen.js";
import { type BotRow, conditionOf, countsOf, worstFirst } from "../bot-row.js";
import { conditionText, fleetText, reasonText } from "../bots.js";
import type { CommandContext, Options } from "../command-context.js";
import { commandName } from "../command-name.js";
import { wrappedText } from "../text-width.js";
import type { DemoReport } from "./demo-report.js";
import { type DemoPlace, demoHelp, demoView, usageText } from "./demo-view.js";

const summaryEveryMs = 10_000;

export interface DemoScreenOptions extends DemoPlace {
  /** The names of the simulated bots. */
  readonly channels: ReadonlySet<string>;
  readonly options: Options;
}

/**
 * The output of the demo. On a terminal: the alternate screen, redrawn each second and at each
 * resize. Elsewhere: a line for each change, and now and then one for all bots.
 */
export class DemoScreen {
  readonly #terms: DemoScreenOptions;
  readonly #context: CommandContext;
  readonly #json: boolean;
  /** Null where there is no terminal. */
  readonly #screen: AlternateScreen | null;
  readonly #startedMs = performance.now();
  readonly #known = new Map<string, string>();
  #summarisedMs = Number.NEGATIVE_INFINITY;
  #last: DemoReport | null = null;
  #isLeft = false;

  constructor(terms: DemoScreenOptions, context: CommandContext) {
    this.#terms = terms;
    this.#context = context;
    this.#json = terms.options["json"] === true;
    const { terminal, environment } = context;
    const isDrawn = terminal.isInteractive && !this.#json;
    this.#screen = isDrawn ? new AlternateScreen(terminal, () => this.#draw()) : null;
    this.#screen?.open();
    if (!isDrawn && !this.#json)
      terminal.print(`\n${terms.url}\n${demoHelp({ ...terms, environment }).join("\n")}\n`);
  }

  show(report: DemoReport): void {
    this.#last = report;
    const { terminal } = this.#context;
    if (this.#json) {
      const bots = worstFirst(report.bots);
      const line = { elapsed_s: this.#elapsedS(), counts: countsOf(bots), usage: report.total, bots };
      terminal.print(safeJson(JSON.stringify(line)));
    } else if (this.#screen !== null) {
      this.#draw();
    } else {
      this.#tellChanges(report);
    }
  }

  /** The terminal shows again what it showed before the demo. */
  leave(): void {
    if (!this.#isLeft) this.#screen?.close();
    this.#isLeft = true;
  }

  /** What stays on the screen of a demo that ended as it should. */
  end(): void {
    this.leave();
    if (this.#json) return;
    const { terminal } = this.#context;
    const lines =
      this.#last === null ? [] : ["", fleetText(this.#last.bots, terminal), usageText(this.#last)];
    lines.push("", "The demo ends; its processes and files go with it.");
    lines.push(`A monitor of your own: ${commandName()} start`);
    for (const line of lines) terminal.print(wrappedText(line, terminal.columns));
  }

  #draw(): void {
    const screen = this.#screen;
    if (screen === null || this.#last === null) return;
    const { terminal, environment, nowMs } = this.#context;
    const { url, socketPath, channels } = this.#terms;
    const times = { elapsedS: this.#elapsedS(), nowMs: nowMs() };
    screen.draw(demoView(this.#last, { url, socketPath, channels, environment, ...times }, terminal));
  }

  #tellChanges({ bots, total }: DemoReport): void {
    const { terminal } = this.#context;
    const at = () => `${this.#elapsedS()} s`.padStart(6);
    for (const bot of worstFirst(bots)) {
      const state = stateOf(bot);
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
    terminal.print(`${at()}  ${usageText({ total })}`);
  }

  #elapsedS(): number {
    return Math.round((performance.now() - this.#startedMs) / 1_000);
  }
}

function stateOf(bot: BotRow): string {
  return conditionOf(bot) === "conflict" ? "online, in conflict" : conditionText(bot);
}
