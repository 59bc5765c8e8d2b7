import { existsSync, statSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { CompiledSources } from "../compiled-sources.js";
import { ChildMonitor } from "./child-monitor.js";
import { openConnection } from "./test-monitor.js";

const sources = new CompiledSources("ingest", "principals", "queue");
afterAll(() => sources[Symbol.dispose]());

test("of monitors that start in the same instant exactly one wins, and the others name it", {
  timeout: 120_000,
}, async () => {
  using place = new TemporaryFolder("ingest");
  const children = await Promise.all(
    Array.from({ length: 4 }, () => ChildMonitor.ready(sources.folder, place.socketPath)),
  );
  try {
    for (let round = 0; round < 100; round++) {
      const outcomes = await Promise.all(children.map((child) => child.start()));
      const winners = children.filter((_, index) => outcomes[index]?.started);
      expect(winners, `round ${round}: ${JSON.stringify(outcomes)}`).toHaveLength(1);
      const [winner] = winners as [ChildMonitor];
      for (const outcome of outcomes.filter(({ started }) => !started)) {
        expect(outcome.code).toBe("in_use");
        expect(outcome.otherPid).toBe(winner.child.pid);
      }
      (await openConnection(place.socketPath)).destroy();
      await winner.stop();
      expect(existsSync(place.socketPath)).toBe(false);
    }
  } finally {
    for (const child of children) await child.kill();
  }
});

test("the lock of a killed monitor is gone with it, and of those who wait for that exactly one wins", {
  timeout: 120_000,
}, async () => {
  using place = new TemporaryFolder("ingest");
  for (let round = 0; round < 4; round++) {
    using first = await ChildMonitor.ready(sources.folder, place.socketPath);
    using second = await ChildMonitor.ready(sources.folder, place.socketPath);
    using third = await ChildMonitor.ready(sources.folder, place.socketPath);
    expect((await first.start()).started).toBe(true);
    await first.kill();
    expect(statSync(place.socketPath).isSocket()).toBe(true);
    const outcomes = await Promise.all([second.start(), third.start()]);
    expect(outcomes.filter(({ started }) => started)).toHaveLength(1);
    (await openConnection(place.socketPath)).destroy();
    await Promise.all([second.kill(), third.kill()]);
  }
});

test("a monitor that is frozen holds its lock, and its pid is told", async () => {
  using place = new TemporaryFolder("ingest");
  using frozen = await ChildMonitor.ready(sources.folder, place.socketPath);
  using other = await ChildMonitor.ready(sources.folder, place.socketPath);
  await frozen.start();
  frozen.child.signal("SIGSTOP");
  const outcome = await other.start();
  expect([outcome.started, outcome.code, outcome.otherPid]).toEqual([false, "in_use", frozen.child.pid]);
});
