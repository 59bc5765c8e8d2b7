import { ManualClock } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { forgottenInPassing } from "../../src/registry/cause.js";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { isLastWords } from "../../src/registry/trouble-history.js";
import { Monitor, row } from "./monitor.js";

const seen: ProbeResult = { state: "alive", startedAtMs: null, startKey: 1 };
const deaf = "gateway closed: 4004";
const words = "exit 1: TokenInvalid at bot.js:12";

/** What was told of trouble, each with the second in which it was. */
function told(monitor: Monitor, startMs: number): string[] {
  return monitor.troubles.map(
    ({ tsMs, causeCode, trouble }) => `${(tsMs - startMs) / 1_000} s ${causeCode} ${trouble ?? "-"}`,
  );
}

test("a bot in trouble is online, and the trouble stands until a line does not say it any more [trial/B4]", () => {
  const monitor = new Monitor();
  const startMs = monitor.clock.wallMs();
  monitor.register();
  expect(monitor.bot()).toMatchObject({ trouble: null, troubleSinceMs: null });
  monitor.wait(5);
  monitor.beat({ trouble: deaf });
  monitor.wait(5);
  monitor.beat({ trouble: "gateway closed: 4014" });
  expect(monitor.bot()).toMatchObject({
    status: "online",
    statusCause: "registered",
    causeCode: "registered",
    trouble: "gateway closed: 4014",
    troubleSinceMs: startMs + 5_000,
  });
  monitor.wait(5);
  monitor.beat();
  expect(monitor.bot()).toMatchObject({ trouble: null, troubleSinceMs: null });
  expect(told(monitor, startMs)).toEqual([
    `5 s in_trouble ${deaf}`,
    "10 s in_trouble gateway closed: 4014",
    "15 s trouble_over -",
  ]);
  expect(monitor.troubles[0]).toMatchObject({
    channel: "chat",
    pid: 7,
    from: "online",
    to: "online",
    cause: "in trouble",
    previousPid: null,
    livedMs: null,
  });
  expect(monitor.story).toEqual(["chat: new -> online, registered"]);
});

test("a registration says it, and one without it ends it, whichever process it is of [trial/B4]", () => {
  const monitor = new Monitor({ glance: () => seen });
  monitor.register({ trouble: deaf });
  expect(monitor.bot().trouble).toBe(deaf);
  monitor.register();
  expect(monitor.bot().trouble).toBeNull();
  monitor.beat({ trouble: deaf });
  monitor.register({ pid: 8 });
  expect(monitor.bot()).toMatchObject({ pid: 8, trouble: null });
  expect(monitor.troubles.map(({ causeCode, pid }) => `${causeCode} ${pid}`)).toEqual([
    "in_trouble 7",
    "trouble_over 7",
    "in_trouble 7",
    "trouble_over 8",
  ]);
});

test("a heartbeat of a rival or a late one says nothing of the current process [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.beat({ pid: 8, trouble: deaf });
  expect(monitor.bot().trouble).toBeNull();
  monitor.sayGoodbye();
  monitor.beat({ trouble: deaf });
  expect(monitor.bot()).toMatchObject({ status: "offline", trouble: null });
  expect(monitor.troubles).toEqual([]);
});

test("the end of a process is the end of its trouble, and tells that itself [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register({ trouble: deaf });
  monitor.sayGoodbye();
  expect(monitor.bot()).toMatchObject({ status: "offline", trouble: null, troubleSinceMs: null });
  monitor.register({ trouble: deaf });
  monitor.look({ startKey: 1 });
  monitor.look({ state: "gone" });
  expect(monitor.bot()).toMatchObject({ status: "dead", statusCause: "process 7 is gone", trouble: null });
  expect(monitor.troubles.map(({ causeCode }) => causeCode)).toEqual(["in_trouble", "in_trouble"]);
});

test("a bot that flaps has six changes a minute in the history, and the last state is right [trial/B4]", () => {
  const monitor = new Monitor();
  const startMs = monitor.clock.wallMs();
  monitor.register();
  for (let second = 0; second < 300; second++) {
    for (let i = 0; i < 4; i++) monitor.beat({ trouble: i % 2 === 0 ? `problem ${second}` : null });
    monitor.beat({ trouble: `problem ${second}` });
    monitor.wait(1);
  }
  for (let fromMs = startMs; fromMs <= startMs + 240_000; fromMs += 1_000) {
    const inMinute = monitor.troubles.filter(({ tsMs }) => tsMs >= fromMs && tsMs < fromMs + 60_000);
    // One that waited carries the time at which the bot said it, up to a second before it is told.
    expect(inMinute.length).toBeLessThanOrEqual(7);
  }
  expect(monitor.troubles.length).toBeGreaterThanOrEqual(5);
  expect(monitor.bot().trouble).toBe("problem 299");
  monitor.wait(61);
  expect(monitor.troubles.at(-1)).toMatchObject({ trouble: "problem 299", tsMs: startMs + 299_000 });
  monitor.beat();
  monitor.wait(61);
  expect(monitor.troubles.at(-1)).toMatchObject({ trouble: null, causeCode: "trouble_over" });
});

