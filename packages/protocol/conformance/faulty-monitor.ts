import { readSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Bytes } from "./bytes.js";
import type { Timeline } from "./timeline.js";

/**
 * How a monitor reads: all that comes, nothing, or some bytes of each connection now and then.
 */
export type Reading = "all" | "none" | { readonly bytes: number; readonly everyMs: number };

/** How often a monitor that reads looks. */
const lookEveryMs = 5;
/** The most that one look takes of a connection. */
const gulpBytes = 1 << 20;
const chatter = Buffer.alloc(65_536, 0x78);
/** A mebibyte at each look: enough to drown who keeps it, and little for the processors. */
const chunksAtOnce = 16;

/** A connection that the monitor has accepted. */
export class Connection {
  readonly number: number;
  readonly socket: Socket;
  readonly atMs: number;
  /** How many bytes were taken. */
  takenBytes = 0;
  isOver = false;
  lastTakeMs = 0;
  readonly bytes = new Bytes();

  constructor(number: number, socket: Socket, atMs: number) {
    this.number = number;
    this.socket = socket;
    this.atMs = atMs;
  }

  /** Undefined once it is closed. Node offers no other way to take a number of bytes. */
  get descriptor(): number | undefined {
    const { _handle: handle } = this.socket as Socket & { _handle?: { fd?: number } | null };
    return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
  }
}

/**
 * A monitor that does to its clients what a mode says. It reads the descriptors of its connections
 * by itself, so it takes exactly the bytes that it means to take.
 */
export class FaultyMonitor {
  readonly path: string;
  readonly connections: Connection[] = [];
  reading: Reading = "all";
  /** Called with each connection as it is accepted. */
  onAccept: ((connection: Connection) => void) | undefined;
  /** Called with a connection after each line that was taken of it. */
  onLine: ((connection: Connection) => void) | undefined;
  readonly #timeline: Timeline;
  #server: Server | undefined;
  #looking: NodeJS.Timeout | undefined;
  #talking: NodeJS.Timeout | undefined;

  constructor(path: string, timeline: Timeline) {
    this.path = path;
    this.#timeline = timeline;
  }

  async listen(): Promise<this> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path: this.path }, resolve);
    });
    this.#looking ??= setInterval(() => this.#look(), lookEveryMs);
    this.#timeline.tell({ event: "listening" });
    return this;
  }

  /** From now on it takes nothing more. It goes on accepting. */
  freeze(): void {
    this.#look();
    this.reading = "none";
    this.#timeline.tell({ event: "frozen" });
  }

  /** It takes all again. What waited is taken now. */
  thaw(): void {
    this.#timeline.tell({ event: "thawed" });
    this.reading = "all";
    this.#look();
  }

  /** Takes at most this number of bytes; returns how many, or -1 behind the end. */
  take(connection: Connection, most = gulpBytes): number {
    const { descriptor } = connection;
    if (descriptor === undefined || connection.isOver) return -1;
    const chunk = Buffer.alloc(most);
    let taken: number;
    try {
      taken = readSync(descriptor, chunk, 0, most, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      this.#over(connection, "client", "reset");
      return -1;
    }
    if (taken === 0) {
      this.#over(connection, "client", "closed");
      return -1;
    }
    connection.takenBytes += taken;
    connection.bytes.add(chunk.subarray(0, taken));
    for (let line = connection.bytes.line(); line !== undefined; line = connection.bytes.line()) {
      this.#timeline.tell({ event: "line", connection: connection.number, line: line.toString() });
      this.onLine?.(connection);
    }
    return taken;
  }

  /** Takes all that has come, of all connections. */
  takeAll(): void {
    for (const connection of this.connections) while (this.take(connection) > 0);
  }

  /** Closes a connection; what it has not taken becomes a reset for the client. */
  close(connection: Connection): void {
    if (connection.isOver) return;
    this.#over(connection, "monitor", "closed");
  }

  /** Ends its own side of the connection, and goes on reading. */
  endSide(connection: Connection): void {
    connection.socket.end();
    this.#timeline.tell({ event: "ended", connection: connection.number, by: "monitor", how: "half" });
  }

  /** Writes to its clients without end. */
  talk(): void {
    let told = 0;
    this.#talking = setInterval(() => {
      for (const { socket, isOver } of this.connections) {
        for (let i = 0; !isOver && i < chunksAtOnce && socket.writableLength < 1 << 20; i++)
          socket.write(chatter);
      }
      const written = this.connections.reduce(
        (sum, { socket }) => sum + socket.bytesWritten - socket.writableLength,
        0,
      );
      if (written - told >= 1 << 20) this.#timeline.tell({ event: "talked", bytes: written - told });
      if (written - told >= 1 << 20) told = written;
    }, lookEveryMs);
  }

  /** Something to read for those that wait for an answer. */
  answer(): void {
    for (const { socket, isOver } of this.connections) if (!isOver) socket.write("{}\n");
  }

  hush(): void {
    clearInterval(this.#talking);
  }

  /** Goes away with its connections, as a monitor that is stopped; its path is gone. */
  async leave(): Promise<void> {
    const closed = this.unlisten();
    this.#timeline.tell({ event: "away" });
    for (const connection of this.connections) this.close(connection);
    await closed;
  }

  /** Listens no more; its connections live on. Its path is gone. */
  async unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    // Node tells the end of a server only when its last connection has ended.
    server.close();
    rmSync(this.path, { force: true });
    await sleep(0);
  }

  /** The end of it, whatever its state. */
  async stop(): Promise<void> {
    this.hush();
    clearInterval(this.#looking);
    this.#looking = undefined;
    await this.unlisten();
    for (const { socket } of this.connections) socket.destroy();
  }

  #accept(socket: Socket): void {
    const connection = new Connection(this.#timeline.accepted + 1, socket, this.#timeline.nowMs);
    this.connections.push(connection);
    socket.on("error", () => undefined);
    this.#timeline.tell({ event: "accepted", connection: connection.number });
    this.onAccept?.(connection);
  }

  #look(): void {
    const { reading } = this;
    if (reading === "none") return;
    if (reading === "all") {
      this.takeAll();
      return;
    }
    for (const connection of this.connections) {
      if (performance.now() - connection.lastTakeMs < reading.everyMs) continue;
      connection.lastTakeMs = performance.now();
      this.take(connection, reading.bytes);
    }
  }

  #over(connection: Connection, by: "client" | "monitor", how: "closed" | "reset"): void {
    connection.isOver = true;
    const { number } = connection;
    if (connection.bytes.restLength > 0)
      this.#timeline.tell({ event: "rest", connection: number, rest: connection.bytes.rest().toString() });
    this.#timeline.tell({ event: "ended", connection: number, by, how });
    connection.socket.destroy();
  }
}
