import { ManualClock, RecordingLogger } from "@kissbot/testkit";
import { afterEach, expect, test, vi } from "vitest";
import type { BotStatus } from "../../src/registry/bot.js";
import type { Transition } from "../../src/registry/transition.js";
import { FleetLog } from "../../src/worker/fleet-log.js";

const clock = new ManualClock();
afterEach(() => vi.useRealTimers());

function change(channel: string, to: BotStatus): Transition {
  return {
    tsMs: 0,
    channel,
    pid: 1,
    from: null,
    to,
    cause: "a test",
    causeCode: "other",
    previousPid: null,
    livedMs: null,
  };
}

function wait(ms: number): void {
  clock.pass(ms);
  vi.advanceTimersByTime(ms);
}

test("a bot that flaps has ten lines in ten seconds, then a count, and the others keep theirs [server/F12]", () => {
  vi.useFakeTimers();
  const logger = new RecordingLogger();
  const log = new FleetLog({ clock, logger });
  for (let n = 0; n < 5_000; n++) log.statusChanged(change("flap", n % 2 === 0 ? "online" : "offline"));
  log.statusChanged(change("honest", "dead"));
  const linesOf = (channel: string) => logger.entries.filter(({ fields }) => fields["channel"] === channel);
  expect(linesOf("flap")).toHaveLength(10);
  expect(linesOf("honest").map(({ level, sentence }) => [level, sentence])).toEqual([["warn", "bot dead"]]);
  wait(10_000);
  wait(10_000);
  expect(linesOf("flap").at(-1)).toMatchObject({ level: "warn", fields: { left_out: 4_990 } });
  log.statusChanged(change("flap", "online"));
  expect(linesOf("flap").at(-1)).toMatchObject({ level: "info", sentence: "bot online" });
  log.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("a fleet that dies at once has a thousand lines, and what is left out is told at the stop [server/F12]", () => {
  vi.useFakeTimers();
  const logger = new RecordingLogger();
  const log = new FleetLog({ clock, logger });
  for (let n = 0; n < 3_000; n++) log.statusChanged(change(`c${n}`, "dead"));
  expect(logger.entries).toHaveLength(1_000);
  log.stop();
  expect(logger.entries.slice(1_000)).toMatchObject([{ fields: { left_out: 2_000 } }]);
});
