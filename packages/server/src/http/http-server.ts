import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerHeaders } from "../dashboard/security-headers.js";
import type { Logger } from "../logger.js";
import { acceptsGzip, prefersHtml } from "./accepted.js";
import { Access } from "./access.js";
import { ApiError, bodyOf, errorsForPeople } from "./api-error.js";
import { begun, writeChunks } from "./chunk-writer.js";
import { answerClientError } from "./client-error.js";
import type { Viewer } from "./event-stream.js";
import { gzipOf, leastGzipBytes, newGzip } from "./gzip.js";
import { type HostAndPort, httpErrorOf, listenAddressOf, urlHostOf } from "./listen-address.js";
import { OpenConnections } from "./open-connections.js";
import { addPageRoutes, type Page } from "./page-route.js";
import { type Answer, jsonType, type Route } from "./route.js";
import { routesOf, type Sources } from "./routes.js";

export interface HttpServerOptions extends Sources {
  readonly address: HostAndPort;
  /** What requests must bring as a bearer token; null: nothing. */
  readonly token: string | null;
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
    const { address, token, allowedHosts } = options;
    this.#options = options;
    this.#port = address.port;
    this.#access = new Access({ host: address.host, token, allowedHosts });
    this.#routes = routesOf(options, this.#streams);
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
    addPageRoutes(app, this.#options.page);
    for (const route of this.#routes) {
      app.get(
        route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
        { config: { open: route.open === true } },
        async (request, reply) => {
          const path = request.params as Readonly<Record<string, string>>;
          const knowsToken = this.#access.knowsToken(request.raw);
          const answer = await route.answer({ path, query: request.query, knowsToken });
          if (route.headers !== undefined) reply.headers(route.headers);
          return this.#send(answer, route.contentType, request, reply);
        },
      );
    }
    return app;
  }

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(headers);
    const { method, raw } = request;
    // No route reads a body; one that was announced ends the connection rather than being waited for.
    const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
    if (length !== "0" || encoding !== undefined) reply.header("connection", "close");
    const { open, isStatic } = request.routeOptions.config;
    this.#access.assertHost(raw);
    if (isStatic !== true) this.#access.assertOrigin(raw);
    if (open !== true && !this.#access.knowsToken(raw)) {
      throw new ApiError("unauthorized", "expected the token of --http-token: `Authorization: Bearer TOKEN`");
    }
    if (method !== "GET" && method !== "HEAD") {
      throw new ApiError("method_not_allowed", "only GET and HEAD are answered: nothing is changed here");
    }
  }

  async #send(
    answer: Answer,
    contentType: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    reply.type(contentType).header("vary", "Accept-Encoding");
    const takesGzip = acceptsGzip(request.headers["accept-encoding"]);
    if (answer.kind === "json" || answer.kind === "text") {
      const bytes = Buffer.from(answer.kind === "json" ? JSON.stringify(answer.value) : answer.text);
      if (!takesGzip || bytes.length < leastGzipBytes) return reply.send(bytes);
      return reply.header("content-encoding", "gzip").send(await gzipOf(bytes));
    }
    if (answer.kind === "stream") {
      if (takesGzip) reply.header("content-encoding", "gzip");
      const response = hijacked(reply);
      if (request.method === "HEAD") {
        response.end();
      } else {
        response.flushHeaders();
        answer.open(response, takesGzip);
      }
      return reply;
    }
    await this.#sendChunks(answer, takesGzip, request, reply);
    return reply;
  }

  /** Of a long answer that HEAD asks for, the length is not known without making it. */
  async #sendChunks(
    answer: Answer & { readonly kind: "chunks" },
    takesGzip: boolean,
    { method }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (method === "HEAD") {
      await writeChunks(hijacked(reply), { ...answer, chunks: [] });
      return;
    }
    const { first, chunks } = await begun(answer.chunks).catch((error: unknown) => {
      answer.closed?.();
      throw error;
    });
    const isGzip = takesGzip && (first?.length ?? 0) >= leastGzipBytes;
    if (isGzip) reply.header("content-encoding", "gzip");
    writeChunks(hijacked(reply), { ...answer, chunks }, isGzip ? newGzip() : null).catch((error) => {
      this.#options.logger.error({ err: error }, "an HTTP answer broke off");
    });
  }

  #fail(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply {
    const error = cause instanceof ApiError ? cause : apiErrorOf(cause);
    if (error.code === "internal") this.#options.logger.error({ err: cause }, "an HTTP request failed");
    if (error.code === "unauthorized") reply.header("www-authenticate", 'Bearer realm="kissbot-monitor"');
    if (error.code === "method_not_allowed") reply.header("allow", "GET, HEAD");
    if (error.code === "busy") reply.header("retry-after", "1");
    reply.headers(headers).code(error.status);
    const isForPeople = errorsForPeople.includes(error.code) || request.routeOptions.config.isStatic === true;
    if (isForPeople && prefersHtml(request.headers.accept)) {
      return reply.type(plainTextType).send(`${error.message}\n`);
    }
    return reply.type(jsonType).send(bodyOf(error));
  }
}

/** What is written by others than Fastify. */
function hijacked(reply: FastifyReply): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  return reply.raw;
}

/** Fastify's own errors are the caller's where their status says so; anything else is a fault of this program. */
function apiErrorOf(error: unknown): ApiError {
  const { statusCode = 500, message = "" } = error as { statusCode?: number; message?: string };
  if (statusCode < 500) return new ApiError("bad_request", message, { cause: error });
  return new ApiError("internal", "the monitor failed to answer; its log says why", { cause: error });
}
