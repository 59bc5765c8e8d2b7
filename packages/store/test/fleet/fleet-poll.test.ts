import { expect, test } from "vitest";
import type { StoredBot } from "../../src/bot.js";
import type { FleetHost } from "../../src/fleet/fleet-host.js";
import { FleetPoll } from "../../src/fleet/fleet-poll.js";

class Database {
  hostRows: FleetHost[] = [];
  /** The numbers of the hosts whose bots were read. */
  readonly reads: number[] = [];
  failure: Error | null = null;

  async hosts() {
    return { nowMs: 1, hosts: [...this.hostRows] };
  }

  async botsOf(hostNo: number) {
    if (this.failure !== null) throw this.failure;
    this.reads.push(hostNo);
    return [{ channel: `bot of ${hostNo}` } as StoredBot];
  }
}

const host = (hostNo: number, botsVersion: number, replacedBy: number | null = null) =>
  ({ hostNo, hostId: `id ${hostNo}`, botsVersion, replacedBy }) as FleetHost;

test("bots are read where they have changed, and never those of the own host", async () => {
  const database = new Database();
  const poll = new FleetPoll((hostId) => hostId !== "id 1");
  database.hostRows = [host(1, 1), host(2, 1), host(3, 1)];
  const first = await poll.look(database);
  expect(database.reads).toEqual([2, 3]);
  expect([...first.bots.keys()]).toEqual([2, 3]);
  database.hostRows = [host(1, 9), host(2, 1), host(3, 2)];
  const second = await poll.look(database);
  expect(database.reads).toEqual([2, 3, 3]);
  expect(second.bots.get(2)).toBe(first.bots.get(2));
});

test("a host that was replaced has no bots, and one that is gone is forgotten", async () => {
  const database = new Database();
  const poll = new FleetPoll(() => true);
  database.hostRows = [host(1, 1), host(2, 1)];
  await poll.look(database);
  database.hostRows = [host(2, 1, 3)];
  expect((await poll.look(database)).bots.size).toBe(0);
  database.hostRows = [host(1, 1), host(2, 1)];
  await poll.look(database);
  expect(database.reads).toEqual([1, 2, 1, 2]);
});

test("a read that failed is made again", async () => {
  const database = new Database();
  const poll = new FleetPoll(() => true);
  database.hostRows = [host(1, 1)];
  database.failure = new Error("cut");
  await expect(poll.look(database)).rejects.toThrow("cut");
  database.failure = null;
  expect((await poll.look(database)).bots.get(1)).toHaveLength(1);
});
