import { ManualClock } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { problemsOf } from "../src/problems.js";
import { MessageCounters } from "../src/queue/message-counters.js";

test("a queue that sheds says for which reason, and names the channel that is at fault [server/F12]", () => {
  const counters = new MessageCounters();
  const problems = problemsOf({ clock: new ManualClock(), counters, sources: [] });
  expect(problems()).toEqual([]);
  counters.shed.heartbeat.coalesced = 9;
  expect(problems()).toEqual([]);
  counters.shed.register.too_many_pids = 3;
  counters.shed.heartbeat.too_many_pids = 2;
  counters.crowdedChannel = 'flap"';
  expect(problems()).toMatchObject([
    {
      code: "queue_shedding",
      detail:
        '5 messages were shed since the start: 5 as too_many_pids (ever new processes claim a channel, the last one "flap\\"")',
    },
  ]);
  counters.shed.llm_usage.queue_full = 1;
  expect(problems()[0]?.detail).toBe(
    '6 messages were shed since the start: 1 as queue_full (the store does not keep up; --queue-limit and --queue-bytes bound what waits); 5 as too_many_pids (ever new processes claim a channel, the last one "flap\\"")',
  );
});
