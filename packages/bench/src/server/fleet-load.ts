// A load in a process of its own: ten thousand bots, a connection each, that beat evenly over an
// interval.
import { Agent, get } from "node:http";
import type { Socket } from "node:net";
import { answer } from "./answer.mjs";
import { connected } from "./connected.js";

export interface FleetOrder {
  readonly socketPath: string;
  readonly bots: number;
  readonly intervalMs: number;
}

/** Pids that no process here has: what is measured is a look at each all the same. */
const firstPid = 10_000_000;
const sockets: Socket[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let beats = 0;
/**
 * The bot that is asked for: its next beat has to wait, or the answer would have the number of that
 * one.
 */
let asked = -1;

answer({
  connect: async ({ socketPath, bots, intervalMs }: FleetOrder) => {
    for (let i = 0; i < bots; i++) {
      const socket = await connected(socketPath);
      const register = {
        type: "register",
        channel: channelOf(i),
        pid: firstPid + i,
        version: "2.4.1",
        features: { chat: true, moderation: false },
        interval_s: intervalMs / 1_000,
        ts: Date.now(),
      };
      socket.write(`${JSON.stringify(register)}\n`);
      // The monitor ends before the load does.
      socket.on("error", () => socket.destroy());
      sockets.push(socket);
    }
    beatEvenly(intervalMs);
  },
  beats: () => beats,
  /**
   * Beats with a number that no beat had before, and asks for the whole fleet until it is there;
   * how long that took.
   */
  beatAndAsk: async ({ url, bot, rssMb }: { url: string; bot: number; rssMb: number }) => {
    const called = performance.now();
    asked = bot;
    beat(bot, rssMb);
    const text = Buffer.from(`"rss_mb":${rssMb}`);
    while (!(await fetchBots(url)).includes(text));
    return performance.now() - called;
  },
});

function channelOf(bot: number): string {
  return `twitch_channel_${bot}`;
}

function beat(bot: number, rssMb: number): void {
  const { length } = sockets;
  const heartbeat = {
    type: "heartbeat",
    channel: channelOf(bot),
    pid: firstPid + bot,
    rss_mb: rssMb,
    cpu_pct: (beats % 40) / 4,
    dropped: 0,
    started_at: 1_700_000_000_000,
    interval_s: 15,
    ts: Date.now(),
  };
  sockets[bot % length]?.write(`${JSON.stringify(heartbeat)}\n`);
  beats++;
}

function beatEvenly(intervalMs: number): void {
  const since = performance.now();
  let next = 0;
  setInterval(() => {
    const due = ((performance.now() - since) / intervalMs) * sockets.length;
    for (; next < due; next++)
      if (next % sockets.length !== asked) beat(next % sockets.length, 50 + (next % 400) / 4);
  }, 10);
}

function fetchBots(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/bots`, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks)));
      response.on("error", reject);
    }).on("error", reject);
  });
}
