import { connect, type Socket } from "node:net";
import { Child, until } from "@kissbot/testkit";
import type { Place, Running } from "../../daemon/place.js";

/** What a bot's process does until it is killed. */
const waiting = "setInterval(() => undefined, 1_000_000)";

/** One bot with a connection of its own, as a client has it. */
export class BotOnSocket {
  readonly channel: string;
  readonly pid: number;
  readonly #socket: Socket;
  readonly #child: Child | null;

  constructor(channel: string, socket: Socket, child: Child | null) {
    this.channel = channel;
    this.#socket = socket;
    this.#child = child;
    this.pid = child?.pid ?? process.pid;
  }

  send(type: string, more: object = {}): void {
    this.#socket.write(`${JSON.stringify({ type, channel: this.channel, pid: this.pid, ...more })}\n`);
  }

  /** `kill -9`: its process is gone, and its connection with it. */
  async die(): Promise<void> {
    await this.#child?.kill();
    this.#socket.end();
  }
}

/** Bots of a test, written raw. They beat once an hour, so only the one that is to be stale is. */
export class TestFleet {
  readonly #place: Place;
  #running: Running | null = null;
  #headers: Readonly<Record<string, string>> = {};
  readonly #sockets: Socket[] = [];
  readonly #children: Child[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  /** The monitor that it asks. */
  watch(running: Running): void {
    this.#running = running;
  }

  /** The token that the monitor needs. */
  bring(token: string): void {
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Waits until the monitor counts so many of each. */
  async until(counts: Readonly<Record<string, number>>): Promise<void> {
    let found: unknown;
    await until(
      `the monitor counts ${JSON.stringify(counts)}`,
      async () => {
        const { bots } = await this.#get("/api/v1/summary");
        found = bots;
        return Object.entries(counts).every(([status, count]) => bots[status] === count);
      },
      { describe: () => found },
    );
  }

  /** Waits until the monitor tells this of a bot. */
  async has(channel: string, check: (bot: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
    let found: unknown;
    await until(
      `the monitor tells that of ${channel}`,
      async () => {
        found = await this.#get(`/api/v1/bots/${encodeURIComponent(channel)}`);
        return check(found as Readonly<Record<string, unknown>>);
      },
      { describe: () => found },
    );
  }

  /**
   * Waits until the monitor saw the processes of so many bots of `bot`: only then can one be dead.
   */
  async seen(count: number): Promise<void> {
    const own = new Set(this.#children.map(({ pid }) => pid));
    await until(`the monitor saw ${count} processes`, async () => {
      const { bots } = await this.#get("/api/v1/bots");
      const isSeen = (bot: { pid: number; process_seen: boolean }) => own.has(bot.pid) && bot.process_seen;
      return bots.filter(isSeen).length >= count;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  async #get(path: string): Promise<any> {
    if (this.#running === null) throw new Error("no monitor is running");
    return await this.#running.get(path, this.#headers);
  }

  /** Runs a program of Python to its end. */
  async runPython(program: string): Promise<void> {
    const { code, stderr } = await Child.run("python3", ["-c", program]);
    if (code !== 0) throw new Error(stderr);
  }

  /** Bots of this process on one connection; they are up and stay so. */
  async online(channels: readonly string[], more: object = {}): Promise<void> {
    const socket = await this.#connect();
    const lines = channels.map((channel) =>
      JSON.stringify({ type: "register", channel, pid: process.pid, interval_s: 3_600, ...more }),
    );
    socket.write(`${lines.join("\n")}\n`);
  }

  /** A bot with a process and a connection of its own. It lives until it is killed. */
  async bot(channel: string, more: object = {}, program = waiting): Promise<BotOnSocket> {
    const child = Child.node(["--eval", program]);
    this.#children.push(child);
    const bot = new BotOnSocket(channel, await this.#connect(), child);
    bot.send("register", { interval_s: 3_600, ...more });
    return bot;
  }

  /** A bot of this process with a connection of its own. */
  async guest(channel: string, more: object = {}): Promise<BotOnSocket> {
    const bot = new BotOnSocket(channel, await this.#connect(), null);
    bot.send("register", { interval_s: 3_600, ...more });
    return bot;
  }

  /** A second process that takes the channel of another one, which goes on reporting. */
  async rival(first: BotOnSocket): Promise<BotOnSocket> {
    const second = await this.bot(first.channel);
    this.#timers.push(setInterval(() => first.send("heartbeat", { interval_s: 3_600 }), 200));
    return second;
  }

  async #connect(): Promise<Socket> {
    const socket = connect(this.#place.socketPath);
    this.#sockets.push(socket);
    socket.on("error", () => undefined);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return socket;
  }

  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#children.map((child) => child.kill()));
  }
}
