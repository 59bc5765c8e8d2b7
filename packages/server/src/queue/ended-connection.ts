/** A connection ended without a goodbye from this process. One for each process heard over it. */
export interface EndedConnection {
  readonly channel: string;
  readonly pid: number;
  /** The number of the connection. */
  readonly connection: number;
}
