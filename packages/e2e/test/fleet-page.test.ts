import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PostgresServer } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, snippetsIn } from "./document.js";
import { OperatorShell } from "./operator-shell.js";

const document = "docs/fleet.md";
const page = readFileSync(join(root, document), "utf8");
const snippets = snippetsIn(document);
/** What of the driver, a package of the store's, is used here. */
interface Client {
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<void>;
  query(text: string): Promise<{ readonly rows: readonly unknown[] }>;
  end(): Promise<void>;
}
const pg = createRequire(join(root, "packages/store/package.json"))("pg") as {
  readonly Client: new (options: Readonly<Record<string, string | number>>) => Client;
};
/** It installs on the machine. */
const notRun = "npm install --global";

test("docs/fleet.md names only commands of hosts that there are, and links to what is there", async () => {
  const help = readFileSync(join(root, "docs/commands.md"), "utf8");
  const named = [...page.matchAll(/`(?:kissbot-monitor )?hosts (\w+)/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(3);
  for (const name of named) expect(help).toContain(`\`hosts ${name}`);
  for (const [, target = ""] of page.matchAll(/\]\(([^)#\s]+)[^)]*\)/g))
    expect(() => readFileSync(join(root, "docs", target)), target).not.toThrow();
});

describe.skipIf(PostgresServer.missing("newest") !== null)("the commands of docs/fleet.md", () => {
  let server: PostgresServer;
  let shell: OperatorShell;
  let client: Client;
  const password = "kissbot_test_word";
  const here = (text: string) =>
    text
      .replaceAll("db.example.org", `127.0.0.1:${server.port}`)
      .replaceAll("/etc/kissbot/fleet.password", join(shell.folder, "fleet.password"));
  const secretFile = (name: string, text: string) => {
    const path = join(shell.folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    return path;
  };

  beforeAll(async () => {
    server = await PostgresServer.start();
    shell = await OperatorShell.open();
    const connect = async (database: string) => {
      const { port, user } = server;
      const made = new pg.Client({ host: "127.0.0.1", port, user, password: server.password, database });
      made.on("error", () => undefined);
      await made.connect();
      return made;
    };
    const first = await connect("postgres");
    await first.query("CREATE DATABASE bots");
    await first.end();
    client = await connect("bots");
  }, 60_000);
  afterAll(async () => {
    await client?.end();
    await shell?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test("work from the roles to a host that is forgotten, in their order", async () => {
    const passfile = secretFile("pgpass", `*:*:*:*:${password}\n`);
    secretFile("fleet.password", `${password}\n`);
    let runs = 0;
    for (const { language, text, line } of snippets) {
      if (text.startsWith(notRun)) continue;
      if (language === "yaml") {
        const file = secretFile("monitor.yaml", here(text));
        const { code, output } = await shell.runUntilItServes(`kissbot-monitor start --config ${file}`);
        expect(code, output).toBe(0);
        expect(output).not.toContain(password);
        continue;
      }
      expect(language, `line ${line}`).toBe("sh");
      if (text.includes("hosts forget"))
        await client.query(`INSERT INTO kissbot.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'bots_1', 'up', 0, 0, now(), now() - interval '1 hour')`);
      if (text.includes("monitor hub")) {
        const { code, output } = await shell.runUntilItServes(here(text), { PGPASSFILE: passfile });
        expect(code, output).toBe(0);
        expect(output).not.toContain(password);
        continue;
      }
      const { code, output } = await shell.run(
        `cd ${shell.folder}; export PGPASSFILE=${passfile}; set -e; ${here(text)}`,
      );
      expect(code, `line ${line}: ${output}`).toBe(0);
      expect(output).not.toContain(password);
      runs++;
      if (!text.includes("hosts roles")) continue;
      // What psql does with them.
      await client.query(readFileSync(join(shell.folder, "roles.sql"), "utf8"));
      const roles = [...page.matchAll(/^\| `(kissbot_\w+)` \|/gm)].map(([, role = ""]) => role);
      expect(roles).toEqual(["kissbot_owner", "kissbot_writer", "kissbot_reader"]);
      for (const role of roles) await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
    }
    expect(runs).toBeGreaterThan(4);
  }, 120_000);

  test("end with nothing left, as the page says", async () => {
    const drop = /`(DROP SCHEMA [^`]+)`/.exec(page)?.[1] ?? "";
    await client.query(drop);
    for (const role of ["owner", "writer", "reader"]) {
      await client.query(`DROP OWNED BY kissbot_${role}`);
      await client.query(`DROP ROLE kissbot_${role}`);
    }
    const left = await client.query("SELECT 1 FROM pg_roles WHERE rolname LIKE 'kissbot%'");
    expect(left.rows).toEqual([]);
  });
});
