/** The end of a connection without a goodbye, for one of the processes that were heard over it. */
export interface EndedConnection {
  readonly channel: string;
  readonly pid: number;
  /** Its number. */
  readonly connection: number;
}
