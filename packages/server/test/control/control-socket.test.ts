import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ControlServer } from "../../src/control/control-server.js";
import { Place } from "../daemon/place.js";
import { type Question, ask as request } from "../http/ask.js";
import { Served } from "../http/served.js";

const controlOf = (place: Place) => `${place.socketPath}.control`;
const ask = (place: Place, path: string, question: Question = {}) =>
  request(`unix:${controlOf(place)}`, path, question);

/** Waits until the problem is there, or is over. */
async function problemOf(place: Place, daemon: { health(): { problems: readonly object[] } }, is: boolean) {
  const problem = () =>
    daemon.health().problems.find((one) => (one as { code?: string }).code === "control_lost");
  await until(`the problem of ${controlOf(place)}: ${is}`, () => (problem() !== undefined) === is);
  return problem() as { readonly detail: string } | undefined;
}

test("the control socket serves the routes of HTTP to the monitor's user alone, and goes with the monitor [alerts/A29]", async () => {
  await using place = new Place();
  const { daemon, get } = await place.start({ httpToken: "s3cret", httpWriteToken: "wr1te" });
  const stats = statSync(controlOf(place));
  expect(stats.isSocket()).toBe(true);
  expect(stats.mode & 0o7777).toBe(0o600);
  expect(stats.uid).toBe(process.geteuid?.());
  const { status, body } = await ask(place, "/api/v1/bots");
  expect([status, body]).toEqual([200, { bots: [] }]);
  expect((await ask(place, "/healthz")).body).toMatchObject({ status: "ok", socket: place.socketPath });
  expect((await ask(place, "/api/v1/session")).body).toEqual({
    token_needed: false,
    known: true,
    may_write: true,
  });
  expect(get).toBeDefined();
  await daemon.stop();
  expect(existsSync(controlOf(place))).toBe(false);
});

test("a monitor without HTTP has its control socket all the same", async () => {
  await using place = new Place();
  await place.start({ http: null });
  expect((await ask(place, "/metrics")).status).toBe(200);
});

test("what a proxy or a page sends to the control socket is refused, whatever it asks for [alerts/A29]", async () => {
  await using place = new Place();
  await place.start();
  const headers = [{ "x-forwarded-for": "10.0.0.1" }, { forwarded: "for=10.0.0.1" }];
  for (const one of headers) {
    const { status, body } = await ask(place, "/api/v1/bots", { headers: one });
    expect([status, body]).toMatchObject([403, { error: { code: "forbidden_proxy" } }]);
  }
  for (const origin of ["http://localhost:7788", "null"]) {
    const { status, body } = await ask(place, "/api/v1/bots", { headers: { origin } });
    expect([status, body]).toMatchObject([403, { error: { code: "forbidden_origin" } }]);
  }
  const question = { method: "POST", headers: { "content-type": "application/json" }, body: '{"token":"x"}' };
  expect((await ask(place, "/api/v1/session", question)).status).toBe(403);
});

test("a control socket that a killed monitor left behind is replaced", async () => {
  await using place = new Place();
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(`${controlOf(place)}.1`, resolve));
  const { renameSync } = await import("node:fs");
  renameSync(`${controlOf(place)}.1`, controlOf(place));
  await new Promise((resolve) => left.close(resolve));
  expect(statSync(controlOf(place)).isSocket()).toBe(true);
  await place.start();
  expect((await ask(place, "/healthz")).status).toBe(200);
});

test("what stands in the way of the control socket is left alone and named, and the monitor takes heartbeats", async () => {
  await using place = new Place();
  mkdirSync(controlOf(place));
  const { daemon } = await place.start();
  expect((await problemOf(place, daemon, true))?.detail).toMatch(
    /^the control socket: \S+monitor\.sock\.control is no socket, and was left as it is/,
  );
  const bot = await place.connect();
  bot.send({ type: "heartbeat", channel: "a", pid: 1, uptime_s: 1, cpu_pct: 0, rss_mb: 1 });
  await until("the bot", () => daemon.health().bots.online === 1);
  rmSync(controlOf(place), { recursive: true });
  await problemOf(place, daemon, false);
  expect((await ask(place, "/healthz")).status).toBe(200);
});

test("another program's socket at the control path is not taken from it", async () => {
  await using place = new Place();
  const other = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => other.listen(controlOf(place), resolve));
  const { daemon } = await place.start();
  expect((await problemOf(place, daemon, true))?.detail).toMatch(/another monitor/);
  await daemon.stop();
  expect(existsSync(controlOf(place))).toBe(true);
  await new Promise((resolve) => other.close(resolve));
});

test("a control socket that was removed is there again, with the same rights", async () => {
  await using place = new Place();
  await place.start();
  rmSync(controlOf(place));
  await until("the socket", () => existsSync(controlOf(place)));
  expect(statSync(controlOf(place)).mode & 0o7777).toBe(0o600);
  expect((await ask(place, "/healthz")).status).toBe(200);
});

test("a path without room for the suffix is a problem, and no reason to stop", async () => {
  await using served = await Served.start();
  const path = `/tmp/${"x".repeat(100)}.control`;
  const control = new ControlServer({ ...served.sources, path: () => path });
  await control.start();
  expect(control.problem()).toMatchObject({
    code: "control_lost",
    detail: expect.stringContaining("expected a path of 1 to"),
  });
  await control.stop();
});
