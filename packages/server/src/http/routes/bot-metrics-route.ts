import type { CustomPoint, MetricPoint } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import type { FleetView } from "../../registry/fleet-view.js";
import { within } from "../../within.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { integerParameter, periodOf, textParameter, timeParameter } from "../parameter.js";
import { type Answer, type Route, routeOf } from "../route.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "../schema.js";
import { type Place, placeMembers, placeProperties, scopeParameters, withOptional } from "../scope.js";
import type { ScopedStore } from "../scoped-store.js";
import { storeErrors } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";
import { channelParameter, noSuchBot } from "./bot-route.js";

interface Parts {
  readonly scoped: Pick<ScopedStore, "ask">;
  readonly means: ListMeans;
  readonly fleet: Pick<FleetView, "get">;
  readonly samplesStored: () => Promise<unknown>;
}

/** How long the samples that are not stored yet are waited for. */
const readMs = 250;
const hourMs = 3_600_000;
const valueSchema = { type: "number" };

const parameters = {
  from: timeParameter("Start of the period; an hour before its end if not given."),
  to: timeParameter("End of the period, not included; now if not given."),
  points: integerParameter(1, 10_000, "At most so many points; 300 if not given."),
  custom: textParameter("The name of a metric that the bot logs itself, instead of CPU and memory."),
  ...scopeParameters,
};

export const resolutionSchema = {
  type: "string",
  enum: ["raw", "minute", "hour"],
  description: "What the points are made of.",
};

const gridProperties = {
  channel: textSchema,
  from: timeSchema,
  to: timeSchema,
  bucket_ms: { ...countSchema, description: "The width of a point." },
};

const schema = {
  oneOf: [
    objectSchema({
      ...gridProperties,
      resolution: resolutionSchema,
      points: listSchema(
        objectSchema({
          ts: { ...timeSchema, description: "The start of the point." },
          samples: countSchema,
          rss_mb_avg: orNull(amountSchema),
          rss_mb_min: orNull(amountSchema),
          rss_mb_max: orNull(amountSchema),
          cpu_pct_avg: orNull(amountSchema),
          cpu_pct_min: orNull(amountSchema),
          cpu_pct_max: orNull(amountSchema),
        }),
      ),
    }),
    objectSchema({
      ...gridProperties,
      metric_name: textSchema,
      points: listSchema(
        objectSchema({
          ts: { ...timeSchema, description: "The start of the point." },
          samples: countSchema,
          avg: orNull(valueSchema),
          min: orNull(valueSchema),
          max: orNull(valueSchema),
        }),
      ),
    }),
  ].map((one) => withOptional(one, placeProperties)),
};

/** A series over time, a point for every bucket; one without a sample is a gap: null, never 0. */
export function botMetricsRoute({ fleet, scoped, means, samplesStored }: Parts): Route {
  return routeOf({
    path: "/api/v1/bots/{channel}/metrics",
    id: "getBotMetrics",
    summary: "CPU and memory of one bot over time, or a metric of its own",
    pathParameters: channelParameter,
    parameters,
    schema,
    errors: ["not_found", ...storeErrors],
    answer: async ({ path, query, nowMs }) => {
      const channel = path["channel"] ?? "";
      const { from, to, points, custom, scope, host } = query;
      const period = periodOf({ from, to }, nowMs, hourMs);
      const cut = { ...period, ...definedOf({ points }) };
      const head = { channel, from: timestampFromMs(period.fromMs), to: timestampFromMs(period.toMs) };
      // Rows of a bot that never registered, or was forgotten, are shown all the same.
      const assertKnown = (some: readonly { readonly samples: number }[]): void => {
        if (fleet.get(channel) === undefined && some.every(({ samples }) => samples === 0)) throw noSuchBot();
      };
      if (custom !== undefined) {
        const { found, place } = await scoped.ask({ scope, host }, (reads) =>
          reads.customSeries({ ...cut, channel, metricName: custom }),
        );
        assertKnown(found.points);
        const fields = { ...head, bucket_ms: found.bucketMs, metric_name: custom };
        return pointsAnswer({ fields, place }, found.points, customRecord, means);
      }
      await within(samplesStored(), readMs);
      const { found, place } = await scoped.ask({ scope, host }, (reads) =>
        reads.metricSeries({ ...cut, channels: [channel] }),
      );
      const own = found.series[0]?.points ?? [];
      assertKnown(own);
      const fields = { ...head, bucket_ms: found.bucketMs, resolution: found.resolution };
      return pointsAnswer({ fields, place }, own, metricRecord, means);
    },
  });
}

function pointsAnswer<T>(
  { fields, place }: { readonly fields: object; readonly place: Place | null },
  points: readonly T[],
  record: (point: T) => object,
  means: ListMeans,
): Answer {
  const head = `${JSON.stringify(fields).slice(0, -1)},"points":[`;
  const encode = (point: T) => JSON.stringify(record(point));
  return listAnswer({ head, items: points, encode, tail: `]${placeMembers(place)}}` }, means);
}

function metricRecord(point: MetricPoint) {
  return {
    ts: timestampFromMs(point.tsMs),
    samples: point.samples,
    rss_mb_avg: point.rssMbAvg,
    rss_mb_min: point.rssMbMin,
    rss_mb_max: point.rssMbMax,
    cpu_pct_avg: point.cpuPctAvg,
    cpu_pct_min: point.cpuPctMin,
    cpu_pct_max: point.cpuPctMax,
  };
}

function customRecord({ tsMs, samples, avg, min, max }: CustomPoint) {
  return { ts: timestampFromMs(tsMs), samples, avg, min, max };
}
