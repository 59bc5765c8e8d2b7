import type { IncomingMessage } from "node:http";

/** What a request may do, by the token or session that it brings. */
export interface Rights {
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  /** The right to write comes of a session, which a browser sends of its own accord. */
  readonly isSession: boolean;
}

/** Who may come in at one place where requests arrive. What is asserted throws an `ApiError`. */
export interface Admission {
  /** The request is meant for this server, and came to it in a way that is allowed. */
  assertPlace(request: IncomingMessage): void;
  /** It comes from no page of another host. */
  assertOrigin(request: IncomingMessage): void;
  /** It comes from a page of this host. */
  assertFromPage(request: IncomingMessage): void;
  /** Looks at the tokens: once for each request, as that takes digests. */
  rightsOf(request: IncomingMessage): Rights;
  assertMayWrite(request: IncomingMessage, rights: Rights): void;
}
