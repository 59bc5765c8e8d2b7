import { expect, test } from "vitest";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { Monitor, row } from "./monitor.js";

const nothingSeen = new Map<string, ProbeResult>();
const gone: ProbeResult = { state: "gone", startedAtMs: null, startKey: null };

function aliveSince(startedAtMs: number | null, startKey: number | null = 1): ProbeResult {
  return { state: "alive", startedAtMs, startKey };
}

test("a restored fleet keeps every status, without a transition", () => {
  const monitor = new Monitor();
  const statuses = ["online", "stale", "dead", "offline"] as const;
  const rows = statuses.map((status) => row(monitor.clock, { channel: status, status }));
  monitor.registry.restore(rows, nothingSeen);
  expect(monitor.registry.counts()).toEqual({ online: 1, stale: 1, dead: 1, offline: 1 });
  expect(monitor.transitions).toEqual([]);
  expect(monitor.bot("online")).toMatchObject({
    restarts: 3,
    version: "1.2",
    features: { jokes: true },
    featuresJson: '{"jokes": true}',
    intervalS: 30,
    registeredAtMs: rows[0]?.registeredAtMs,
    lastSeenMs: rows[0]?.lastSeenMs,
    statusSinceMs: rows[0]?.statusSinceMs,
    statusCause: "as recorded before the monitor's start",
  });
  expect(monitor.registry.heartbeatAgeS(monitor.bot("online"))).toBe(null);
});

test("a restored bot that is online has its full time to be heard again", () => {
  const monitor = new Monitor();
  monitor.registry.restore(
    [row(monitor.clock, { lastSeenMs: monitor.clock.wallMs() - 74_000 })],
    nothingSeen,
  );
  monitor.wait(74);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.story).toEqual(["chat: online -> stale, no heartbeat for 75 s"]);
});

test("a restored bot that beats often has the time that its client may need to find the new socket", () => {
  const monitor = new Monitor({ staleTimeoutMs: 5_000 });
  monitor.registry.restore(
    [row(monitor.clock, { intervalS: 1, lastSeenMs: monitor.clock.wallMs() })],
    nothingSeen,
  );
  monitor.wait(34);
  expect(monitor.bot().status).toBe("online");
  monitor.beat();
  monitor.wait(4);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.story).toEqual(["chat: online -> stale, no heartbeat for 5 s"]);
});

test("a bot is not silent for the 15 s by which its record may lag behind after a kill", () => {
  const monitor = new Monitor();
  const at = (channel: string, agoS: number, more = {}) => ({
    ...row(monitor.clock, { lastSeenMs: monitor.clock.wallMs() - agoS * 1_000 }),
    channel,
    processSeen: false,
    ...more,
  });
  monitor.registry.restore(
    [at("lagging", 89), at("silent", 91), at("python", 76, { origin: "python", intervalS: null })],
    nothingSeen,
  );
  expect(monitor.story).toEqual([
    "silent: online -> stale, not heard for 91 s at the monitor's start",
    "python: online -> stale, not heard for 76 s at the monitor's start",
  ]);
});

test("a bot that is not visible and was not heard for its time is stale; a visible one stays", () => {
  const monitor = new Monitor();
  const lastSeenMs = monitor.clock.wallMs() - 91_000;
  const old = row(monitor.clock, { lastSeenMs, processSeen: false });
  const rows = ["nothing", "gone", "failed", "other", "visible"].map((channel) => ({ ...old, channel }));
  const seen = new Map<string, ProbeResult>([
    ["gone", gone],
    ["failed", { ...gone, state: "unknown" }],
    ["other", aliveSince(lastSeenMs)],
    ["visible", aliveSince(old.startedAtMs)],
  ]);
  monitor.registry.restore(rows, seen);
  expect(monitor.story).toEqual(
    ["nothing", "gone", "failed", "other"].map(
      (channel) => `${channel}: online -> stale, not heard for 91 s at the monitor's start`,
    ),
  );
  expect(monitor.bot("visible")).toMatchObject({ status: "online", processSeen: true });
});

test("a clock that was stepped while no monitor ran makes nobody dead whose process is older than its last word", () => {
  for (const stepMs of [-3 * 3_600_000, -5_000, 5_000, 60_000]) {
    const monitor = new Monitor();
    const startedAtMs = monitor.clock.wallMs() - 100_000;
    const lastSeenMs = startedAtMs + 90_000;
    monitor.registry.restore(
      [row(monitor.clock, { startedAtMs, lastSeenMs, registeredAtMs: startedAtMs })],
      new Map([["chat", aliveSince(startedAtMs + stepMs)]]),
    );
    expect(monitor.story).toEqual([]);
    expect(monitor.bot()).toMatchObject({ status: "online", processSeen: true });
    // Its own word of its start, by the clock of before, makes no other process of it.
    monitor.beat({ startedAtMs });
    expect(monitor.bot()).toMatchObject({ status: "online", restarts: 3, conflict: null });
    expect(monitor.story).toEqual([]);
  }
});

