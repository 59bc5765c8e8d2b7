// A fleet that never was, at a time that is always the same, as a monitor would tell it: its bots,
// their changes of status within 24 hours, their measurements and their calls of models.

export const nowMs = Date.parse("2026-05-20T12:00:00Z");
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const time = (ms) => new Date(ms).toISOString().replace("Z", "000+00:00");

/** The same numbers each time, from 0 to 1. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const words = {
  twitch: [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heron",
    "iris",
    "juniper",
    "kelp",
    "lotus",
  ],
  discord: [
    "arcade",
    "bazaar",
    "citadel",
    "dockyard",
    "embassy",
    "foundry",
    "gallery",
    "harbour",
    "island",
    "jetty",
  ],
  matrix: ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"],
};

function wellBot(channel, pid, random) {
  const startedMs = nowMs - Math.round((2 + 200 * random()) * hourMs);
  const cpu = Math.round((0.4 + 9 * random() ** 3) * 10) / 10;
  const rss = Math.round(70 + 130 * random());
  return {
    channel,
    pid,
    status: "online",
    status_since: time(startedMs),
    status_cause: "registered",
    cause_code: "registered",
    previous_pid: null,
    lived_ms: null,
    features: { chat: true, weather: random() > 0.5, translate: random() > 0.7 },
    registered_at: time(startedMs),
    last_seen: time(nowMs - Math.round(28_000 * random())),
    cpu_pct: cpu,
    rss_mb: rss,
    measured_at: time(nowMs - 5_000),
    last_cpu_pct: cpu,
    last_rss_mb: rss,
    uptime_s: (nowMs - startedMs) / 1_000,
    restarts: 0,
    restarts_1h: 0,
    crash_loop: false,
    crashes_10m: 0,
    crash_life_ms: null,
    started_at: time(startedMs),
    process_seen: true,
    trouble: null,
    trouble_since: null,
    version: random() > 0.3 ? "1.4.2" : "1.4.1",
    interval_s: 30,
    conflict: null,
    client_dropped: 0,
  };
}

let lastId = 0;
function event(channel, ms, from, to, pid, code, cause, more = {}) {
  lastId++;
  return {
    id: lastId,
    channel,
    ts: time(ms),
    from_status: from,
    to_status: to,
    pid,
    cause,
    cause_code: code,
    previous_pid: null,
    lived_ms: null,
    trouble: null,
    ...more,
  };
}

/** `/api/v1/bots` and `/api/v1/events`, newest first. */
export function pictureFleet() {
  lastId = 0;
  const random = numbers(7);
  const bots = new Map();
  const events = [];
  let pid = 2_000;
  for (const [platform, names] of Object.entries(words)) {
    for (const name of names) {
      pid += 1 + Math.floor(40 * random());
      bots.set(`${platform}/${name}`, wellBot(`${platform}/${name}`, pid, random));
    }
  }
  const change = (channel, more) => bots.set(channel, { ...bots.get(channel), ...more });
  const down = { cpu_pct: null, rss_mb: null, uptime_s: null };

  crashLoop("twitch/ember");

  const dead = bots.get("discord/foundry");
  change("discord/foundry", {
    ...down,
    status: "dead",
    status_since: time(nowMs - 34 * minuteMs),
    cause_code: "process_gone",
    restarts: 1,
    restarts_1h: 1,
    status_cause: "exit 1: TokenInvalid at bot.js:12",
    lived_ms: 9 * hourMs,
    last_seen: time(nowMs - 34 * minuteMs),
  });
  events.push(
    event(
      "discord/foundry",
      nowMs - 34 * minuteMs,
      "online",
      "dead",
      dead.pid,
      "process_gone",
      "exit 1: TokenInvalid at bot.js:12",
      {
        lived_ms: 9 * hourMs,
      },
    ),
  );

  const stale = bots.get("matrix/delta");
  change("matrix/delta", {
    status: "stale",
    status_since: time(nowMs - 70_000),
    status_cause: "silent for 60 s",
    cause_code: "silent",
    cpu_pct: 99.8,
    last_cpu_pct: 99.8,
    last_seen: time(nowMs - 130_000),
  });
  events.push(
    event("matrix/delta", nowMs - 70_000, "online", "stale", stale.pid, "silent", "silent for 60 s"),
  );

  const claimed = bots.get("twitch/kelp");
  change("twitch/kelp", { conflict: { pid: claimed.pid + 613, since: time(nowMs - 26 * minuteMs) } });
  change("discord/harbour", {
    trouble: "rate limited by the platform",
    trouble_since: time(nowMs - 8 * minuteMs),
  });

  const left = bots.get("matrix/hotel");
  change("matrix/hotel", {
    ...down,
    status: "offline",
    status_since: time(nowMs - 5 * hourMs),
    status_cause: "goodbye",
    cause_code: "goodbye",
    last_seen: time(nowMs - 5 * hourMs),
  });
  events.push(event("matrix/hotel", nowMs - 5 * hourMs, "online", "offline", left.pid, "goodbye", "goodbye"));

  // A few outages of the day that are over.
  for (const [channel, beforeH, minutes] of [
    ["twitch/birch", 9, 14],
    ["twitch/juniper", 20, 3],
    ["discord/citadel", 16.5, 48],
    ["discord/jetty", 3, 9],
    ["matrix/bravo", 11, 95],
  ]) {
    const endMs = nowMs - beforeH * hourMs;
    const next = bots.get(channel).pid;
    const started = endMs + minutes * minuteMs;
    events.push(
      event(channel, endMs, "online", "dead", next - 7, "process_gone", `process ${next - 7} is gone`, {
        lived_ms: 31 * hourMs,
      }),
      event(channel, started, "dead", "online", next, "restarted", `restarted as pid ${next}`, {
        previous_pid: next - 7,
      }),
    );
    change(channel, {
      status_since: time(started),
      registered_at: time(started),
      started_at: time(started),
      restarts: 1,
      status_cause: `restarted as pid ${next}`,
      cause_code: "restarted",
      previous_pid: next - 7,
    });
  }

  /** It lived for long, then died again and again after some seconds. */
  function crashLoop(channel) {
    let died = nowMs - 9 * minuteMs;
    let own = bots.get(channel).pid;
    events.push(event(channel, nowMs - 19 * hourMs, null, "online", own, "registered", "registered"));
    let lived = died - (nowMs - 19 * hourMs);
    const cause = "exit 1: SyntaxError: Unexpected token '}' at config.js:40";
    for (let crashes = 0; ; crashes++) {
      events.push(event(channel, died, "online", "dead", own, "process_gone", cause, { lived_ms: lived }));
      if (crashes === 5) break;
      const before = own;
      own += 3 + crashes;
      lived = 5_000 + 400 * crashes;
      const began = died + 60_000 + 4_000 * crashes;
      events.push(
        event(channel, began, "dead", "online", own, "restarted", `restarted as pid ${own}`, {
          previous_pid: before,
        }),
      );
      died = began + lived;
    }
    change(channel, {
      ...down,
      pid: own,
      status: "dead",
      status_since: time(died),
      status_cause: cause,
      cause_code: "process_gone",
      lived_ms: lived,
      restarts: 6,
      restarts_1h: 6,
      crash_loop: true,
      crashes_10m: 6,
      crash_life_ms: 6_000,
      started_at: time(died - lived),
      registered_at: time(died - lived),
      last_seen: time(died - 1_000),
      last_cpu_pct: 41.2,
      last_rss_mb: 88,
      version: "1.5.0",
    });
  }

  const ordered = [...events].sort((a, b) => Date.parse(b.ts) - Date.parse(a.ts) || b.id - a.id);
  return { bots: [...bots.values()], events: ordered };
}

