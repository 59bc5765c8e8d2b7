import { expect, test } from "vitest";
import { Served } from "./served.js";

test("the document has every route, and no other", async () => {
  await using served = await Served.start();
  const { body } = await served.ask("/api/v1/openapi.json");
  expect(body).toMatchObject({ openapi: "3.1.0", paths: served.contract.document.paths });
  expect(Object.keys(served.contract.document.paths)).toEqual([
    "/healthz",
    "/metrics",
    "/api/v1/summary",
    "/api/v1/hosts",
    "/api/v1/bots",
    "/api/v1/bots/{channel}",
    "/api/v1/bots/{channel}/metrics",
    "/api/v1/bots/{channel}/metric-names",
    "/api/v1/metrics",
    "/api/v1/llm-usage",
    "/api/v1/budgets",
    "/api/v1/principals",
    "/api/v1/events",
    "/api/v1/prices",
    "/api/v1/runs",
    "/api/v1/alerts",
    "/api/v1/alerts/explain",
    "/api/v1/alerts/{alert_id}",
    "/api/v1/receivers",
    "/api/v1/silences",
    "/api/v1/notices",
    "/api/v1/stream",
    "/api/v1/bots/{channel}/forget",
    "/api/v1/forget",
    "/api/v1/silences/{silence_id}/extend",
    "/api/v1/silences/{silence_id}/end",
    "/api/v1/alerts/{alert_id}/ack",
    "/api/v1/reload",
    "/api/v1/llm-usage/reprice",
    "/api/v1/session",
    "/api/v1/openapi.json",
  ]);
  // Each is served: what is not would be answered by 404 without the code of a bot that is missing.
  for (const [path, { get }] of Object.entries(served.contract.document.paths)) {
    if (get === undefined) continue;
    const query = path.endsWith("/explain") ? "?channel=a" : "";
    const { status } = await served.ask(`${path.replace(/\{\w+\}/, "a")}${query}`, { method: "HEAD" });
    expect([200, 404, 503], path).toContain(status);
    if (status === 404) expect(path).toBe("/api/v1/bots/{channel}");
  }
  expect((await served.ask("/api/v1")).status).toBe(404);
});

test("each operation has an id of its own, and each parameter a description and a schema", async () => {
  await using served = await Served.start();
  const operations = Object.entries(served.contract.document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => [path, operation] as const),
  );
  const ids = operations.map(
    ([, operation]) => (operation as unknown as { operationId: string }).operationId,
  );
  expect(new Set(ids).size).toBe(operations.length);
  for (const [path, { parameters }] of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((one) => one.in === "path").map(({ name }) => name)).toEqual(inPath);
    for (const parameter of parameters) {
      expect(parameter, path).toMatchObject({
        description: expect.stringMatching(/./),
        schema: expect.anything(),
      });
    }
  }
});

test("a reply that the document does not name is noticed", async () => {
  await using served = await Served.start();
  served.fleet.add("a");
  const { headers, text, body } = await served.ask("/api/v1/bots");
  const hold = (status: number, changed: string) => () =>
    served.contract.hold("/api/v1/bots", { status, headers, text: changed, body });
  expect(hold(200, text)).not.toThrow();
  expect(hold(201, text)).toThrow();
  expect(hold(200, text.replace('"pid":4242', '"pid":"4242"'))).toThrow();
  expect(hold(200, text.replace('"restarts":0,', ""))).toThrow();
  expect(hold(200, text.replace('"restarts":0', '"restarts":0,"extra":1'))).toThrow();
});
