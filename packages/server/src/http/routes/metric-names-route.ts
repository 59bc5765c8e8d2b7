import type { MetricName } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import type { FleetView } from "../../registry/fleet-view.js";
import { listAnswer } from "../list-body.js";
import { timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { countSchema, listSchema, objectSchema, textSchema, timeSchema } from "../schema.js";
import { type StoredLists, storeErrors } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";
import { channelParameter, noSuchBot } from "./bot-route.js";

interface Parts extends StoredLists {
  readonly fleet: Pick<FleetView, "get">;
}

/** A bot may make up names without end. */
const mostNames = 256;

const parameters = {
  from: timeParameter("Only metrics that were logged at or after this time; all that are kept if not given."),
};

const schema = objectSchema({
  metrics: listSchema(
    objectSchema({
      metric_name: textSchema,
      samples: countSchema,
      last_ts: timeSchema,
      last_value: { type: "number" },
    }),
  ),
  truncated: { type: "boolean", description: `Whether there are more than ${mostNames}.` },
});

/** Which metrics of its own a bot logs, by name. */
export function metricNamesRoute({ fleet, store, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/bots/{channel}/metric-names",
    id: "listMetricNames",
    summary: "The metrics that one bot logs itself",
    pathParameters: channelParameter,
    parameters,
    schema,
    errors: ["not_found", ...storeErrors],
    answer: async ({ path, query }) => {
      const channel = path["channel"] ?? "";
      const { from } = query;
      const { metrics, truncated } = await store.ask((reads) =>
        reads.metricNames({ channel, limit: mostNames, ...definedOf({ fromMs: from }) }),
      );
      if (metrics.length === 0 && fleet.get(channel) === undefined) throw noSuchBot();
      const encode = ({ metricName, samples, lastTsMs, lastValue }: MetricName) =>
        JSON.stringify({
          metric_name: metricName,
          samples,
          last_ts: timestampFromMs(lastTsMs),
          last_value: lastValue,
        });
      return listAnswer(
        { head: '{"metrics":[', items: metrics, encode, tail: `],"truncated":${truncated}}` },
        means,
      );
    },
  });
}
