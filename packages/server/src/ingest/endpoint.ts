import type { Server } from "node:net";
import type { ListenerProblem } from "./listener-problem.js";
import type { ListenerTerms } from "./listener-terms.js";

/** What an endpoint gives the socket. */
export type EndpointRights = Pick<ListenerTerms, "socketMode" | "socketGroup" | "socketOwner">;

/**
 * Where bots find the monitor. States: *closed*; *claimed*, from `claim`; *open*, from `open`;
 * *hidden*, from `hide`; `close` leads back from each. Beside that, something may be *prepared*.
 */
export interface Endpoint {
  /**
   * Makes sure that no other monitor has the place, and that none takes it from now on. Rejects
   * with the reason, and then has to be closed all the same.
   */
  claim(): Promise<void>;
  /**
   * Makes ready to listen with these rights, once it is claimed, or with others than so far, once
   * it is open. Bots notice nothing of it yet. Rejects with the reason, and then nothing is
   * prepared.
   */
  prepare(rights: EndpointRights): Promise<void>;
  /** Bots find what was prepared from now on. Rejects with the reason; what was open stays so. */
  open(): Promise<void>;
  /** Drops what was prepared. Never rejects. */
  discard(): Promise<void>;
  /** New connections are refused; earlier ones are still accepted if possible. Never rejects. */
  hide(): Promise<void>;
  /**
   * To be called every few seconds, never twice at once, nor beside the others: looks whether bots
   * still find us. Never rejects.
   */
  check(): Promise<void>;
  /** Stops listening and leaves the place to the next. Never rejects. */
  close(): Promise<void>;
  /** Whether it gives the socket its rights; otherwise they are somebody else's concern. */
  readonly givesRights: boolean;
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
