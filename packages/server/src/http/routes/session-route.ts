import { clearCookie, setCookie } from "../../dashboard/session-cookie.js";
import { TryLimit } from "../../dashboard/try-limit.js";
import { ApiError } from "../api-error.js";
import type { Route } from "../route.js";
import { objectSchema, textSchema } from "../schema.js";

/** Who may come in. */
export interface SessionDoor {
  readonly needsToken: boolean;
  /** The cookie of a new session; null where the token is wrong. */
  newSession(token: string): string | null;
}

const place = { path: "/api/v1/session", open: true } as const;
const yesOrNo = { type: "boolean" };

/**
 * A browser can bring no token of its own accord, so a page exchanges it for a cookie that the page
 * itself cannot read.
 */
export function sessionRoutes({ door }: { readonly door: SessionDoor }): readonly Route[] {
  const tries = new TryLimit();
  return [
    {
      ...place,
      id: "getSession",
      summary: "Whether a token is needed, and whether the caller brought one",
      schema: objectSchema({
        token_needed: { ...yesOrNo, description: "Whether reading needs a token." },
        known: { ...yesOrNo, description: "Whether this caller may read." },
        may_write: { ...yesOrNo, description: "Whether this caller may change something." },
      }),
      answer: ({ isAuthorized: known, mayWrite }) => ({
        kind: "json",
        value: { token_needed: door.needsToken, known, may_write: mayWrite },
      }),
    },
    {
      ...place,
      method: "POST",
      id: "openSession",
      summary: "Exchanges a token for a cookie, for pages of this host",
      forPages: true,
      body: { type: "object", required: ["token"], properties: { token: textSchema } },
      schema: null,
      errors: ["unauthorized", "too_many_tries"],
      answer: async ({ body, origin }) => {
        const cookie = door.newSession(tokenIn(body));
        if (cookie !== null) {
          return { kind: "empty", headers: { "set-cookie": setCookie(cookie, isSecure(origin)) } };
        }
        if (!(await tries.failed())) {
          throw new ApiError("too_many_tries", "too many wrong tokens at a time; try again in a second");
        }
        throw new ApiError("unauthorized", "this is not the token of --http-token");
      },
    },
    {
      ...place,
      method: "DELETE",
      id: "closeSession",
      summary: "Clears the cookie",
      schema: null,
      answer: ({ origin }) => ({
        kind: "empty",
        headers: { "set-cookie": clearCookie(isSecure(origin)) },
      }),
    },
  ];
}

function tokenIn(body: unknown): string {
  const token = typeof body === "object" && body !== null && Object.hasOwn(body, "token") ? body : {};
  const { token: text } = token as { readonly token?: unknown };
  if (typeof text !== "string" || text === "") {
    throw new ApiError("bad_request", 'expected {"token": "…"} as application/json, at most 1 024 bytes');
  }
  return text;
}

function isSecure(origin: string | null): boolean {
  return origin !== null && /^https:/i.test(origin);
}
