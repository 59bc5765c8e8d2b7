// A monitor with a small fleet: what its database, its HTTP and the commands that ask it look like.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { runCommand, startMonitor } from "./command.mjs";
import { databaseSchema } from "./database-schema.mjs";
import { shapeOf } from "./json-shape.mjs";
import { metricFamilies } from "./metric-families.mjs";
import { inScratch } from "./scratch.mjs";

/**
 * Above every pid that a Linux gives out: these bots are judged by their beats alone, so that
 * nothing depends on the machine.
 */
const here = { channel: "here", pid: 4_294_967_290 };
const gone = { channel: "gone", pid: 4_294_967_291 };
const call = { type: "llm_usage", channel: "here", model: "m", feature: "chat", tokens_in: 9, tokens_out: 2 };
const lines = [
  {
    ...here,
    type: "register",
    features: { chat: true },
    version: "1",
    interval_s: 3_600,
    started_at: Date.now(),
  },
  { ...here, type: "heartbeat", rss_mb: 40.5, cpu_pct: 1.5, dropped: 3, trouble: "deaf" },
  { ...call, latency_ms: 12.5, provider: "p", tokens_cached: 4, tokens_cache_write: 2, cost_usd: 0.5 },
  call,
  { ...call, tokens_in: 0, tokens_out: 0, error: "rate_limit" },
  { type: "custom_metric", channel: "here", metric_name: "viewers", value: 7 },
  { type: "register", ...gone },
  { type: "unregister", ...gone },
];
const patienceMs = 20_000;

export function runningMonitor() {
  return inScratch(async (folder) => {
    const monitor = await startMonitor(folder, ["--metrics-interval", "0.2"]);
    const bots = connect(monitor.socket);
    try {
      bots.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      await everythingStored(monitor.said.http);
      const get = async (path) => await (await fetch(`${monitor.said.http}${path}`)).text();
      const openapi = `${JSON.stringify(JSON.parse(await get("/api/v1/openapi.json")), null, 2)}\n`;
      const metrics = metricFamilies(await get("/metrics"));
      const shapes = [["start", shapeOf(monitor.said)], ...(await shapesWhileItRuns(monitor, folder))];
      bots.destroy();
      await monitor.stop();
      shapes.push(...(await shapesWithoutIt(monitor, folder)));
      return {
        "database.sql": databaseSchema(monitor.store),
        "openapi.json": openapi,
        "metrics.txt": metrics,
        "json.txt": shapes.map(([name, shape]) => `${name} --json\n${shape}`).join("\n"),
      };
    } finally {
      bots.destroy();
      await monitor.stop("SIGKILL");
    }
  });
}

/** Resolves when each line took effect, its rows are committed, and the sampler has been round. */
async function everythingStored(url) {
  const deadline = performance.now() + patienceMs;
  const get = async (path) => await (await fetch(`${url}${path}`)).json();
  for (;;) {
    const { messages, store } = await get("/healthz");
    const processed = Object.values(messages.processed).reduce((sum, count) => sum + count, 0);
    const { cpu_pct: cpu } = await get(`/api/v1/bots/${here.channel}`);
    if (processed === lines.length && store.pending_rows === 0 && typeof cpu === "number") return;
    if (performance.now() > deadline) throw new Error(`not all is stored: ${JSON.stringify(store)}`);
    await delay(50);
  }
}

async function shapesWhileItRuns({ at, socket, store }, folder) {
  const shapes = await shapesOf(folder, {
    status: ["status", ...at],
    bots: ["bots", ...at],
    bot: ["bot", here.channel, ...at],
    "usage --by channel,model,feature": ["usage", "--by", "channel,model,feature", ...at],
    "usage --by day": ["usage", "--by", "day", ...at],
    backup: ["backup", `${folder}/copy.db`, "--store", store],
  });
  // One that finds everything right and one that does not: so its advice is null, and a text.
  const nowhere = ["--socket", `${folder}/none/kb.sock`, "--store", `${folder}/none/kb.db`, "--no-http"];
  const doctors = await Promise.all([
    jsonOf(["doctor", "--socket", socket, ...at], folder),
    jsonOf(["doctor", ...nowhere], folder),
  ]);
  // What they send changes the fleet: last.
  const sent = await shapesOf(folder, {
    "send LINE": ["send", "--socket", socket, JSON.stringify({ ...here, type: "heartbeat" })],
    "send heartbeat": ["send", "heartbeat", "--channel", "here", "--pid", `${here.pid}`, "--socket", socket],
  });
  return [...shapes, ["doctor", shapeOf(...doctors)], ...sent];
}

async function shapesWithoutIt({ at }, folder) {
  const shapes = await shapesOf(folder, {
    "status, from the database,": ["status", ...at],
    "bot, from the database,": ["bot", here.channel, ...at],
    "usage, from the database,": ["usage", ...at],
  });
  const { bots, ...rest } = await jsonOf(["bots", ...at], folder);
  // The bot of `doctor` is forgotten ten seconds after its goodbye: whether it is still there is
  // chance.
  const lasting = bots.filter(({ channel }) => channel !== "kissbot-doctor");
  shapes.splice(1, 0, ["bots, from the database,", shapeOf({ ...rest, bots: lasting })]);
  const demo = await runCommand(["demo", "--bots", "1", "--seconds", "1", "--json"], folder);
  const reports = demo.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // The bots' records are those of `bots`; which of their fields are known so early, nobody can
  // say.
  return [
    ...shapes,
    ["demo", shapeOf(...reports.map((report) => ({ ...report, bots: typeof report.bots })))],
  ];
}

function shapesOf(folder, runs) {
  return Promise.all(
    Object.entries(runs).map(async ([name, args]) => [name, shapeOf(await jsonOf(args, folder))]),
  );
}

async function jsonOf(args, folder) {
  const { stdout, stderr } = await runCommand([...args, "--json"], folder);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${args.join(" ")} --json printed no JSON: ${stdout}${stderr}`);
  }
}
