import type { LlmUsage } from "@kissbot/protocol";
import { RecordingLogger } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MessageQueue } from "../../src/queue/message-queue.js";
import { MinuteLog } from "../../src/worker/minute-log.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const usage: LlmUsage = {
  type: "llm_usage",
  channel: "a",
  model: "m",
  feature: "f",
  tokens_in: 1,
  tokens_out: 1,
};

function place() {
  const queue = new MessageQueue({ maxRows: 2, maxRowBytes: 1_000_000, maxBots: 10, isKnown: () => true });
  const counted = { rejected: 0, clientDropped: 0, pendingRows: 3 };
  const bots = { online: 0, stale: 0, dead: 0, offline: 0 };
  const logger = new RecordingLogger();
  const log = new MinuteLog({
    logger,
    queue,
    rejected: () => counted.rejected,
    clientDropped: () => counted.clientDropped,
    pendingRows: () => counted.pendingRows,
    bots: () => bots,
  });
  log.start();
  return { queue, counted, bots, logger, log, minute: () => vi.advanceTimersByTime(60_000) };
}

test("a monitor to which nothing happens logs nothing for hours, not even with bots that beat [trial/O11]", () => {
  const { queue, logger, log, minute } = place();
  for (let n = 0; n < 180; n++) {
    queue.offerMessage({ type: "heartbeat", channel: "a", pid: 1 }, n);
    queue.drainLiveness(10, () => "processed");
    minute();
  }
  expect(logger.at("info", "warn", "error")).toEqual([]);
  expect(logger.at("debug")).toHaveLength(180);
  expect(logger.entries[0]?.fields).toMatchObject({ messages: 1, waiting_messages: 0 });
  log.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("a minute in which something was lost or refused has one line with how much, by reason [trial/O11]", () => {
  const { queue, counted, logger, minute } = place();
  for (let n = 0; n < 5; n++) queue.offerMessage(usage, n);
  counted.rejected = 4;
  minute();
  counted.clientDropped = 7;
  minute();
  minute();
  expect(logger.at("info", "warn")).toEqual([
    {
      level: "warn",
      fields: {
        queue_full: 3,
        rejected: 4,
        waiting_messages: 2,
        waiting_rows: 3,
        online: 0,
        stale: 0,
        dead: 0,
        offline: 0,
      },
      sentence: "messages were lost or refused in the last minute",
    },
    { level: "warn", fields: expect.objectContaining({ client_dropped: 7 }), sentence: expect.anything() },
  ]);
});

test("a minute after which the numbers of bots are others has one line with them [trial/O11]", () => {
  const { bots, logger, minute } = place();
  bots.online = 2;
  minute();
  minute();
  bots.online = 1;
  bots.dead = 1;
  minute();
  expect(
    logger.at("info", "warn").map(({ level, fields }) => [level, fields["online"], fields["dead"]]),
  ).toEqual([
    ["info", 2, 0],
    ["info", 1, 1],
  ]);
});

test("what was lost in the minute of the stop is told then, once [trial/O11]", () => {
  const { counted, logger, log, minute } = place();
  counted.rejected = 1;
  log.stop();
  log.stop();
  minute();
  expect(logger.entries.map(({ fields }) => fields)).toEqual([{ rejected: 1 }]);
});
