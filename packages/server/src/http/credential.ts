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
    const { authorization = "", cookie } = request.headers;
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (token !== undefined && this.isToken(token)) return true;
    return sessionsIn(cookie).some((value) => this.#sessions.holds(value, nowMs));
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
