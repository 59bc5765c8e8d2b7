import type { StoredRun } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import type { Health } from "../health.js";
import { listAnswer } from "../list-body.js";
import { timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema, orNull, textSchema, timeSchema } from "../schema.js";
import { type StoredLists, storeErrors } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";

interface Parts extends StoredLists {
  readonly health: () => Pick<Health, "startedAtMs">;
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

/** When this monitor ran, newest first. In between, nothing watched the fleet. */
export function runsRoute({ store, health, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/runs",
    id: "listRuns",
    summary: "When the monitor ran, the newest first: in between nobody watched",
    parameters,
    schema,
    errors: storeErrors,
    answer: async ({ query: { from } }) => {
      const runs = await store.ask((reads) => reads.runs(definedOf({ fromMs: from })));
      const { startedAtMs } = health();
      const encode = (run: StoredRun) => JSON.stringify(recordOf(run, run.startedMs === startedAtMs));
      return listAnswer({ head: '{"runs":[', items: runs, encode, tail: "]}" }, means);
    },
  });
}

function recordOf({ startedMs, seenMs, stoppedMs }: StoredRun, isOwn: boolean) {
  const startedAt = timestampFromMs(startedMs);
  if (isOwn) return { started_at: startedAt, ended_at: null, end: null };
  const end = stoppedMs === null ? "lost" : "stopped";
  return { started_at: startedAt, ended_at: timestampFromMs(stoppedMs ?? seenMs), end };
}
