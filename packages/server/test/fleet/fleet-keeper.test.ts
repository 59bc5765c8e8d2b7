import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@kissbot/store";
import { RecordingLogger, until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HostIncidents } from "../../src/alerts/host-incidents.js";
import { systemClock } from "../../src/clock.js";
import { Secret } from "../../src/config/secret.js";
import { FleetKeeper } from "../../src/fleet/fleet-keeper.js";

const againMs = 30_000;
/** Nobody listens there: what is tested is the thread. */
const url = "postgres://kissbot@127.0.0.1:1/fleet";

let folder: string;
let urlPath: string;
let logger: RecordingLogger;
let keeper: FleetKeeper;
let tries: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-fleet-keeper-"));
  urlPath = join(folder, "url");
  const store = join(folder, "monitor.db");
  await (await openStore(store)).close();
  logger = new RecordingLogger();
  tries = 0;
  keeper = new FleetKeeper({
    fleet: {
      shown: "postgres://127.0.0.1/fleet",
      get url() {
        tries++;
        return Secret.ofFile(urlPath);
      },
    },
    store,
    name: "host-1",
    rowsPerSecond: 1_000,
    metrics: "minutes",
    mostAgeMs: null,
    mayLead: false,
    tells: [],
    incidents: new HostIncidents(),
    clock: systemClock,
    logger: logger as never,
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(async () => {
  vi.useRealTimers();
  await keeper.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a fleet thread that cannot start is a problem, and is tried again each half a minute", async () => {
  await keeper.start();
  expect(keeper.health()).toMatchObject({ status: "refused", sentRows: 0, waitingRows: null });
  const [problem] = keeper.problems();
  expect(problem?.code).toBe("fleet_refused");
  expect(problem?.detail).toContain("its thread cannot be started: ");
  expect(problem?.detail).toContain("ENOENT");
  await vi.advanceTimersByTimeAsync(againMs - 1);
  expect(vi.getTimerCount()).toBe(1);
  expect(tries).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(tries).toBe(2);
  await until("it waits for another half a minute", () => vi.getTimerCount() === 1);
  expect(keeper.problems()).toEqual([problem]);
  expect(logger.at("warn")).toHaveLength(1);
  writeFileSync(urlPath, url, { mode: 0o600 });
  await vi.advanceTimersByTimeAsync(againMs);
  vi.useRealTimers();
  await until("the thread says that nobody answers", () => keeper.status?.state === "away");
  expect(keeper.problems()).toMatchObject([{ code: "fleet_away", sinceMs: problem?.sinceMs }]);
});

test("a fleet thread that cannot start is not tried again after the stop", async () => {
  await keeper.start();
  expect(vi.getTimerCount()).toBe(1);
  await keeper.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test.each([false, true])(
  "a fleet thread does not start once it was stopped in the middle of its start, its URL there: %s",
  async (isThere) => {
    if (isThere) writeFileSync(urlPath, url, { mode: 0o600 });
    const starting = keeper.start();
    await keeper.stop();
    await starting;
    expect(vi.getTimerCount()).toBe(0);
    expect(keeper.status).toBeNull();
  },
);
