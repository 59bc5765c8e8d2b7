/** Where a listener is, whose it is, and who may connect. */
export interface ListenerTerms {
  /** Who speaks over its connections: `local` is that of `socket_path`. */
  readonly principal: string;
  /** Absolute; on Windows the name of a pipe. */
  readonly socketPath: string;
  readonly socketMode: number;
  /** A group's name or number that the socket is given to; null leaves it. */
  readonly socketGroup: string | null;
  /** A user's name or number that the socket is given to; null leaves it. */
  readonly socketOwner: string | null;
}