/** `/api/v1/summary`, and the stream's `hello` and `beat`. */
export function pictureSummary({ bots }, build) {
  const count = (status) => bots.filter((bot) => bot.status === status).length;
  const sum = (name) => Math.round(bots.reduce((total, bot) => total + (bot[name] ?? 0), 0));
  return {
    now: time(nowMs),
    name: "bots-of-autumn",
    version: "1.0.0",
    build,
    started_at: time(nowMs - 13 * hourMs),
    status: "ok",
    problems: [],
    stale_timeout_s: 60,
    metrics_interval_s: 15,
    socket: "/run/kissbot/monitor.sock",
    bots: { online: count("online"), stale: count("stale"), dead: count("dead"), offline: count("offline") },
    conflicts: bots.filter(({ conflict }) => conflict !== null).length,
    crash_loops: bots.filter((bot) => bot.crash_loop).length,
    in_trouble: bots.filter(({ trouble }) => trouble !== null).length,
    cpu_pct: sum("cpu_pct"),
    rss_mb: sum("rss_mb"),
    measured_bots: count("online") + count("stale"),
    lag_ms_p99: 1.4,
    lag_ms_max: 3.9,
    queue_depth: 0,
    pending_rows: 0,
    rows_lost: 0,
    shed: 0,
    rejected: 0,
    client_dropped: 0,
    connections: bots.length,
    viewers: 1,
  };
}

