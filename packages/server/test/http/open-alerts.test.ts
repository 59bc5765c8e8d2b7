import { expect, test } from "vitest";
import type { Episode } from "../../src/alerts/episode.js";
import { run } from "../cli/program-run.js";
import { plainAlerts } from "./plain-alerts.js";
import { noonMs } from "./plain-fleet.js";
import { Served } from "./served.js";

const severities = ["info", "warning", "critical"] as const;

function alert(i: number, severity: Episode["severity"] = "warning"): Episode {
  const [one] = plainAlerts.openAlerts();
  return {
    ...(one as Episode),
    alertId: `a-${String(i).padStart(6, "0")}`,
    openedMs: noonMs + (i % 7),
    severity,
  };
}

interface Body {
  readonly total: number;
  readonly next: string | null;
  readonly alerts: readonly { alert_id: string; severity: string; opened_at: string }[];
}

async function served(open: Episode[]) {
  const server = await Served.start({ alerts: { ...plainAlerts, openAlerts: () => open } });
  const get = async (query = "") => (await server.ask(`/api/v1/alerts${query}`)).body as Body;
  return { server, get };
}

test("open alerts come a thousand at a time, the worst first, with how many there are and how to go on [alerts/A30]", async () => {
  const open = Array.from({ length: 2_500 }, (_, i) => alert(i, severities[i % 3]));
  const { server, get } = await served(open);
  await using _ = server;
  const seen: string[] = [];
  const pages: Body[] = [];
  let after = "";
  do {
    const page = await get(after);
    pages.push(page);
    seen.push(...page.alerts.map(({ alert_id: id }) => id));
    after = `?after=${encodeURIComponent(page.next ?? "")}`;
  } while (pages.at(-1)?.next !== null);
  expect(pages.map(({ total, alerts }) => [total, alerts.length])).toEqual([
    [2_500, 1_000],
    [2_500, 1_000],
    [2_500, 500],
  ]);
  expect([...new Set(seen)].sort()).toEqual(open.map(({ alertId }) => alertId));
  const ranks = pages.flatMap(({ alerts }) =>
    alerts.map(
      ({ severity, opened_at: at, alert_id: id }) =>
        `${3 - severities.indexOf(severity as never)} ${at} ${id}`,
    ),
  );
  expect(ranks).toEqual([...ranks].sort());
  expect((await get("?limit=10000")).alerts).toHaveLength(2_500);
  expect((await get("?limit=2500")).next).toBeNull();
  expect((await get("?state=open&rule=none")).total).toBe(0);
});

test("an alert that ends between two pages takes no other with it [alerts/A30]", async () => {
  const open = Array.from({ length: 30 }, (_, i) => alert(i));
  const { server, get } = await served(open);
  await using _ = server;
  const first = await get("?limit=10");
  const gone = new Set([first.alerts[3]?.alert_id, first.alerts[9]?.alert_id]);
  const left = open.filter(({ alertId }) => !gone.has(alertId));
  open.splice(0, open.length, ...left);
  const rest = await get(`?limit=100&after=${encodeURIComponent(first.next ?? "")}`);
  const ids = [...first.alerts, ...rest.alerts].map(({ alert_id: id }) => id);
  expect(new Set(ids).size).toBe(30);
});

test("a place that is none is refused", async () => {
  const { server } = await served([]);
  await using _ = server;
  for (const after of ["x", "1.2", "9.9.", "1.x.a"]) {
    const { status, body } = await server.ask(`/api/v1/alerts?after=${encodeURIComponent(after)}`);
    expect([status, body]).toMatchObject([400, { error: { code: "invalid_parameter" } }]);
  }
});

test("alerts lists all that are open, over all pages [alerts/A30]", async () => {
  const { server } = await served(Array.from({ length: 2_100 }, (_, i) => alert(i)));
  await using _ = server;
  const { port } = server.server.address;
  const { code, stdout } = await run(["alerts", "--http", `${port}`, "--json"], { nowMs: noonMs });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).alerts).toHaveLength(2_100);
});
