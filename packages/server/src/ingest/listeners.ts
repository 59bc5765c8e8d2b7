import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Principals } from "../principals/principals.js";
import { ConnectionRoom } from "./connection-room.js";
import { DescriptorWatch } from "./descriptor-watch.js";
import type { LineCounters } from "./line-counters.js";
import { type IntakeQueue, LineIntake } from "./line-intake.js";
import { Listener } from "./listener.js";
import { ListenerChange } from "./listener-change.js";
import type { ListenerProblem } from "./listener-problem.js";
import type { ListenerTerms } from "./listener-terms.js";
import { RejectionLog } from "./rejection-log.js";
import { SocketError } from "./socket-error.js";

export interface ListenersOptions {
  /** The listener of `socket_path`, whose principal is `local`. */
  readonly local: ListenerTerms;
  /** Those that there are at the start beside it. */
  readonly others?: readonly ListenerTerms[];
  /** One of each listener. */
  readonly principals: Principals;
  readonly queue: IntakeQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How many connections the kernel queues before they are accepted: 4 096, or less if it limits
   * that (net.core.somaxconn).
   */
  readonly backlog?: number;
  /** How often it is looked whether the paths are still ours; 3 000. */
  readonly checkIntervalMs?: number;
  /** Listening sockets handed down at the start (`takeInheritedSockets`), by principal. */
  readonly inherited?: ReadonlyMap<string, number>;
}

/** How long `stop` goes on reading from peers that go on writing. */
const drainMs = 1_000;