/** What `/healthz` says beside the summary. */
export const pictureHealth = {
  store: { url: "/var/lib/kissbot/monitor.db", status: "ok", detail: null, committed_rows: 1_284_512 },
  queue: { rows: 3, max_rows: 100_000 },
  lines: { lines: 3_918_204, rejected: { invalid_json: 2, missing_type: 1 } },
  messages: { shed: {} },
};

/** What the page of the alerts asks, by the route below `/api/v1/`. */
export const pictureAlerts = {
  alerts: {
    on: true,
    alerts: [
      {
        alert_id: "a-1",
        rule: "down",
        subject: "discord/foundry",
        subject_kind: "bot",
        severity: "critical",
        since: time(nowMs - 34 * minuteMs),
        cause: "exit 1: TokenInvalid at bot.js:12",
        facts: { pid: 2_340, last_rss_mb: 96, lived_ms: 9 * hourMs },
        ack: null,
        told: [
          { receiver: "ops", phase: "told", at: time(nowMs - 33 * minuteMs) },
          { receiver: "night", phase: "missed", at: time(nowMs - 30 * minuteMs) },
        ],
      },
      {
        alert_id: "a-2",
        rule: "crash_loop",
        subject: "twitch/ember",
        subject_kind: "bot",
        severity: "critical",
        since: time(nowMs - 9 * minuteMs),
        cause: "exit 1: SyntaxError: Unexpected token '}' at config.js:40",
        facts: { crashes: 6 },
        ack: { by: "anna", why: "the new version is being taken back", at: time(nowMs - 5 * minuteMs) },
        told: [{ receiver: "ops", phase: "told", at: time(nowMs - 8 * minuteMs) }],
      },
    ],
  },
  receivers: {
    receivers: [
      { name: "ops", kind: "discord", state: "ok", since: null, detail: null, sent: 14, waiting: 0 },
      {
        name: "night",
        kind: "webhook",
        state: "failing",
        since: time(nowMs - 31 * minuteMs),
        detail: "status 503",
        sent: 3,
        waiting: 1,
      },
    ],
  },
  silences: {
    silences: [
      {
        silence_id: "s-1",
        channels: ["matrix/*"],
        rules: ["down"],
        until: time(nowMs + 2 * hourMs),
        by: "anna",
        why: "a new version",
        active: true,
      },
    ],
  },
  notices: {
    notices: [
      {
        notice_id: "n-1",
        receiver: "ops",
        kind: "news",
        state: "sent",
        made_at: time(nowMs - 33 * minuteMs),
        items: [{ kind: "down", rule: "down", subject: "discord/foundry" }],
      },
    ],
  },
};

