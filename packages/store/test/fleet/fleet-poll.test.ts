import { expect, test } from "vitest";
import type { StoredBot } from "../../src/bot.js";
import type { FleetHost } from "../../src/fleet/fleet-host.js";
import { FleetPoll } from "../../src/fleet/fleet-poll.js";
import { pageBots } from "../../src/fleet/fleet-reader.js";
import type { BotsMoment, BotsPagePlan, HostBot } from "../../src/postgres/read-host-bots.js";
import { KeptBots } from "./kept-bots.js";

/** Hosts with bots in memory; each write is a transaction. */
class Database {
  hostRows: FleetHost[] = [];
  server = "one";
  transaction = 100;
  failAfterPages = Number.POSITIVE_INFINITY;
  readonly bots = new Map<string, { readonly row: HostBot; readonly written: number }>();

  write(hostNo: number, channel: string): void {
    const bot = { channel, pid: this.transaction } as StoredBot;
    this.bots.set(`${hostNo}/${channel}`, { row: { hostNo, bot }, written: this.transaction++ });
    this.move(hostNo);
  }

  delete(hostNo: number, channel: string): void {
    this.bots.delete(`${hostNo}/${channel}`);
    this.move(hostNo);
  }

  move(hostNo: number): void {
    this.hostRows = this.hostRows.map((host) =>
      host.hostNo === hostNo ? { ...host, botsVersion: host.botsVersion + 1 } : host,
    );
  }

  async hosts() {
    return { nowMs: 1, hosts: [...this.hostRows], leader: null };
  }

  async botsMoment(): Promise<BotsMoment> {
    const counts = new Map<number, number>();
    for (const { row } of this.bots.values()) counts.set(row.hostNo, (counts.get(row.hostNo) ?? 0) + 1);
    const snapshot = `${this.transaction}:${this.transaction}:`;
    return { mark: { server: this.server, snapshot }, counts };
  }

  async botsPage({ hostNos, since, after }: Omit<BotsPagePlan, "limit">): Promise<readonly HostBot[]> {
    if (this.failAfterPages-- <= 0) throw new Error("cut");
    const from = Number(since?.snapshot.split(":")[1] ?? 0);
    const keyOf = ({ hostNo, bot }: HostBot) => `${String(hostNo).padStart(9)}/${bot.channel}`;
    return [...this.bots.values()]
      .filter(({ row, written }) => hostNos.includes(row.hostNo) && written >= from)
      .map(({ row }) => row)
      .filter((row) => after === null || keyOf(row) > keyOf(after))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      .slice(0, pageBots);
  }
}

const host = (hostNo: number, replacedBy: number | null = null) =>
  ({ hostNo, hostId: `id ${hostNo}`, botsVersion: 1, replacedBy }) as FleetHost;

function start(hosts: readonly FleetHost[], wantsBots = (_hostId: string) => true) {
  const [database, kept] = [new Database(), new KeptBots()];
  database.hostRows = [...hosts];
  return { database, kept, poll: new FleetPoll(kept, wantsBots) };
}

test("bots are read once, then where they were written, and never those of the own host", async () => {
  const { database, kept, poll } = start([host(1), host(2), host(3)], (hostId) => hostId !== "id 1");
  for (const hostNo of [1, 2, 3]) for (const channel of ["a", "b"]) database.write(hostNo, channel);
  await poll.look(database);
  expect(kept.channels()).toEqual(["2/a", "2/b", "3/a", "3/b"]);
  await poll.look(database);
  expect(kept.puts).toBe(4);
  database.write(1, "a");
  database.write(3, "b");
  await poll.look(database);
  expect(kept.puts).toBe(5);
  expect(kept.byHost.get(3)?.get("b")?.pid).toBe(107);
});

test("a bot that is deleted is gone, also where another one came with it", async () => {
  const { database, kept, poll } = start([host(1)]);
  for (const channel of ["a", "b"]) database.write(1, channel);
  await poll.look(database);
  database.delete(1, "a");
  await poll.look(database);
  expect(kept.channels()).toEqual(["1/b"]);
  database.delete(1, "b");
  database.write(1, "c");
  await poll.look(database);
  expect(kept.channels()).toEqual(["1/c"]);
});

test("more bots than a page has are read, of all hosts together", async () => {
  const { database, kept, poll } = start([host(1), host(2)]);
  for (let i = 0; i < 1.5 * pageBots; i++) database.write((i % 2) + 1, `bot ${i}`);
  await poll.look(database);
  expect(kept.channels()).toHaveLength(1.5 * pageBots);
});

test("a host that was replaced has no bots, and one that is gone is forgotten", async () => {
  const { database, kept, poll } = start([host(1), host(2)]);
  for (const hostNo of [1, 2]) database.write(hostNo, "a");
  await poll.look(database);
  const before = database.hostRows;
  database.hostRows = [host(2, 3)];
  await poll.look(database);
  expect(kept.channels()).toEqual([]);
  database.hostRows = before;
  await poll.look(database);
  expect(kept.channels()).toEqual(["1/a", "2/a"]);
});

test("a host that is gone is forgotten, also where reading its bots had failed midway", async () => {
  const { database, kept, poll } = start([host(1), host(2)]);
  for (let i = 0; i < 1.5 * pageBots; i++) database.write(1, `bot ${i}`);
  database.failAfterPages = 1;
  await expect(poll.look(database)).rejects.toThrow("cut");
  expect(kept.channels()).toHaveLength(pageBots);
  database.failAfterPages = Number.POSITIVE_INFINITY;
  database.hostRows = [host(2)];
  await poll.look(database);
  expect(kept.channels()).toEqual([]);
});

test("a read that failed is made again", async () => {
  const { database, kept, poll } = start([host(1)]);
  database.write(1, "a");
  database.failAfterPages = 0;
  await expect(poll.look(database)).rejects.toThrow("cut");
  database.failAfterPages = Number.POSITIVE_INFINITY;
  await poll.look(database);
  expect(kept.channels()).toEqual(["1/a"]);
  database.write(1, "a");
  database.failAfterPages = 0;
  await expect(poll.look(database)).rejects.toThrow("cut");
  database.failAfterPages = Number.POSITIVE_INFINITY;
  await poll.look(database);
  expect(kept.byHost.get(1)?.get("a")?.pid).toBe(101);
});

test.each([
  ["another server", { server: "two" }],
  ["the same one, restored", { transaction: 50 }],
])("after a change to %s all bots are read anew", async (_, change) => {
  const { database, kept, poll } = start([host(1)]);
  for (const channel of ["a", "b"]) database.write(1, channel);
  await poll.look(database);
  // Written with a number that had been given before.
  database.bots.set("1/b", { row: { hostNo: 1, bot: { channel: "b", pid: 1 } as StoredBot }, written: 40 });
  Object.assign(database, change);
  database.move(1);
  await poll.look(database);
  expect(kept.byHost.get(1)?.get("b")?.pid).toBe(1);
});
