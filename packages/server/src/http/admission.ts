import type { IncomingMessage } from "node:http";

/** Who may come in at one place where requests arrive. What is asserted throws an `ApiError`. */
export interface Admission {
  /** The request is meant for this server, and came to it in a way that is allowed. */
  assertPlace(request: IncomingMessage): void;
  /** It comes from no page of another host. */
  assertOrigin(request: IncomingMessage): void;
  /** It comes from a page of this host. */
  assertFromPage(request: IncomingMessage): void;
  mayRead(request: IncomingMessage): boolean;
  mayWrite(request: IncomingMessage): boolean;
  assertMayWrite(request: IncomingMessage): void;
}
