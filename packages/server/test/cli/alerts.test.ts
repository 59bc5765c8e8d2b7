import { expect, test } from "vitest";
import { noonMs } from "../http/plain-fleet.js";
import { Served } from "../http/served.js";
import { run } from "./program-run.js";

const nowMs = noonMs + 600_000;

/** The server of the API's tests: one alert is open, and one receiver knows it. */
async function asked(served: Served, ...argv: readonly string[]) {
  const { port } = served.server.address;
  return await run(["alerts", ...argv, "--http", `${port}`], { nowMs, environment: { COLUMNS: "80" } });
}

test("alerts lists what is open with who was told, and ends in 1 [alerts/A30]", async () => {
  await using served = await Served.start();
  const { code, stdout, stderr } = await asked(served, "--utc");
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const [alert] = served.sources.alerts.openAlerts();
  for (const part of [alert?.alertId, alert?.rule, alert?.subject.name, alert?.cause, "notified: ops"])
    expect(stdout).toContain(part);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  const json = JSON.parse((await asked(served, "--json")).stdout);
  expect(json).toMatchObject({
    on: true,
    alerts: [{ alert_id: alert?.alertId, told: [{ receiver: "ops" }] }],
  });
});

test("alerts says that nobody is told where there is no receiver, and ends in 0 with nothing open [alerts/A30]", async () => {
  const quiet = { ...(await quietAlerts()), isOn: false, openAlerts: () => [] };
  await using served = await Served.start({ alerts: quiet });
  expect(await asked(served)).toMatchObject({
    code: 0,
    stdout: "No alert is open.\n",
    stderr: expect.stringContaining("No notices are sent: no receiver is set"),
  });
});

test("alerts explain tells each rule's state and each receiver's reason [alerts/A30]", async () => {
  await using served = await Served.start();
  const { code, stdout } = await asked(served, "explain", "discord/lounge");
  expect(code).toBe(0);
  const { rules, receivers } = served.sources.alerts.explain("discord/lounge");
  for (const { rule, text } of rules) {
    expect(stdout).toContain(rule);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(text.slice(0, 40));
  }
  for (const { receiver } of receivers) expect(stdout).toContain(receiver);
});

test("alerts ack needs a reason, and history a sound limit", async () => {
  await using served = await Served.start();
  expect(await asked(served, "ack", "a-1")).toMatchObject({ code: 2 });
  expect(await asked(served, "ack", "a-1", "--why", " ")).toMatchObject({ code: 2 });
  expect(await asked(served, "history", "--limit", "0")).toMatchObject({ code: 2 });
  // The store is not open there.
  expect((await asked(served, "history")).code).toBe(1);
});

test("alerts ack acknowledges with who and why, with the token for writing [alerts/A25]", async () => {
  const acks: string[][] = [];
  const desk = {
    addSilence: () => {
      throw new RangeError("none here");
    },
    extendSilence: () => null,
    endSilence: () => null,
    acknowledge: (...given: [string, string, string]) => {
      acks.push(given);
      return given[0] === "a-2" ? null : {};
    },
  };
  await using served = await Served.start({ writeToken: "wr1te", desk });
  const ack = (...ids: string[]) =>
    asked(served, "ack", ...ids, "--why", "on it", "--by", "ops", "--http-write-token", "wr1te");
  expect(await ack("a-1")).toMatchObject({ code: 0, stdout: "Acknowledged: a-1\n" });
  const several = await ack("a-2", "a-3");
  expect(several).toMatchObject({ code: 1, stdout: "Acknowledged: a-3\n" });
  expect(several.stderr).toContain("error: a-2: no such alert is open");
  expect(acks).toEqual([
    ["a-1", "ops", "on it"],
    ["a-2", "ops", "on it"],
    ["a-3", "ops", "on it"],
  ]);
});

async function quietAlerts() {
  return (await import("../http/plain-alerts.js")).plainAlerts;
}
