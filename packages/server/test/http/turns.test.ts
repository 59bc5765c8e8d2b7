import { once } from "node:events";
import { connect } from "node:net";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { FleetJson } from "../../src/http/fleet-json.js";
import { CountingTurns } from "../counting-turns.js";
import { Served } from "./served.js";

test("a list of ten thousand bots is encoded in turns, however many ask at once", async () => {
  const turns = new CountingTurns(100);
  const json = new FleetJson();
  let encoded = 0;
  await using served = await Served.start({
    turns,
    json: {
      bot: (bot) => {
        turns.work();
        encoded++;
        return json.bot(bot);
      },
      transition: (transition) => json.transition(transition),
    },
  });
  // From the last to the first, so that they must be sorted, which is done in turns too.
  for (let i = 9_999; i >= 0; i--) served.fleet.add(`twitch/channel-${i}`);
  const replies = await Promise.all([1, 2, 3].map(() => served.ask("/api/v1/bots")));
  for (const { body } of replies) expect((body as { bots: object[] }).bots).toHaveLength(10_000);
  expect(encoded).toBe(30_000);
  expect(turns.most).toBeLessThanOrEqual(101);
  expect(turns.taken).toBeGreaterThan(300);
});

test("lists that are on their way at once share memory and no text, whoever breaks off or does not read", async () => {
  await using served = await Served.start();
  for (let i = 0; i < 3_000; i++) served.fleet.add(`twitch/channel-${i}`);
  const expected = (await served.ask("/api/v1/bots")).text;
  const { port } = served.server.address;
  const silent = connect(port, "127.0.0.1").pause();
  silent.write("GET /api/v1/bots HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (let round = 0; round < 5; round++) {
    const rude = connect(port, "127.0.0.1");
    rude.write("GET /api/v1/bots HTTP/1.1\r\nHost: localhost\r\n\r\n");
    rude.once("data", () => rude.destroy());
    const gone = once(rude, "close");
    const replies = await Promise.all([1, 2, 3].map(() => served.ask("/api/v1/bots")));
    for (const { text } of replies) expect(text === expected).toBe(true);
    await gone;
  }
  let text = "";
  silent.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  silent.resume();
  await until("the whole answer", () => text.endsWith("\r\n0\r\n\r\n"));
  const body = text
    .slice(text.indexOf("\r\n\r\n") + 4)
    .split("\r\n")
    .filter((_, i) => i % 2 === 1)
    .join("");
  expect(body === expected).toBe(true);
  silent.destroy();
});
