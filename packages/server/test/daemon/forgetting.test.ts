import { openStore } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ask } from "../http/ask.js";
import { Place, type Running } from "./place.js";

const forgetPath = (channel: string) => `/api/v1/bots/${encodeURIComponent(channel)}/forget`;

async function post(place: Place, path: string, body: object = {}) {
  const question = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  return await ask(`unix:${place.socketPath}.control`, path, question);
}

/** `ended` said goodbye after it had used some tokens; `living` beats. */
async function fleet(place: Place, { daemon }: Running): Promise<void> {
  const bots = await place.connect();
  const bot = (channel: string) => ({ channel, pid: process.pid });
  bots.send(
    { type: "register", ...bot("ended"), features: {} },
    { type: "llm_usage", channel: "ended", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 },
    { type: "register", ...bot("living"), features: {} },
    { type: "unregister", ...bot("ended") },
  );
  await until("the fleet", () => {
    const { online, offline } = daemon.health().bots;
    return online === 1 && offline === 1;
  });
}

test("a bot that was forgotten is nowhere but in its history, over restarts, and comes back as a new one [server/F14]", async () => {
  await using place = new Place();
  let running = await place.start();
  await fleet(place, running);
  const stream = await fetch(`${running.report.http}/api/v1/stream`);
  const told: string[] = [];
  const reading = (async () => {
    for await (const piece of stream.body ?? []) told.push(Buffer.from(piece).toString());
  })().catch(() => undefined);
  await until("the snapshot", () => told.join("").includes("event: snapshot"));
  const metricsOf = async (channel: string) =>
    [...(await running.metrics()).keys()].filter((name) => name.includes(`channel="${channel}"`));
  await until("its tokens are counted", async () => (await metricsOf("ended")).length > 0);

  const online = await post(place, forgetPath("living"));
  expect([online.status, online.body]).toMatchObject([409, { error: { code: "conflict" } }]);
  const done = await post(place, forgetPath("ended"), { by: "ops" });
  expect([done.status, done.body]).toEqual([200, { forgotten: ["ended"], stored: true }]);
  expect((await post(place, forgetPath("ended"))).status).toBe(404);

  await until("the stream tells it", () =>
    /event: forgotten\ndata: \{"channel":"ended"\}/.test(told.join("")),
  );
  expect(await running.get("/api/v1/bots/ended")).toMatchObject({ error: { code: "not_found" } });
  expect(await metricsOf("ended")).toEqual([]);
  expect((await metricsOf("living")).length).toBeGreaterThan(0);
  {
    await using store = await openStore(place.database, { readOnly: true });
    expect((await store.fleet()).map(({ channel }) => channel)).toEqual(["living"]);
  }
  const {
    events: [last],
  } = await running.get("/api/v1/events?channel=ended&limit=1");
  expect(last).toMatchObject({
    from_status: "offline",
    to_status: "offline",
    cause_code: "forgotten",
    cause: "forgotten by ops",
  });

  await running.daemon.stop();
  await reading;
  running = await place.start();
  expect((await running.get("/api/v1/bots")).bots).toEqual([expect.objectContaining({ channel: "living" })]);
  expect((await running.get("/api/v1/llm-usage?group_by=channel")).usage).toMatchObject([
    { channel: "ended", calls: 1 },
  ]);
  const bot = await place.connect();
  bot.send({ type: "register", channel: "ended", pid: process.pid, features: {} });
  await until(
    "it is back",
    async () => (await running.get("/api/v1/bots/ended")).cause_code === "registered",
  );
});

test("all bots that have ended are forgotten at once, and those that are online stay [server/F14]", async () => {
  await using place = new Place();
  const running = await place.start();
  await fleet(place, running);
  expect((await post(place, "/api/v1/forget", { ended_s: 3_600 })).body).toEqual({
    forgotten: [],
    stored: true,
  });
  expect((await post(place, "/api/v1/forget", { ended_s: 0 })).body).toEqual({
    forgotten: ["ended"],
    stored: true,
  });
  expect(running.daemon.health().bots).toMatchObject({ online: 1, offline: 0 });
});

test("--forget-after forgets by itself what has ended for as long [server/F14]", async () => {
  await using place = new Place();
  const running = await place.start({ forgetAfterMs: 1_500 });
  await fleet(place, running);
  await until("it is forgotten", () => running.daemon.health().bots.offline === 0);
  expect(running.daemon.health().bots.online).toBe(1);
  await until("it is told", async () => {
    const { events } = await running.get("/api/v1/events?channel=ended&cause=forgotten");
    return events[0]?.cause === "forgotten, not online for over 1 s";
  });
});
