import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Viewer } from "../live/viewer.js";
import type { Logger } from "../logger.js";
import { Access } from "./access.js";
import { HttpApp } from "./http-app.js";
import { type HostAndPort, httpErrorOf, listenAddressOf, urlHostOf } from "./listen-address.js";
import { OpenConnections } from "./open-connections.js";
import type { Page } from "./page-route.js";
import type { Route } from "./route.js";
import { routesOf, type Sources } from "./routes.js";

export interface HttpServerOptions extends Sources {
  readonly address: HostAndPort;
  /** What requests must bring as a bearer token; null: nothing. */
  readonly token: string | null;
  /** What requests must bring that change something; null: nothing is changed over HTTP. */
  readonly writeToken: string | null;
  /** Host names to accept in addition to loopback's and the host of `address`. */
  readonly allowedHosts: readonly string[];
  readonly page: Page;
  readonly logger: Logger;
}

/** The most connections; more are closed at once. */
const maxConnections = 512;

/** What a stop waits for answers that are under way. */
const graceMs = 1_000;

/**
 * HTTP over TCP: reads the fleet, the store and the counters for every caller that may read, and
 * changes something for those that may write.
 *
 * idle -- start --> listening -- stop --> idle. A start that fails leaves it idle and rejects with
 * an `HttpError`. A stop closes streams and idle connections at once and the others when their
 * answer is complete, after a second in any case.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #access: Access;
  readonly #streams = new Set<Viewer>();
  readonly #routes: readonly Route[];
  #app: FastifyInstance | null = null;
  #connections = new OpenConnections();
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #port: number;

  constructor(options: HttpServerOptions) {
    const { address, clock } = options;
    this.#options = options;
    this.#port = address.port;
    this.#access = new Access({ ...options, host: address.host, nowMs: () => clock.wallMs() });
    this.#routes = routesOf(options, this.#streams, this.#access);
  }

  /** Where it can be asked; the port is the real one once it has started. */
  get address(): HostAndPort & { readonly url: string } {
    const { host } = this.#options.address;
    return { host, port: this.#port, url: `http://${urlHostOf(host)}:${this.#port}` };
  }

  start(): Promise<void> {
    this.#starting ??= this.#listen().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#close().finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  async #close(): Promise<void> {
    // The caller of `start` gets its failure.
    await this.#starting?.catch(() => undefined);
    const app = this.#app;
    this.#app = null;
    this.#starting = null;
    if (app === null) return;
    const connections = this.#connections;
    for (const stream of this.#streams) stream.close();
    connections.close();
    const timer = setTimeout(() => connections.destroyAll(), graceMs);
    await app.close();
    clearTimeout(timer);
  }

  async #listen(): Promise<void> {
    const { address, token } = this.#options;
    const host = await listenAddressOf(address, token);
    const { page, clock, logger } = this.#options;
    const app = new HttpApp({ routes: this.#routes, admission: this.#access, page, clock, logger }).fastify;
    this.#connections = new OpenConnections();
    this.#connections.watch(app.server);
    app.server.maxConnections = maxConnections;
    try {
      await app.listen({ host, port: address.port });
    } catch (error) {
      await app.close();
      throw httpErrorOf(error, address);
    }
    this.#port = (app.server.address() as AddressInfo).port;
    this.#app = app;
  }
}
