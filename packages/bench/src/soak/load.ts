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
  /** With each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly principals: readonly SoakPrincipal[];
}

/** A user with a socket of its own. */
export interface SoakPrincipal {
  readonly name: string;
  readonly socketPath: string;
}

/** What the load has done so far, and the latencies since it was asked last. */
export interface SoakReport {
  readonly latenciesMs: readonly number[];
  readonly streamBytes: number;
  readonly oldClientsFailed: number;
}

/** What the whole load has written, once all of it is written. */
export interface SoakTotals {
  readonly lines: number;
  /** Calls of clients whose lines were not sent: replaced by a newer one, or dropped. */
  readonly superseded: number;
  readonly dropped: number;
  readonly reconnects: number;
}

const clientCount = 200;
const oldClientCount = 100;
const principalClientCount = 20;
const models = ["gpt-4o-mini", "claude-sonnet-4-5", "llama-3.1-8b-instruct"];
const features = ["chat", "title", "moderation", "translation"];
const clients: MonitorClient[] = [];
const principalClients: MonitorClient[] = [];
/** What takes longer counts as this. */
const mostLatencyMs = 1_000;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** Of its own, so that no list is waited for. */
const askingAgent = new Agent({ keepAlive: true, maxSockets: 1 });
let asked: MonitorClient | undefined;
let headers: Readonly<Record<string, string>> = {};
let paused = false;
let isOver = false;
let openOldClients = 0;
let oldClientsFailed = 0;
let streamBytes = 0;
let latenciesMs: number[] = [];
/** Of connections for a few lines each, and of the clients that are closed. */
const totals = { lines: 0, superseded: 0, dropped: 0, reconnects: 0 };
const courses: Promise<void>[] = [];

answer({
  start: async (order: SoakOrder) => {
    const { socketPath, url, principals } = order;
    ({ headers } = order);
    for (let i = 0; i < clientCount; i++) clients.push(clientOf(`bot_${i}`, socketPath));
    for (const { name, socketPath: path } of principals)
      for (let i = 0; i < principalClientCount; i++) principalClients.push(clientOf(`${name}_${i}`, path));
    asked = clientOf("asked", socketPath);
    await Promise.all(
      [asked, ...clients, ...principalClients].map((client) => client.register({ chat: true, songs: false })),
    );
    get(`${url}/api/v1/stream`, { agent: new Agent(), headers }, (response) =>
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
    for (const principal of principals) every(1_000, () => overstep(principal));
  },
  /**
   * Old clients stop, so that what is open is what stays open; answers the latencies since the last
   * time.
   */
  pause: async (): Promise<SoakReport> => {
    paused = true;
    while (openOldClients > 0) await delay(5);
    const answered = { latenciesMs, streamBytes, oldClientsFailed };
    latenciesMs = [];
    return answered;
  },
  resume: () => {
    paused = false;
  },
  /** Says goodbye for every bot and hands over what waits; the viewer stays. */
  end: async (): Promise<SoakTotals> => {
    isOver = true;
    await Promise.all(courses);
    await Promise.all([asked as MonitorClient, ...clients, ...principalClients].map(closed));
    return totals;
  },
});

function clientOf(channel: string, socketPath: string): MonitorClient {
  return new MonitorClient(channel, process.pid, { socketPath, version: "1.2.3" });
}

async function closed(client: MonitorClient): Promise<void> {
  await client.unregister();
  await client.close();
  const { sent, superseded, dropped, waiting, reconnects } = client.stats();
  totals.lines += sent;
  totals.superseded += superseded;
  totals.dropped += Object.values(dropped).reduce((sum, count) => sum + count, waiting);
  totals.reconnects += reconnects;
}

/**
 * A turn does not begin before the one before it is over; what fails once the monitor has ended
 * says nothing.
 */
function every(ms: number, turn: (number: number) => unknown): void {
  courses.push(
    (async () => {
      for (let number = 0; !isOver; number++) {
        await delay(ms);
        await Promise.resolve(turn(number)).catch(ended);
      }
    })(),
  );
}

function ended(): void {
  // The monitor is stopped before its load.
}

/**
 * 1,000 usage rows, 100 metrics and 200 heartbeats a second, over the clients' own connections, and
 * 100 rows and 50 heartbeats of principals.
 */
function report(turn: number): void {
  for (let i = 0; i < 20; i++) call(clients, turn * 20 + i);
  for (let i = 0; i < 2; i++) call(principalClients, turn * 2 + i);
  void principalClients[turn % principalClients.length]?.heartbeat();
  for (let i = 0; i < 2; i++) void clients[(turn * 2 + i) % clientCount]?.logMetric("viewers", turn % 5_000);
  for (let i = 0; i < 4; i++) void clients[(turn * 4 + i) % clientCount]?.heartbeat();
}

function call(of: readonly MonitorClient[], number: number): void {
  void of[number % of.length]?.logLlmUsage({
    model: models[number % 3] as string,
    feature: features[number % 4] as string,
    tokensIn: 100 + (number % 900),
    tokensOut: number % 80,
    latencyMs: 300.5 + (number % 700),
  });
}

/** 50 a second. */
async function oldClient(turn: number, socketPath: string): Promise<void> {
  const bot = turn % oldClientCount;
  const line = `{"type": "heartbeat", "channel": "old_bot_${bot}", "pid": ${10_000_000 + bot}}\n`;
  if (!(await write(socketPath, line, 1))) oldClientsFailed++;
}

/**
 * A client says goodbye and comes back: its connection, its exit hook and its bot are made anew.
 */
async function renew(turn: number, socketPath: string): Promise<void> {
  const i = turn % clientCount;
  await closed(clients[i] as MonitorClient);
  const next = clientOf(`bot_${i}`, socketPath);
  clients[i] = next;
  await next.register({ chat: true, songs: false });
}

/** What is no message: not JSON, a field of the wrong kind, a line that is cut. */
async function spoil(socketPath: string): Promise<void> {
  await write(socketPath, 'nonsense\n{"type":"heartbeat","channel":7}\n{"type":"heartb', 3);
}

/** A beat for a bot that is another user's. */
async function overstep({ socketPath }: SoakPrincipal): Promise<void> {
  await write(socketPath, '{"type":"heartbeat","channel":"bot_0","pid":1}\n', 1);
}

/**
 * Over a connection of its own. False where that failed: then it counts as not written. Nothing is
 * written while the load is paused.
 */
async function write(socketPath: string, text: string, lines: number): Promise<boolean> {
  if (paused) return true;
  openOldClients++;
  let isWritten = true;
  const socket = connect(socketPath);
  await new Promise<void>((resolve) => {
    socket.on("error", () => {
      isWritten = false;
    });
    socket.on("close", () => resolve());
    socket.end(text);
    socket.resume();
  });
  if (isWritten) totals.lines += lines;
  openOldClients--;
  return isWritten;
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
    get(url, { agent: by, headers }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}
