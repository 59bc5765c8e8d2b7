import type { FleetPoint } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import { within } from "../../within.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { integerParameter, periodOf, timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { amountSchema, countSchema, listSchema, objectSchema, orNull, timeSchema } from "../schema.js";
import { placeMembers, placeProperties, scopeParameters, withOptional } from "../scope.js";
import type { ScopedStore } from "../scoped-store.js";
import { storeErrors } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";
import { resolutionSchema } from "./bot-metrics-route.js";

interface Parts {
  readonly scoped: Pick<ScopedStore, "ask">;
  readonly means: ListMeans;
  readonly samplesStored: () => Promise<unknown>;
}

/** How long the samples that are not stored yet are waited for. */
const readMs = 250;
const dayMs = 86_400_000;

const parameters = {
  from: timeParameter("Start of the period; a day before its end if not given."),
  to: timeParameter("End of the period, not included; now if not given."),
  points: integerParameter(1, 10_000, "At most so many points; 300 if not given."),
  ...scopeParameters,
};

const schema = objectSchema({
  from: timeSchema,
  to: timeSchema,
  bucket_ms: { ...countSchema, description: "The width of a point." },
  resolution: resolutionSchema,
  points: listSchema(
    objectSchema({
      ts: { ...timeSchema, description: "The start of the point." },
      bots: { ...countSchema, description: "How many bots were measured in it." },
      cpu_pct: { ...orNull(amountSchema), description: "The averages of all bots, summed; 100 is one core." },
      rss_mb: { ...orNull(amountSchema), description: "Bytes / 1 048 576, as cpu_pct." },
    }),
  ),
});

/**
 * CPU and memory of all bots over time, a process of several bots once; a point without a sample is
 * a gap: null, never 0.
 */
export function fleetMetricsRoute({ scoped, means, samplesStored }: Parts): Route {
  return routeOf({
    path: "/api/v1/metrics",
    id: "getFleetMetrics",
    summary: "CPU and memory of the fleet over time",
    parameters,
    schema: withOptional(schema, placeProperties),
    errors: ["not_found", ...storeErrors],
    answer: async ({ query, nowMs }) => {
      const { from, to, points, scope, host } = query;
      const period = periodOf({ from, to }, nowMs, dayMs);
      await within(samplesStored(), readMs);
      const { found, place } = await scoped.ask({ scope, host }, (reads) =>
        reads.fleetSeries({ ...period, ...definedOf({ points }) }),
      );
      const fields = {
        from: timestampFromMs(period.fromMs),
        to: timestampFromMs(period.toMs),
        bucket_ms: found.bucketMs,
        resolution: found.resolution,
      };
      const head = `${JSON.stringify(fields).slice(0, -1)},"points":[`;
      const encode = ({ tsMs, bots, cpuPct, rssMb }: FleetPoint) =>
        JSON.stringify({ ts: timestampFromMs(tsMs), bots, cpu_pct: cpuPct, rss_mb: rssMb });
      return listAnswer({ head, items: found.points, encode, tail: `]${placeMembers(place)}}` }, means);
    },
  });
}
