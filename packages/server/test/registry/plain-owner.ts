import type { BotOwner } from "../../src/registry/bot-owner.js";

/** An owner that does nothing but count. */
export class PlainOwner implements BotOwner {
  readonly name: string;
  readonly maxBots: number | null;
  bots = 0;

  constructor(name: string, maxBots: number | null = null) {
    this.name = name;
    this.maxBots = maxBots;
  }

  botAdded(): void {
    this.bots++;
  }

  botRemoved(): void {
    this.bots--;
  }
}
