import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { MessageQueue } from "../queue/message-queue.js";
import { Connection } from "./connection.js";
import { connectionLimit } from "./connection-limit.js";
import { DescriptorWatch } from "./descriptor-watch.js";
import type { Endpoint } from "./endpoint.js";
import { codeOfError } from "./error-code.js";
import { FileEndpoint } from "./file-endpoint.js";
import { InheritedEndpoint } from "./inherited-endpoint.js";
import type { LineCounters } from "./line-counters.js";
import { LineIntake } from "./line-intake.js";
import type { ListenerProblem } from "./listener-problem.js";
import { PipeEndpoint } from "./pipe-endpoint.js";
import { RejectionLog } from "./rejection-log.js";
import { SocketError } from "./socket-error.js";

export interface ListenerOptions {
  /** Absolute; on Windows the name of a pipe. */
  readonly socketPath: string;
  readonly socketMode: number;
  readonly socketGroup: string | null;
  readonly queue: Pick<MessageQueue, "offerMessage" | "offerEnded">;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How many connections the kernel queues before they are accepted: 4 096, or less if it limits
   * that (net.core.somaxconn).
   */
  readonly backlog?: number;
  /** How often it is looked whether the path is still ours; 3 000. */
  readonly checkIntervalMs?: number;
  /**
   * A listening socket that was handed down (`takeInheritedDescriptor`): then path, mode and group
   * are its maker's concern.
   */
  readonly inheritedDescriptor?: number | null;
}

/** How long `stop` goes on reading from peers that go on writing. */
const drainMs = 1_000;

/**
 * Listens for bots. States: *stopped*; *starting*; *listening*, in which `problem` tells whether
 * bots find us; *stopping*. `start` and `stop` may be repeated; a listener that was stopped can be
 * started again.
 *
 * A connection is bounded by the process's descriptors alone, and costs about 4 kB while it is
 * idle.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #rejections: RejectionLog;
  readonly #intake: LineIntake;
  readonly #connections = new Set<Connection>();
  readonly #descriptors: DescriptorWatch;
  readonly #endpoint: Endpoint;
  #connectionsTotal = 0;
  #connectionLimit: number | null = null;
  /** Since the last check. */
  #hasDropped = false;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | null = null;
  #claimed: Promise<void> | null = null;
  #started: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: ListenerOptions) {
    const { queue, clock, logger } = options;
    this.#options = options;
    this.#rejections = new RejectionLog({ clock, logger });
    this.#intake = new LineIntake({ queue, clock, log: this.#rejections });
    this.#descriptors = new DescriptorWatch({ clock, logger });
    this.#endpoint = this.#createEndpoint();
  }

  /** A view that stays current. */
  get lines(): LineCounters {
    return this.#intake;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get connectionsTotal(): number {
    return this.#connectionsTotal;
  }

  problem(): ListenerProblem | null {
    return this.#endpoint.problem ?? this.#descriptors.problem;
  }

  /**
   * The path that bots connect to; for an inherited socket that of its creator, if the system shows
   * it.
   */
  get socketPath(): string {
    return this.#endpoint.path ?? this.#options.socketPath;
  }

  /** For people: `owner root and group root (mode 0660)`. */
  whoMayConnect(): string {
    return this.#endpoint.whoMayConnect;
  }

  /**
   * Claims the path for this monitor, before anything is written that two monitors could corrupt.
   * Rejects like `start`, which claims it otherwise.
   */
  claim(): Promise<void> {
    this.#claimed ??= this.#settle(() => this.#endpoint.claim());
    return this.#claimed;
  }

  /** Rejects with a `SocketError`, and then leaves nothing behind. */
  start(): Promise<void> {
    if (this.#stopping !== null) return this.#stopping.then(() => this.start());
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Removes the path, so that no new bot connects; reads what the kernel holds for existing
   * connections; closes them. Reads a peer that keeps writing for at most a second.
   */
  stop(): Promise<void> {
    if (this.#started === null) return this.#giveUpClaim();
    this.#stopping ??= this.#stop(this.#started);
    return this.#stopping;
  }

  async #start(): Promise<void> {
    await this.claim();
    this.#connectionLimit = connectionLimit();
    await this.#settle(() => this.#endpoint.open());
    this.#timer = setInterval(() => {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = null;
      });
    }, this.#options.checkIntervalMs ?? 3_000);
    this.#timer.unref();
  }

  async #settle(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await this.#endpoint.close();
      this.#claimed = null;
      this.#started = null;
      throw error instanceof SocketError ? error : new SocketError("cannot_bind", String(error));
    }
  }

  #createEndpoint(): Endpoint {
    const { socketPath: path, socketMode, socketGroup, clock, logger } = this.#options;
    const { backlog = 4_096, inheritedDescriptor = null } = this.#options;
    const common = { createServer: () => this.#createServer(), backlog };
    if (inheritedDescriptor !== null)
      return new InheritedEndpoint({ ...common, descriptor: inheritedDescriptor });
    if (process.platform === "win32") return new PipeEndpoint({ ...common, path });
    return new FileEndpoint({ ...common, path, mode: socketMode, group: socketGroup, clock, logger });
  }

  #createServer(): Server {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    // Connections past the limit are closed at once, as the system does without free descriptors.
    if (this.#connectionLimit !== null) server.maxConnections = this.#connectionLimit;
    server.on("drop", () => {
      this.#hasDropped = true;
      this.#descriptors.exhausted("EMFILE");
    });
    server.on("error", (error) => {
      // Before it listens, `listen` reports errors.
      if (server.listening) this.#descriptors.exhausted(codeOfError(error));
    });
    return server;
  }

  #accept(socket: Socket): void {
    this.#connectionsTotal++;
    this.#connections.add(
      new Connection({
        socket,
        intake: this.#intake,
        logger: this.#options.logger,
        onClosed: this.#onClosed,
      }),
    );
  }

  readonly #onClosed = (connection: Connection): void => {
    this.#connections.delete(connection);
  };

  async #check(): Promise<void> {
    this.#rejections.tick();
    const limit = this.#connectionLimit ?? Number.POSITIVE_INFINITY;
    const isFull = this.#hasDropped || this.#connections.size >= limit;
    this.#hasDropped = false;
    await this.#descriptors.check(isFull);
    await this.#endpoint.check();
  }

  async #stop(started: Promise<void>): Promise<void> {
    try {
      await started;
    } catch {
      // `start` has reported the error and cleaned up.
      this.#stopping = null;
      return;
    }
    clearInterval(this.#timer);
    await this.#checking;
    await this.#endpoint.hide();
    await this.#drain();
    for (const connection of this.#connections) connection.close();
    while (this.#connections.size > 0) await nextTurn();
    this.#rejections.flush();
    await this.#endpoint.close();
    this.#claimed = null;
    this.#started = null;
    this.#stopping = null;
  }

  async #giveUpClaim(): Promise<void> {
    if (this.#claimed === null) return;
    await this.#claimed.catch(() => undefined);
    this.#claimed = null;
    await this.#endpoint.close();
  }

  /** Until a whole turn of the event loop, which looks at every socket, has brought nothing. */
  async #drain(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonicMs() + drainMs;
    let quietTurns = 0;
    while (quietTurns < 2 && clock.monotonicMs() < deadline) {
      const before = this.#intake.chunks + this.#connectionsTotal;
      await nextTurn();
      quietTurns = this.#intake.chunks + this.#connectionsTotal === before ? quietTurns + 1 : 0;
    }
  }
}
