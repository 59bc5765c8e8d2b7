import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePostgresUrl } from "@kissbot/store/postgres";
import { PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { environmentName, fileFlagOf, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { runCommand, startCommand } from "../cli/command.js";
import { lastOf, wordsOf } from "./image-files.js";

interface Service {
  readonly build?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly volumes?: readonly string[];
  readonly [key: string]: unknown;
}

const file = fileURLToPath(new URL("../../share/fleet/compose.yaml", import.meta.url));
const compose = parse(readFileSync(file, "utf8"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
  readonly secrets: Readonly<Record<string, unknown>>;
};
const { postgres, hub, ...monitors } = compose.services;
const programs = { ...monitors, ...(hub && { hub }) };
const variables = Object.values(settingTable as Readonly<Record<string, Setting<unknown>>>).flatMap(
  ({ flag, secret }) => [environmentName(flag), ...(secret ? [environmentName(fileFlagOf(flag))] : [])],
);

describe("the compose file of several hosts", () => {
  test("gives each monitor a name and files of its own, settings alone, and no right that it can do without", () => {
    expect(Object.keys(monitors)).toEqual(["first", "second"]);
    expect(hub).toMatchObject({ command: ["hub"] });
    expect(hub?.volumes).toBeUndefined();
    for (const [name, monitor] of Object.entries(programs)) {
      expect(existsSync(join(dirname(file), monitor.build ?? "", "Dockerfile"))).toBe(true);
      for (const variable of Object.keys(monitor.environment)) expect(variables).toContain(variable);
      expect(monitor.environment["KISSBOT_MONITOR_NAME"]).toBe(name);
      expect(monitor).toMatchObject({ read_only: true, cap_drop: ["ALL"], restart: "unless-stopped" });
    }
    for (const { volumes = [] } of Object.values(monitors))
      expect(volumes.map((one) => one.split(":")[1]).sort()).toEqual([...wordsOf(lastOf("VOLUME"))].sort());
    const ports = Object.values(programs).map(({ ports }) => ports);
    expect(ports).toEqual([7788, 7789, 7790].map((port) => [`127.0.0.1:${port}:7788`]));
    const volumes = Object.values(compose.services).flatMap((one) =>
      (one.volumes ?? []).map((text) => text.split(":")[0]),
    );
    expect(volumes.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test("names the user and the database that its PostgreSQL makes, and keeps the password in a file", () => {
    for (const { environment, secrets } of Object.values(programs)) {
      const url = parsePostgresUrl(environment["KISSBOT_MONITOR_FLEET"] ?? "", {});
      expect(url).toMatchObject({
        hosts: [{ host: "postgres", port: 5432 }],
        user: postgres?.environment["POSTGRES_USER"],
        database: postgres?.environment["POSTGRES_DB"],
        password: null,
      });
      expect(environment["KISSBOT_MONITOR_FLEET_PASSWORD_FILE"]).toBe(
        postgres?.environment["POSTGRES_PASSWORD_FILE"],
      );
      expect([...secrets].sort()).toEqual(Object.keys(compose.secrets).sort());
    }
  });

  test.skipIf(PostgresServer.missing("newest") !== null)(
    "makes two monitors one fleet, which the hub shows",
    async () => {
      await using server = await PostgresServer.start();
      using folder = new TemporaryFolder("fleet");
      writeFileSync(folder.file("fleet_password"), `${server.password}\n`, { mode: 0o600 });
      writeFileSync(folder.file("http_token"), "a-token-of-a-test\n", { mode: 0o600 });
      const place = `${server.user}@127.0.0.1:${server.port}/postgres`;
      const here = (text: string) =>
        text.replace("kissbot@postgres/kissbot", place).replace("/run/secrets", folder.path);
      const children = Object.entries(programs).map(([name, { environment }]) => {
        const given = Object.entries(environment).map(([variable, text]) => [variable, here(text)]);
        const env = { ...Object.fromEntries(given), KISSBOT_MONITOR_HTTP: "127.0.0.1:0" };
        const own = folder.file(name);
        mkdirSync(own);
        const paths = ["--socket", join(own, "kb.sock"), "--store", join(own, "kb.db")];
        const words = name === "hub" ? wordsOf(JSON.stringify(hub?.["command"])) : ["start", ...paths];
        return startCommand([...words, "--json"], { folder: own, env });
      });
      const asked = ["hosts", "--json", "--fleet", `postgres://${place}`];
      const flags = ["--fleet-password-file", folder.file("fleet_password")];
      await until(
        "both are up",
        async () => {
          const { stdout } = await runCommand([...asked, ...flags], { folder: folder.path });
          const { hosts } = JSON.parse(stdout || '{"hosts":[]}') as {
            hosts: { host: string; state: string }[];
          };
          const up = hosts.filter(({ state }) => state === "up").map(({ host }) => host);
          return up.join() === "first,second";
        },
        { timeoutMs: 60_000 },
      );
      const shown = children.at(-1);
      await shown?.prints("\n}\n", 60_000);
      const { http } = JSON.parse(shown?.stdout ?? "") as { http: string };
      const headers = { authorization: "Bearer a-token-of-a-test" };
      const states = async () => {
        const answer = await fetch(`${http}/api/v1/hosts`, { headers });
        const { hosts } = (await answer.json()) as { hosts: { host: string; state: string }[] };
        return hosts.map(({ host, state }) => `${host} ${state}`).join();
      };
      await until("the hub shows both", async () => (await states()) === "first up,second up", {
        timeoutMs: 60_000,
      });
      for (const child of children) child.signal("SIGTERM");
      for (const child of children) expect((await child.exited).code).toBe(0);
    },
    90_000,
  );
});
