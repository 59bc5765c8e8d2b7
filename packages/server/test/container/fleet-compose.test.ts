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
  readonly volumes: readonly string[];
  readonly [key: string]: unknown;
}

const file = fileURLToPath(new URL("../../share/fleet/compose.yaml", import.meta.url));
const compose = parse(readFileSync(file, "utf8"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
  readonly secrets: Readonly<Record<string, unknown>>;
};
const { postgres, ...monitors } = compose.services;
const variables = Object.values(settingTable as Readonly<Record<string, Setting<unknown>>>).flatMap(
  ({ flag, secret }) => [environmentName(flag), ...(secret ? [environmentName(fileFlagOf(flag))] : [])],
);

describe("the compose file of several hosts", () => {
  test("gives each monitor a name and files of its own, settings alone, and no right that it can do without", () => {
    expect(Object.keys(monitors)).toEqual(["first", "second"]);
    for (const [name, monitor] of Object.entries(monitors)) {
      expect(existsSync(join(dirname(file), monitor.build ?? "", "Dockerfile"))).toBe(true);
      for (const variable of Object.keys(monitor.environment)) expect(variables).toContain(variable);
      expect(monitor.environment["KISSBOT_MONITOR_NAME"]).toBe(name);
      expect(monitor).toMatchObject({ read_only: true, cap_drop: ["ALL"], restart: "unless-stopped" });
      expect(monitor.volumes.map((one) => one.split(":")[1]).sort()).toEqual(
        [...wordsOf(lastOf("VOLUME"))].sort(),
      );
    }
    const volumes = Object.values(compose.services).flatMap((one) =>
      one.volumes.map((text) => text.split(":")[0]),
    );
    expect(volumes.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test("names the user and the database that its PostgreSQL makes, and keeps the password in a file", () => {
    for (const { environment, secrets } of Object.values(monitors)) {
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
    "makes two monitors one fleet",
    async () => {
      await using server = await PostgresServer.start();
      using folder = new TemporaryFolder("fleet");
      writeFileSync(folder.file("fleet_password"), `${server.password}\n`, { mode: 0o600 });
      writeFileSync(folder.file("http_token"), "a-token-of-a-test\n", { mode: 0o600 });
      const place = `${server.user}@127.0.0.1:${server.port}/postgres`;
      const here = (text: string) =>
        text.replace("kissbot@postgres/kissbot", place).replace("/run/secrets", folder.path);
      const children = Object.entries(monitors).map(([name, { environment }]) => {
        const given = Object.entries(environment).map(([variable, text]) => [variable, here(text)]);
        const env = { ...Object.fromEntries(given), KISSBOT_MONITOR_HTTP: "127.0.0.1:0" };
        const own = folder.file(name);
        mkdirSync(own);
        const paths = ["--socket", join(own, "kb.sock"), "--store", join(own, "kb.db")];
        return startCommand(["start", ...paths], { folder: own, env });
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
      for (const child of children) child.signal("SIGTERM");
      for (const child of children) expect((await child.exited).code).toBe(0);
    },
    90_000,
  );
});
