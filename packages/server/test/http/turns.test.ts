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
