// Many bots in one process, each with a client of its own, steered and asked over IPC:
// `node bots.mjs PLAN`, the plan in JSON: { socketPath, channels, heartbeatMs, callsPerSecond,
// metricsPerSecond, options }; the rates are each bot's.
import { subscribe } from "node:diagnostics_channel";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { MonitorClient } from "@kissbot/client";

const plan = JSON.parse(process.argv[2]);
const { socketPath, channels, heartbeatMs, options = {} } = plan;
let { callsPerSecond = 0, metricsPerSecond = 0 } = plan;

const faults = { thrown: 0, rejected: 0 };
process.on("unhandledRejection", () => faults.rejected++);

/** Rows lost by the clients, by type and reason, as they tell it on their diagnostics channel. */
const drops = { llm_usage: {}, custom_metric: {} };
const bots = new Map();
subscribe("kissbot.client.drop", ({ type, reason }) => {
  const reasons = drops[type];
  if (reasons !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
});
for (const [event, connected] of [
  ["connect", true],
  ["disconnect", false],
]) {
  subscribe(`kissbot.client.${event}`, ({ channel, wasConnected }) => {
    if (connected || wasConnected) bots.get(channel)?.connections.push({ atMs: Date.now(), connected });
  });
}

for (const channel of channels) bots.set(channel, { connections: [], calls: [], metrics: 0 });

function enter(channel) {
  const client = new MonitorClient(channel, process.pid, { socketPath, version: "1.2.3", ...options });
  bots.get(channel).client = client;
  void client.register({ chat: true, ünï: false });
  client.startHeartbeat({ intervalMs: heartbeatMs });
}
for (const channel of channels) enter(channel);

/**
 * What a phase of the test measures: the event loop, and for every call how long it held the bot
 * and when its promise was kept.
 */
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
let callMs = [];
let settleMs = [];

function call(make) {
  const startedMs = performance.now();
  let promise;
  try {
    promise = make();
  } catch {
    faults.thrown++;
    return;
  }
  callMs.push(performance.now() - startedMs);
  promise.then(
    () => settleMs.push(performance.now() - startedMs),
    () => faults.rejected++,
  );
}

function report(bot) {
  bot.calls.push(Date.now());
  const serial = bot.calls.length;
  call(() =>
    bot.client.logLlmUsage({ model: "m-1", feature: "e2e", tokensIn: serial, tokensOut: 1, latencyMs: 12.5 }),
  );
}

const tickMs = 20;
let dueCalls = 0;
let dueMetrics = 0;
let lastMs = performance.now();
let turn = 0;
const ticking = setInterval(() => {
  const nowMs = performance.now();
  // A process that had no processor for a while does not make up for more than a second.
  const seconds = Math.min(nowMs - lastMs, 1_000) / 1_000;
  lastMs = nowMs;
  const all = [...bots.values()];
  dueCalls += seconds * callsPerSecond * all.length;
  dueMetrics += seconds * metricsPerSecond * all.length;
  for (; dueCalls >= 1; dueCalls--) report(all[turn++ % all.length]);
  for (; dueMetrics >= 1; dueMetrics--) {
    const bot = all[turn++ % all.length];
    bot.metrics++;
    call(() => bot.client.logMetric("viewers", bot.metrics));
  }
}, tickMs);

const quantiles = (values) => {
  values.sort((a, b) => a - b);
  const at = (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
  return { n: values.length, p50: at(0.5), p99: at(0.99), max: values.at(-1) ?? 0 };
};

const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

const answers = {
  /** Ends the phase that is under way, and tells what it measured. */
  phase() {
    const ms = (ns) => (Number.isFinite(ns) ? ns / 1e6 : 0);
    const measured = {
      delay: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
      call: quantiles(callMs),
      settle: quantiles(settleMs),
    };
    delay.reset();
    callMs = [];
    settleMs = [];
    return measured;
  },
  rates(rates) {
    ({ callsPerSecond, metricsPerSecond } = rates);
  },
  count() {
    const sums = { calls: 0, metrics: 0, sent: 0, waiting: 0, superseded: 0, reconnects: 0, connected: 0 };
    for (const { calls, metrics, client } of bots.values()) {
      const stats = client.stats();
      sums.calls += calls.length;
      sums.metrics += metrics;
      for (const name of ["sent", "waiting", "superseded", "reconnects"]) sums[name] += stats[name];
      if (stats.connected) sums.connected++;
    }
    return {
      ...sums,
      drops,
      faults,
      droppedCalls: sumOf(drops.llm_usage),
      droppedMetrics: sumOf(drops.custom_metric),
    };
  },
  /** When each call was made and when each bot was connected. */
  diary() {
    return Object.fromEntries(
      [...bots].map(([channel, { calls, connections }]) => [channel, { calls, connections }]),
    );
  },
  /**
   * Gives every client up and takes a new one, as a bot does that reloads its settings; calls go on
   * meanwhile, in vain.
   */
  async renew() {
    await Promise.all(
      channels.map(async (channel) => {
        await bots.get(channel).client.close();
        enter(channel);
      }),
    );
  },
  /** No more traffic: what waits is flushed, for as long as it takes. */
  async stop({ timeoutMs }) {
    callsPerSecond = 0;
    metricsPerSecond = 0;
    const flushed = await Promise.all([...bots.values()].map(({ client }) => client.flush({ timeoutMs })));
    return flushed.every(Boolean);
  },
  /** As `stop`, and the connections are given up; the heartbeats end. */
  async leave() {
    clearInterval(ticking);
    await Promise.all([...bots.values()].map(({ client }) => client.close({ timeoutMs: 5_000 })));
  },
  async unregister() {
    await Promise.all([...bots.values()].map(({ client }) => client.unregister()));
    await answers.stop({ timeoutMs: 5_000 });
  },
};

process.on("message", async ({ id, ask, given }) => {
  process.send({ id, answer: (await answers[ask](given)) ?? null });
});
// Without a goodbye: who started it is gone.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.send({ ready: true });
