import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "../clock.js";
import { answerHeaders } from "../dashboard/security-headers.js";
import type { Logger } from "../logger.js";
import { prefersHtml } from "./accepted.js";
import type { Admission, Rights } from "./admission.js";
import { sendAnswer } from "./answer.js";
import { ApiError, bodyOf, errorsForPeople } from "./api-error.js";
import { fieldsOf } from "./body-field.js";
import { answerClientError } from "./client-error.js";
import { addPageRoutes, type Page } from "./page-route.js";
import { valuesOf } from "./parameter.js";
import { RequestOrder } from "./request-order.js";
import { bodyBytes, jsonType, methodOf, type Route } from "./route.js";

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
  interface FastifyRequest {
    /** Null if they were not needed: before a refusal, and for files of the page. */
    rights: Rights | null;
  }
}

export interface HttpAppOptions {
  readonly routes: readonly Route[];
  readonly admission: Admission;
  readonly page: Page;
  readonly clock: Pick<Clock, "wallMs" | "monotonicMs">;
  readonly logger: Pick<Logger, "warn" | "error">;
}

/** On every answer but the files of the page: nothing is to be kept. */
const headers = { ...answerHeaders, "cache-control": "no-store" };
const plainTextType = "text/plain; charset=utf-8";

/**
 * The limits of every connection. A caller that sends or reads too slowly is cut off, and delays no
 * other.
 */
const limits = {
  headerBytes: 16_384,
  requestTimeoutMs: 10_000,
  checkIntervalMs: 1_000,
  keepAliveTimeoutMs: 20_000,
  silenceTimeoutMs: 30_000,
};

/**
 * How many answers may be looked up at once. It is above the bound on connections: an answer may
 * outlive a caller that hung up, and those that come and go must not add up.
 */
const mostBeginning = 1_024;

/**
 * The routes and the page, behind one admission. Its `server` does not listen yet: the caller
 * decides where.
 *
 * Fastify finds the route, parses bodies, bounds them, and runs the hook that admits a request and
 * the handlers of errors. Three parts of it stay unused. Its schemas: a wrong parameter is answered
 * with its name, what was expected and what was meant, in the error body of all routes, and one
 * table of parameters gives that check and the OpenAPI document (`parameter.ts`, `openapi.ts`). Its
 * serializer: lists are written piece by piece from JSON that is kept for each bot. Its logger:
 * requests are not logged.
 */
export class HttpApp {
  readonly fastify: FastifyInstance;
  readonly #options: HttpAppOptions;
  /** Answers of which no piece is made yet. */
  #beginning = 0;

  constructor(options: HttpAppOptions) {
    this.#options = options;
    this.fastify = this.#build();
  }

  #build(): FastifyInstance {
    const { routes, page } = this.#options;
    const order = new RequestOrder(this.#options);
    const app = fastify({
      logger: false,
      bodyLimit: bodyBytes,
      // A request line beyond the header limit does not get here, so a channel's name is never too
      // long for the router.
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
        const error = new ApiError("bad_request", "the path is not validly percent-encoded");
        // No hook runs for it.
        void order.isNext(request.raw, reply.raw).then((isNext) => {
          if (isNext) void this.#fail(request, reply, error);
          else reply.hijack();
        });
      },
    });
    app.decorateRequest("rights", null);
    app.addHook("onRequest", async (request, reply) => {
      if (await order.isNext(request.raw, reply.raw)) this.#admit(request, reply);
      else reply.hijack();
    });
    app.setNotFoundHandler(() => {
      throw new ApiError("not_found", "there is nothing here; /api/v1/openapi.json describes what there is");
    });
    app.setErrorHandler((error, request, reply) => this.#fail(request, reply, error));
    // An expectation that is not known is no reason to refuse; Node's own refusal would lack the
    // headers.
    app.server.on("checkExpectation", (request, response) => {
      // Listeners for requests must see this one, too.
      app.server.emit("request", request, response);
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
      try {
        done(null, JSON.parse(text as string));
      } catch (error) {
        done(new ApiError("bad_request", "the body is not JSON", { cause: error }));
      }
    });
    addPageRoutes(app, page);
    for (const route of routes) this.#serve(app, route);
    return app;
  }

