/** Whose a bot is, as the registry needs to know it. */
export interface BotOwner {
  readonly name: string;
  /** The most bots that it may have in the fleet; null is no bound of its own. */
  readonly maxBots: number | null;
  /** How many it has; the registry says when there is one more or one less. */
  readonly bots: number;
  botAdded(): void;
  botRemoved(): void;
}