/**
 * Listens for bots, on one path or on several. States: *stopped*; *starting*; *listening*, in which
 * `problems` tells whether bots find us; *stopping*. `start` and `stop` may be repeated; what was
 * stopped can be started again. All paths are taken, or none.
 *
 * A connection is bounded by the process's descriptors alone, and costs about 4 kB while it is
 * idle.
 */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #rejections: RejectionLog;
  readonly #intake: LineIntake;
  readonly #room = new ConnectionRoom();
  readonly #descriptors: DescriptorWatch;
  readonly #local: Listener;
  #others: readonly Listener[];
  /** Given up by a change, while they have connections. */
  #retired: readonly Listener[] = [];
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | null = null;
  #changing: Promise<void> | null = null;
  #claimed: Promise<void> | null = null;
  #started: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: ListenersOptions) {
    const { queue, principals, clock, logger, local, others = [] } = options;
    this.#options = options;
    this.#rejections = new RejectionLog({ clock, logger });
    this.#intake = new LineIntake({ queue, principals, clock, log: this.#rejections });
    this.#descriptors = new DescriptorWatch({ clock, logger });
    const inherited = (principal: string) => options.inherited?.get(principal) ?? null;
    this.#local = this.#create(local, inherited("local"));
    this.#others = others.map((terms) => this.#create(terms, inherited(terms.principal)));
  }

  /** A view that stays current. */
  get lines(): LineCounters {
    return this.#intake;
  }

  get connections(): number {
    return this.#room.open;
  }

  get connectionsTotal(): number {
    return this.#room.total;
  }

  /** Where bots connect: the listener of `socket_path`, then the others. */
  [Symbol.iterator](): Iterator<Listener> {
    return this.#all[Symbol.iterator]();
  }

  /** Of the listener of `socket_path`, and of all that needs descriptors. */
  problem(): ListenerProblem | null {
    return this.#local.problem ?? this.#descriptors.problem;
  }

  /** Whether bots of this principal may not find us; absent: those of any. */
  isDeafTo(principal?: string): boolean {
    if (this.#descriptors.problem !== null) return true;
    const isDeaf = (listener: Listener) =>
      (principal === undefined || listener.principal === principal) && listener.problem !== null;
    return isDeaf(this.#local) || this.#others.some(isDeaf);
  }

  /** Of all of them. */
  problems(): readonly ListenerProblem[] {
    return [this.problem(), ...this.#others.map(({ problem }) => problem)].filter((one) => one !== null);
  }

  /**
   * The path of the listener of `socket_path`; for an inherited socket that of its creator, if the
   * system shows it.
   */
  get socketPath(): string {
    return this.#local.socketPath;
  }

  /** Where the others are, and who may connect there. */
  others(): readonly Pick<Listener, "principal" | "socketPath" | "whoMayConnect">[] {
    return this.#others.map(({ principal, socketPath, whoMayConnect }) => {
      return { principal, socketPath, whoMayConnect };
    });
  }

  /** For people, about the same listener: `owner root and group root (mode 0660)`. */
  whoMayConnect(): string {
    return this.#local.whoMayConnect;
  }

  /**
   * Claims the paths for this monitor, before anything is written that two monitors could corrupt.
   * Rejects like `start`, which claims them otherwise.
   */
  claim(): Promise<void> {
    this.#claimed ??= this.#settle(async () => {
      for (const listener of this.#all) await listener.claim();
    });
    return this.#claimed;
  }

  /** Rejects with a `SocketError`, and then leaves nothing behind. */
  start(): Promise<void> {
    if (this.#stopping !== null) return this.#stopping.then(() => this.start());
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Removes the paths, so that no new bot connects; reads what the kernel holds for existing
   * connections; closes them. Reads a peer that keeps writing for at most a second.
   */
  stop(): Promise<void> {
    if (this.#started === null) return this.#giveUpClaim();
    this.#stopping ??= this.#stop(this.#started);
    return this.#stopping;
  }

  /**
   * Makes ready for other listeners beside that of `socket_path`, without a change of anything.
   * Rejects with a `SocketError`. What it resolves to is to be applied or discarded, and until then
   * nothing else may be prepared. A path that stays keeps listening, under its new terms; one that
   * goes accepts what has connected, and is free. No connection ends.
   */
  async prepare(others: readonly ListenerTerms[]): Promise<ListenerChange> {
    await this.#started;
    if (this.#started === null || this.#stopping !== null)
      throw new SocketError("cannot_bind", "the monitor does not listen at the moment");
    const change = new ListenerChange({
      before: this.#others,
      create: (terms) => this.#createLater(terms),
      logger: this.#options.logger,
      onApplied: (listeners, retired) => {
        this.#others = listeners;
        this.#retired = [...this.#retired, ...retired];
        if (listeners.length > 0) this.#local.nameConnections();
      },
    });
    const changing = change.done.then(() => {
      if (this.#changing === changing) this.#changing = null;
    });
    this.#changing = changing;
    await this.#checking;
    await change.prepare(others);
    return change;
  }

  get #all(): readonly Listener[] {
    return [this.#local, ...this.#others];
  }

  /** What was handed down is for the listener of the start: that one may have closed it. */
  #createLater(terms: ListenerTerms): Listener {
    if (this.#options.inherited?.has(terms.principal) === true) {
      throw new SocketError(
        "cannot_bind",
        `the listener ${terms.principal} has a socket of a socket unit, which is handed down at the start alone: restart the monitor`,
      );
    }
    return this.#create(terms, null);
  }

  #create(terms: ListenerTerms, inheritedDescriptor: number | null): Listener {
    const { principals, clock, logger, backlog = 4_096 } = this.#options;
    const shared = { intake: this.#intake, room: this.#room, descriptors: this.#descriptors };
    return new Listener({ ...shared, principals, terms, clock, logger, backlog, inheritedDescriptor });
  }

  async #start(): Promise<void> {
    await this.claim();
    this.#room.measure();
    await this.#settle(async () => {
      for (const listener of this.#all) await listener.prepare(listener.terms);
      for (const listener of this.#all) await listener.open();
    });
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
      await this.#close();
      throw error;
    }
  }

  async #check(): Promise<void> {
    this.#rejections.tick();
    this.#options.principals.tick();
    await this.#descriptors.check(this.#room.takeWasFull());
    this.#retired = this.#retired.filter(({ connections }) => connections > 0);
    // It makes sockets and takes them away: nothing looks at them meanwhile.
    if (this.#changing !== null) return;
    await Promise.all(this.#all.map((listener) => listener.check()));
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
    await this.#changing;
    await Promise.all(this.#all.map((listener) => listener.hide()));
    await this.#drain();
    for (const listener of [...this.#all, ...this.#retired]) listener.endConnections();
    while (this.#room.open > 0) await nextTurn();
    this.#retired = [];
    this.#rejections.flush();
    await this.#close();
    this.#stopping = null;
  }

  async #giveUpClaim(): Promise<void> {
    if (this.#claimed === null) return;
    await this.#claimed.catch(() => undefined);
    await this.#close();
  }

  async #close(): Promise<void> {
    for (const listener of this.#all) await listener.close();
    this.#claimed = null;
    this.#started = null;
  }

  /** Until a whole turn of the event loop, which looks at every socket, has brought nothing. */
  async #drain(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonicMs() + drainMs;
    let quietTurns = 0;
    while (quietTurns < 2 && clock.monotonicMs() < deadline) {
      const before = this.#intake.chunks + this.#room.total;
      await nextTurn();
      quietTurns = this.#intake.chunks + this.#room.total === before ? quietTurns + 1 : 0;
    }
  }
}