test("a bot whose recorded process is gone, or whose pid is another's, is dead", () => {
  const monitor = new Monitor();
  const rows = ["gone", "reused", "stale"].map((channel) => row(monitor.clock, { channel }));
  rows[2] = row(monitor.clock, { channel: "stale", status: "stale" });
  const later = aliveSince(monitor.clock.wallMs() - 500);
  monitor.registry.restore(
    rows,
    new Map<string, ProbeResult>([
      ["gone", gone],
      ["reused", later],
      ["stale", gone],
    ]),
  );
  expect(monitor.story).toEqual([
    "gone: online -> dead, process 7 was gone at the monitor's start",
    "reused: online -> dead, process 7 was gone at the monitor's start",
    "stale: stale -> dead, process 7 was gone at the monitor's start",
  ]);
});

test("where the probe tells no start, a living pid proves no other process", () => {
  const monitor = new Monitor();
  monitor.registry.restore([row(monitor.clock)], new Map<string, ProbeResult>([["chat", aliveSince(null)]]));
  expect(monitor.bot()).toMatchObject({ status: "online", processSeen: true });
  expect(monitor.transitions).toEqual([]);
});

test("a dead or offline bot stays so, whoever has its pid now, until it is heard", () => {
  const monitor = new Monitor();
  const rows = (["dead", "offline"] as const).map((status) =>
    row(monitor.clock, { channel: status, status }),
  );
  const alive = aliveSince(rows[0]?.startedAtMs ?? null);
  monitor.registry.restore(
    rows,
    new Map<string, ProbeResult>([
      ["dead", alive],
      ["offline", alive],
    ]),
  );
  expect(monitor.transitions).toEqual([]);
  for (const channel of ["dead", "offline"]) monitor.beat({ channel });
  expect(monitor.story).toEqual([
    "dead: dead -> online, beats again",
    "offline: offline -> online, beats again",
  ]);
});

test("a visible bot that registers again is the same process, seen as long as it tells the start that was seen", () => {
  const monitor = new Monitor();
  const rows = ["a", "b"].map((channel) => row(monitor.clock, { channel }));
  const startedAtMs = rows[0]?.startedAtMs ?? 0;
  monitor.registry.restore(rows, new Map(rows.map(({ channel }) => [channel, aliveSince(startedAtMs)])));
  monitor.register({ channel: "a", startedAtMs: startedAtMs + 2_000 });
  expect(monitor.bot("a")).toMatchObject({
    restarts: 3,
    processSeen: true,
    registeredAtMs: rows[0]?.registeredAtMs,
  });
  // Its clock has stepped since, or it is a namesake in a container: its heartbeats will tell.
  monitor.register({ channel: "b", startedAtMs: startedAtMs + 2_001 });
  expect(monitor.bot("b")).toMatchObject({ restarts: 3, processSeen: false });
  for (const channel of ["a", "b"]) monitor.look({ channel, state: "gone" });
  expect([monitor.bot("a").status, monitor.bot("b").status]).toEqual(["dead", "online"]);
});

test("a bot that restarted while the monitor was down counts one restart", () => {
  const monitor = new Monitor();
  monitor.registry.restore([row(monitor.clock), row(monitor.clock, { channel: "b" })], nothingSeen);
  monitor.register({ pid: 8 });
  monitor.register({ channel: "b", startedAtMs: monitor.clock.wallMs() - 5_000 });
  expect([monitor.bot().restarts, monitor.bot("b").restarts]).toEqual([4, 4]);
});

test("a row of the Python monitor is the same process only if that one started before it registered", () => {
  const monitor = new Monitor();
  const lastSeenMs = monitor.clock.wallMs() - 300_000;
  const fields = {
    origin: "python",
    startedAtMs: null,
    processSeen: false,
    statusSinceMs: null,
    lastSeenMs,
  } as const;
  const rows = ["before", "after", "unknown", "gone"].map((channel) =>
    row(monitor.clock, { ...fields, channel }),
  );
  const registeredAtMs = rows[0]?.registeredAtMs ?? 0;
  monitor.registry.restore(
    rows,
    new Map<string, ProbeResult>([
      ["before", aliveSince(registeredAtMs - 1)],
      ["after", aliveSince(registeredAtMs + 2_001)],
      ["unknown", aliveSince(null)],
      ["gone", gone],
    ]),
  );
  const statusOf = (channel: string) => monitor.bot(channel).status;
  expect(["before", "after", "unknown", "gone"].map(statusOf)).toEqual(["online", "stale", "stale", "stale"]);
  expect(monitor.bot("before")).toMatchObject({ processSeen: true, statusSinceMs: lastSeenMs });
});

