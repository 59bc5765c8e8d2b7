import { spawnSync } from "node:child_process";
import { chownSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import process from "node:process";
import { PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForwardState } from "../../src/fleet/forward-loop.js";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { Certificates, hasOpenssl } from "../postgres/certificates.js";
import { Schemas } from "../postgres/schemas.js";
import { RunningLoop } from "./running-loop.js";
import { numbersIn } from "./sending-host.js";

const user = "plain";
const password = "a passw0rd of a test";
const slots = 8;
const nobody = 65_534;

interface Fault {
  readonly what: string;
  /** What the URL says beside the user, the place and the schema. */
  readonly parameters?: () => string;
  readonly begin: (schema: string) => Promise<void>;
  readonly end: (schema: string) => Promise<void>;
  /** It is noticed by new connections only. */
  readonly isOfConnecting?: boolean;
  readonly state: ForwardState;
  readonly words: string;
}

const folder = new TemporaryFolder("store");
const small = folder.file("small");
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const mounted =
  isRoot &&
  spawnSync("mkdir", [small]).status === 0 &&
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]).status === 0;
if (!mounted)
  console.warn(
    "faults.test.ts: without a full disk, as no small tmpfs can be mounted (it takes Linux and root)",
  );

describe.skipIf(!hasOpenssl || PostgresServer.missing("newest") !== null)("a fleet's database with", () => {
  const certificates = new Certificates();
  let schemas: Schemas;
  let admin: Link;
  const taken: Link[] = [];
  beforeAll(async () => {
    schemas = await Schemas.start("newest", {
      max_connections: `${slots}`,
      superuser_reserved_connections: "3",
      ssl: "on",
      ssl_cert_file: certificates.certificate,
      ssl_key_file: certificates.key,
    });
    admin = schemas.link(schemas.url("kissbot"));
    await admin.script(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  });
  afterAll(async () => {
    await schemas[Symbol.asyncDispose]();
    certificates[Symbol.dispose]();
    if (mounted) spawnSync("umount", ["--lazy", small]);
    folder[Symbol.dispose]();
  });

  const ask = async (text: string) => {
    await admin.script(text);
  };
  const reload = () => ask("SELECT pg_reload_conf()");
  const disconnect = () =>
    ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`);
  const show = async (shown: Parameters<Certificates["show"]>[0]) => {
    certificates.show(shown);
    await reload();
  };
  const verified = () => `sslmode=verify-full&sslrootcert=${certificates.authority}`;

  const faults: readonly Fault[] = [
    {
      what: "a wrong password",
      begin: () => ask(`ALTER ROLE ${user} PASSWORD 'another'`),
      end: () => ask(`ALTER ROLE ${user} PASSWORD '${password}'`),
      isOfConnecting: true,
      state: "refused",
      words: "password authentication failed",
    },
    {
      what: "no connection free",
      begin: async () => {
        for (let i = 0; i < slots; i++) taken.push(schemas.link(schemas.url("kissbot")));
        await Promise.allSettled(taken.map((link) => link.rows("SELECT 1")));
      },
      end: async () => {
        for (const link of taken.splice(0)) await link.close();
      },
      isOfConnecting: true,
      state: "away",
      words: "53300",
    },
    {
      what: "a certificate that has expired",
      parameters: verified,
      begin: () => show({ name: "IP:127.0.0.1", isExpired: true }),
      end: () => show({ name: "IP:127.0.0.1" }),
      isOfConnecting: true,
      state: "refused",
      words: "CERT_HAS_EXPIRED",
    },
    {
      what: "a certificate of another name",
      parameters: verified,
      begin: () => show({ name: "DNS:db.example" }),
      end: () => show({ name: "IP:127.0.0.1" }),
      isOfConnecting: true,
      state: "refused",
      words: "ERR_TLS_CERT_ALTNAME_INVALID",
    },
    {
      what: "a certificate that nobody known has signed",
      parameters: verified,
      begin: () => show({ name: "IP:127.0.0.1", by: "other" }),
      end: () => show({ name: "IP:127.0.0.1" }),
      isOfConnecting: true,
      state: "refused",
      words: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    },
    {
      what: "no TLS any more",
      parameters: verified,
      begin: async () => {
        await ask("ALTER SYSTEM SET ssl = off");
        await reload();
      },
      end: async () => {
        await ask("ALTER SYSTEM SET ssl = on");
        await reload();
      },
      isOfConnecting: true,
      state: "refused",
      words: "takes no TLS",
    },
    {
      what: "a right that was taken away",
      begin: (schema) => ask(`REVOKE INSERT ON ${schema}.llm_usage FROM ${user}`),
      end: (schema) => ask(`GRANT INSERT ON ${schema}.llm_usage TO ${user}`),
      state: "refused",
      words: "permission denied for table llm_usage (42501)",
    },
    {
      what: "a table that is gone",
      begin: (schema) => ask(`ALTER TABLE ${schema}.usage_hours RENAME TO elsewhere`),
      end: (schema) => ask(`ALTER TABLE ${schema}.elsewhere RENAME TO usage_hours`),
      state: "refused",
      words: "usage_hours",
    },
    {
      what: "all of it read-only",
      begin: async () => {
        await ask("ALTER SYSTEM SET default_transaction_read_only = on");
        await reload();
      },
      end: async () => {
        await ask("ALTER SYSTEM RESET default_transaction_read_only");
        await reload();
      },
      state: "away",
      words: "read-only transaction (25006)",
    },
    ...(mounted
      ? [
          {
            what: "a full disk",
            begin: async (schema: string) => {
              for (const path of [folder.path, small]) chownSync(path, nobody, nobody);
              await ask(`CREATE TABLESPACE small LOCATION '${small}'`);
              await ask(`ALTER TABLE ${schema}.llm_usage_rest SET TABLESPACE small`);
              const { bavail, bsize } = statfsSync(small);
              writeFileSync(`${small}/ballast`, Buffer.alloc(bavail * bsize));
            },
            end: async () => rmSync(`${small}/ballast`),
            state: "away",
            words: "53100",
          } satisfies Fault,
        ]
      : []),
  ];

  test.each(faults.map((fault, i) => [fault.what, i, fault] as const))(
    "%s says so, holds up nothing here, and has every row when it is over [fleet/T9]",
    async (_what, i, { begin, end, state, words, parameters = () => "sslmode=disable", isOfConnecting }) => {
      const schema = `fault_${i}`;
      const owner = schemas.link(schemas.url(schema));
      await migratePostgres(owner);
      await owner.script(
        `GRANT USAGE ON SCHEMA ${schema} TO ${user};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${user};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${user}`,
      );
      await owner.close();
      const place = `${user}:${encodeURIComponent(password)}@127.0.0.1:${schemas.server.port}`;
      const link = schemas.link(`postgres://${place}/postgres?schema=${schema}&${parameters()}`);
      await using host = new RunningLoop(folder.file(`${i}.db`), link);
      const calls = async () => (await numbersIn(admin, `count(*) FROM ${schema}.llm_usage`))[0];
      const shown = { describe: () => host.status };
      host.monitor.write("usage", 10, 1);
      await until("the first rows are there", async () => (await calls()) === 10, shown);

      await begin(schema);
      try {
        // Whole pages, so that a full disk is felt.
        for (let mark = 11; mark < 2_011; mark += 500) host.monitor.write("usage", 500, mark);
        const isTold = () => host.status?.state === state && host.status.detail?.includes(words) === true;
        await until(
          `it is told as ${state}: ${words}`,
          async () => {
            if (isOfConnecting === true && !isTold()) await disconnect();
            return isTold();
          },
          shown,
        );
        expect(host.status?.detail).toMatch(/^postgres:\/\/plain@127\.0\.0\.1:\d+\/postgres: /);
        expect(JSON.stringify(host.status)).not.toContain(password);
        expect(host.status?.waiting?.usage).toBeGreaterThan(0);
        host.monitor.write("usage", 10, 2_011);
      } finally {
        await end(schema);
      }
      await until(
        "it goes on",
        () => host.status?.state === "sending" && host.status.waiting?.usage === 0,
        shown,
      );
      const marks = `count(*), count(DISTINCT tokens_in), sum(tokens_in) FROM ${schema}.llm_usage`;
      expect(await numbersIn(admin, marks)).toEqual([2_020, 2_020, (2_020 * 2_021) / 2]);
      expect(await numbersIn(admin, `sum(calls) FROM ${schema}.usage_hours`)).toEqual([2_020]);
      expect(host.rejected).toEqual([]);
    },
    60_000,
  );
});
