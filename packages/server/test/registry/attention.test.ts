import fc from "fast-check";
import { expect, test } from "vitest";
import { Monitor } from "./monitor.js";

test("no bot is stale because the monitor was stopped, though all that they said meanwhile is read only after the first tick", () => {
  const monitor = new Monitor();
  monitor.register({ channel: "just heard" });
  monitor.register({ channel: "nearly over" });
  monitor.wait(59);
  monitor.beat({ channel: "just heard" });
  monitor.clock.pass(600_000);
  monitor.registry.tick();
  monitor.wait(2);
  for (const channel of ["just heard", "nearly over"]) monitor.beat({ channel });
  monitor.wait(59);
  expect(monitor.transitions).toHaveLength(2);
});

test("a deadline moves out by the time that the monitor slept, and no further", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(30);
  monitor.clock.pass(600_000);
  monitor.registry.tick();
  // The step counts as 2 s.
  monitor.wait(27);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot().status).toBe("stale");
});

test("a gap is found by whoever asks first, be it a line", () => {
  const monitor = new Monitor();
  for (const channel of ["a", "b"]) monitor.register({ channel });
  monitor.wait(59);
  monitor.clock.pass(600_000);
  monitor.beat({ channel: "a" });
  monitor.wait(4);
  expect(monitor.bot("b").status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot("b").status).toBe("stale");
});

test("the age of a heartbeat leaves out what the monitor slept", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(10);
  monitor.clock.pass(500);
  expect(monitor.registry.heartbeatAgeS(monitor.bot())).toBe(10.5);
  monitor.clock.pass(600_000);
  expect(monitor.registry.heartbeatAgeS(monitor.bot())).toBe(12.5);
});

test("steps of the wall clock change no status, wherever they come", () => {
  const step = fc.integer({ min: -1e9, max: 1e9 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), (steps, claims) => {
      const monitor = new Monitor();
      const startedAtMs = claims ? monitor.clock.wallMs() - 1_000 : null;
      let offsetMs = 0;
      const look = () => monitor.look({ startedAtMs: 1_759_999_999_000 + offsetMs, startKey: 5 });
      monitor.register({ startedAtMs });
      monitor.beat({ channel: "silent" });
      look();
      for (const by of steps) {
        monitor.wait(5);
        monitor.clock.step(by);
        offsetMs += by;
        monitor.register({ startedAtMs });
        look();
      }
      expect(monitor.bot()).toMatchObject({ status: "online", processSeen: true, restarts: 0 });
      monitor.wait(60 - 5 * steps.length - 1);
      expect(monitor.bot("silent").status).toBe("online");
      monitor.wait(1);
      expect(monitor.bot("silent").status).toBe("stale");
    }),
  );
});

test("a bot that beats is never stale, whatever the monitor sleeps, lags and reads late", () => {
  const pause = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 900, max: 1_500 }) },
    { weight: 1, arbitrary: fc.integer({ min: 2_001, max: 3_600_000 }) },
  );
  // A bot that has beaten while nobody read is heard up to 3 s after the monitor is back.
  const delay = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(pause, delay), { minLength: 50, maxLength: 200 }), (pauses) => {
      const monitor = new Monitor();
      monitor.register();
      let waitingSince = -1;
      let nextBeatMs = monitor.clock.monotonicMs() + 55_000;
      for (const [index, [pauseMs, delayTicks]] of pauses.entries()) {
        monitor.clock.pass(pauseMs);
        monitor.registry.tick();
        if (waitingSince < 0 && monitor.clock.monotonicMs() >= nextBeatMs) {
          waitingSince = index + (pauseMs > 2_000 ? delayTicks : 0);
        }
        if (waitingSince >= 0 && index >= waitingSince) {
          monitor.beat();
          waitingSince = -1;
          nextBeatMs = monitor.clock.monotonicMs() + 55_000;
        }
      }
      expect(monitor.story).toEqual(["chat: new -> online, registered"]);
    }),
    { numRuns: 500 },
  );
});