  #serve(app: FastifyInstance, route: Route): void {
    const { clock, logger } = this.#options;
    const { open = false, forPages = false, writes = false } = route;
    const { parameters = {}, fields, contentType = jsonType } = route;
    app.route({
      method: methodOf(route),
      url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      bodyLimit: route.bodyBytes ?? bodyBytes,
      config: { open, forPages, writes },
      handler: async (request, reply) => {
        const { raw, body } = request;
        const nowMs = clock.wallMs();
        if (!open && this.#beginning >= mostBeginning)
          throw new ApiError("busy", "too many answers are looked up already");
        this.#beginning++;
        try {
          const answer = await route.answer({
            path: request.params as Readonly<Record<string, string>>,
            query: valuesOf(request.query, parameters, nowMs),
            fields: fields === undefined ? {} : fieldsOf(body, fields),
            body,
            nowMs,
            origin: raw.headers.origin ?? null,
            isAuthorized: request.rights?.mayRead === true,
            mayWrite: request.rights?.mayWrite === true,
          });
          if (answer.kind === "stream") answer.assertPlace();
          if (route.headers !== undefined) reply.headers(route.headers);
          return await sendAnswer(answer, { contentType, request, reply, logger });
        } finally {
          this.#beginning--;
        }
      },
    });
  }

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(headers);
    const { admission } = this.#options;
    const { method, raw } = request;
    const { open, isStatic, forPages, writes } = request.routeOptions.config;
    // A body that no route reads ends the connection rather than being waited for.
    const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
    if (method !== "POST" && (length !== "0" || encoding !== undefined)) reply.header("connection", "close");
    admission.assertPlace(raw);
    if (isStatic !== true) admission.assertOrigin(raw);
    const rights = isStatic === true && open === true ? null : admission.rightsOf(raw);
    request.rights = rights;
    if (open !== true && rights?.mayRead !== true) {
      throw new ApiError("unauthorized", "expected the token of --http-token: `Authorization: Bearer TOKEN`");
    }
    if (request.is404) this.#assertMethod(request, reply);
    if (forPages === true) admission.assertFromPage(raw);
    if (writes === true && rights !== null) admission.assertMayWrite(raw, rights);
  }

  /**
   * Throws where the path is there, and not for this method. What is not there is read by nothing
   * but GET.
   */
  #assertMethod({ method, raw }: FastifyRequest, reply: FastifyReply): void {
    const [path = ""] = (raw.url ?? "").split("?", 1);
    const methods = this.#options.routes.filter((route) => isAt(route, path)).map(methodOf);
    const allowed = methods.flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : [one]));
    if (allowed.length === 0) allowed.push("GET", "HEAD");
    if (methods.length === 0 && allowed.includes(method)) return;
    reply.headers({ allow: allowed.join(", "), connection: "close" });
    throw new ApiError("method_not_allowed", `only ${allowed.join(", ")} are answered here`);
  }

  #fail(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply {
    const error =
      cause instanceof ApiError ? cause : apiErrorOf(cause, request.routeOptions.bodyLimit ?? bodyBytes);
    // What was not read of it is not waited for.
    if (request.method === "POST") reply.header("connection", "close");
    const { logger } = this.#options;
    if (error.code === "internal") logger.error({ err: cause }, "an HTTP request failed");
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

function isAt(route: Route, path: string): boolean {
  return new RegExp(`^${route.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
}

/** `16 384` */
function bytesText(bytes: number): string {
  return `${bytes}`.replace(/\B(?=(?:\d{3})+$)/g, " ");
}

/**
 * Fastify's own errors are the caller's where their status says so; anything else is a fault of
 * this program.
 */
function apiErrorOf(error: unknown, mostBytes: number): ApiError {
  const { statusCode = 500, message = "" } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new ApiError("bad_request", `the body may have ${bytesText(mostBytes)} bytes`, { cause: error });
  if (statusCode === 415) return new ApiError("bad_request", "expected application/json", { cause: error });
  if (statusCode < 500) return new ApiError("bad_request", message, { cause: error });
  return new ApiError("internal", "the monitor failed to answer; its log says why", { cause: error });
}
