// A load in a process of its own: bots with a client each, or with a bare socket each, which beat
// in the same instant.
import type { Socket } from "node:net";
import { MonitorClient } from "@kissbot/client";
import { answer } from "./answer.mjs";
import { connected } from "./connected.js";

export interface Bots {
  readonly socketPath: string;
  readonly count: number;
  /** Number of the first. */
  readonly from: number;
  /** With nothing but a socket, to compare with. */
  readonly bare: boolean;
}

/** Resolves with true when the line was handed over. */
type Beat = () => Promise<boolean>;

let beats: readonly Beat[] = [];

answer({
  connect: async ({ socketPath, count, from, bare }: Bots) => {
    const bots = Array.from({ length: count }, (_, i) => `bot_${from + i}`);
    beats = bare ? await bareBots(socketPath, bots) : await clients(socketPath, bots);
  },
  /**
   * Every bot beats at that moment; how long each call took to resolve, and how many did not
   * resolve with true.
   */
  beat: async ({ atMs }: { atMs: number }) => {
    while (Date.now() < atMs);
    let failed = 0;
    const durationsMs = await Promise.all(
      beats.map(async (beat) => {
        const called = performance.now();
        if (!(await beat())) failed++;
        return performance.now() - called;
      }),
    );
    return { durationsMs, failed };
  },
});

async function clients(socketPath: string, bots: readonly string[]): Promise<Beat[]> {
  const all = bots.map((bot) => new MonitorClient(bot, process.pid, { socketPath }));
  const registered = await Promise.all(all.map((client) => client.register({ chat: true })));
  if (registered.includes(false)) throw new Error("a client did not connect");
  return all.map((client) => () => client.heartbeat());
}

async function bareBots(socketPath: string, bots: readonly string[]): Promise<Beat[]> {
  const all: Beat[] = [];
  for (const channel of bots) {
    const socket = await connected(socketPath);
    all.push(() => written(socket, channel));
  }
  return all;
}

function written(socket: Socket, channel: string): Promise<boolean> {
  const line = JSON.stringify({ type: "heartbeat", channel, pid: process.pid, ts: Date.now() });
  return new Promise((resolve) => {
    socket.write(`${line}\n`, (error) => resolve(error == null));
  });
}
