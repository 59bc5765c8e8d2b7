import { expect, test } from "vitest";
import { BudgetStandings } from "../../src/cost/budget-standings.js";
import { budgetOf, callOf, meterOf, report } from "../cost/plain-budget.js";
import { noonMs } from "../http/plain-fleet.js";
import { Served } from "../http/served.js";
import { run } from "./program-run.js";

const clock = { wallMs: () => noonMs };

async function asked(served: Served, ...argv: readonly string[]) {
  const { port } = served.server.address;
  return await run(["budgets", ...argv, "--http", `${port}`], {
    nowMs: noonMs,
    environment: { COLUMNS: "80" },
  });
}

function spending() {
  const each = budgetOf({ name: "a-budget-with-a-rather-long-name", usd: 1, each: "channel" });
  const meter = meterOf([budgetOf({ usd: 50, per: "month", forecast: true }), each], clock);
  for (let i = 0; i < 30; i++)
    report(
      meter,
      callOf({ tsMs: noonMs, channel: `twitch/a-long-name-of-a-channel-${i}`, costUsd: 0.03 * i }),
    );
  report(meter, callOf({ tsMs: noonMs, channel: "\u001b[31m\u202eevil", costUsd: 30, tokensIn: 9_000 }));
  report(meter, callOf({ tsMs: noonMs, costUsd: null, tokensIn: 9_000 }));
  return { meter, standings: new BudgetStandings(meter, clock) };
}

test("budgets says of each what is spent, of how much, what is expected and how much of it is known, in 80 columns, and ends in 1 where one is spent [cost/C12]", async () => {
  await using served = await Served.start({ budgets: spending().standings });
  const { code, stdout, stderr } = await asked(served);
  expect(code).toBe(1);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  const [head, fleet] = stdout.split("\n");
  expect(head).toMatch(/^BUDGET .*SPENT +LIMIT +SHARE +EXPECTED +KNOWN$/);
  expect(fleet).toMatch(/^fleet .*>\$43\.05 +\$50\.00 +86 % +>\$43\.05 +57 %$/);
  expect(stdout).toContain("80 % passed, nobody was notified; more was spent on calls of unknown cost");
  expect(stdout).toContain("  twitch/a-long-name-of-a-c");
  for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
  expect(stderr).toContain("20 of 32 (channel) are shown; --top shows more.");
});

test("budgets --json has the API's answer, and --top so many of each", async () => {
  await using served = await Served.start({ budgets: spending().standings });
  const { stdout } = await asked(served, "--json", "--top", "3");
  const { budgets } = JSON.parse(stdout);
  expect(budgets).toMatchObject([
    { name: "fleet", known: true, keys: 1, standings: [{ key: null, at_least: true }] },
    { keys: 32, standings: [{ spent_usd: 30 }, { spent_usd: 0.87 }, { spent_usd: 0.84 }] },
  ]);
  expect(await asked(served, "--top", "0")).toMatchObject({ code: 2 });
  expect(await asked(served, "--top", "1000")).toMatchObject({ code: 1 });
  expect(await asked(served, "--top", "1001")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected a whole number from 1 to 1000"),
  });
});

test("budgets says where none is set, and where the past is not known yet", async () => {
  await using none = await Served.start({ budgets: { states: () => [] } });
  expect(await asked(none)).toMatchObject({
    code: 0,
    stdout: "No budget is set: see budgets: in the config file.\n",
  });
  const { meter, standings } = spending();
  for (const metered of meter.all) meter.renew(metered);
  await using young = await Served.start({ budgets: standings });
  const { code, stdout } = await asked(young);
  expect(code).toBe(0);
  expect(stdout).toContain("reading what was spent before the start");
});

test("budgets says who was told of a step", async () => {
  const { standings } = spending();
  const served = await Served.start({ budgets: standings });
  await using _ = served;
  const { alerts } = served.sources;
  const [down] = alerts.openAlerts();
  if (down === undefined) throw new Error("no alert is open");
  const subject = { kind: "budget", name: "fleet 2026-05", note: null, runbook: null, labels: {} } as const;
  const episode = { ...down, alertId: "a-2", rule: "budget", subject };
  const tell = { receiver: "ops", phase: "told", noticeId: "n-1", tsMs: noonMs };
  await using told = await Served.start({
    budgets: standings,
    alerts: {
      ...alerts,
      openAlerts: () => [down, episode],
      tellsOf: (id) => (id === "a-2" ? [{ ...tell, grade: 50 }] : []),
    },
  });
  const { stdout } = await asked(told, "--json");
  expect(JSON.parse(stdout).budgets[0].standings[0].steps).toEqual([
    { pct: 50, usd: 25, passed: true, told: ["ops"] },
    { pct: 80, usd: 40, passed: true, told: [] },
    { pct: 100, usd: 50, passed: false, told: [] },
  ]);
});
