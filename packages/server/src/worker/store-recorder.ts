import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { Transition, TroubleChange } from "../registry/transition.js";
import type { StoreWriter } from "./store-writer.js";
import type { DrainedUsage, UsageListener } from "./usage-listener.js";

type Parts = Pick<StoreWriter, "addTransition" | "markBot" | "addUsage" | "forgetBot">;

/** Hands the events of the fleet and the LLM calls to the store's writer. */
export class StoreRecorder implements FleetListener, UsageListener {
  readonly listenerName = "store";
  readonly #writer: Parts;

  constructor(writer: Parts) {
    this.#writer = writer;
  }

  statusChanged(transition: Transition): void {
    this.#writer.addTransition(transition);
  }

  troubleChanged(change: TroubleChange): void {
    this.#writer.addTransition(change);
  }

  botChanged(bot: Bot): void {
    this.#writer.markBot(bot);
  }

  botLeaves(last: Transition): void {
    this.#writer.addTransition(last);
  }

  botForgotten(bot: Bot): void {
    this.#writer.forgetBot(bot);
  }

  usageReceived({ rows, from, to }: DrainedUsage): void {
    this.#writer.addUsage(rows, from, to);
  }
}