test("a bot that was heard before its row could be read keeps what is known of it, and takes what only the row knows", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 3_601_000;
  monitor.beat({ startedAtMs });
  monitor.sayGoodbye();
  monitor.register({ channel: "other", pid: 8, features: { b: true } });
  monitor.beat({ channel: "new" });
  const rows = [row(monitor.clock), row(monitor.clock, { channel: "other" })];
  monitor.registry.restore(rows, new Map<string, ProbeResult>([["chat", gone]]));
  expect(monitor.bot()).toMatchObject({
    status: "offline",
    restarts: 3,
    registeredAtMs: rows[0]?.registeredAtMs,
    intervalS: 30,
    features: { jokes: true },
    version: "1.2",
  });
  expect(monitor.bot("other")).toMatchObject({
    status: "online",
    restarts: 4,
    features: { b: true },
    version: null,
  });
  expect(monitor.bot("new").restarts).toBe(0);
  expect(monitor.transitions).toHaveLength(4);
});

test("a bot that was heard before its row could be read has the time that the row's interval gives it", () => {
  const monitor = new Monitor();
  monitor.beat();
  monitor.wait(10);
  monitor.registry.restore([row(monitor.clock, { intervalS: 40 })], nothingSeen);
  monitor.wait(89);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot().status).toBe("stale");
});

test("the start that is kept follows the clock, so that the next monitor knows the process again", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 1_000;
  monitor.register({ startedAtMs });
  monitor.look({ startedAtMs: startedAtMs + 1_000, startKey: 1 });
  expect(monitor.bot().startedAtMs).toBe(startedAtMs);
  monitor.clock.step(9_000_000);
  monitor.look({ startedAtMs: startedAtMs + 9_000_000, startKey: 1 });
  expect(monitor.bot()).toMatchObject({ startedAtMs: startedAtMs + 9_000_000, processSeen: true });
});

test("a namesake that was taken for a Python monitor's bot is not kept as its process", () => {
  const monitor = new Monitor();
  const claimed = row(monitor.clock, { origin: "python", startedAtMs: null, processSeen: false });
  const namesakeSince = claimed.registeredAtMs - 500_000;
  monitor.registry.restore([claimed], new Map([["chat", aliveSince(namesakeSince)]]));
  expect(monitor.bot()).toMatchObject({ startedAtMs: namesakeSince, processSeen: true });
  monitor.beat({ startedAtMs: claimed.registeredAtMs - 1_000 });
  expect(monitor.bot()).toMatchObject({
    startedAtMs: claimed.registeredAtMs - 1_000,
    processSeen: false,
    restarts: 3,
  });
});

test("all rows are restored, past the bound of new channels too", () => {
  const monitor = new Monitor({ maxBots: 1 });
  monitor.registry.restore(
    ["a", "b"].map((channel) => row(monitor.clock, { channel })),
    nothingSeen,
  );
  expect(monitor.registry.size).toBe(2);
  expect(monitor.register({ channel: "c" })).toBe("fleet_full");
});

test("features of a row are data: what is no map of booleans is left out", () => {
  const monitor = new Monitor();
  const texts = ["", "nonsense", "[true]", "null", '{"a": 1, "b": true}', '{"__proto__": true}', "{}"];
  monitor.registry.restore(
    texts.map((featuresJson, i) => row(monitor.clock, { channel: `${i}`, featuresJson })),
    nothingSeen,
  );
  expect(texts.map((_, i) => monitor.bot(`${i}`).featuresJson)).toEqual([
    "{}",
    "{}",
    "{}",
    "{}",
    '{"b":true}',
    '{"__proto__": true}',
    "{}",
  ]);
  expect(Object.keys(monitor.bot("5").features)).toEqual(["__proto__"]);
});

/**
 * Bots that nobody saw tell a start: of this version, and of one before that did not write it down.
 */
const untold = [false, null] as const;

