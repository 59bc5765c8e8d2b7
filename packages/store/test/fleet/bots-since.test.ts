import { PostgresServer, postgresVersions } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FleetDatabase } from "../../src/fleet/fleet-database.js";
import { FleetPoll } from "../../src/fleet/fleet-poll.js";
import { FleetReader } from "../../src/fleet/fleet-reader.js";
import { enterHost } from "../../src/postgres/host.js";
import type { Link } from "../../src/postgres/link.js";
import { Schemas } from "../postgres/schemas.js";
import { KeptBots } from "./kept-bots.js";

/** Writes bots of one host; a transaction stays open for a while. */
class Writer {
  readonly #link: Link;
  readonly #hostNo: number;
  isOpen = false;

  constructor(link: Link, hostNo: number) {
    this.#link = link;
    this.#hostNo = hostNo;
  }

  async begin(): Promise<void> {
    await this.#link.script("BEGIN");
    this.isOpen = true;
  }

  async commit(): Promise<void> {
    await this.#link.script("COMMIT");
    this.isOpen = false;
  }

  async put(channel: string, pid: number): Promise<void> {
    await this.#link.rows(
      `INSERT INTO ${this.#link.url.schema}.bots (host_no, channel, pid, status, features_json, registered_at, last_seen, status_since, restarts, process_seen)
 VALUES ($1, $2, $3, 'online', '{}', now(), now(), now(), 0, false) ON CONFLICT (host_no, channel) DO UPDATE SET pid = excluded.pid`,
      [this.#hostNo, channel, pid],
    );
    await this.#move();
  }

  async delete(channel: string): Promise<void> {
    const { schema } = this.#link.url;
    await this.#link.rows(`DELETE FROM ${schema}.bots WHERE host_no = $1 AND channel = $2`, [
      this.#hostNo,
      channel,
    ]);
    await this.#move();
  }

  async #move(): Promise<void> {
    const { schema } = this.#link.url;
    await this.#link.rows(`UPDATE ${schema}.hosts SET bots_version = bots_version + 1 WHERE host_no = $1`, [
      this.#hostNo,
    ]);
  }
}

/** The same numbers in each run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe.each(postgresVersions)("PostgreSQL, the %s", (version) => {
  describe.skipIf(PostgresServer.missing(version) !== null)("asked for the bots that were written", () => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
    });
    afterAll(async () => {
      await schemas[Symbol.asyncDispose]();
    });

    test("has them all, in whatever order transactions begin and end", async () => {
      const url = schemas.make();
      const database = new FleetDatabase(url);
      await database.migrate();
      database.close();
      const writers: Writer[] = [];
      for (const i of [1, 2, 3]) {
        const link = schemas.link(url);
        const hostId = `00000000-0000-0000-0000-00000000000${i}`;
        writers.push(new Writer(link, await enterHost(link, { hostId, name: `host-${i}` })));
      }
      const reader = new FleetReader(url);
      const kept = new KeptBots();
      const poll = new FleetPoll(kept, () => true);
      const look = schemas.link(url);
      const stored = async () =>
        (
          await look.rows<{ key: string }>(
            `SELECT host_no || '/' || channel || '/' || pid AS key FROM ${look.url.schema}.bots ORDER BY 1`,
          )
        ).map(({ key }) => key);
      const known = () =>
        [...kept.byHost]
          .flatMap(([hostNo, bots]) =>
            [...bots.values()].map(({ channel, pid }) => `${hostNo}/${channel}/${pid}`),
          )
          .sort();
      const next = randomNumbers(22);
      const below = (count: number) => Math.floor(next() * count);
      let looks = 0;
      for (let step = 0; step < 400; step++) {
        const writer = writers[below(3)] as Writer;
        const channel = `${["bot", "Bot", "ß"][below(3)]} ${below(5)}`;
        const choice = below(10);
        if (choice === 0 && !writer.isOpen) await writer.begin();
        else if (choice <= 2 && writer.isOpen) await writer.commit();
        else if (choice <= 6) await writer.put(channel, step);
        else if (choice === 7) await writer.delete(channel);
        else {
          await poll.look(reader);
          looks++;
          expect(known(), `look ${looks}`).toEqual((await stored()).sort());
        }
      }
      for (const writer of writers) if (writer.isOpen) await writer.commit();
      await poll.look(reader);
      expect(known()).toEqual((await stored()).sort());
      expect(looks).toBeGreaterThan(40);
      const before = kept.puts;
      await (writers[0] as Writer).put("last", 1);
      await poll.look(reader);
      expect(kept.puts - before, "no other is read").toBeLessThan(3);
      reader.close();
    });
  });
});
