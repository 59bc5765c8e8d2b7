import { expect, test } from "vitest";
import { MonitorClient } from "../src/index.js";
import { AbsentMonitor, RecordingMonitor } from "../src/testing.js";

const usage = {
  model: "claude-sonnet-4-5-20250929",
  feature: "reply-to-message",
  tokensIn: 1_200,
  tokensOut: 340,
  provider: "anthropic",
};

test.each([1, 150])(
  "before a monitor that reads, a buffer of %d bytes drops nothing [client/F29]",
  async (maxBufferedBytes) => {
    await using monitor = await new RecordingMonitor().start();
    await using client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath, maxBufferedBytes });
    // The first has to wait for the connection; the others, several a tick, are written to make
    // room.
    expect(await client.logLlmUsage(usage)).toBe(true);
    const outcomes = Array.from({ length: 20 }, () => client.logLlmUsage(usage));
    expect(await Promise.all(outcomes)).toEqual(Array.from({ length: 20 }, () => true));
    await monitor.waitFor((messages) => messages.length === 21);
    expect(client.stats()).toMatchObject({ sent: 21, waiting: 0 });
    expect(client.stats().dropped.buffer_full).toBe(0);
  },
);

test("before an absent monitor it keeps the newest line, and only that [client/F29]", async () => {
  const { socketPath } = new AbsentMonitor();
  const client = new MonitorClient("bot", 1, { socketPath, maxBufferedBytes: 300 });
  for (let i = 0; i < 5; i++) await client.logLlmUsage(usage);
  expect(client.stats()).toMatchObject({ waiting: 1 });
  expect(client.stats().dropped.buffer_full).toBe(4);
  client[Symbol.dispose]();
});

test("before an absent monitor a line that is larger than the buffer is dropped and counted [conformance/R15]", async () => {
  const { socketPath } = new AbsentMonitor();
  const client = new MonitorClient("bot", 1, { socketPath, maxBufferedBytes: 150 });
  for (let i = 0; i < 5; i++) await client.logLlmUsage(usage);
  await client.logMetric("n", 1);
  await client.logLlmUsage(usage);
  expect(client.stats()).toMatchObject({ waiting: 1, dropped: { buffer_full: 6 } });
  client[Symbol.dispose]();
});