/** `/api/v1/principals`: one team sends more than it may. */
export const picturePrincipals = {
  principals: [
    {
      name: "local",
      socket: "/run/kissbot/monitor.sock",
      problem: null,
      channels: ["*"],
      bots: 31,
      max_bots: null,
      connections: 31,
      max_connections: null,
      refused_connections: 0,
      rows_per_second: 4.2,
      max_rows_per_second: null,
      received: 1_284_512,
      shed: [],
    },
    {
      name: "team_a",
      socket: "/run/kissbot/team_a/monitor.sock",
      problem: null,
      channels: ["team_a_*", "#team_a-*"],
      bots: 12,
      max_bots: 50,
      connections: 200,
      max_connections: 200,
      refused_connections: 17,
      rows_per_second: 412.5,
      max_rows_per_second: 200,
      received: 88_123,
      shed: [
        { reason: "unauthorized", messages: 3, channel: "team_b_shop", at: time(nowMs - 9 * minuteMs) },
        { reason: "over_quota", messages: 10_212, channel: "team_a_crawler", at: time(nowMs - minuteMs) },
      ],
    },
    {
      name: "team_b",
      socket: null,
      problem: null,
      channels: ["team_b_*"],
      bots: 2,
      max_bots: 10,
      connections: 1,
      max_connections: null,
      refused_connections: 0,
      rows_per_second: 0,
      max_rows_per_second: 50,
      received: 402,
      shed: [],
    },
  ],
};

/** `/api/v1/runs`: the monitor was off for a while. */
export const pictureRuns = {
  runs: [
    { started_at: time(nowMs - 13 * hourMs), ended_at: null, end: null },
    { started_at: time(nowMs - 90 * hourMs), ended_at: time(nowMs - 13.7 * hourMs), end: "stopped" },
  ],
};

/**
 * `/api/v1/bots/:channel/metrics`: a day of `points` buckets, with nothing while the monitor was
 * off or the bot was down.
 */
export function pictureMetrics(channel, points) {
  const random = numbers([...channel].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0);
  const fromMs = nowMs - 24 * hourMs;
  const bucketMs = (24 * hourMs) / points;
  const beganMs = nowMs - 19 * hourMs;
  const measure = (name, mean, spread) => ({
    [`${name}_avg`]: mean,
    [`${name}_min`]: Math.max(0, mean - spread * random()),
    [`${name}_max`]: mean + spread * random(),
  });
  const none = {
    rss_mb_avg: null,
    rss_mb_min: null,
    rss_mb_max: null,
    cpu_pct_avg: null,
    cpu_pct_min: null,
    cpu_pct_max: null,
  };
  let cpu = 4;
  return {
    channel,
    from: time(fromMs),
    to: time(nowMs),
    bucket_ms: bucketMs,
    resolution: "minute",
    points: Array.from({ length: points }, (_, i) => {
      const ms = fromMs + i * bucketMs;
      cpu = Math.max(0.5, cpu + 2 * (random() - 0.5) + (4 - cpu) / 8);
      const isOff = ms > nowMs - 13.7 * hourMs && ms < nowMs - 13 * hourMs;
      const ts = time(ms);
      if (isOff || ms < beganMs || ms > nowMs - 9 * minuteMs) return { ts, samples: 0, ...none };
      const memory = 74 + 9 * Math.sin(i / 23) + ((ms - beganMs) / hourMs) * 0.9;
      return { ts, samples: 19, ...measure("rss_mb", memory, 9), ...measure("cpu_pct", cpu, 5) };
    }),
  };
}

/** `/api/v1/budgets`: one that will not suffice, and one of each bot that is spent. */
export const pictureBudgets = {
  budgets: [
    {
      name: "fleet",
      usd: 1_200,
      per: "month",
      period: "2026-05",
      known: true,
      keys: 1,
      standings: [
        {
          key: null,
          spent_usd: 806.4,
          forecast_usd: 1_279.7,
          cost_coverage: 0.93,
          at_least: false,
          steps: [
            { pct: 50, passed: true, told: ["ops"] },
            { pct: 80, passed: false, told: [] },
            { pct: 100, passed: false, told: [] },
          ],
          forecast_told: ["ops"],
        },
      ],
    },
    {
      name: "each-bot",
      usd: 5,
      per: "day",
      period: "2026-05-20",
      known: true,
      keys: 2,
      standings: [
        { key: "twitch/ember", spent: 5.31, forecast: 8.04, coverage: 1, passed: 2 },
        { key: "discord/foundry", spent: 1.12, forecast: null, coverage: 0.61, passed: 0 },
      ].map(({ key, spent, forecast, coverage, passed }) => ({
        key,
        spent_usd: spent,
        forecast_usd: forecast,
        cost_coverage: coverage,
        at_least: coverage < 0.8,
        forecast_told: [],
        steps: [80, 100].map((pct, i) => ({ pct, passed: i < passed, told: i < passed ? ["ops"] : [] })),
      })),
    },
  ],
};

