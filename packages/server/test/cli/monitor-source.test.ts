import { expect, test } from "vitest";
import type { ApiClient } from "../../src/cli/api-client.js";
import { MonitorSource } from "../../src/cli/monitor-source.js";

/** A monitor whose answers have this scope; undefined for one without a fleet database. */
function sourceOf(scope: string | undefined) {
  const asked: string[] = [];
  const client = {
    url: "http://127.0.0.1:7788",
    json: async (path: string) => {
      asked.push(path);
      return { events: [], ...(scope === undefined ? {} : { scope }) };
    },
  } as unknown as ApiClient;
  return { source: new MonitorSource(client), asked };
}

test.each([
  ["local", "&scope=local"],
  ["fleet", "&scope=fleet"],
  [undefined, ""],
])("events of scope %s are asked on by the ids of that scope", async (scope, added) => {
  const { source, asked } = sourceOf(scope);
  await source.events({ limit: 1 });
  await source.events({ limit: 5, afterId: 7 });
  await source.events({ limit: 5, beforeId: 7 });
  expect(asked).toEqual([
    "/api/v1/events?limit=1",
    `/api/v1/events?limit=5&after_id=7${added}`,
    `/api/v1/events?limit=5&before_id=7${added}`,
  ]);
});