test("trouble that came and went while it could not be told is not told [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  for (let i = 0; i < 6; i++) monitor.beat({ trouble: `problem ${i}` });
  monitor.beat({ trouble: "between" });
  monitor.beat({ trouble: "problem 5" });
  monitor.wait(120);
  expect(monitor.troubles.map(({ trouble }) => trouble)).toEqual(
    [0, 1, 2, 3, 4, 5].map((i) => `problem ${i}`),
  );
});

test("the last words of a process are why it died, and are told as its death alone [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1 });
  monitor.beat({ trouble: deaf });
  monitor.beat({ trouble: words });
  monitor.look({ state: "gone" });
  expect(monitor.bot()).toMatchObject({
    status: "dead",
    statusCause: words,
    causeCode: "process_gone",
    trouble: null,
  });
  monitor.wait(60);
  expect(monitor.transitions.at(-1)).toMatchObject({ to: "dead", cause: words, causeCode: "process_gone" });
  expect(monitor.troubles.map(({ trouble }) => trouble)).toEqual([deaf]);
});

test("they are why also where only the successor shows that the process is gone [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.beat({ trouble: "exit 3" });
  monitor.register({ pid: 8 });
  expect(monitor.story.slice(1)).toEqual([
    "chat: online -> dead, exit 3",
    "chat: dead -> online, restarted as pid 8",
  ]);
  expect(monitor.bot()).toMatchObject({ trouble: null, restarts: 1 });
  expect(monitor.troubles).toEqual([]);
});

test("last words that come in after the look which found the process gone are why, too [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1 });
  monitor.look({ state: "gone" });
  const { revision } = monitor.bot();
  expect(monitor.beat({ trouble: words })).toBe("ignored");
  expect(monitor.bot()).toMatchObject({ status: "dead", statusCause: words, causeCode: "process_gone" });
  expect(monitor.bot().revision).toBeGreaterThan(revision);
  monitor.beat({ trouble: deaf });
  monitor.beat({ pid: 8, trouble: "exit 9" });
  expect(monitor.bot().statusCause).not.toBe(deaf);
});

test("the history, the stream and the bot tell a death once and in its last words, in whatever order the look, the words and the end of the connection are heard [trial/B4]", () => {
  const startedAtMs = 1_000_000;
  for (const order of ["look words end", "words look end", "words end look"]) {
    const monitor = new Monitor();
    const heard: Record<string, () => void> = {
      look: () => monitor.look({ state: "gone" }),
      words: () => monitor.beat({ connection: 1, startedAtMs, trouble: words }),
      end: () => monitor.registry.connectionEnded({ channel: "chat", pid: 7, connection: 1 }),
    };
    monitor.register({ connection: 1, startedAtMs });
    monitor.look({ startedAtMs, startKey: 1 });
    for (const one of order.split(" ")) heard[one]?.();
    expect([order, ...monitor.story.slice(1)]).toEqual([order, `chat: online -> dead, ${words}`]);
    expect(monitor.bot()).toMatchObject({ status: "dead", statusCause: words, restarts: 1, trouble: null });
    monitor.wait(10);
    expect(monitor.transitions).toHaveLength(2);
    expect(monitor.troubles).toEqual([]);
  }
});

test("a death whose connection is still to end waits for that, a second at most, and no longer than its goodbye or its successor [trial/B4]", () => {
  const startedAtMs = 1_000_000;
  const found = () => {
    const monitor = new Monitor();
    monitor.register({ connection: 1, startedAtMs });
    monitor.look({ startedAtMs, startKey: 1 });
    monitor.look({ state: "gone" });
    monitor.look({ state: "gone" });
    expect(monitor.transitions).toHaveLength(1);
    return monitor;
  };
  const gone = "chat: online -> dead, process 7 is gone";

  const silent = found();
  silent.registry.connectionEnded({ channel: "chat", pid: 7, connection: 1 });
  expect(silent.story.slice(1)).toEqual([gone]);
  expect(silent.ends).toEqual([]);

  // A child that lives on has the connection, too.
  const inherited = found();
  inherited.wait(1);
  expect(inherited.story.slice(1)).toEqual([gone]);
  inherited.registry.connectionEnded({ channel: "chat", pid: 7, connection: 1 });
  expect(inherited.bot().restarts).toBe(1);

  const polite = found();
  polite.sayGoodbye();
  polite.wait(10);
  expect(polite.story.slice(1)).toEqual(["chat: online -> offline, said goodbye"]);
  expect(polite.bot().restarts).toBe(0);

  const followed = found();
  followed.register({ pid: 8, connection: 2, startedAtMs: startedAtMs + 9_000 });
  followed.registry.connectionEnded({ channel: "chat", pid: 7, connection: 1 });
  followed.wait(10);
  expect(followed.story.slice(1)).toEqual([gone, "chat: dead -> online, restarted as pid 8"]);
  expect(followed.bot().restarts).toBe(1);

  const forgotten = found();
  forgotten.registry.forget("chat", forgottenInPassing);
  forgotten.wait(10);
  expect(forgotten.transitions).toHaveLength(1);
});