test("a restored bot that told no start is not dead because its pid is nobody's or another's: it beats, and is judged by its beats [server/F11]", () => {
  for (const startTold of untold) {
    for (const state of ["gone", "reused", "gone after a look"] as const) {
      const monitor = new Monitor();
      const alive = aliveSince(monitor.clock.wallMs() - 3_601_000);
      const look = state === "gone" ? gone : state === "reused" ? aliveSince(monitor.clock.wallMs()) : alive;
      monitor.registry.restore(
        [row(monitor.clock, { startTold, intervalS: null })],
        new Map([["chat", look]]),
      );
      if (state === "gone after a look") monitor.look({ state: "gone" });
      monitor.wait(29);
      expect(monitor.bot()).toMatchObject({ status: "online", restarts: 3 });
      for (let beat = 0; beat < 20; beat++) {
        monitor.beat({ rssMb: 20, cpuPct: 1 });
        // A stranger has the pid, and ends.
        monitor.look({ startKey: 6, rssMb: 188, cpuPct: 77 });
        monitor.look({ state: "gone" });
        monitor.wait(10);
        expect(monitor.bot()).toMatchObject({ status: "online", rssMb: 20, cpuPct: 1, restarts: 3 });
      }
      expect(monitor.transitions).toEqual([]);
    }
  }
});

test("a restored bot that told no start and is not heard in its full time is dead, without a stale before [server/F11]", () => {
  for (const startTold of untold) {
    for (const staleTimeoutMs of [5_000, 60_000]) {
      const monitor = new Monitor({ staleTimeoutMs });
      const lastSeenMs = monitor.clock.wallMs();
      monitor.registry.restore(
        [row(monitor.clock, { startTold, intervalS: null, lastSeenMs })],
        new Map([["chat", gone]]),
      );
      monitor.wait(Math.max(staleTimeoutMs / 1_000, 35) - 1);
      expect(monitor.story).toEqual([]);
      monitor.wait(1);
      expect(monitor.story).toEqual(["chat: online -> dead, process 7 was gone at the monitor's start"]);
      expect(monitor.bot()).toMatchObject({ restarts: 4, livedMs: null });
      monitor.wait(1);
      monitor.beat();
      expect(monitor.bot()).toMatchObject({ status: "online", restarts: 3 });
    }
  }
});

test("last words that were stored prove that the process of a bot that told no start has ended [server/F11]", () => {
  const monitor = new Monitor();
  monitor.registry.restore(
    [row(monitor.clock, { startTold: false, trouble: "exit 1: TypeError at bot.js:3" })],
    new Map([["chat", gone]]),
  );
  expect(monitor.story).toEqual(["chat: online -> dead, exit 1: TypeError at bot.js:3"]);
});

test("who told its start is known by it after a restart of the monitor, and dead at once when it is gone [server/F11]", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 3_601_000;
  monitor.registry.restore(
    [row(monitor.clock, { startedAtMs, intervalS: null })],
    new Map([["chat", aliveSince(startedAtMs)]]),
  );
  monitor.beat({ rssMb: 20, cpuPct: 1 });
  monitor.look({ startedAtMs, startKey: 1, rssMb: 21, cpuPct: 2 });
  expect(monitor.bot()).toMatchObject({ rssMb: 21, cpuPct: 2, startTold: true });
  monitor.look({ state: "gone" });
  expect(monitor.story).toEqual(["chat: online -> dead, process 7 is gone"]);
});

test("what a look at its pid showed makes no other process of a bot that was heard before its row could be read [server/F11]", () => {
  for (const startTold of untold) {
    for (const tells of startTold === null ? [false] : [false, true]) {
      const monitor = new Monitor();
      const now = monitor.clock.wallMs();
      const own = now - 4_000_000;
      monitor.beat({ startedAtMs: tells ? own : null });
      monitor.look({ startedAtMs: now - 5_000_000, startKey: 1 });
      monitor.registry.restore(
        [row(monitor.clock, { startTold, startedAtMs: now - 9_000_000 })],
        new Map([["chat", gone]]),
      );
      expect([startTold, tells, monitor.bot().restarts]).toEqual([startTold, tells, 3]);
      expect(monitor.bot().registeredAtMs).toBe(now - 3_600_000);
    }
  }
});

test("whether a start was told is kept from one monitor to the next, and unknown until it is told [server/F11]", () => {
  const monitor = new Monitor();
  for (const startTold of [true, false, null]) {
    monitor.registry.restore([row(monitor.clock, { channel: `${startTold}`, startTold })], nothingSeen);
    monitor.beat({ channel: `${startTold}` });
    expect(monitor.bot(`${startTold}`).startTold).toBe(startTold);
    const { startedAtMs } = row(monitor.clock);
    monitor.beat({ channel: `${startTold}`, startedAtMs });
    expect(monitor.bot(`${startTold}`).startTold).toBe(true);
  }
  monitor.beat({ channel: "true", pid: 8 });
  monitor.wait(80);
  monitor.beat({ channel: "true", pid: 8 });
  expect(monitor.bot("true")).toMatchObject({ pid: 8, startTold: false });
});
