import { PiecePool } from "../byte-pieces.js";
import type { Clock } from "../clock.js";
import type { PriceBook } from "../cost/price-book.js";
import type { WhyUnpriced } from "../cost/unpriced-models.js";
import { definedOf } from "../defined-members.js";
import type { Viewer } from "../live/viewer.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { Turns } from "../turns.js";
import type { AlertsView } from "./alerts-view.js";
import type { Feed } from "./event-stream.js";
import type { FleetJson } from "./fleet-json.js";
import type { Health } from "./health.js";
import { localRoute } from "./local-route.js";
import { openapiOf } from "./openapi.js";
import type { Route } from "./route.js";
import { acknowledgeRoute } from "./routes/acknowledge-route.js";
import { alertsRoutes } from "./routes/alerts-routes.js";
import { botMetricsRoute } from "./routes/bot-metrics-route.js";
import { botRoute } from "./routes/bot-route.js";
import { botsRoute } from "./routes/bots-route.js";
import { type BudgetsView, budgetsRoute } from "./routes/budgets-route.js";
import { eventsRoute } from "./routes/events-route.js";
import { fleetMetricsRoute } from "./routes/fleet-metrics-route.js";
import { type Forgets, forgetRoutes } from "./routes/forget-routes.js";
import { healthRoute } from "./routes/health-route.js";
import { hostsRoute } from "./routes/hosts-route.js";
import { llmUsageRoute } from "./routes/llm-usage-route.js";
import { metricNamesRoute } from "./routes/metric-names-route.js";
import { type MetricsText, metricsRoute } from "./routes/metrics-route.js";
import { openapiRoute } from "./routes/openapi-route.js";
import { pricesRoute } from "./routes/prices-route.js";
import { type PrincipalsView, principalsRoute } from "./routes/principals-route.js";
import { type Reloads, reloadRoute } from "./routes/reload-route.js";
import { type Reprices, repriceRoute } from "./routes/reprice-route.js";
import { runsRoute } from "./routes/runs-route.js";
import { type SessionDoor, sessionRoutes } from "./routes/session-route.js";
import { type Desk, silenceRoutes } from "./routes/silence-routes.js";
import { streamRoute } from "./routes/stream-route.js";
import { summaryRoute } from "./routes/summary-route.js";
import { type HostsSource, placeMembers, placeOf, type Scope } from "./scope.js";
import { ScopedStore } from "./scoped-store.js";
import { SortedFleet } from "./sorted-fleet.js";
import { StoreReader, type StoreReads } from "./store-reads.js";

/** What the routes read, and what they change. */
export interface Sources {
  readonly fleet: FleetView;
  /** Null while no store is open. */
  readonly reads: () => StoreReads | null;
  /** Null, or absent, where no fleet database is set. */
  readonly hosts?: HostsSource | null;
  /** What is answered where a question does not say: of all hosts, if not given. */
  readonly defaultScope?: Scope;
  readonly health: () => Health;
  readonly metrics: MetricsText;
  readonly alerts: AlertsView;
  readonly budgets: BudgetsView;
  readonly principals: PrincipalsView;
  readonly feed: Feed;
  readonly summary: { text(): Promise<string> };
  readonly json: Pick<FleetJson, "bot" | "transition">;
  readonly forgets: Forgets;
  /** Null before they are read. */
  readonly prices?: { readonly book: PriceBook | null };
  /** Why calls of a model have no price. */
  readonly whyUnpriced?: (model: string) => WhyUnpriced;
  readonly desk: Desk;
  readonly reloads: Reloads;
  readonly reprices: Reprices;
  readonly turns: Turns;
  readonly clock: Clock;
  /** Has samples stored that wait for company; resolves when they are, or after a moment. */
  readonly samplesStored?: () => Promise<unknown>;
  /** 10 000 */
  readonly readTimeoutMs?: number;
  /** 100 */
  readonly maxStreams?: number;
}

/** 1 MiB: a piece or two for each list that is on its way. */
const keptPieces = 16;

/** Every route. `streams` holds the open streams. */
export function routesOf(sources: Sources, streams: Set<Viewer>, door: SessionDoor): readonly Route[] {
  const {
    fleet,
    reads,
    hosts = null,
    defaultScope = "fleet",
    health,
    metrics,
    alerts,
    budgets,
    principals,
    feed,
    summary,
    json,
    forgets,
    whyUnpriced = () => ({ provider: null, reason: null, why: null, settle: null }),
    desk,
    reloads,
    reprices,
    prices,
    turns,
    clock,
    samplesStored = async () => undefined,
    readTimeoutMs,
    maxStreams = 100,
  } = sources;
  const store = new StoreReader({ reads, ...definedOf({ timeoutMs: readTimeoutMs }) });
  const scoped = new ScopedStore({
    store,
    hosts,
    defaultScope,
    nowMs: () => clock.wallMs(),
    ...definedOf({ timeoutMs: readTimeoutMs }),
  });
  const sorted = new SortedFleet(fleet, turns);
  const means = { turns, pieces: new PiecePool(keptPieces) };
  // What this monitor alone knows is told the same way with a fleet database and without.
  const localMeans =
    hosts === null ? means : { ...means, members: () => placeMembers(placeOf(hosts, "local")) };
  const here = (route: Route) => localRoute(route, hosts);
  const routes: readonly Route[] = [
    healthRoute({ health }),
    metricsRoute({ metrics }),
    summaryRoute({ summary }),
    hostsRoute({ hosts, fleet }),
    botsRoute({ sorted, json, means, hosts, defaultScope }),
    botRoute({ fleet, json, hosts, defaultScope }),
    botMetricsRoute({ fleet, scoped, means, samplesStored }),
    here(metricNamesRoute({ fleet, store, means: localMeans })),
    fleetMetricsRoute({ scoped, means, samplesStored }),
    llmUsageRoute({ scoped, means, whyUnpriced }),
    here(budgetsRoute({ budgets, alerts })),
    here(principalsRoute({ principals })),
    eventsRoute({ scoped, hosts, json, means }),
    here(pricesRoute({ book: () => prices?.book ?? null })),
    here(runsRoute({ store, health, means: localMeans })),
    ...alertsRoutes({ alerts, store, means: localMeans }).map(here),
    streamRoute({ feed, streams, maxStreams }),
    ...forgetRoutes({ forgets }),
    ...silenceRoutes({ desk }),
    acknowledgeRoute({ desk }),
    reloadRoute({ reloads }),
    repriceRoute({ reprices }),
    ...sessionRoutes({ door }),
    openapiRoute({ document: () => document }),
  ];
  const document = openapiOf(routes);
  return routes;
}
