/**
 * A socket for one principal: a user or a team that may report some channels and so much of them.
 * One entry of the section `listeners:`, or one `--listen`.
 */
export interface ListenerSettings {
  /** Who reports over it: a name of its own, never `local`, which is that of `--socket`. */
  readonly principal: string;
  /** Absolute; on Windows the name of a pipe. */
  readonly socketPath: string;
  /** Permission bits, 0o660. */
  readonly socketMode: number;
  /** A group's name or number that the socket is given to; null leaves it. */
  readonly socketGroup: string | null;
  /** A user's name or number that the socket is given to; null leaves it. */
  readonly socketOwner: string | null;
  /**
   * Patterns of the channels that may be reported, in which `*` stands for any text; at least one.
   */
  readonly channels: readonly string[];
  /** Null: as many as the monitor remembers. */
  readonly maxBots: number | null;
  /** Null: as many as the process can have. */
  readonly maxConnections: number | null;
  /** Usage and metric rows; null: no bound of its own. */
  readonly rowsPerSecond: number | null;
  /** Whose processes are looked at: those of `uid` alone with `own`. */
  readonly processes: "any" | "own";
  /** The number of the user; null with `any`, and where nobody of this machine has its name. */
  readonly uid: number | null;
}
