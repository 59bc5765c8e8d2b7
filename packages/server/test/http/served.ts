import { RecordingLogger } from "@kissbot/testkit";
import type { Feed } from "../../src/http/event-stream.js";
import { FleetJson } from "../../src/http/fleet-json.js";
import { FleetSummary, type MonitorFacts } from "../../src/http/fleet-summary.js";
import type { Health } from "../../src/http/health.js";
import { HttpServer, type HttpServerOptions } from "../../src/http/http-server.js";
import { routesOf } from "../../src/http/routes.js";
import { EventLoopTurns } from "../../src/turns.js";
import { ask, type Question, type Reply } from "./ask.js";
import { OpenapiContract } from "./openapi-contract.js";
import { plainAlerts } from "./plain-alerts.js";
import { plainBudgets } from "./plain-budgets.js";
import { noonMs, PlainFleet } from "./plain-fleet.js";
import { plainPrincipals } from "./plain-principals.js";

export const health: Health = {
  status: "degraded",
  problems: [{ code: "store_busy", detail: "another process holds the lock", sinceMs: noonMs }],
  name: "bots-1",
  version: "1.0.0",
  pid: 4711,
  startedAtMs: noonMs,
  uptimeS: 90.5,
  socket: "/tmp/kissbot_monitor.sock",
  store: { url: "kissbot_monitor.db", status: "busy", detail: null, pendingRows: 12, committedRows: 34 },
  fleet: null,
  bots: { online: 2, stale: 0, dead: 1, offline: 0 },
  connections: 3,
  queueDepth: 0,
  queue: { rows: 0, maxRows: 100_000, bytes: 0, maxBytes: 67_108_864 },
  lines: { lines: 10, rejected: { invalid_json: 1 }, ignored: 0 },
  messages: {
    received: { heartbeat: 9 },
    processed: { heartbeat: 8 },
    shed: { heartbeat: { coalesced: 1 } },
  },
};

export const facts: MonitorFacts = {
  build: null,
  staleTimeoutMs: 60_000,
  metricsIntervalMs: 15_000,
  lag: { p99Ms: 3.1, maxMs: 12.4 },
  lostRows: 2,
  clientDropped: 4,
  viewers: 1,
};

/**
 * A server on a free port, with everything it reads; disposed of at the end of its block. What it
 * replies to GET is held against its OpenAPI document.
 */
export class Served implements AsyncDisposable {
  readonly fleet = new PlainFleet();
  readonly log = new RecordingLogger();
  readonly server: HttpServer;
  readonly sources: HttpServerOptions;
  readonly contract: OpenapiContract;

  private constructor(options: Partial<HttpServerOptions>) {
    const silent: Feed = { subscribe: () => () => undefined };
    const {
      fleet = this.fleet,
      clock = { wallMs: () => noonMs + 60_000, monotonicMs: () => performance.now() },
    } = options;
    const turns = new EventLoopTurns();
    const sources: HttpServerOptions = {
      address: { host: "127.0.0.1", port: 0 },
      page: { shell: null, asset: () => undefined },
      token: null,
      writeToken: null,
      allowedHosts: [],
      fleet,
      reads: () => null,
      health: () => health,
      metrics: {
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        chunks: async () => [Buffer.from("a 1\n")],
        giveBack: () => {},
      },
      alerts: plainAlerts,
      budgets: plainBudgets(),
      principals: plainPrincipals(),
      feed: silent,
      summary: new FleetSummary({
        fleet,
        health: () => health,
        facts: () => facts,
        hosts: options.hosts ?? null,
        turns,
        clock,
      }),
      json: new FleetJson({ wallMs: () => noonMs + 60_000 }),
      reprices: { refusal: null, repriceStep: async () => null },
      desk: {
        addSilence: () => {
          throw new RangeError("no desk");
        },
        extendSilence: () => null,
        endSilence: () => null,
        acknowledge: () => null,
      },
      reloads: {
        reload: async () => ({
          problems: [],
          notices: [],
          configFile: null,
          applied: [],
          needsRestart: [],
        }),
      },
      forgets: { one: async () => null, ended: async () => ({ channels: [], stored: true }) },
      turns,
      clock,
      logger: this.log,
      ...options,
    };
    this.sources = sources;
    this.server = new HttpServer(sources);
    this.contract = new OpenapiContract(
      routesOf(sources, new Set(), { needsToken: false, newSession: () => null }),
    );
  }

  static async start(options: Partial<HttpServerOptions> = {}): Promise<Served> {
    const served = new Served(options);
    await served.server.start();
    return served;
  }

  get url(): string {
    return this.server.address.url;
  }

  async ask(path: string, question: Question = {}): Promise<Reply> {
    const reply = await ask(this.url, path, question);
    if (question.method === undefined) this.contract.hold(path, reply);
    return reply;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.stop();
  }
}
