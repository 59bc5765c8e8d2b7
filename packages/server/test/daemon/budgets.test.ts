import { openStore } from "@kissbot/store";
import { lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { budgetOf } from "../cost/plain-budget.js";
import { Place } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const patient = { timeoutMs: 20_000 };
const call = (channel: string, costUsd: number | null) => ({
  type: "llm_usage",
  channel,
  model: "m",
  feature: "f",
  tokens_in: 90,
  tokens_out: 10,
  ...(costUsd === null ? {} : { cost_usd: costUsd }),
});

/** A day that does not end while the test runs. */
const timezone = new Date().getUTCHours() < 12 ? "Etc/GMT-6" : "Etc/GMT+6";
const fleet = budgetOf({ usd: 10, timezone });
const each = budgetOf({ name: "bot", usd: 4, each: "channel", timezone });

async function standings(monitor: { get(path: string): Promise<Record<string, unknown>> }) {
  const { budgets } = await monitor.get("/api/v1/budgets");
  return budgets as readonly {
    name: string;
    known: boolean;
    standings: readonly { key: string | null; spent_usd: number; steps: { pct: number; told: string[] }[] }[];
  }[];
}

test("a budget is told step by step, and a second monitor on the same database goes on with its sum and tells nothing twice [cost/C11] [cost/C12]", async () => {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  const settings = { alerts: promptAlerts(ops), budgets: [fleet, each] };
  const first = await place.start(settings);
  await until("the first message came", () => ops.notices.length === 1, patient);
  const bots = await place.connect();
  bots.send(call("twitch/a", 4), call("twitch/b", 1.5), call("twitch/b", null));
  await until("the steps are told", () => ops.items.length === 2, patient);
  const texts = ops.items.map(({ kind, rule, subject, severity }) => [kind, rule, subject, severity]);
  const day = ops.items[0]?.facts["period"];
  expect(texts).toEqual([
    ["info", "budget", `bot ${day} twitch/a`, "critical"],
    ["info", "budget", `fleet ${day}`, "warning"],
  ]);
  expect(ops.items[1]?.facts).toMatchObject({ step_pct: 50, spent_usd: 5.5, limit_usd: 10 });
  await until("the API says who was told", async () => {
    const [one] = await standings(first);
    return one?.standings[0]?.steps[0]?.told[0] === "ops";
  });
  await first.daemon.stop();
  const again = await place.start(settings);
  const more = await place.connect();
  more.send(call("twitch/c", 0.5));
  await until("both are known", async () => (await standings(again)).every(({ known }) => known), patient);
  await until(
    "the sum goes on",
    async () => (await standings(again))[0]?.standings[0]?.spent_usd === 6,
    patient,
  );
  expect((await standings(again))[1]?.standings.map(({ key, spent_usd: usd }) => [key, usd])).toEqual([
    ["twitch/a", 4],
    ["twitch/b", 1.5],
    ["twitch/c", 0.5],
  ]);
  await lasting("a monitor that has nothing new to tell", 2_000);
  expect(ops.items).toHaveLength(2);
  more.send(call("twitch/c", 2));
  await until("the next steps are told", () => ops.items.length === 4, patient);
  expect(ops.items.slice(2).map(({ kind, subject, facts }) => [kind, subject, facts["step_pct"]])).toEqual(
    expect.arrayContaining([
      ["changed", `fleet ${day}`, 80],
      ["info", `bot ${day} twitch/c`, 50],
    ]),
  );
  await again.daemon.stop();
  await using store = await openStore(place.database, { readOnly: true });
  const history = await store.alertHistory({ rule: "budget" });
  expect(history.alerts.map(({ subject }) => subject).sort()).toEqual([
    `bot ${day} twitch/a`,
    `bot ${day} twitch/c`,
    `fleet ${day}`,
  ]);
});

test("calls that come by the thousand while the past is read are counted once each [cost/C11]", async () => {
  await using place = new Place();
  const budgets = [budgetOf({ usd: 1_000_000, timezone, forecast: true }), each];
  const first = await place.start();
  const bots = await place.connect();
  for (let i = 0; i < 20; i++) bots.send(...Array.from({ length: 500 }, (_, n) => call(`bot/${n}`, 0.25)));
  await until("all are stored", () => first.daemon.health().store.committedRows >= 10_000, patient);
  await first.daemon.stop();
  const again = await place.start({ budgets });
  const more = await place.connect();
  let sent = 0;
  await until(
    "the past is known",
    async () => {
      more.send(...Array.from({ length: 500 }, (_, n) => call(`bot/${n}`, 0.25)));
      sent += 500;
      return (await standings(again)).every(({ known }) => known);
    },
    patient,
  );
  const wanted = (10_000 + sent) * 0.25;
  await until(
    "all are counted",
    async () => (await standings(again))[0]?.standings[0]?.spent_usd === wanted,
    patient,
  );
  await lasting("the sum stays", 500);
  expect((await standings(again))[0]?.standings[0]?.spent_usd).toBe(wanted);
});
