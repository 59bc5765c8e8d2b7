import { fileURLToPath } from "node:url";
import { openStore } from "@kissbot/store";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Place } from "./place.js";

const command = fileURLToPath(new URL("../../bin/kissbot-monitor.mjs", import.meta.url));

interface Run {
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly end: string | null;
}

test("the runs of a monitor are told as they were: stopped, killed, and the one that answers [page/R27]", async () => {
  await using place = new Place();
  const first = await place.start();
  const runsOf = async (monitor: typeof first) =>
    ((await monitor.get("/api/v1/runs")) as { runs: readonly Run[] }).runs;
  await until("its run is stored", async () => (await runsOf(first)).length === 1);
  expect(await runsOf(first)).toMatchObject([{ ended_at: null, end: null }]);
  await first.daemon.stop();

  const places = ["--socket", place.socketPath, "--store", place.database, "--no-http"];
  await using killed = Child.node([command, "start", ...places, "--no-config", "--state-file", "off"]);
  await until("the second run is stored", async () => {
    const store = await openStore(place.database, { readOnly: true });
    try {
      return (await store.runs()).length === 2;
    } finally {
      await store.close();
    }
  });
  const killedAtMs = Date.now();
  await killed.kill();

  const last = await place.start();
  await until("the third run is stored", async () => (await runsOf(last)).length === 3);
  const [own, lost, stopped] = await runsOf(last);
  expect(own).toMatchObject({ ended_at: null, end: null });
  expect(lost?.end).toBe("lost");
  expect(Date.parse(lost?.ended_at ?? "")).toBeLessThanOrEqual(killedAtMs);
  expect(Date.parse(lost?.ended_at ?? "")).toBeGreaterThan(killedAtMs - 60_000);
  expect(stopped?.end).toBe("stopped");
  expect(Date.parse(stopped?.ended_at ?? "")).toBeLessThanOrEqual(Date.parse(lost?.started_at ?? ""));
  const from = encodeURIComponent(lost?.started_at ?? "");
  expect((await last.get(`/api/v1/runs?from=${from}`)).runs).toHaveLength(2);
});