/** What the bots of the picture call: of one model nobody told a price. */
const called = [
  {
    model: "gpt-5-mini",
    feature: "chat",
    calls: 412,
    errors: 3,
    tokens: [318_204, 40_112],
    priced: 412,
    cost: 0.873,
  },
  {
    model: "claude-sonnet",
    feature: "translate",
    calls: 96,
    errors: 0,
    tokens: [88_410, 21_904],
    priced: 90,
    cost: 0.541,
  },
  {
    model: "llama-local",
    feature: "moderation",
    calls: 61,
    errors: 1,
    tokens: [20_115, 1_830],
    priced: 0,
    cost: null,
  },
];

const sumOf = (of) => called.reduce((sum, one) => sum + of(one), 0);
const all = {
  calls: sumOf(({ calls }) => calls),
  errors: sumOf(({ errors }) => errors),
  tokens: [0, 1].map((i) => sumOf(({ tokens }) => tokens[i])),
  priced: sumOf(({ priced }) => priced),
  cost: sumOf(({ cost }) => cost ?? 0),
};

const usageRow = (names, { calls, errors, tokens, priced, cost }, share = 1) => {
  const part = (count) => Math.round(count * share);
  return {
    channel: null,
    model: null,
    feature: null,
    ts: null,
    ...names,
    calls: part(calls),
    errors: part(errors),
    tokens_in: part(tokens[0]),
    tokens_out: part(tokens[1]),
    cost_usd: cost === null ? null : cost * share,
    cost_calls: part(priced),
    cost_tokens: Math.round(((tokens[0] + tokens[1]) * share * priced) / calls),
    latency_ms_p50: 840,
    latency_ms_p95: 3_100 + calls,
    latency_ms_p99: 9_400 + 9 * calls,
  };
};

/** `/api/v1/llm-usage`: of one bot, or of all bots by what is asked. */
export function pictureUsage(search, fleet) {
  const by = search.get("group_by") ?? "";
  const [from, to] = [search.get("from"), search.get("to") ?? time(nowMs)].map((text) => Date.parse(text));
  const random = numbers(11);
  // Yesterday by the same time it was less.
  let usage = [usageRow({}, all, to < nowMs ? 26 : 31)];
  if (by === "model,feature")
    usage = called.map(({ model, feature, ...sums }) => usageRow({ model, feature }, sums));
  else if (by === "model" || by === "feature")
    usage = called.map((one) => usageRow({ [by]: one[by] }, one, 31));
  else if (by === "channel") {
    const bots = fleet.bots.slice(0, 100);
    usage = bots.map(({ channel }, i) => usageRow({ channel }, all, 3 / (i + 1)));
  } else if (by === "day" || by === "hour") {
    const step = by === "day" ? 24 * hourMs : hourMs;
    const shift = by === "day" ? Number(search.get("offset_min") ?? 0) * minuteMs : 0;
    const first = Math.floor((from + shift) / step) * step - shift;
    const count = Math.ceil((to - first) / step);
    usage = Array.from({ length: count }, (_, i) =>
      usageRow({ ts: time(first + i * step) }, all, (by === "day" ? 24 : 1) * (0.6 + random())),
    );
  }
  return {
    from: time(from),
    to: time(to),
    group_by: by === "" ? [] : by.split(","),
    usage,
    truncated: by === "channel",
    unpriced: [
      {
        model: "llama-local",
        provider: "ollama",
        reason: "local",
        why: "it runs on a machine of your own; say so with a price of 0 in the config",
        settle: '- { model: "llama-local", provider: "ollama", input: 0, output: 0 }',
        tokens: 680_295,
      },
      {
        model: "claude-sonnet",
        provider: null,
        reason: "unknown_model",
        why: "the table of prices has no such model",
        settle: '- { model: "claude-sonnet", input: DOLLARS, output: DOLLARS }',
        tokens: 213_609,
      },
    ],
  };
}
