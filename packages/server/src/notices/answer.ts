import type { Answer } from "../alerts/receiver-door.js";
import type { PostOutcome } from "./http-post.js";

/** A receiver that asks for a longer pause than this is asked again after it. */
const longestPauseMs = 3_600_000;

const broken = [401, 403, 404, 410];
const unfit = [400, 413, 422];

/**
 * What became of a notice that was posted. `remoteIdOf` reads the receiver's own id of it out of
 * the answer.
 */
export function answerOf(outcome: PostOutcome, remoteIdOf: (body: unknown) => unknown = () => null): Answer {
  if (outcome.kind === "unsent") return { kind: "refused", retryAfterMs: null, detail: outcome.detail };
  if (outcome.kind === "in_doubt") return outcome;
  const { status, detail } = outcome;
  if (status >= 200 && status < 300) {
    const id = remoteIdOf(jsonOf(outcome.body));
    const isId = typeof id === "string" || typeof id === "number";
    const remoteId = isId ? outcome.withoutSecrets(`${id}`).slice(0, 128) : null;
    return { kind: "delivered", remoteId, status: `${status}` };
  }
  if (status >= 500) return { kind: "in_doubt", detail };
  if (broken.includes(status)) return { kind: "broken", detail };
  if (unfit.includes(status)) return { kind: "unfit", detail };
  if (status >= 300 && status < 400) {
    return { kind: "refused", retryAfterMs: null, detail: `${detail} (redirects are not followed)` };
  }
  return { kind: "refused", retryAfterMs: retryAfterMs(outcome), detail };
}

/** How long the next request must wait after this answer, whatever it was, in milliseconds. */
export function pauseMs(outcome: PostOutcome): number {
  if (outcome.kind !== "answered") return 0;
  const { "x-ratelimit-remaining": left, "x-ratelimit-reset-after": resetAfter } = outcome.headers;
  const window = left === "0" ? (msOf(Number(resetAfter)) ?? 0) : 0;
  return Math.max(window, outcome.status === 429 ? (retryAfterMs(outcome) ?? 0) : 0);
}

/** The longest pause that the header or the body asks for. */
function retryAfterMs({ headers, body }: PostOutcome & { kind: "answered" }): number | null {
  const { "retry-after": header, date } = headers;
  const json = jsonOf(body) as { retry_after?: unknown; parameters?: { retry_after?: unknown } } | null;
  const asked = [
    header === undefined ? undefined : (msOf(Number(header)) ?? untilMs(header, date)),
    msOf(json?.retry_after),
    // Telegram's.
    msOf(json?.parameters?.retry_after),
  ].filter((ms) => ms !== undefined);
  return asked.length === 0 ? null : Math.min(longestPauseMs, Math.max(...asked));
}

function msOf(seconds: unknown): number | undefined {
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0
    ? Math.ceil(seconds * 1_000)
    : undefined;
}

/** By the clock of the server, which made the date. */
function untilMs(header: string, date: string | undefined): number | undefined {
  const until = Date.parse(header);
  const now = Date.parse(date ?? "");
  const ms = until - (Number.isNaN(now) ? Date.now() : now);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
