// The load of the soak in a process of its own: all that a monitor meets in a day, at once and for
// as long as it is let.
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { MonitorClient } from "@kissbot/client";
import { answer } from "../server/answer.mjs";

export interface SoakOrder {
  readonly socketPath: string;
  readonly url: string;
}

const clientCount = 200;
const oldClientCount = 100;
const models = ["gpt-4o-mini", "claude-sonnet-4-5", "llama-3.1-8b-instruct"];
const features = ["chat", "title", "moderation", "translation"];
const clients: MonitorClient[] = [];
/** What takes longer counts as this. */
const mostLatencyMs = 1_000;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** Of its own, so that no list is waited for. */
const askingAgent = new Agent({ keepAlive: true, maxSockets: 1 });
let asked: MonitorClient | undefined;
let paused = false;
let openOldClients = 0;
let oldClientsFailed = 0;
let streamBytes = 0;
let lines = 0;
let latenciesMs: number[] = [];

answer({
  start: async ({ socketPath, url }: SoakOrder) => {
    for (let i = 0; i < clientCount; i++) clients.push(clientOf(i, socketPath));
    asked = new MonitorClient("asked", process.pid, { socketPath });
    await Promise.all([asked, ...clients].map((client) => client.register({ chat: true, songs: false })));
    get(`${url}/api/v1/stream`, { agent: new Agent() }, (response) =>
      response.on("data", ({ length }: Buffer) => {
        streamBytes += length;
      }),
    ).on("error", ended);
    every(20, (turn) => report(turn));
    every(5_000, () => fetchAll(`${url}/metrics`));
    every(2_000, () => fetchAll(`${url}/api/v1/bots`));
    every(7_000, () => fetchAll(`${url}/api/v1/llm-usage`));
    every(250, () => measureLatency(url));
    every(20, (turn) => oldClient(turn, socketPath));
    every(1_000, (turn) => renew(turn, socketPath));
    every(1_000, () => spoil(socketPath));
  },
  /**
   * Old clients stop, so that what is open is what stays open; answers the latencies since the last
   * time.
   */
  pause: async () => {
    paused = true;
    while (openOldClients > 0) await delay(5);
    const answered = { latenciesMs, lines, streamBytes, oldClientsFailed };
    latenciesMs = [];
    return answered;
  },
  resume: () => {
    paused = false;
  },
});

function clientOf(i: number, socketPath: string): MonitorClient {
  return new MonitorClient(`bot_${i}`, process.pid, { socketPath, version: "1.2.3" });
}

/**
 * A turn does not begin before the one before it is over; what fails once the monitor has ended
 * says nothing.
 */
function every(ms: number, turn: (number: number) => unknown): void {
  void (async () => {
    for (let number = 0; ; number++) {
      await delay(ms);
      await Promise.resolve(turn(number)).catch(ended);
    }
  })();
}

function ended(): void {
  // The monitor is stopped before its load.
}

/** 1,000 usage rows, 100 metrics and 200 heartbeats a second, over the clients' own connections. */
function report(turn: number): void {
  for (let i = 0; i < 20; i++) {
    const number = turn * 20 + i;
    void clients[number % clientCount]?.logLlmUsage({
      model: models[number % 3] as string,
      feature: features[number % 4] as string,
      tokensIn: 100 + (number % 900),
      tokensOut: number % 80,
      latencyMs: 300.5 + (number % 700),
    });
  }
  for (let i = 0; i < 2; i++) void clients[(turn * 2 + i) % clientCount]?.logMetric("viewers", turn % 5_000);
  for (let i = 0; i < 4; i++) void clients[(turn * 4 + i) % clientCount]?.heartbeat();
  lines += 26;
}

/** 50 a second. */
async function oldClient(turn: number, socketPath: string): Promise<void> {
  if (paused) return;
  openOldClients++;
  const channel = `old_bot_${turn % oldClientCount}`;
  const socket = connect(socketPath);
  await new Promise<void>((resolve) => {
    socket.on("error", () => {
      oldClientsFailed++;
    });
    socket.on("close", () => resolve());
    socket.end(
      `{"type": "heartbeat", "channel": "${channel}", "pid": ${10_000_000 + (turn % oldClientCount)}}\n`,
    );
    socket.resume();
  });
  lines++;
  openOldClients--;
}

/**
 * A client says goodbye and comes back: its connection, its exit hook and its bot are made anew.
 */
async function renew(turn: number, socketPath: string): Promise<void> {
  const i = turn % clientCount;
  const client = clients[i] as MonitorClient;
  await client.unregister();
  await client.close();
  const next = clientOf(i, socketPath);
  clients[i] = next;
  await next.register({ chat: true, songs: false });
}

/** What is no message: not JSON, a field of the wrong kind, a line that is cut. */
async function spoil(socketPath: string): Promise<void> {
  if (paused) return;
  openOldClients++;
  const socket = connect(socketPath);
  await new Promise<void>((resolve) => {
    socket.on("error", ended);
    socket.on("close", () => resolve());
    socket.end('nonsense\n{"type":"heartbeat","channel":7}\n{"type":"heartb');
    socket.resume();
  });
  openOldClients--;
}

/** From a beat of a bot that nobody else beats for, until the API shows it. */
async function measureLatency(url: string): Promise<void> {
  const calledMs = Date.now();
  const since = performance.now();
  await asked?.heartbeat();
  while (performance.now() - since < mostLatencyMs) {
    const bot = JSON.parse(await fetchAll(`${url}/api/v1/bots/asked`, askingAgent)) as { last_seen: string };
    if (Date.parse(bot.last_seen) >= calledMs) break;
  }
  latenciesMs.push(performance.now() - since);
}

function fetchAll(url: string, by = agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: by }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}
