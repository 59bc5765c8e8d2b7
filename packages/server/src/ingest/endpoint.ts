import type { Server } from "node:net";
import type { ListenerProblem } from "./listener-problem.js";

/**
 * Where bots find the monitor. States: *closed*; *claimed*, from `claim`; *open*, from `open`;
 * *hidden*, from `hide`; `close` leads back from each.
 */
export interface Endpoint {
  /**
   * Makes sure that no other monitor has the place, and that none takes it from now on. Rejects
   * with the reason, and then has to be closed all the same.
   */
  claim(): Promise<void>;
  /**
   * Listens, once it is claimed. Rejects with the reason, and then has to be closed all the same.
   */
  open(): Promise<void>;
  /** New connections are refused; earlier ones are still accepted if possible. Never rejects. */
  hide(): Promise<void>;
  /**
   * To be called every few seconds, never twice at once: looks whether bots still find us. Never
   * rejects.
   */
  check(): Promise<void>;
  /** Stops listening and leaves the place to the next. Never rejects. */
  close(): Promise<void>;
  readonly problem: ListenerProblem | null;
  /**
   * The path or pipe that bots connect to, once it is claimed; null where the system does not tell.
   */
  readonly path: string | null;
  /** For people. */
  readonly whoMayConnect: string;
}

export interface EndpointOptions {
  readonly createServer: () => Server;
  readonly backlog: number;
}
