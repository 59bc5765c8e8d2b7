import { writeFileSync } from "node:fs";
import { lasting, PostgresServer, silentLogger, until } from "@kissbot/testkit";
import pg from "pg";
import { expect, test } from "vitest";
import { fleetFrom, withPasswordFile } from "../../src/config/fleet-address.js";
import type { LoadedSettings } from "../../src/config/load-settings.js";
import { Secret } from "../../src/config/secret.js";
import { Hub } from "../../src/hub.js";
import { HookServer, says } from "../notices/hook-server.js";
import { Place } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const token = "a-token-of-this-test-0123456789abcdef";
const patient = { timeoutMs: 60_000 };

test.skipIf(PostgresServer.missing("newest") !== null)(
  "a hub keeps an alert that is open over a reload, tells its end once, and asks the switch that is new [fleet/R15]",
  async () => {
    await using server = await PostgresServer.start();
    await using place = new Place();
    await using ops = await RecordingReceiver.start("ops");
    await using hook = await HookServer.start(says(200));
    const password = place.folder.file("password");
    writeFileSync(password, `${server.password}\n`, { mode: 0o600 });
    const address = fleetFrom(server.url());
    if (address === undefined) throw new Error("no address");
    const alerts = promptAlerts(ops);
    const fleet = withPasswordFile(address, password);
    let settings = place.settings({ displayName: "the hub", fleet, alerts, httpWriteToken: token });
    const readSettings = async (): Promise<LoadedSettings> => ({
      settings,
      enabled: true,
      notices: [],
      leaves: [],
      configFile: null,
      origins: {} as LoadedSettings["origins"],
    });
    const hub = new Hub(settings, { logger: silentLogger, readSettings });
    const { port, user } = server;
    const admin = { host: "127.0.0.1", port, user, database: "postgres", password: server.password };
    const client = new pg.Client(admin);
    await client.connect();
    try {
      const { http } = await hub.start();
      const reload = async (change: Partial<typeof alerts>) => {
        settings = { ...settings, alerts: { ...alerts, ...change } };
        const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
        const asked = { method: "POST", headers, body: "{}" };
        return (await (await fetch(`${http}/api/v1/reload`, asked)).json()) as Record<string, unknown>;
      };
      await until("it leads", () => hub.health().fleet?.isLeader === true, patient);
      await client.query(
        `INSERT INTO kissbot.hosts (host_id, name, state, beat_s, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'lost', 'up', 5, 0, 0, now(), now() - interval '10 minutes')`,
      );
      await client.query("UPDATE kissbot.lease SET since = now() - interval '1 hour'");
      await until("it is told", () => ops.told.length > 0, patient);
      const deadman = { url: Secret.ofValue(hook.url("/ping")), everyMs: 10_000 };
      const answer = await reload({ deadman });
      expect(answer).toMatchObject({ ok: true, needs_restart: [] });
      await until("the switch is asked", () => hook.requests.some(({ path }) => path === "/ping"), patient);
      await client.query("UPDATE kissbot.hosts SET seen_at = now()");
      await until("its end is told", () => ops.told.length > 1, patient);
      expect(ops.told).toEqual(["down host_silent lost", "up host_silent lost"]);
      expect(await reload({})).toMatchObject({ ok: true, needs_restart: [] });
      const asked = hook.requests.length;
      await lasting("no switch is asked", 1_500);
      expect(hook.requests.length).toBe(asked);
    } finally {
      await client.end();
      await hub.stop();
    }
  },
  120_000,
);
