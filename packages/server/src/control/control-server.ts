import type { Server } from "node:net";
import type { FastifyInstance } from "fastify";
import { HttpApp } from "../http/http-app.js";
import { OpenConnections } from "../http/open-connections.js";
import type { Page } from "../http/page-route.js";
import type { Route } from "../http/route.js";
import { routesOf, type Sources } from "../http/routes.js";
import { listen } from "../ingest/listen.js";
import { assertSocketPath } from "../ingest/path-content.js";
import { PathWatch } from "../ingest/path-watch.js";
import { SocketFile } from "../ingest/socket-file.js";
import type { Viewer } from "../live/viewer.js";
import type { Logger } from "../logger.js";
import { ownerAdmission } from "./owner-admission.js";

export interface ControlServerOptions extends Sources {
  /** Where it is to listen; asked at the start. */
  readonly path: () => string;
  readonly page: Page;
  readonly logger: Logger;
  /** How often it is looked whether the path is still ours; 3 000. */
  readonly checkIntervalMs?: number;
}

/** Why commands of this machine cannot change anything. */
interface ControlProblem {
  readonly code: "control_lost";
  readonly detail: string;
  readonly sinceMs: number;
}

/** Nobody but the monitor's user, and root. */
const rights = { mode: 0o600, groupId: null, ownerId: null };
const backlog = 128;
const maxConnections = 64;
/** What a stop waits for answers that are under way. */
const graceMs = 1_000;

/**
 * The routes of HTTP once more, on a Unix socket that only the monitor's user and root may open:
 * whoever can may change everything. States: *stopped*, *started*; once started, `problem` says
 * whether commands find it. Neither `start` nor `stop` rejects: bots do not need it, so a monitor
 * without it goes on, and tries again every few seconds.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #routes: readonly Route[];
  readonly #streams = new Set<Viewer>();
  #path: string | null = null;
  #file: SocketFile | null = null;
  #watch: PathWatch | null = null;
  #app: FastifyInstance | null = null;
  #connections = new OpenConnections();
  /** Why it has not listened yet. */
  #notListening: ControlProblem | null = null;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    const noDoor = { needsToken: false, newSession: () => null };
    this.#routes = routesOf(options, this.#streams, noDoor);
  }

  /** Null before the start. */
  get path(): string | null {
    return this.#path;
  }

  problem(): ControlProblem | null {
    const problem = this.#notListening ?? this.#watch?.problem ?? null;
    if (problem === null) return null;
    const { detail, sinceMs } = problem;
    return { code: "control_lost", detail: controlDetail(detail), sinceMs };
  }

  async start(): Promise<void> {
    this.#path = this.#options.path();
    this.#timer = setInterval(() => {
      this.#step = this.#step.then(() => this.#check());
    }, this.#options.checkIntervalMs ?? 3_000);
    this.#timer.unref();
    this.#step = this.#step.then(() => this.#check());
    await this.#step;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#step;
    await this.#file?.remove();
    for (const stream of this.#streams) stream.close();
    await this.#leave(this.#app, this.#connections);
    this.#app = null;
    this.#file = null;
    this.#watch = null;
  }

  async #check(): Promise<void> {
    if (this.#stopped) return;
    if (this.#watch !== null) await this.#watch.check();
    else await this.#open();
  }

  async #open(): Promise<void> {
    const { clock, logger } = this.#options;
    const path = this.#path as string;
    try {
      if (process.platform === "win32") {
        await this.#listenOnPipe(path);
      } else {
        assertSocketPath(path);
        const file = new SocketFile(path);
        await file.assertFree();
        await this.#bind(file);
        this.#file = file;
        this.#watch = new PathWatch({ file, bindAgain: () => this.#bind(file), clock, logger });
      }
      if (this.#notListening !== null) logger.info({ path }, "the control socket is there now");
      this.#notListening = null;
    } catch (error) {
      this.#hinder((error as Error).message);
    }
  }

  #hinder(detail: string): void {
    if (this.#notListening?.detail === detail) return;
    const { clock, logger } = this.#options;
    const sinceMs = this.#notListening?.sinceMs ?? clock.wallMs();
    this.#notListening = { code: "control_lost", detail, sinceMs };
    logger.warn({ path: this.#path, reason: detail }, "there is no control socket: commands change nothing");
  }

  async #bind(file: SocketFile): Promise<void> {
    const [before, connections] = [this.#app, this.#connections];
    await this.#serve((server) => file.bind(server, backlog, rights));
    // Nobody reaches the one before any more, as it has no path.
    void this.#leave(before, connections);
  }

  async #listenOnPipe(path: string): Promise<void> {
    if (this.#app === null) await this.#serve((server) => listen(server, { path, backlog }));
  }

  async #serve(listenOn: (server: Server) => Promise<void>): Promise<void> {
    const { page, clock, logger } = this.#options;
    const app = new HttpApp({ routes: this.#routes, admission: ownerAdmission, page, clock, logger }).fastify;
    const connections = new OpenConnections();
    await app.ready();
    connections.watch(app.server);
    app.server.maxConnections = maxConnections;
    await listenOn(app.server);
    this.#app = app;
    this.#connections = connections;
  }

  /** Resolves when its answers are complete, after a second in any case. */
  async #leave(app: FastifyInstance | null, connections: OpenConnections): Promise<void> {
    if (app === null) return;
    connections.close();
    const timer = setTimeout(() => connections.destroyAll(), graceMs);
    await new Promise<void>((resolve) => {
      app.server.close(() => resolve());
    });
    clearTimeout(timer);
    await app.close();
  }
}

/** In the words of the socket that bots use; this one has no setting of its own. */
function controlDetail(detail: string): string {
  return `the control socket: ${detail}`;
}
