import { createConnection, type Socket } from "node:net";
import process from "node:process";
import { encode, type Message } from "@kissbot/protocol";
import { isSilent, lastWords, type Role, troubleAt } from "./bot-plan.js";

/**
 * One simulated bot, a process of its own: `node demo-bot.js SOCKET CHANNEL ROLE`. It ends when its
 * stdin ends, so that it never outlives the demo, however that died; SIGTERM makes it say goodbye
 * first.
 */
const [socketPath = "", channel = "", role = "steady"] = process.argv.slice(2) as [string, string, Role];
const identity = { channel, pid: process.pid };
const startedAt = Math.round(performance.timeOrigin);
const intervalS = 2;
/** After how long a bot with a wrong token crashes. */
const faultMs = 300;
const models = ["gpt-5", "gpt-5-mini", "claude-sonnet", "llama-local"] as const;
const features = ["chat", "moderation", "translate"] as const;

let socket: Socket | null = null;
let usedBefore = process.cpuUsage();
let beatBefore = performance.now();
const leaked: Buffer[] = [];

process.stdin.on("end", end).on("error", end).on("close", end).resume();
process.on("SIGTERM", () => {
  if (socket === null) end();
  else socket.end(encode({ type: "unregister", ...identity }), end);
});
// The demo decides what a Ctrl-C means.
process.on("SIGINT", () => {});

connect();
setInterval(() => beat(), intervalS * 1_000);
setInterval(work, 1_000);

function connect(): void {
  const connection = createConnection(socketPath);
  connection.on("connect", () => {
    socket = connection;
    const on = { chat: true, moderation: role !== "leaves", translate: channel.endsWith("1") };
    send({
      type: "register",
      ...identity,
      features: on,
      version: "1.4.2",
      started_at: startedAt,
      interval_s: intervalS,
    });
    beat();
    if (role === "crashes_at_once") setTimeout(crash, faultMs);
  });
  connection.on("error", () => {
    // Its close follows, and that tries again.
  });
  connection.on("close", () => {
    socket = null;
    setTimeout(connect, 500);
  });
  connection.resume();
}

/** A demo's monitor always reads; were it stuck, what piles up is let go. */
function send(message: Message): void {
  if (socket !== null && socket.writableLength < 65_536 && !isSilent(role, process.uptime())) {
    socket.write(encode(message));
  }
}

function beat(trouble = troubleAt(role, process.uptime())): void {
  const used = process.cpuUsage(usedBefore);
  const elapsedMs = Math.max(1, performance.now() - beatBefore);
  usedBefore = process.cpuUsage();
  beatBefore = performance.now();
  send({
    type: "heartbeat",
    ...identity,
    rss_mb: process.memoryUsage.rss() / 1_048_576,
    cpu_pct: (used.user + used.system) / 10 / elapsedMs,
    started_at: startedAt,
    interval_s: intervalS,
    ...(trouble === null ? {} : { trouble }),
  });
}

/** As an uncaught error ends a bot whose client reports: with last words. */
function crash(): void {
  beat(lastWords);
  if (socket === null) process.exit(1);
  socket.end(() => process.exit(1));
}

function work(): void {
  // 4 MB a second, and from the start again at 160 MB.
  if (role === "leaks") leaked.push(Buffer.alloc(4 * 1_048_576, 1));
  if (leaked.length > 40) leaked.length = 0;
  const spinUntil = performance.now() + (role === "busy" ? 300 : 0);
  while (performance.now() < spinUntil) Math.random();
  const calls = role === "spends" ? 12 : Math.random() < 0.3 ? 1 : 0;
  for (let i = 0; i < calls; i++) callModel();
  if (Math.random() < 0.2) {
    send({ type: "custom_metric", channel, metric_name: "viewers", value: Math.floor(Math.random() * 500) });
  }
}

/** A local model costs nothing that anybody knows, so its cost stays unknown. */
function callModel(): void {
  const model = models[Math.floor(Math.random() * models.length)] ?? "gpt-5";
  const feature = features[Math.floor(Math.random() * features.length)] ?? "chat";
  const tokensIn = 200 + Math.floor(Math.random() * 2_000);
  const tokensOut = 20 + Math.floor(Math.random() * 400);
  send({
    type: "llm_usage",
    channel,
    model,
    feature,
    tokens_in: tokensIn,
    tokens_out: tokensOut,
    latency_ms: 200 + Math.random() * 1_500,
    ...(model === "llama-local" ? {} : { cost_usd: tokensIn * 1.25e-6 + tokensOut * 1e-5 }),
  });
}

function end(): void {
  process.exit(0);
}
