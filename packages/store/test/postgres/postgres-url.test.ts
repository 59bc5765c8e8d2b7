import { chmodSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { describeFailure } from "../../src/postgres/link.js";
import { passwordFor, passwordIn } from "../../src/postgres/passfile.js";
import { parsePostgresUrl, shownUrl } from "../../src/postgres/postgres-url.js";
import { tlsFor } from "../../src/postgres/tls.js";

const parse = (url: string, env: NodeJS.ProcessEnv = {}) => parsePostgresUrl(url, env);
const refusal = (url: string) => {
  try {
    parse(url);
  } catch (error) {
    return { code: (error as { code?: string }).code, message: (error as Error).message };
  }
  return null;
};

describe("the URL of a PostgreSQL database", () => {
  test("names user, hosts, database and schema", () => {
    expect(parse("postgres://bot@db.example/fleet")).toEqual({
      hosts: [{ host: "db.example", port: 5432 }],
      user: "bot",
      database: "fleet",
      password: null,
      passwordFile: null,
      service: null,
      schema: "kissbot",
      tlsMode: null,
      rootCertificate: null,
    });
  });

  test.each([
    [
      "postgresql://u@a:1,b,[::1]:3/d",
      [
        ["a", 1],
        ["b", 5432],
        ["::1", 3],
      ],
    ],
    [
      "postgres://u@a,b/d?port=7",
      [
        ["a", 7],
        ["b", 7],
      ],
    ],
    ["postgres://u@/d", [["localhost", 5432]]],
    ["postgres://u@/d?host=/run/postgresql&port=6", [["/run/postgresql", 6]]],
    ["postgres://u@%2Frun%2Fpg/d", [["/run/pg", 5432]]],
  ] as const)("%s has its hosts in order", (url, hosts) => {
    expect(parse(url).hosts.map(({ host, port }) => [host, port])).toEqual(hosts);
  });

  test("takes what it lacks from libpq's variables", () => {
    const env = { PGUSER: "u", PGDATABASE: "d", PGSSLMODE: "require", PGSSLROOTCERT: "/ca.pem" };
    const { user, database, tlsMode, rootCertificate } = parse("postgres://h", env);
    expect([user, database, tlsMode, rootCertificate]).toEqual(["u", "d", "require", "/ca.pem"]);
    expect(parse("postgres://u@h").database).toBe("u");
  });

  test("takes what was quoted with %", () => {
    const { user, password, database } = parse("postgres://a%40b:p%3A%2F%25:x@h/my%20db");
    expect([user, password, database]).toEqual(["a@b", "p:/%:x", "my db"]);
  });

  test.each([
    ["postgres:x", "expected postgres://"],
    ["postgres://host/db", "names no user"],
    ["postgres://u@h:0/d", "port"],
    ["postgres://u@h:99999/d", "port"],
    ["postgres://u@a,,b/d", "is no host"],
    ["postgres://u@h/d?pool=1", "no parameter pool"],
    ["postgres://u@h/d?sslmode=prefer", "plain text"],
    ["postgres://u@h/d?sslmode=yes", "sslmode"],
    ["postgres://u@h/d?schema=Bad-Name", "schema"],
    ["postgres://u:%zz@h/d", "hexadecimal"],
  ])("%s is refused, with what is wrong", (url, words) => {
    const found = refusal(url);
    expect(found?.code).toBe("invalid_option");
    expect(found?.message).toContain(words);
  });

  test("is shown, and stands in errors, without its password and parameters [fleet/R12]", () => {
    const url = parse("postgres://bot:s3cret@db:6543,[::1]/fleet?sslmode=require");
    expect(shownUrl(url)).toBe("postgres://bot@db:6543,[::1]/fleet");
    const error = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
    expect(describeFailure(error, url)).toBe(
      "postgres://bot@db:6543,[::1]/fleet: connect refused (ECONNREFUSED)",
    );
    for (const bad of [
      "postgres://u:s3cret@h/d?x=1",
      "postgres://:s3cret@h/d",
      "postgres://u:s3cret@h:0/d",
      "postgres://u:a@s3cret@h/d",
      "postgres://u:a/s3cret@h/d",
      "postgres://u:a?s3cret@h/d",
      "postgres://u:a#s3cret@h/d",
    ]) {
      expect(refusal(bad)?.message).not.toContain("s3cret");
    }
  });
});

describe("TLS", () => {
  const tls = (url: string) => {
    const parsed = parse(url);
    return tlsFor(parsed, parsed.hosts[0] as (typeof parsed.hosts)[number]);
  };

  test("checks certificate and name beyond this machine, unless the URL says otherwise [fleet/R11]", async () => {
    expect(await tls("postgres://u@db.example/d")).toEqual({ rejectUnauthorized: true });
    expect(await tls("postgres://u@10.0.0.1/d?sslrootcert=system")).toEqual({ rejectUnauthorized: true });
    for (const local of ["localhost", "127.0.0.1", "[::1]", "%2Frun"]) {
      expect(await tls(`postgres://u@${local}/d`)).toBeNull();
    }
    expect(await tls("postgres://u@db.example/d?sslmode=disable")).toBeNull();
    expect(await tls("postgres://u@db.example/d?sslmode=require")).toEqual({ rejectUnauthorized: false });
    const named = await tls("postgres://u@db.example/d?sslmode=verify-ca");
    expect(named?.rejectUnauthorized).toBe(true);
    expect(named?.checkServerIdentity?.("other", {} as never)).toBeUndefined();
  });

  test("takes a file of certificates, and then also `require` checks who signed", async () => {
    using folder = new TemporaryFolder("tls");
    const path = folder.file("ca.pem");
    writeFileSync(path, "a certificate");
    const required = await tls(
      `postgres://u@db.example/d?sslmode=require&sslrootcert=${encodeURIComponent(path)}`,
    );
    expect([required?.ca, required?.rejectUnauthorized]).toEqual(["a certificate", true]);
    await expect(tls("postgres://u@db.example/d?sslrootcert=/nowhere/ca.pem")).rejects.toMatchObject({
      code: "invalid_option",
    });
  });
});

describe("the password", () => {
  const url = parse("postgres://bot@db:6543/fleet");
  const place = { host: "db", port: 6543 };

  test.each([
    ["db:6543:fleet:bot:one", "one"],
    ["# db:6543:fleet:bot:no\nother:*:*:*:no\n*:*:*:bot:two", "two"],
    ["db:6543:fleet:bot:a\\:b\\\\c:d", "a:b\\c:d"],
    ["d\\b:6543:fleet:bot:three\r\n", "three"],
    ["db:6543:fleet:bot:", ""],
    ["db:6543:fleet:somebody:no", null],
    ["db:6543:fleet", null],
    ["", null],
  ])("of the passfile %j is %j", (text, password) => {
    expect(passwordIn(text, url, place)).toBe(password);
  });

  test("for a Unix socket stands beside localhost", () => {
    expect(passwordIn("localhost:5:fleet:bot:socket", url, { host: "/run/postgresql", port: 5 })).toBe(
      "socket",
    );
  });

  test("is looked up in the URL, in PGPASSWORD, in the passfile, and anew each time", async () => {
    using folder = new TemporaryFolder("passfile");
    const path = folder.file("pgpass");
    const words: string[] = [];
    const ask = (env: NodeJS.ProcessEnv) => passwordFor(url, place, (word) => words.push(word), env);
    expect(await ask({ PGPASSFILE: path })).toBeNull();
    writeFileSync(path, "*:*:*:*:first\n", { mode: 0o600 });
    expect(await ask({ PGPASSFILE: path })).toBe("first");
    writeFileSync(path, "*:*:*:*:second\n");
    expect(await ask({ PGPASSFILE: path })).toBe("second");
    expect(await ask({ PGPASSFILE: path, PGPASSWORD: "third" })).toBe("third");
    const own = parse("postgres://bot:fourth@db/fleet");
    expect(await passwordFor(own, place, () => undefined, { PGPASSWORD: "third" })).toBe("fourth");
    const file = folder.file("password");
    const named = parse(`postgres://bot@db/fleet?passwordfile=${encodeURIComponent(file)}`);
    const fromFile = () => passwordFor(named, place, () => undefined, { PGPASSWORD: "third" });
    await expect(fromFile()).rejects.toThrow(`the file with the password cannot be read (ENOENT): ${file}`);
    writeFileSync(file, "fifth\n");
    expect(await fromFile()).toBe("fifth");
    expect(words).toEqual([]);
    chmodSync(path, 0o644);
    expect(await ask({ PGPASSFILE: path })).toBeNull();
    expect(words).toEqual([`${path} is not read, as others may read it: chmod 600 ${path}`]);
  });
});
