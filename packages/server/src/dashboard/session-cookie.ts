import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

export const cookieName = "kissbot_session";

const lifeMs = 30 * 86_400_000;
const shape = /^(v1\.(\d{1,15})\.[\w-]{22})\.([\w-]{43})$/;

/**
 * Sessions of those who brought one token, as cookies that need no memory here: what they hold is
 * signed by a key that is made of the token. So another token ends all of them, and a restart ends
 * none. Each ends after 30 days.
 */
export class SessionCookies {
  readonly #key: Buffer;

  constructor(token: string) {
    this.#key = Buffer.from(hkdfSync("sha256", token, "", "kissbot-monitor session v1", 32));
  }

  /** The value of a new cookie. */
  issue(nowMs: number): string {
    const head = `v1.${nowMs}.${randomBytes(16).toString("base64url")}`;
    return `${head}.${this.#signatureOf(head)}`;
  }

  /**
   * Whether this is a value that was issued with this token, not over 30 days ago. A clock that was
   * set back in between ends none.
   */
  holds(value: string, nowMs: number): boolean {
    const [, head = "", issued = "", signature = ""] = shape.exec(value) ?? [];
    if (head === "" || Math.abs(nowMs - Number(issued)) >= lifeMs) return false;
    // As text: a signature has more than one spelling in base64.
    return timingSafeEqual(Buffer.from(this.#signatureOf(head)), Buffer.from(signature));
  }

  #signatureOf(head: string): string {
    return createHmac("sha256", this.#key).update(head).digest("base64url");
  }
}

/** A browser has one of ours; the first ones are those of the longest paths. */
const mostSessions = 8;

/**
 * The values of the session cookies of a `Cookie` header: a browser sends those of other servers
 * under the same name too.
 */
export function sessionsIn(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  const values = header.split(";").flatMap((part) => {
    const [name = "", value = ""] = part.trim().split(/=(.*)/s, 2);
    return name === cookieName ? [value] : [];
  });
  return values.slice(0, mostSessions);
}

/**
 * A `Set-Cookie` header. Without `Path` a browser keeps the cookie for the folder of the API as it
 * sees it, whatever path a proxy has it under. `isSecure`: the page came by https.
 */
export function setCookie(value: string, isSecure: boolean): string {
  return cookieOf(value, lifeMs / 1_000, isSecure);
}

/** The header that ends it. */
export function clearCookie(isSecure: boolean): string {
  return cookieOf("", 0, isSecure);
}

function cookieOf(value: string, lifeS: number, isSecure: boolean): string {
  const secure = isSecure ? "; Secure" : "";
  return `${cookieName}=${value}; Max-Age=${lifeS}; HttpOnly; SameSite=Strict${secure}`;
}
