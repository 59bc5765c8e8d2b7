/**
 * An `unregister` line, with the time that the monitor believes. It tells no start time, so its pid
 * alone says whose it is.
 */
export interface Unregister {
  readonly channel: string;
  readonly pid: number;
  readonly tsMs: number;
}
