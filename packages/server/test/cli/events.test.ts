import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventRow } from "../../src/cli/event-row.js";
import { change, nowMs, writeEvents } from "./event-file.js";
import { FakeMonitor } from "./fake-monitor.js";
import { run } from "./program-run.js";

const place = new TemporaryFolder("cli");
const database = join(place.path, "kb.db");
const many = join(place.path, "many.db");

beforeAll(async () => {
  await writeEvents(database);
  const flaps = Array.from({ length: 2_400 }, (_, i) =>
    change(i % 100 === 0 ? "rare" : "often", 2_400 - i, i % 200 < 100 ? {} : { from: "dead", to: "online" }),
  );
  await writeEvents(many, flaps);
});
afterAll(() => place[Symbol.dispose]());

const argv = (...more: string[]) => ["events", "--utc", "--no-http", "--store", database, ...more];
const plain = { NO_COLOR: "1" };

async function rows(...more: string[]): Promise<(EventRow & { down_ms: number | null })[]> {
  const { code, stdout } = await run([...argv(...more), "--json"], { nowMs });
  expect(code).toBe(0);
  return JSON.parse(stdout).events;
}

describe("events", () => {
  test("stand the newest last, with why, and how long the bot was down [trial/O10]", async () => {
    const { code, stdout } = await run(argv(), { nowMs });
    expect(code).toBe(0);
    expect(stdout).toBe(`TIME (UTC)           CHANNEL              CHANGE            WHY
2026-05-20 11:00:00  twitch/main          new → online      registered
2026-05-20 11:10:00  twitch/main          online → dead     process 11 is gone; lived 10 m
2026-05-20 11:14:00  twitch/main          dead → online     registered; was down for 4 m
2026-05-20 11:20:00  discord/lounge       online → stale    no heartbeat for 82.5 s
2026-05-20 11:30:00  discord/lounge       stale → dead      process 11 is gone
2026-05-20 11:50:00  discord/lounge       dead → online     registered; was down for 30 m
2026-05-20 11:51:00  matrix/evil\\x1b[31m  online → offline  said goodbye
2026-05-20 11:52:00  twitch/main          in trouble        gateway closed: 4004 and will not be opened again before the token is renewed by its owner
2026-05-20 11:55:00  matrix/evil\\x1b[31m  offline → online  registered; was offline for 4 m
`);
  });

  test("fit 80 columns, with WHY below where it does not fit beside [trial/N4]", async () => {
    const { stdout } = await run(argv(), { nowMs, columns: 80, environment: plain });
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toContain(`
2026-05-20 11:30:00  discord/lounge       stale → dead      process 11 is gone
2026-05-20 11:50:00  discord/lounge       dead → online
                     registered; was down for 30 m
2026-05-20 11:51:00  matrix/evil\\x1b[31m  online → offline  said goodbye
2026-05-20 11:52:00  twitch/main          in trouble
                     gateway closed: 4004 and will not be opened again before
                     the token is renewed by its owner
`);
  });

  test.each([50, 40, 20])("fit %i columns, with the change below its bot [trial/N4]", async (columns) => {
    const { stdout } = await run(argv(), { nowMs, columns, environment: plain });
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    const indent = " ".repeat(Math.floor(columns / 3));
    expect(stdout).toMatch(
      new RegExp(`^2026-05-20 11:30:00.*\\n${indent}stale → dead\\n${indent}process`, "m"),
    );
  });

  test("stand under their heads in a zone with a long name [trial/N4]", async () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      const at = ["events", "--no-http", "--store", database, "--limit", "1"];
      const [head = "", line = ""] = (await run(at, { nowMs })).stdout.split("\n");
      expect(head).toContain("TIME (America/New_York)  CHANNEL");
      expect(line.indexOf("matrix")).toBe(head.indexOf("CHANNEL"));
      expect(line.indexOf("offline →")).toBe(head.indexOf("CHANGE"));
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("have their times in the local zone, or in UTC with --utc [trial/O10]", async () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "Asia/Kolkata";
    try {
      const { stdout } = await run(["events", "--no-http", "--store", database, "--limit", "1"], { nowMs });
      expect(stdout).toMatch(/^TIME \(Asia\/(?:Kolkata|Calcutta)\) .*\n2026-05-20 17:25:00 {2,}matrix/);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("are chosen by status, cause, bot and time [trial/O10]", async () => {
    const ids = async (...more: string[]) => (await rows(...more)).map(({ id }) => id);
    expect(await ids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await ids("--status", "dead,stale")).toEqual([2, 4, 5]);
    expect(await ids("--cause", "goodbye,in_trouble")).toEqual([7, 8]);
    expect(await ids("--channel", "twitch/main")).toEqual([1, 2, 3, 8]);
    expect(await ids("--channel", "*c*")).toEqual([1, 2, 3, 4, 5, 6, 8]);
    expect(await ids("--channel", "*/*oung*", "--status", "online")).toEqual([6]);
    expect(await ids("--channel", "discord/lounge", "--channel", "matrix*")).toEqual([4, 5, 6, 7, 9]);
    expect(await ids("--since", "45m")).toEqual([4, 5, 6, 7, 8, 9]);
    expect(await ids("--since", "2026-05-20T11:10", "--until", "2026-05-20T11:20")).toEqual([2, 3]);
    expect(await ids("--limit", "2")).toEqual([8, 9]);
    expect(await ids("--channel", "nobody")).toEqual([]);
    expect((await run(argv("--channel", "nobody"), { nowMs })).stdout).toBe("No such event.\n");
  });

  test("say how long a bot was down also where only its recovery is shown [trial/O10]", async () => {
    const shown = await rows("--status", "online");
    expect(shown.map(({ id, down_ms }) => [id, down_ms])).toEqual([
      [1, null],
      [3, 240_000],
      [6, 1_800_000],
      [9, 240_500],
    ]);
  });

  test("are found behind any number of others [trial/O10]", async () => {
    const at = ["events", "--utc", "--no-http", "--store", many, "--json"];
    const { stdout } = await run([...at, "--channel", "r*e", "--limit", "30"], { nowMs });
    expect(JSON.parse(stdout).events).toHaveLength(24);
    const all = await run([...at, "--limit", "2400"], { nowMs });
    const ids = JSON.parse(all.stdout).events.map(({ id }: EventRow) => id);
    expect(ids).toEqual(Array.from({ length: 2_400 }, (_, i) => i + 1));
  });

  test("say that there are more than are shown [trial/O10]", async () => {
    const { stdout, stderr } = await run(argv("--limit", "3"), { nowMs });
    expect(stdout.split("\n")).toHaveLength(5);
    expect(stderr).toContain("Only the newest 3; --limit N shows more.");
    expect((await run(argv("--limit", "9"), { nowMs })).stderr).not.toContain("Only the newest");
  });

  test("come from the running monitor, as its API has them [trial/O10]", async () => {
    const event = { id: 7, ts: "2026-05-20T11:59:00.000000+00:00", channel: "a&b", pid: 4, trouble: null };
    const why = { cause: "said goodbye", cause_code: "goodbye", previous_pid: null, lived_ms: null };
    const body = { events: [{ ...event, from_status: "online", to_status: "offline", ...why }] };
    await using monitor = await new FakeMonitor({
      "/healthz": { body: { status: "ok" } },
      "/api/v1/events": { body },
    }).start();
    const at = ["events", "--channel", "a&b", "--since", "2h", "--http", `${monitor.port}`, "--json"];
    const { stdout, stderr } = await run(at, { nowMs });
    expect(stderr).toBe("");
    const { source, events } = JSON.parse(stdout);
    expect(source.kind).toBe("monitor");
    expect(events).toEqual([{ ...body.events[0], down_ms: null }]);
    const asked = new URL(monitor.requests.at(-1)?.url ?? "", "http://x").searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      channel: "a&b",
      from: `${nowMs - 7_200_000}`,
      limit: "101",
    });
  });

  test.each([
    [["--status", "up"], "--status: expected some of online, stale, dead, offline"],
    [["--cause", "because"], "--cause: expected some of registered, "],
    [["--limit", "0"], "--limit: expected a whole number from 1 to 100000"],
    [["--limit", "1.5"], "--limit: expected"],
    [["--limit", ""], "--limit: expected"],
    [["--channel", ""], "--channel: expected a name or a pattern"],
    [["--since", "tomorrow"], "--since: expected a duration ago"],
    [["--since", "1h", "--until", "2h"], "--since: expected a time before --until"],
    [["--follow", "--until", "1h"], "--until: has no meaning with --follow"],
  ])("%j is wrong usage, and the answer says why [trial/O10]", async (more, sentence) => {
    const { code, stdout, stderr } = await run(argv(...more), { nowMs });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });
});
