import { expect, test } from "vitest";
import type { Desk } from "../../src/http/routes/silence-routes.js";
import { routesOf } from "../../src/http/routes.js";
import { noonMs } from "./plain-fleet.js";
import { Served } from "./served.js";

type Silence = ReturnType<Desk["addSilence"]>;

/** A desk with one silence at most. */
class OneSilence implements Desk {
  silence: Silence | null = null;
  readonly acknowledged: string[][] = [];

  addSilence: Desk["addSilence"] = (request) => {
    if (request.why === "bad") throw new RangeError("a silence lasts 30 days at most");
    this.silence = { silenceId: "s-1", fromMs: noonMs + 60_000, endedMs: null, ...request };
    return this.silence;
  };

  extendSilence: Desk["extendSilence"] = (id, untilMs) => this.#change(id, { untilMs });

  endSilence: Desk["endSilence"] = (id) => this.#change(id, { endedMs: noonMs + 30_000 });

  acknowledge: Desk["acknowledge"] = (...given) => {
    if (given[0] !== "a-1") return null;
    this.acknowledged.push(given);
    return {};
  };

  #change(id: string, change: Partial<Silence>): Silence | null {
    if (this.silence === null || id !== this.silence.silenceId) return null;
    this.silence = { ...this.silence, ...change };
    return this.silence;
  }
}

async function started(desk: Desk) {
  const served = await Served.start({ writeToken: "wr1te", desk });
  const post = async (path: string, body: unknown) => {
    const headers = { authorization: "Bearer wr1te", "content-type": "application/json" };
    const reply = await served.ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    served.contract.hold(path, reply, "post");
    return [reply.status, reply.body as unknown];
  };
  return { post, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

const wanted = { channels: ["twitch/*"], for_s: 60, by: "ops", why: "deploy" };

test("a silence is added, lasts longer and is ended over HTTP [alerts/A22]", async () => {
  await using asked = await started(new OneSilence());
  const { post } = asked;
  const silence = {
    silence_id: "s-1",
    channels: ["twitch/*"],
    rules: null,
    from: "2026-05-20T12:01:00.000000+00:00",
    until: "2026-05-20T12:02:00.000000+00:00",
    by: "ops",
    why: "deploy",
    ended_at: null,
    active: true,
  };
  expect(await post("/api/v1/silences", wanted)).toEqual([200, { silence }]);
  const until = "2026-05-20T13:01:00.000000+00:00";
  expect(await post("/api/v1/silences/s-1/extend", { for_s: 3_600 })).toEqual([
    200,
    { silence: { ...silence, until } },
  ]);
  const ended = { ended_at: "2026-05-20T12:00:30.000000+00:00", active: false };
  expect(await post("/api/v1/silences/s-1/end", {})).toEqual([
    200,
    { silence: { ...silence, until, ...ended } },
  ]);
  for (const change of ["extend", "end"]) {
    const body = change === "extend" ? { for_s: 1 } : {};
    expect(await post(`/api/v1/silences/s-2/${change}`, body)).toMatchObject([
      404,
      { error: { code: "not_found" } },
    ]);
  }
});

test("no silence is without by, why, bots and an end within 30 days [alerts/A22]", async () => {
  const desk = new OneSilence();
  await using asked = await started(desk);
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ ...wanted, by: undefined }, /^by: expected/],
    [{ ...wanted, why: undefined }, /^why: expected/],
    [{ ...wanted, why: "x".repeat(257) }, /^why: expected a text of 1 to 256 characters/],
    [{ ...wanted, why: "bad" }, /^a silence lasts 30 days at most$/],
    [{ ...wanted, for_s: undefined }, /^for_s: expected a number of seconds from 1 to 2592000/],
    [{ ...wanted, for_s: 2_592_001 }, /^for_s: expected/],
    [{ ...wanted, for_s: 0 }, /^for_s: expected/],
    [{ ...wanted, channels: [] }, /^channels: expected a list of 1 to 100 texts/],
    [{ ...wanted, channels: "twitch/*" }, /^channels: expected/],
    [{ ...wanted, channels: ["a", 7] }, /^channels: expected/],
    [{ ...wanted, rules: [""] }, /^rules: expected/],
    [{ ...wanted, until: 1 }, /^there is no field "until"/],
  ];
  for (const [body, message] of bad) {
    expect(await asked.post("/api/v1/silences", body), JSON.stringify(body)).toEqual([
      400,
      { error: { code: "bad_request", message: expect.stringMatching(message) } },
    ]);
  }
  expect(await asked.post("/api/v1/silences/s-1/end", { why: "a" })).toMatchObject([
    400,
    { error: { message: 'there is no field "why": there are none here' } },
  ]);
  expect(desk.silence).toBeNull();
});

test("an open alert is acknowledged by somebody, for a reason [alerts/A25]", async () => {
  const desk = new OneSilence();
  await using asked = await started(desk);
  const ack = { by: "ops", why: "looking into it" };
  expect(await asked.post("/api/v1/alerts/a-1/ack", ack)).toEqual([200, { alert_id: "a-1", ...ack }]);
  expect(await asked.post("/api/v1/alerts/a-2/ack", ack)).toMatchObject([
    404,
    { error: { code: "not_found" } },
  ]);
  expect(await asked.post("/api/v1/alerts/a-1/ack", { by: "ops" })).toMatchObject([400, {}]);
  expect(desk.acknowledged).toEqual([["a-1", "ops", "looking into it"]]);
});

test("every route that changes something but the caller's session needs the token for that [alerts/A29]", async () => {
  for (const [tokens, status] of [
    [{}, 403],
    [{ token: "s3cret" }, 401],
    [{ writeToken: "wr1te" }, 401],
    [{ token: "s3cret", writeToken: "wr1te" }, 401],
  ] as const) {
    await using served = await Served.start(tokens);
    const door = { needsToken: false, newSession: () => null };
    const changing = routesOf(served.sources, new Set(), door).filter(({ method }) => method !== undefined);
    const writing = changing.filter(({ path }) => path !== "/api/v1/session");
    expect(writing.length).toBeGreaterThanOrEqual(6);
    for (const { path, method = "POST", writes } of writing) {
      expect(writes, path).toBe(true);
      const asked = await served.ask(path.replaceAll(/\{\w+\}/g, "a"), { method });
      expect([path, asked.status]).toEqual([path, status]);
    }
  }
});
