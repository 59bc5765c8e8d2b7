import { openStore } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";

const call = { type: "llm_usage", channel: "a", feature: "chat", tokens_in: 1_000_000, tokens_out: 100_000 };
const calls = [
  { ...call, model: "gpt-4o" },
  { ...call, model: "gpt-4o", feature: "title", cost_usd: 40 },
  { ...call, model: "llama3:8b" },
  { ...call, model: "deepseek-r1:7b", provider: "ollama", tokens_in: 5 },
];

test("what bots do not tell is priced, stored with its price, summed and counted; what they tell stays [cost/C5] [cost/C7]", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const bot = await place.connect();
  bot.send(...calls);
  await until("the calls are stored", async () => (await monitor.get("/healthz")).store.committed_rows >= 4);
  const { usage } = await monitor.get("/api/v1/llm-usage?group_by=model,feature&order_by=cost_usd");
  expect(usage).toMatchObject([
    { model: "gpt-4o", feature: "title", cost_usd: 40, cost_told_usd: 40, cost_coverage: 1 },
    { model: "gpt-4o", feature: "chat", cost_usd: 3.5, cost_told_usd: 0, cost_coverage: 1 },
    { model: "deepseek-r1:7b", cost_usd: null, cost_told_usd: null, cost_tokens: 0, cost_coverage: 0 },
    { model: "llama3:8b", cost_usd: null, cost_coverage: 0 },
  ]);
  const [total] = (await monitor.get("/api/v1/llm-usage")).usage;
  expect(total).toMatchObject({ cost_usd: 43.5, cost_told_usd: 40, cost_tokens: 2_200_000 });
  expect(total.cost_coverage).toBeCloseTo(2_200_000 / 3_400_005, 12);
  const metrics = await monitor.metrics();
  const cost = (feature: string, source: string) =>
    metrics.get(
      `kissbot_llm_cost_usd_total{channel="a",model="gpt-4o",feature="${feature}",source="${source}"}`,
    );
  expect([cost("chat", "table"), cost("title", "told"), cost("title", "table")]).toEqual([
    3.5,
    40,
    undefined,
  ]);
  const unpriced = [...metrics].filter(([name]) => name.startsWith("kissbot_llm_unpriced_tokens_total"));
  expect(unpriced).toEqual([
    ['kissbot_llm_unpriced_tokens_total{model="llama3:8b",reason="local"}', 1_100_000],
    ['kissbot_llm_unpriced_tokens_total{model="deepseek-r1:7b",reason="local"}', 100_005],
  ]);
  await monitor.daemon.stop();
  await using store = await openStore(place.database);
  const { rows } = await store.usagePage({ limit: 10 });
  const prices = await store.prices();
  const costs = new Map(
    rows.map(({ model, feature, costUsd, priceId }) => [`${model} ${feature}`, [costUsd, priceId]]),
  );
  expect(prices).toMatchObject([{ source: "table", provider: "openai", model: "gpt-4o" }]);
  expect([...costs].sort()).toEqual([
    ["deepseek-r1:7b chat", [null, null]],
    ["gpt-4o chat", [3.5, prices[0]?.priceId]],
    ["gpt-4o title", [40, null]],
    ["llama3:8b chat", [null, null]],
  ]);
});
