import type { StoredRun } from "@kissbot/store";
import type { Health } from "../health.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { timeParameter, valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";
import { listSchema, objectSchema, orNull, textSchema, timeSchema } from "../schema.js";
import type { StoreReader } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";

interface Parts {
  readonly store: Pick<StoreReader, "ask">;
  readonly health: () => Pick<Health, "startedAtMs">;
  readonly means: ListMeans;
  readonly nowMs: () => number;
}

const parameters = {
  from: timeParameter("Only runs that were still going on at this time; the newest 1000 if not given."),
};

const schema = objectSchema({
  runs: listSchema(
    objectSchema({
      started_at: timeSchema,
      ended_at: {
        ...orNull(timeSchema),
        description: "Null for the run that answers. One that was lost ended at most a minute later.",
      },
      end: {
        ...orNull({ ...textSchema, enum: ["stopped", "lost"] }),
        description: "lost: killed, or without power.",
      },
    }),
  ),
});

/** When this monitor ran, the newest first. In between, nobody watched the fleet. */
export function runsRoute({ store, health, means, nowMs }: Parts): Route {
  return {
    path: "/api/v1/runs",
    id: "listRuns",
    summary: "When the monitor ran, the newest first: in between nobody watched",
    parameters,
    contentType: jsonType,
    schema,
    errors: ["store_not_open", "busy", "store_unavailable", "store_timeout"],
    answer: async ({ query }) => {
      const { from } = valuesOf(query, parameters, nowMs());
      const runs = await store.ask((reads) => reads.runs(from === undefined ? {} : { fromMs: from }));
      const { startedAtMs } = health();
      const encode = (run: StoredRun) => JSON.stringify(recordOf(run, run.startedMs === startedAtMs));
      return listAnswer({ head: '{"runs":[', items: runs, encode, tail: "]}" }, means);
    },
  };
}

function recordOf({ startedMs, seenMs, stoppedMs }: StoredRun, isOwn: boolean) {
  const startedAt = timestampFromMs(startedMs);
  if (isOwn) return { started_at: startedAt, ended_at: null, end: null };
  const end = stoppedMs === null ? "lost" : "stopped";
  return { started_at: startedAt, ended_at: timestampFromMs(stoppedMs ?? seenMs), end };
}
