import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SessionCookies, sessionsIn } from "../dashboard/session-cookie.js";

/** A token that requests bring themselves, or as a session that was made with it. */
export class Credential {
  readonly #digest: Buffer;
  readonly #sessions: SessionCookies;

  constructor(token: string) {
    this.#digest = digestOf(token);
    this.#sessions = new SessionCookies(token);
  }

  isBroughtBy(request: IncomingMessage, nowMs: number): boolean {
    if (this.isTokenOf(request)) return true;
    return sessionsIn(request.headers.cookie).some((value) => this.#sessions.holds(value, nowMs));
  }

  /** Whether the request brings the token itself. */
  isTokenOf({ headers: { authorization = "" } }: Pick<IncomingMessage, "headers">): boolean {
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return token !== undefined && this.isToken(token);
  }

  /** Compared in constant time, by digests, as lengths must not show either. */
  isToken(text: string): boolean {
    return timingSafeEqual(digestOf(text), this.#digest);
  }

  /** A session's cookie. */
  newSession(nowMs: number): string {
    return this.#sessions.issue(nowMs);
  }
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