test("last words of a process that lives on are trouble like any other, a little later [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1 });
  monitor.beat({ trouble: words });
  expect(monitor.bot()).toMatchObject({ status: "online", trouble: words });
  expect(monitor.troubles).toEqual([]);
  monitor.wait(20);
  expect(monitor.troubles.map(({ trouble }) => trouble)).toEqual([words]);
});

test.each([
  ["exit 1: TokenInvalid at bot.js:12", true],
  ["exit 3", true],
  ["exit -1073741510", true],
  ["exit", false],
  ["exit 1 of 3 streams", false],
  ["the exit 1", false],
  [deaf, false],
  [null, false],
])("%j is the last word of a process: %s [trial/B4]", (trouble, isLast) => {
  expect(isLastWords(trouble)).toBe(isLast);
});

test("a restart of the monitor keeps the trouble, without a notice, until the bot says otherwise [trial/B4]", () => {
  const clock = new ManualClock();
  const monitor = new Monitor({ clock });
  const troubleSinceMs = clock.wallMs() - 90_000;
  const looks = new Map([["chat", { ...seen, startedAtMs: clock.wallMs() - 3_601_000 }]]);
  monitor.registry.restore([row(clock, { trouble: deaf, troubleSinceMs })], looks);
  expect(monitor.bot()).toMatchObject({ status: "online", trouble: deaf, troubleSinceMs });
  monitor.register({ startedAtMs: clock.wallMs() - 3_601_000, trouble: deaf });
  expect(monitor.bot()).toMatchObject({ trouble: deaf, troubleSinceMs });
  monitor.wait(60);
  expect(monitor.troubles).toEqual([]);
  monitor.beat({ startedAtMs: clock.wallMs() - 3_661_000 });
  expect(monitor.troubles.map(({ causeCode }) => causeCode)).toEqual(["trouble_over"]);
});

test("a bot that died while the monitor was away died of its last words [trial/B4]", () => {
  const clock = new ManualClock();
  const monitor = new Monitor({ clock });
  const gone = new Map([["chat", { state: "gone", startedAtMs: null, startKey: null } as const]]);
  monitor.registry.restore([row(clock, { trouble: words, troubleSinceMs: clock.wallMs() })], gone);
  expect(monitor.bot()).toMatchObject({
    status: "dead",
    statusCause: words,
    causeCode: "gone_at_start",
    trouble: null,
  });
});

test("a bot that was heard, well, before its row could be read tells that its trouble is over [trial/B4]", () => {
  const clock = new ManualClock();
  const monitor = new Monitor({ clock });
  monitor.register({ startedAtMs: clock.wallMs() - 3_601_000 });
  monitor.registry.restore(
    [row(clock, { trouble: deaf, troubleSinceMs: clock.wallMs() - 90_000 })],
    new Map(),
  );
  expect(monitor.bot().trouble).toBeNull();
  expect(monitor.troubles.map(({ causeCode }) => causeCode)).toEqual(["trouble_over"]);
});

test("a monitor that stops tells the last state of a bot that flaps [trial/B4]", () => {
  const monitor = new Monitor();
  monitor.register();
  for (let i = 0; i < 20; i++) monitor.beat({ trouble: `problem ${i}` });
  monitor.registry.settle();
  expect(monitor.troubles.map(({ trouble }) => trouble)).toEqual(
    [0, 1, 2, 3, 4, 5, 19].map((i) => `problem ${i}`),
  );
  monitor.registry.settle();
  monitor.beat({ trouble: words });
  monitor.registry.settle();
  expect(monitor.troubles).toHaveLength(7);
});

test("a bot that was heard before its row could be read has been in trouble since the row says so [trial/B4]", () => {
  const clock = new ManualClock();
  const monitor = new Monitor({ clock });
  const startedAtMs = clock.wallMs() - 3_601_000;
  monitor.register({ startedAtMs, trouble: deaf });
  const troubleSinceMs = clock.wallMs() - 90_000;
  monitor.registry.restore([row(clock, { trouble: deaf, troubleSinceMs })], new Map());
  expect(monitor.bot()).toMatchObject({ trouble: deaf, troubleSinceMs });
});
