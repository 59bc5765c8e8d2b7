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

  /** The credential of the request; null if it has none. */
  proofIn({ headers }: Pick<IncomingMessage, "headers">, nowMs: number): "token" | "session" | null {
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
    if (token !== undefined && this.isToken(token)) return "token";
    return sessionsIn(headers.cookie).some((value) => this.#sessions.holds(value, nowMs)) ? "session" : null;
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
