/**
 * What is wrong with the listening. `socket_lost`: the path is not ours. `descriptors_exhausted`:
 * new connections are closed at once.
 */
export interface ListenerProblem {
  readonly code: "socket_lost" | "descriptors_exhausted";
  readonly detail: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}
