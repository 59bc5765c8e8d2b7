import { openStore, type Store } from "@kissbot/store";
import { type OpenedStore, type OpenRequest, storeContract } from "@kissbot/store/contract";
import { PostgresServer, postgresVersions, repetitions } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { Schemas } from "./schemas.js";

describe.skipIf(PostgresServer.missing("newest") !== null).each(postgresVersions)(
  "the %s PostgreSQL [fleet/R24]",
  (version) => {
    let schemas: Schemas;
    let link: Link;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
      link = schemas.link(schemas.make());
      await migratePostgres(link);
    });
    afterAll(() => schemas[Symbol.asyncDispose]());

    storeContract({
      test: (name, body) => test(name, body, 120_000),
      capabilities: { durable: true, backup: false },
      oracleRuns: repetitions({ gate: version === "newest" ? 10 : 3, long: 100 }),
      open: async (request: OpenRequest): Promise<OpenedStore> => {
        const url = schemas.url(link.url.schema);
        const stores: Store[] = [];
        const open = async () => {
          const store = await openStore(url, request);
          stores.push(store);
          return store;
        };
        return {
          store: await open(),
          reopen: open,
          dispose: async () => {
            await Promise.all(stores.map((store) => store.close()));
            await schemas.empty(link);
          },
        };
      },
    });
  },
);
