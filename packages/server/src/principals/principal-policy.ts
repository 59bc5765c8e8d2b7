/** Who may report through a listener, and how much. It is the configuration's word. */
export interface PrincipalPolicy {
  /** `local` is that of `socket_path`; the others match `[A-Za-z0-9_.-]{1,64}`. */
  readonly name: string;
  /** Patterns of channels, in which each `*` stands for any text; at least one. */
  readonly channels: readonly string[];
  /** The most bots in the fleet; null is no bound of its own. */
  readonly maxBots: number | null;
  /** The most open connections; null is no bound of its own. */
  readonly maxConnections: number | null;
  /**
   * `llm_usage` and `custom_metric` together, with a burst of 10 s; null is no bound of its own.
   */
  readonly rowsPerSecond: number | null;
  /** Only processes of this user are looked at; null is those of any user. */
  readonly ownUid: number | null;
}
