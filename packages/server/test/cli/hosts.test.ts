import { chmodSync, writeFileSync } from "node:fs";
import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./program-run.js";

test("hosts says where a fleet database is set, and refuses a password that ps would show", async () => {
  for (const command of [[], ["check"], ["migrate"], ["roles"], ["forget", "a"], ["retention"]]) {
    const none = await run(["hosts", ...command]);
    expect(none, command.join()).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("KISSBOT_MONITOR_FLEET, or fleet: in the config file");
    const shown = await run(["hosts", ...command, "--fleet", "postgres://me:planted@h/d"]);
    expect(shown).toMatchObject({ code: 2, stdout: "" });
    expect(shown.stderr).toContain("--fleet-password-file");
    expect(shown.stderr).not.toContain("planted");
  }
});

test("hosts roles prints SQL without a password, and asks nobody", async () => {
  const environment = { KISSBOT_MONITOR_FLEET: "postgres://me:planted@127.0.0.1:1/bots?schema=own" };
  const { code, stdout, stderr } = await run(["hosts", "roles"], { environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain('CREATE ROLE "own_writer" LOGIN');
  expect(stdout).toContain('GRANT CONNECT ON DATABASE "bots"');
  expect(stdout).not.toContain("planted");
});

test("hosts check names what is wrong without the password, and ends in 1", async () => {
  const environment = { KISSBOT_MONITOR_FLEET: "postgres://me:planted@127.0.0.1:1/bots" };
  const { code, stdout } = await run(["hosts", "check"], { environment });
  expect(code).toBe(1);
  expect(stdout).toContain("fail  reach            postgres://me@127.0.0.1:1/bots: ");
  expect(stdout).toContain("0 ok, 0 to look at, 1 wrong");
  const asked = await run(["hosts", "retention"], { environment });
  expect(asked).toMatchObject({ code: 1, stdout: "" });
  expect(asked.stderr).toContain("kissbot-monitor hosts check says what to do.");
  expect(stdout + asked.stderr).not.toContain("planted");
});

describe.skipIf(PostgresServer.missing("newest") !== null)("hosts of a fleet database", () => {
  const folder = new TemporaryFolder("hosts");
  let server: PostgresServer;
  let client: pg.Client;
  const given = (...argv: readonly string[]) => {
    const place = ["--fleet", server.url(), "--fleet-password-file", folder.file("password")];
    return run(["hosts", ...argv, ...place], { environment: { COLUMNS: "200" } });
  };
  beforeAll(async () => {
    server = await PostgresServer.start();
    writeFileSync(folder.file("password"), `${server.password}\n`);
    chmodSync(folder.file("password"), 0o600);
    const { port, user, password } = server;
    client = new pg.Client({ host: "127.0.0.1", port, user, password, database: "postgres" });
    client.on("error", () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  async function enterHost(
    name: string,
    seenAgoS: number,
    state = "up",
    more = "",
    values = "",
  ): Promise<string> {
    const { rows } = await client.query<{ host_id: string }>(
      `INSERT INTO kissbot.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at, beat_s${more})
 VALUES (gen_random_uuid(), $1, $2, 0, 0, now(), clock_timestamp() - $3 * interval '1 s', 5${values}) RETURNING host_id`,
      [name, state, seenAgoS],
    );
    return rows[0]?.host_id ?? "";
  }

  test("are checked by doctor too, where a fleet database is set", async () => {
    const places = ["--socket", folder.file("kb.sock"), "--store", folder.file("kb.db"), "--no-http"];
    const doctor = async (...more: readonly string[]) => {
      const { code, stdout, stderr } = await run(["doctor", "--json", ...places, ...more]);
      expect(stderr).toBe("");
      const { checks } = JSON.parse(stdout) as { checks: { check: string; level: string; found: string }[] };
      return { code, found: checks.filter(({ check }) => check === "fleet database") };
    };
    expect((await doctor()).found).toEqual([]);
    const password = ["--fleet-password-file", folder.file("password")];
    const { code, found } = await doctor("--fleet", server.url(), ...password);
    expect(code).toBe(0);
    expect(found).toContainEqual(
      expect.objectContaining({ level: "ok", found: expect.stringMatching(/^PostgreSQL \d/) }),
    );
    expect(found.every(({ level }) => level !== "fail")).toBe(true);
    const away = await doctor("--fleet", "postgres://me@127.0.0.1:1/bots", ...password);
    expect(away.code).toBe(1);
    expect(away.found).toMatchObject([
      { level: "fail", found: expect.stringContaining("postgres://me@127.0.0.1:1/bots: ") },
    ]);
    const shown = await run(["doctor", ...places, "--fleet", "postgres://me:planted@h/d"]);
    expect(shown).toMatchObject({ code: 2, stdout: "" });
    expect(shown.stderr).toContain("--fleet-password-file");
    expect(shown.stderr).not.toContain("planted");
  });

  test("are checked before and after the tables are made", async () => {
    const before = await given("check");
    expect(before.code).toBe(0);
    expect(before.stdout).toContain("kissbot has no tables yet → run kissbot-monitor hosts migrate");
    const made = await given("migrate");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^Migrated to version \d+; \d+ new partitions\.\n$/);
    const again = await given("migrate", "--json");
    expect(JSON.parse(again.stdout)).toEqual({ migrated: [], partitions: [] });
    const { checks, ...after } = JSON.parse((await given("check", "--json")).stdout) as {
      checks: readonly { check: string }[];
    };
    expect(after).toEqual({ ok: true, counts: { ok: checks.length, warn: 0, fail: 0 } });
    expect(checks.map(({ check }) => check)).toContain("rights");
    expect(await given()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("start a monitor with --fleet"),
    });
  });

  test("are listed with their state, lag and what is odd about them [fleet/R22]", async () => {
    await given("migrate");
    await client.query("DELETE FROM kissbot.hosts");
    await enterHost(
      "bots_1",
      2,
      "up",
      ", lag_ms, waiting, lost_rows, monitor_version",
      ", 1500, 12345, 0, '0.1.0'",
    );
    expect(await given()).toMatchObject({ code: 0 });
    await enterHost("bots_2", 90);
    await enterHost("bots_3", 600, "stopped");
    await enterHost("bots_5", 2, "up", ", clone_of", ", 7");
    await enterHost("bots_4", 2, "up", ", skew_ms", ", -7000");
    const twin = await enterHost("bots_1", 2);
    const { code, stdout } = await given();
    expect(code).toBe(1);
    const line = (name: string) => stdout.split("\n").find((one) => one.startsWith(name));
    expect(stdout.split("\n")[0]).toMatch(/^HOST +STATE +SEEN +BOTS +VERSION +LAG +WAITING +LOST +NOTE$/);
    expect(line("bots_1")).toMatch(
      /^bots_1 +up +\d s ago +0 +0\.1\.0 +1 s +12,345 +0 +another host has this name too/,
    );
    expect(line("bots_2")).toMatch(/^bots_2 +silent +1 m ago +0 +- +- +- +-$/);
    expect(line("bots_3")).toMatch(/^bots_3 +stopped +10 m ago/);
    expect(line("bots_4")).toMatch(/its clock is 7 s ahead$/);
    expect(line("bots_5")).toMatch(/a copy of it runs too/);
    const answer = JSON.parse((await given("--json")).stdout) as { hosts: Record<string, unknown>[] };
    expect(answer.hosts.map(({ host, state }) => [host, state])).toEqual([
      ["bots_1", "up"],
      ["bots_1", "up"],
      ["bots_2", "silent"],
      ["bots_3", "stopped"],
      ["bots_4", "up"],
      ["bots_5", "up"],
    ]);
    expect(answer.hosts.map(({ host_id }) => host_id)).toContain(twin);
  });

  test("say which one leads, and which channels are online on several of them [fleet/R18]", async () => {
    await given("migrate");
    await client.query("DELETE FROM kissbot.hosts; DELETE FROM kissbot.lease");
    const ids = [
      await enterHost("one", 2),
      await enterHost("two", 2),
      await enterHost("gone", 600, "stopped"),
    ];
    for (const hostId of ids) {
      for (const [channel, agoS] of [
        ["lofi", 120],
        ["moved", 30],
      ])
        await client.query(
          `INSERT INTO kissbot.bots (host_no, channel, pid, status, features_json, registered_at, last_seen, status_since, process_seen, restarts)
 SELECT host_no, $2, 7, 'online', '{}', now(), now(), clock_timestamp() - $3 * interval '1 s', false, 0 FROM kissbot.hosts WHERE host_id = $1`,
          [hostId, channel, agoS],
        );
    }
    await client.query(
      `INSERT INTO kissbot.lease (name, holder, host_no, token, since, expires_at)
 SELECT 'leader', gen_random_uuid(), host_no, 1, now(), clock_timestamp() + interval '1 hour' FROM kissbot.hosts WHERE name = 'two'`,
    );
    const { code, stdout } = await given();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^one .* -$/m);
    expect(stdout).toMatch(/^two .* leads$/m);
    expect(stdout).toContain("lofi is online on several hosts for 2 m, and may answer twice: one, two");
    expect(stdout).not.toContain("moved is");
    const answer = JSON.parse((await given("--json")).stdout);
    expect(answer.hosts.map(({ host, leads }: Record<string, unknown>) => [host, leads])).toEqual([
      ["gone", false],
      ["one", false],
      ["two", true],
    ]);
    expect(answer.shared_channels).toMatchObject([
      { channel: "lofi", hosts: ["one", "two"], host_ids: ids.slice(0, 2) },
    ]);
    expect(answer.leader).toEqual({ name: "two", hub: false });
    expect(stdout).not.toContain("hub");
    await client.query("UPDATE kissbot.lease SET host_no = 0, hub_name = 'the hub', hub_token = token");
    expect((await given()).stdout).toMatch(/^The hub the hub leads\.$/m);
    const ofHub = JSON.parse((await given("--json")).stdout);
    expect(ofHub.leader).toEqual({ name: "the hub", hub: true });
    expect(ofHub.hosts.map(({ leads }: Record<string, unknown>) => leads)).toEqual([false, false, false]);
    await client.query("UPDATE kissbot.lease SET token = token + 1");
    expect((await given()).stdout).toMatch(/^A hub leads\.$/m);
    await client.query("DELETE FROM kissbot.lease; DELETE FROM kissbot.bots");
  });

  test("are forgotten when they are gone, and not while they beat", async () => {
    await given("migrate");
    await client.query("DELETE FROM kissbot.hosts");
    await enterHost("gone", 3_600, "stopped");
    await enterHost("here", 1);
    const ids = [await enterHost("twin", 100, "stopped"), await enterHost("twin", 100, "stopped")];
    expect(await given("forget", "gone")).toMatchObject({
      code: 0,
      stdout: '"gone" is forgotten, with 0 bots. What it sent stays.\n',
    });
    for (const [host, reason] of [
      ["gone", 'no host "gone"'],
      ["here", "stop its monitor"],
      ["twin", ids[1]],
    ])
      expect(await given("forget", host ?? ""), host).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining(reason ?? ""),
      });
    const listed = JSON.parse((await given("--json")).stdout) as { hosts: { host: string }[] };
    expect(listed.hosts.map(({ host }) => host)).toEqual(["here", "twin", "twin"]);
  });

  test("keep rows as long as is set, in days", async () => {
    await given("migrate");
    const { stdout } = await given("retention", "--usage", "400", "--minutes", "14d", "--custom", "forever");
    expect(stdout).toBe(`ROWS                          KEPT
calls of language models      400 days
CPU and memory by the minute  14 days
CPU and memory by the hour    400 days
custom metrics                forever
changes of status             400 days
`);
    const wrong = await given("retention", "--usage", "0", "--hours", "1.5", "--status", "soon");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr.match(/expected 1 to 36500 days, or forever/g)).toHaveLength(3);
    expect(JSON.parse((await given("retention", "--usage", "forever", "--json")).stdout)).toEqual({
      usage_days: null,
      minute_days: 14,
      hour_days: 400,
      custom_metrics_days: null,
      status_history_days: 400,
    });
  });
});
