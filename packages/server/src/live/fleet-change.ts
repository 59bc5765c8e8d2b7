import type { Bot } from "../registry/bot.js";
import type { Transition } from "../registry/transition.js";

/** What the worker tells the live feed, at once and synchronously. The bot is the registry's own: it is to be read now or by its revision later. */
export interface FleetListener {
  botChanged(bot: Bot): void;
  transition(transition: Transition): void;
}
