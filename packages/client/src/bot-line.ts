import type { Bot } from "./bot.js";
import { Line, type LineType } from "./line.js";
import { copyOf } from "./runtime.js";

export type BotLineType = Extract<LineType, "register" | "heartbeat" | "unregister">;

/** A line about one of many bots. Its text is in memory of its own, since it may wait for days. */
export class BotLine extends Line {
  declare readonly type: BotLineType;
  readonly bot: Bot;
  /** In a registration: the same line without what changes with time, for later connections. */
  readonly registration: string | undefined;

  constructor(bot: Bot, type: BotLineType, text: string, registration?: string) {
    super(type, copyOf(text));
    this.bot = bot;
    this.registration = registration;
  }
}

/** A registration that is repeated for a new connection: no call made it. */
export class Greeting extends Line {
  readonly bot: Bot;

  constructor(bot: Bot, text: string) {
    super("register", text, false);
    this.bot = bot;
  }
}
