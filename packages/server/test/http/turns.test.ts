import { once } from "node:events";
import { connect } from "node:net";
import { openStore, type UsageList } from "@kissbot/store";
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

test("a hundred thousand groups of usage are made in turns, each when it is sent", async () => {
  const turns = new CountingTurns(100);
  const store = await openStore("memory:");
  try {
    const [nothing] = await store.usageTotals({ fromMs: 0, toMs: 1 });
    if (nothing === undefined) throw new Error("there is always one total");
    const list: UsageList = {
      length: 100_001,
      *[Symbol.iterator]() {
        for (let i = 0; i < 100_001; i++) {
          turns.work();
          yield { ...nothing, feature: `request-${i}` };
        }
      },
    };
    const reads = Object.assign(store, { usageList: async () => list });
    await using served = await Served.start({ turns, reads: () => reads });
    const { body } = await served.ask("/api/v1/llm-usage?group_by=feature&top=100000");
    const { usage, truncated } = body as { usage: { feature: string }[]; truncated: boolean };
    expect(usage).toHaveLength(100_000);
    expect(usage.at(-1)?.feature).toBe("request-99999");
    expect(truncated).toBe(true);
    // The one after the last is made and not sent; one more is begun before the turn is over.
    expect(turns.most).toBeLessThanOrEqual(102);
    expect(turns.taken).toBeGreaterThan(900);
  } finally {
    await store.close();
  }
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
