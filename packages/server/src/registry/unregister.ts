/**
 * An `unregister` line, with the time that the monitor believes. It tells no start time, so its pid
 * says whose it is; of two processes that have the same one, as each is the first of its container,
 * the connection does.
 */
export interface Unregister {
  readonly channel: string;
  readonly pid: number;
  readonly tsMs: number;
  /** The number of the connection over which it came; 0 where nothing is known of it. */
  readonly connection?: number;
}
