import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { msFromQuery } from "../../src/http/query-time.js";
import { timestampFromMs } from "../../src/http/timestamp.js";
import { noonMs } from "./plain-fleet.js";
import { Served } from "./served.js";

const now = noonMs;
const maxMs = 253_402_300_799_999;

describe("a time of a query", () => {
  test.each([
    ["now", now],
    ["90s", now - 90_000],
    ["30m", now - 1_800_000],
    ["24h", now - 86_400_000],
    ["7d", now - 7 * 86_400_000],
    ["2w", now - 14 * 86_400_000],
    ["999999999w", 0],
    ["0", 0],
    ["1779278400000", 1_779_278_400_000],
    ["2026-05-20", Date.UTC(2026, 4, 20)],
    ["2026-05-20T12:00", noonMs],
    ["2026-05-20T12:00Z", noonMs],
    ["2026-05-20 12:00:00", noonMs],
    ["2026-05-20t12:00:00.5z", noonMs + 500],
    ["2026-05-20T12:00:00.123456+00:00", noonMs + 123],
    ["2026-05-20T14:00:00+02:00", noonMs],
    ["2026-05-20T14:00:00 02:00", noonMs],
    ["2026-05-20T14:00:00+0200", noonMs],
    ["2026-05-20T05:30:00-06:30", noonMs],
  ])("%s is understood", (text, ms) => expect(msFromQuery(text, now)).toBe(ms));

  test.each([
    "",
    "yesterday",
    "24",
    "1779278400",
    "-1",
    "1e3",
    "2026",
    "2026-02-30",
    "2026-13-01",
    "2026-05-20T25:00",
    "5y",
    "h",
  ])("%j is not, unless it is Unix milliseconds", (text) =>
    expect(msFromQuery(text, now)).toBe(text === "24" || text === "2026" ? Number(text) : undefined),
  );

  test("takes back whatever is answered, escaped or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: maxMs }), (ms) => {
        const text = timestampFromMs(ms) ?? "";
        expect(text).toBe(`${new Date(ms).toISOString().slice(0, 23)}000+00:00`);
        expect(msFromQuery(text, now)).toBe(ms);
        expect(msFromQuery(text.replace("+", " "), now)).toBe(ms);
      }),
    );
  });

  test("is a time that the store takes, or none, whatever is written", () => {
    const near = fc.stringMatching(/^[0-9T:.+\-Z smhdw]{0,32}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const ms = msFromQuery(text, now) ?? 0;
        expect(Number.isSafeInteger(ms) && ms >= 0 && ms <= maxMs).toBe(true);
      }),
    );
  });
});

describe("a query", () => {
  test.each([
    ["/api/v1/bots?statuss=dead", "unknown_parameter", /"statuss": there are status, search, limit, after/],
    ["/api/v1/bots?__proto__=1", "unknown_parameter", /"__proto__"/],
    [
      "/api/v1/bots?status=zombie",
      "invalid_parameter",
      /status: expected some of online, stale, dead, offline, unknown, separated by commas, got "zombie"/,
    ],
    ["/api/v1/bots?limit=0", "invalid_parameter", /limit: expected an integer from 1 to/],
    ["/api/v1/bots?limit=1e3", "invalid_parameter", /limit/],
    ["/api/v1/bots?limit=", "invalid_parameter", /limit/],
    ["/api/v1/bots?limit=1&limit=2", "invalid_parameter", /limit: .* more than once/],
    ["/api/v1/bots?after=", "invalid_parameter", /after: expected a text/],
    ["/api/v1/bots/a?x=1", "unknown_parameter", /"x": there are scope, host/],
    ["/healthz?x=1", "unknown_parameter", /"x"/],
    ["/metrics?x=1", "unknown_parameter", /"x"/],
    ["/api/v1/stream?x=1", "unknown_parameter", /"x"/],
    ["/api/v1/openapi.json?x=1", "unknown_parameter", /"x"/],
    [
      "/api/v1/bots/a/metrics?from=soon",
      "invalid_parameter",
      /from: expected a time: ISO 8601 .* got "soon"/,
    ],
    [
      "/api/v1/bots/a/metrics?points=10001",
      "invalid_parameter",
      /points: expected an integer from 1 to 10000/,
    ],
    ["/api/v1/bots/a/metrics?from=1h&to=2h", "invalid_parameter", /from: expected a time before that of to/],
    [
      "/api/v1/llm-usage?group_by=model,colour",
      "invalid_parameter",
      /group_by: expected some of channel, model/,
    ],
    ["/api/v1/llm-usage?group_by=hour,day", "invalid_parameter", /group_by: expected hour or day, not both/],
    [
      "/api/v1/llm-usage?order_by=costUsd",
      "invalid_parameter",
      /order_by: expected one of calls, tokens, cost_usd, time/,
    ],
    ["/api/v1/llm-usage?order_by=time&group_by=model", "invalid_parameter", /order_by: expected time only/],
    ["/api/v1/llm-usage?offset_min=60", "invalid_parameter", /offset_min: expected only where group_by has/],
    [
      "/api/v1/llm-usage?group_by=day&offset_min=-7",
      "invalid_parameter",
      /offset_min: expected a multiple of 15 from -840 to 840, got "-7"/,
    ],
    ["/api/v1/llm-usage?group_by=day&offset_min=900", "invalid_parameter", /offset_min: expected a multiple/],
    ["/api/v1/llm-usage?group_by=day&offset_min=1e2", "invalid_parameter", /offset_min: expected a multiple/],
    ["/api/v1/llm-usage?to=0", "invalid_parameter", /from: expected a time before that of to/],
    ["/api/v1/events?before_id=-1", "invalid_parameter", /before_id/],
    ["/api/v1/events?after_id=-1", "invalid_parameter", /after_id/],
    ["/api/v1/events?from=now&to=now", "invalid_parameter", /from: expected a time before that of to/],
    ["/api/v1/events?channel=%FF", "bad_request", /the query is not validly percent-encoded UTF-8/],
    ["/api/v1/llm-usage?model=%ED%A0%80", "bad_request", /UTF-8/],
    ["/api/v1/bots?after=100%", "bad_request", /UTF-8/],
    ["/api/v1/bots?%FF=1", "bad_request", /UTF-8/],
    ["/api/v1/bots/a/metrics?custom=a%zz", "bad_request", /UTF-8/],
    ["/api/v1/bots?after=\u00d0\u00b1", "bad_request", /this is no HTTP request/],
    ["/api/v1/bots/\u00d0\u00b1", "bad_request", /this is no HTTP request/],
    ["/api/v1/bots/%FF", "bad_request", /percent-encoded/],
  ])("%s is refused, naming what was expected [server/F19]", async (path, code, message) => {
    await using served = await Served.start();
    const { status, body } = await served.ask(path);
    expect(status).toBe(400);
    expect(body).toEqual({ error: { code, message: expect.stringMatching(message) } });
  });
});
