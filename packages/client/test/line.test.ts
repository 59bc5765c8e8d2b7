import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MonitorClient } from "../src/index.js";
import { extraBytesOf } from "../src/line.js";
import { RecordingMonitor } from "../src/testing.js";

test("the length in bytes is the one that the runtime tells", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(text.length + extraBytesOf(text)).toBe(Buffer.byteLength(text));
    }),
    { numRuns: 1_000 },
  );
  expect(extraBytesOf(undefined)).toBe(0);
});

test("names of any script are counted right: every line arrives whole and is told as sent", async () => {
  const monitor = await new RecordingMonitor().start();
  const client = new MonitorClient('チャット"\\é', process.pid, { socketPath: monitor.socketPath });
  await client.register();
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(name, name, name, async (model, feature, provider) => {
      void client.logLlmUsage({ model, feature, provider, tokensIn: 1, tokensOut: 2 });
      void client.logMetric(feature, 1);
      // The monitor reads in this very thread: without a flush now and then it would never get to
      // it.
      expect(await client.flush({ timeoutMs: 20_000 })).toBe(true);
    }),
    { numRuns: 300 },
  );
  const { sent } = client.stats();
  expect(sent).toBeGreaterThan(300);
  await monitor.waitFor((messages) => messages.length === sent);
  expect(monitor.rejections).toEqual([]);
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
});
