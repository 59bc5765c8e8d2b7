import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { passwordFor } from "../../src/postgres/passfile.js";
import { type PostgresHost, parsePostgresUrl, shownUrl } from "../../src/postgres/postgres-url.js";

const planted = "pLanted of a service";
const folder = new TemporaryFolder("service");
const path = folder.file("services.conf");
const env = { PGSERVICEFILE: path, HOME: folder.file("nobody") };
afterAll(() => folder[Symbol.dispose]());

function write(text: string, mode = 0o600): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

beforeEach(() => {
  write(`# of the operator
[other]
host=elsewhere
[bots]
host = db1.example,db2.example
port=6000
user=writer
dbname=fleet
sslmode=verify-ca
sslrootcert=/etc/ca.pem
connect_timeout=3
password=${planted}
user=second
[bots]
user=third
`);
});

describe("a service of libpq", () => {
  test("says what the URL leaves out", () => {
    const url = parsePostgresUrl("postgres://?service=bots", env);
    expect(url).toEqual({
      hosts: [
        { host: "db1.example", port: 6000 },
        { host: "db2.example", port: 6000 },
      ],
      user: "writer",
      database: "fleet",
      password: null,
      passwordFile: null,
      service: "bots",
      schema: "kissbot",
      tlsMode: "verify-ca",
      rootCertificate: "/etc/ca.pem",
    });
    expect(shownUrl(url)).toBe("postgres://writer@db1.example:6000,db2.example:6000/fleet");
  });

  test("is outranked by the URL, and outranks libpq's variables", () => {
    const variables = { ...env, PGSERVICE: "bots", PGUSER: "v", PGDATABASE: "v", PGSSLMODE: "require" };
    const url = parsePostgresUrl("postgres://own@here:1/base?sslmode=disable", variables);
    expect([url.user, url.hosts, url.database, url.tlsMode]).toEqual([
      "own",
      [{ host: "here", port: 1 }],
      "base",
      "disable",
    ]);
    const filled = parsePostgresUrl("postgres://", variables);
    expect([filled.user, filled.database, filled.tlsMode]).toEqual(["writer", "fleet", "verify-ca"]);
  });

  test("is looked up in the home folder, and then in the system's", () => {
    const [home, system] = [folder.file("home"), folder.file("system")];
    for (const place of [home, system]) mkdirSync(place, { recursive: true });
    writeFileSync(`${home}/.pg_service.conf`, "[mine]\nuser=of-home\n");
    writeFileSync(`${system}/pg_service.conf`, "[mine]\nuser=of-system\n[ours]\nuser=of-system\n");
    const places = { HOME: home, PGSYSCONFDIR: system };
    const userOf = (service: string) => parsePostgresUrl(`postgres://h/d?service=${service}`, places).user;
    expect([userOf("mine"), userOf("ours")]).toEqual(["of-home", "of-system"]);
  });

  test("gives its password at each connection, after the URL's own and before PGPASSWORD", async () => {
    const warned: string[] = [];
    const passwordOf = async (text: string, more: NodeJS.ProcessEnv = {}) => {
      const url = parsePostgresUrl(text, env);
      const all = { ...env, PGPASSWORD: "of the variable", ...more };
      return await passwordFor(url, url.hosts[0] as PostgresHost, (one) => warned.push(one), all);
    };
    const url = "postgres://?service=bots";
    expect(await passwordOf(url)).toBe(planted);
    expect(await passwordOf("postgres://u:own@h/d?service=bots")).toBe("own");
    write("[bots]\nuser=writer\npassword = changed\n");
    expect(await passwordOf(url)).toBe("changed");
    expect(warned).toEqual([]);
    write("[bots]\nuser=writer\npassword=changed\n", 0o644);
    expect(await passwordOf(url), "others may read it").toBe("of the variable");
    expect(warned.join()).toContain(`chmod 600 ${path}`);
    expect(warned.join()).not.toContain("changed");
  });

  test.each([
    ["postgres://?service=none", env, "there is no service none in "],
    ["postgres://?service=bots", { PGSERVICEFILE: folder.file("gone") }, "cannot be read (ENOENT)"],
    ["postgres://?service=bots", { HOME: folder.file("gone") }, "there is no service bots in "],
  ])("%s is refused where it is not there", (url, variables, words) => {
    expect(() => parsePostgresUrl(url, variables)).toThrow(words);
  });

  test("with a line that is none is refused without showing it [fleet/R12]", () => {
    write(`[bots]\nuser=u\npassword ${planted}\n`);
    const refused = () => parsePostgresUrl("postgres://?service=bots", env);
    expect(refused).toThrow(`line 3 of ${path} is no NAME=VALUE`);
    expect(refused).not.toThrow(planted);
  });
});
