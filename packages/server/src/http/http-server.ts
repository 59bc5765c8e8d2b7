import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerHeaders } from "../dashboard/security-headers.js";
import type { Logger } from "../logger.js";
import { prefersHtml } from "./accepted.js";
import { Access } from "./access.js";
import { sendAnswer } from "./answer.js";
import { ApiError, bodyOf, errorsForPeople } from "./api-error.js";
import { answerClientError } from "./client-error.js";
import type { Viewer } from "./event-stream.js";
import { type HostAndPort, httpErrorOf, listenAddressOf, urlHostOf } from "./listen-address.js";
import { OpenConnections } from "./open-connections.js";
import { addPageRoutes, type Page } from "./page-route.js";
import { jsonType, methodOf, type Route } from "./route.js";
import { routesOf, type Sources } from "./routes.js";

export interface HttpServerOptions extends Sources {
  readonly address: HostAndPort;
  /** What requests must bring as a bearer token; null: nothing. */
  readonly token: string | null;
  /** What requests must bring that change something; null: nothing is changed over HTTP. */
  readonly writeToken: string | null;
  /** Names under which it may be asked, beside loopback's and the host of `address`. */
  readonly allowedHosts: readonly string[];
  readonly page: Page;
  readonly logger: Logger;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without the token too. */
    open?: boolean;
    /** A file of the page: it holds no data, and the Origin is not looked at. */
    isStatic?: boolean;
    /** Only for pages of this host. */
    forPages?: boolean;
    /** Needs the token for writing. */
    writes?: boolean;
  }
}

/** On every answer but the files of the page: nothing is to be kept. */
const headers = { ...answerHeaders, "cache-control": "no-store" };
const plainTextType = "text/plain; charset=utf-8";

/** What every connection is held to. A caller who sends or reads too slowly is cut off, and nobody else waits for it. */
const limits = {
  maxConnections: 512,
  headerBytes: 16_384,
  requestTimeoutMs: 10_000,
  checkIntervalMs: 1_000,
  keepAliveTimeoutMs: 20_000,
  silenceTimeoutMs: 30_000,
};

/** What a stop waits for answers that are under way. */
const graceMs = 1_000;

