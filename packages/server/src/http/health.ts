/** One thing that is wrong, for people and programs. */
export interface Problem {
  /** A stable name, such as `store_busy`, `socket_lost`, `queue_shedding`. */
  readonly code: string;
  readonly detail: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}
