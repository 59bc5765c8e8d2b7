import { ManualClock, RecordingLogger, silentLogger } from "@kissbot/testkit";
import { afterEach, expect, test, vi } from "vitest";
import type { BotStatus } from "../../src/registry/bot.js";
import { forgottenInPassing } from "../../src/registry/cause.js";
import { Registry } from "../../src/registry/registry.js";
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
  expect(linesOf("honest").map(({ level, sentence }) => [level, sentence])).toEqual([
    ["warn", "bot is dead"],
  ]);
  wait(10_000);
  wait(10_000);
  expect(linesOf("flap").at(-1)).toMatchObject({ level: "warn", fields: { left_out: 4_990 } });
  log.statusChanged(change("flap", "online"));
  expect(linesOf("flap").at(-1)).toMatchObject({ level: "info", sentence: "bot is online" });
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

test("trouble counts as any other change: of a bot, and of a fleet that loses its gateway at once", () => {
  vi.useFakeTimers();
  const logger = new RecordingLogger();
  const log = new FleetLog({ clock, logger });
  const tell = (channel: string, trouble: string | null) =>
    log.troubleChanged({ ...change(channel, "online"), from: "online", to: "online", trouble });
  for (let n = 0; n < 50; n++) tell("flap", n % 2 === 0 ? "no gateway" : null);
  expect(logger.entries).toHaveLength(10);
  for (let n = 0; n < 3_000; n++) tell(`c${n}`, "no gateway");
  expect(logger.entries).toHaveLength(1_000);
  log.stop();
  expect(logger.entries.at(-1)).toMatchObject({ fields: { left_out: 2_010 } });
});

test("a take-over is logged, and the process of a bot never stands where a logger's does [trial/O11]", () => {
  vi.useFakeTimers();
  const logger = new RecordingLogger();
  const log = new FleetLog({ clock, logger });
  const living = () => ({ state: "alive", startedAtMs: null, startKey: null }) as const;
  const terms = { clock, logger: silentLogger, staleTimeoutMs: 60_000, maxBots: 10, glance: living };
  const registry = new Registry(terms);
  registry.announceTo([log]);
  const line = { channel: "chat", features: {}, version: null, startedAtMs: null, intervalS: null };
  registry.register({ ...line, pid: 7, tsMs: clock.wallMs() });
  registry.register({ ...line, pid: 8, tsMs: clock.wallMs() });
  expect(logger.entries.at(-1)).toEqual({
    level: "info",
    fields: { channel: "chat", bot_pid: 8, previous_pid: 7 },
    sentence: "another process reports as this bot from now on",
  });
  const beat = { ...line, rssMb: null, cpuPct: null, dropped: null, tsMs: clock.wallMs() };
  registry.heartbeat({ ...beat, pid: 7 });
  registry.register({ ...line, pid: 8, trouble: "no gateway", tsMs: clock.wallMs() });
  registry.unregister({ channel: "chat", pid: 8, tsMs: clock.wallMs() });
  registry.forget("chat", forgottenInPassing);
  expect(logger.entries.length).toBeGreaterThan(5);
  for (const { fields, sentence } of logger.entries) {
    expect(fields, sentence).not.toHaveProperty("pid");
    expect(fields, sentence).toHaveProperty("bot_pid");
  }
  log.stop();
});
