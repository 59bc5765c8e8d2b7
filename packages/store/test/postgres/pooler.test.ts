import { openStore, type Store } from "@kissbot/store";
import { contractCases } from "@kissbot/store/contract";
import { PostgresServer, postgresVersions, repetitions } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { numberedBatch } from "./numbered-batch.mjs";
import { hasPooler, Pooler } from "./pooler.js";
import { Schemas } from "./schemas.js";

/** In the gate those that write and read most; the rest differs in nothing that a pooler sees. */
const isGate = repetitions({ gate: 1, long: 0 }) === 1;
const wanted = isGate ? /^(?:write|replay|reorder|maintain|concurrent)/ : /./;
const versions = isGate ? (["newest"] as const) : postgresVersions;
const cases = contractCases({ durable: true, backup: false }, 5).filter(({ name }) => wanted.test(name));
const stores = 20;
const connections = 2;

describe.skipIf(!hasPooler || PostgresServer.missing("newest") !== null).each(versions)(
  "the %s PostgreSQL behind pgbouncer",
  (version) => {
    let schemas: Schemas;
    let pooler: Pooler;
    let link: Link;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
      pooler = await Pooler.start(schemas.server, connections);
      link = schemas.link(schemas.byTcp([pooler.port], "case_0"));
      await migratePostgres(link);
    });
    afterAll(async () => {
      await pooler[Symbol.asyncDispose]();
      await schemas[Symbol.asyncDispose]();
    });

    test.each(cases.map((one) => [one.name, one] as const))(
      "%s [fleet/T1] [fleet/R8]",
      async (_name, { run }) => {
        await run(async (request) => {
          const opened: Store[] = [];
          const open = async () => {
            const store = await openStore(schemas.byTcp([pooler.port], "case_0"), request);
            opened.push(store);
            return store;
          };
          return {
            store: await open(),
            reopen: open,
            dispose: async () => {
              await Promise.all(opened.map((store) => store.close()));
              await schemas.empty(link);
            },
          };
        });
      },
    );

    test(`${stores} stores write over ${connections} connections, each row once [fleet/R7]`, async () => {
      const url = schemas.byTcp([pooler.port], "shared");
      const opened = await Promise.all(Array.from({ length: stores }, () => openStore(url)));
      try {
        const writes = opened.map(async (store, i) => {
          for (let seq = 1; seq <= 10; seq++) await store.write({ ...numberedBatch(seq), producer: `p${i}` });
        });
        await Promise.all(writes);
        const [total] = await (opened[0] as Store).usageTotals({ fromMs: 0, toMs: Date.UTC(2030, 0) });
        expect(total?.calls).toBe(stores * 10 * 3);
      } finally {
        await Promise.all(opened.map((store) => store.close()));
      }
    });
  },
);