/**
 * HTTP: reads the fleet, the store and the counters for whoever may ask, and changes nothing.
 *
 * idle -- start --> listening -- stop --> idle. A start that fails leaves it idle and rejects with an `HttpError`. A stop closes streams and
 * idle connections at once and the others when their answer is complete, after a second in any case.
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
    // Who started it is told of a failure.
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
    const app = this.#build();
    this.#connections = new OpenConnections();
    this.#connections.watch(app.server);
    app.server.maxConnections = limits.maxConnections;
    try {
      await app.listen({ host, port: address.port });
    } catch (error) {
      await app.close();
      throw httpErrorOf(error, address);
    }
    this.#port = (app.server.address() as AddressInfo).port;
    this.#app = app;
  }

  #build(): FastifyInstance {
    const app = fastify({
      logger: false,
      bodyLimit: 1_024,
      // A request line beyond the header limit does not get here, so a channel's name is never too long for the router.
      routerOptions: { maxParamLength: limits.headerBytes },
      http: {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.requestTimeoutMs,
        connectionsCheckingInterval: limits.checkIntervalMs,
        // Missing ones are answered like other errors.
        requireHostHeader: false,
      },
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionTimeout: limits.silenceTimeoutMs,
      clientErrorHandler: answerClientError,
      frameworkErrors: (_error, request, reply) => {
        void this.#fail(
          request,
          reply,
          new ApiError("bad_request", "the path is not validly percent-encoded"),
        );
      },
    });
    app.addHook("onRequest", async (request, reply) => this.#admit(request, reply));
    app.setNotFoundHandler(() => {
      throw new ApiError("not_found", "there is nothing here; /api/v1/openapi.json describes what there is");
    });
    app.setErrorHandler((error, request, reply) => this.#fail(request, reply, error));
    // An expectation that is not known is no reason to refuse; Node's own refusal would lack the headers.
    app.server.on("checkExpectation", (request, response) => app.routing(request, response));
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
      try {
        done(null, JSON.parse(text as string));
      } catch (error) {
        done(new ApiError("bad_request", "the body is not JSON", { cause: error }));
      }
    });
    addPageRoutes(app, this.#options.page);
    for (const route of this.#routes) this.#serve(app, route);
    return app;
  }

  #serve(app: FastifyInstance, route: Route): void {
    const { open = false, forPages = false, writes = false } = route;
    app.route({
      method: methodOf(route),
      url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      config: { open, forPages, writes },
      handler: async (request, reply) => {
        const { raw, query, body } = request;
        const answer = await route.answer({
          path: request.params as Readonly<Record<string, string>>,
          query,
          body,
          origin: raw.headers.origin ?? null,
          knowsToken: this.#access.mayRead(raw),
          mayWrite: this.#access.mayWrite(raw),
        });
        if (route.headers !== undefined) reply.headers(route.headers);
        return sendAnswer(answer, { ...route, request, reply, logger: this.#options.logger });
      },
    });
  }

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(headers);
    const { method, raw } = request;
    const { open, isStatic, forPages, writes } = request.routeOptions.config;
    // A body that no route reads ends the connection rather than being waited for.
    const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
    if (method !== "POST" && (length !== "0" || encoding !== undefined)) reply.header("connection", "close");
    this.#access.assertHost(raw);
    this.#access.assertDirect(raw);
    if (isStatic !== true) this.#access.assertOrigin(raw);
    if (open !== true && !this.#access.mayRead(raw)) {
      throw new ApiError("unauthorized", "expected the token of --http-token: `Authorization: Bearer TOKEN`");
    }
    if (request.is404 && method !== "GET" && method !== "HEAD") {
      const allowed = this.#methodsAt(raw.url ?? "");
      reply.headers({ allow: allowed, connection: "close" });
      throw new ApiError("method_not_allowed", `only ${allowed} are answered here`);
    }
    if (forPages === true) this.#access.assertFromPage(raw);
    if (writes === true) this.#access.assertMayWrite(raw);
  }

  #methodsAt(url: string): string {
    const [path] = url.split("?", 1);
    const others = this.#routes.filter((route) => route.path === path && route.method !== undefined);
    return ["GET", "HEAD", ...others.map(methodOf)].join(", ");
  }

  #fail(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply {
    const error = cause instanceof ApiError ? cause : apiErrorOf(cause);
    // What was not read of it is not waited for.
    if (request.method === "POST") reply.header("connection", "close");
    if (error.code === "internal") this.#options.logger.error({ err: cause }, "an HTTP request failed");
    if (error.code === "unauthorized") reply.header("www-authenticate", 'Bearer realm="kissbot-monitor"');
    if (error.code === "busy" || error.code === "too_many_tries") reply.header("retry-after", "1");
    reply.headers(headers).code(error.status);
    const isForPeople = errorsForPeople.includes(error.code) || request.routeOptions.config.isStatic === true;
    if (isForPeople && prefersHtml(request.headers.accept)) {
      return reply.type(plainTextType).send(`${error.message}\n`);
    }
    return reply.type(jsonType).send(bodyOf(error));
  }
}

/** Fastify's own errors are the caller's where their status says so; anything else is a fault of this program. */
function apiErrorOf(error: unknown): ApiError {
  const { statusCode = 500, message = "" } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new ApiError("bad_request", "the body may have 1 024 bytes", { cause: error });
  if (statusCode === 415) return new ApiError("bad_request", "expected application/json", { cause: error });
  if (statusCode < 500) return new ApiError("bad_request", message, { cause: error });
  return new ApiError("internal", "the monitor failed to answer; its log says why", { cause: error });
}
