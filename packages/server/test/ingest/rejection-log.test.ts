import { ManualClock, RecordingLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { RejectionLog } from "../../src/ingest/rejection-log.js";

function logOf(): { log: RejectionLog; clock: ManualClock; logger: RecordingLogger } {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  return { log: new RejectionLog({ clock, logger }), clock, logger };
}

test("logs five lines of a reason in ten seconds, then the count of the rest, and makes no preview in vain", () => {
  const { log, clock, logger } = logOf();
  let previews = 0;
  const preview = (): string => `line ${++previews}`;
  for (let i = 0; i < 1_000; i++) {
    log.note({ reason: "invalid_json", preview });
    clock.pass(5);
  }
  expect(logger.entries).toHaveLength(5);
  expect(previews).toBe(5);
  log.tick();
  expect(logger.entries).toHaveLength(5);
  clock.pass(5_000);
  log.tick();
  log.tick();
  expect(logger.entries.slice(5)).toEqual([
    {
      level: "warn",
      fields: { reason: "invalid_json", left_out: 995 },
      sentence: "further lines of this kind were left out of the log",
    },
  ]);
});

test("the count comes before the first line of the next window", () => {
  const { log, clock, logger } = logOf();
  for (let i = 0; i < 7; i++) log.note({ reason: "truncated", preview: () => "x" });
  clock.pass(10_000);
  log.note({ reason: "truncated", preview: () => "y" });
  expect(logger.entries.slice(5).map(({ fields }) => fields)).toEqual([
    { reason: "truncated", left_out: 2 },
    { reason: "truncated", preview: "y" },
  ]);
});

test("a flood of one reason hides no other, and the last words tell what is left", () => {
  const { log, logger } = logOf();
  for (let i = 0; i < 100; i++) log.note({ reason: "invalid_json", preview: () => "x" });
  log.note({ reason: "invalid_field", field: "pid", preview: () => '{"channel": "a\\u001b[31m", "pid": 0}' });
  expect(logger.entries.at(-1)?.fields).toEqual({
    reason: "invalid_field",
    field: "pid",
    channel: "a\\x1b[31m",
    preview: '{"channel": "a\\u001b[31m", "pid": 0}',
  });
  log.flush();
  expect(logger.entries.at(-1)?.fields).toEqual({ reason: "invalid_json", left_out: 95 });
});

test("tells a line of an unknown type at debug alone", () => {
  const { log, logger } = logOf();
  for (let i = 0; i < 10; i++) log.note({ reason: "unknown_type", preview: () => "{}" });
  log.flush();
  expect(logger.at("debug")).toHaveLength(6);
  expect(logger.entries).toHaveLength(6);
});

test.each([
  ["no channel", "{}", undefined],
  ["cut within it", '{"channel":"abc', undefined],
  ["a bad escape", '{"channel":"\\x"}', undefined],
  ["a value that is no string", '{"channel":7}', undefined],
  ["spaces, as Python writes them", '{"type": "x", "channel": "caf\\u00e9"}', "café"],
])("finds the channel where it can be told: %s", (_, line, channel) => {
  const { log, logger } = logOf();
  log.note({ reason: "truncated", preview: () => line });
  expect(logger.entries[0]?.fields["channel"]).toBe(channel);
});

test("is quick on a preview made to be slow", () => {
  const { log, logger } = logOf();
  const startMs = performance.now();
  log.note({ reason: "truncated", preview: () => `"channel"${" ".repeat(100)}`.repeat(2) });
  log.note({ reason: "truncated", preview: () => `"channel":"${"\\".repeat(180)}` });
  expect(logger.entries).toHaveLength(2);
  expect(performance.now() - startMs).toBeLessThan(100);
});
