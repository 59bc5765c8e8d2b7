import { renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./faulty-monitor.js";
import { FaultyMonitor } from "./faulty-monitor.js";
import { FullBacklog } from "./full-backlog.js";
import { StoppedMonitor } from "./stopped-monitor.js";
import type { Timeline } from "./timeline.js";

/** A monitor in one mode, until it is ended. */
export interface Running {
  end(): void | Promise<void>;
}

export interface Mode {
  readonly title: string;
  /** `bytes` is what the mode takes of each connection, where it takes a number. */
  start(path: string, timeline: Timeline, bytes: number): Promise<Running>;
}

const upMs = 200;
const downMs = 300;

type Setting = (monitor: FaultyMonitor, bytes: number) => void;

/** A monitor that listens, and what it does with its connections. */
const listening = (title: string, set: Setting): Mode => ({
  title,
  async start(path, timeline, bytes) {
    const monitor = new FaultyMonitor(path, timeline);
    set(monitor, bytes);
    await monitor.listen();
    if (monitor.reading !== "all") timeline.tell({ event: "frozen" });
    return { end: () => monitor.stop() };
  },
});

/** A monitor that goes and comes, until it is ended. */
const comingAndGoing = (title: string, stayMs: number, awayMs: number): Mode => ({
  title,
  async start(path, timeline) {
    const monitor = await new FaultyMonitor(path, timeline).listen();
    let isOver = false;
    const going = (async () => {
      while (!isOver) {
        await sleep(stayMs);
        if (!isOver) await monitor.leave();
        await sleep(awayMs);
        if (!isOver) await monitor.listen();
      }
    })();
    return {
      async end() {
        isOver = true;
        await going;
        await monitor.stop();
      },
    };
  },
});

/** Takes an exact number of bytes of each connection, then closes it. */
function cut(monitor: FaultyMonitor, bytes: number): void {
  monitor.reading = "none";
  monitor.onAccept = (connection) => void takeAndClose(monitor, connection, bytes);
}

async function takeAndClose(monitor: FaultyMonitor, connection: Connection, bytes: number): Promise<void> {
  while (!connection.isOver && connection.takenBytes < bytes) {
    if (monitor.take(connection, bytes - connection.takenBytes) <= 0) await sleep(5);
  }
  monitor.close(connection);
}

/** What there may be at the path instead of a monitor. */
const placed = (title: string, place: (path: string, timeline: Timeline) => Promise<void>): Mode => ({
  title,
  async start(path, timeline) {
    await place(path, timeline);
    timeline.tell({ event: "away" });
    return { end: () => rmSync(path, { force: true }) };
  },
});

/** The modes of a monitor at fault, as `kissbot-conformance monitor` offers them. */
export const modes: Readonly<Record<string, Mode>> = {
  live: listening("reads all", () => undefined),
  absent: placed("is not there", async () => undefined),
  stale: placed("was killed, and its path is left", async (path, timeline) => {
    const monitor = await new FaultyMonitor(`${path}.old`, timeline).listen();
    renameSync(monitor.path, path);
    await monitor.stop();
  }),
  file: placed("is a file", async (path) => writeFileSync(path, "")),
  backlog: {
    title: "accepts nobody, and its backlog is full",
    async start(path, timeline) {
      const full = await FullBacklog.listen(path);
      timeline.tell({ event: "full" });
      return full;
    },
  },
  frozen: listening("accepts, and takes nothing", (monitor) => {
    monitor.reading = "none";
  }),
  stopped: {
    title: "is stopped by SIGSTOP once it listens",
    async start(path, timeline) {
      const monitor = await StoppedMonitor.listen(path, timeline);
      monitor.stop();
      return monitor;
    },
  },
  trickle: listening("takes a byte a second", (monitor) => {
    monitor.reading = { bytes: 1, everyMs: 1_000 };
  }),
  cuts: listening("takes a number of bytes of each connection, and closes it", cut),
  closes: listening("closes each connection as soon as it has come", (monitor) => {
    monitor.onAccept = (connection) => monitor.close(connection);
  }),
  "closes-lines": listening("closes each connection after its first line", (monitor) => {
    monitor.onLine = (connection) => monitor.close(connection);
  }),
  resets: listening("closes connections with bytes that it has not read", (monitor) => {
    monitor.reading = "none";
    monitor.onAccept = (connection) => void sleep(40).then(() => monitor.close(connection));
  }),
  "half-closes": listening("ends its side of each connection, and reads on", (monitor) => {
    monitor.onAccept = (connection) => monitor.endSide(connection);
  }),
  talks: listening("writes without end", (monitor) => monitor.talk()),
  restarts: comingAndGoing("goes and comes again, every two seconds", 2_000, 100),
  flaps: comingAndGoing("is there for 200 ms and away for 300 ms", upMs, downMs),
};
