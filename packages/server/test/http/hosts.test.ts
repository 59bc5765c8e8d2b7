import { openStore, type Store, StoreError } from "@kissbot/store";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PriceBook } from "../../src/cost/price-book.js";
import { HostsView } from "../../src/fleet/hosts-view.js";
import { openPrices } from "../../src/open-prices.js";
import { endlessTurns, hostRow, nowMs, PlainHosts, storedBot } from "../fleet/hosts.js";
import { Served } from "./served.js";

let store: Store;
beforeAll(async () => {
  store = await openStore("memory:");
});
afterAll(() => store.close());

const away = new StoreError("busy", "postgres://u@db/d: no connection within 5000 ms");

describe("a monitor of several", () => {
  let database: PlainHosts;
  let view: HostsView;
  let served: Served;
  const clock = { wallMs: () => nowMs, monotonicMs: () => 0 };

  beforeEach(async () => {
    database = new PlainHosts();
    view = new HostsView({
      openReader: async () => database.reader,
      own: { name: "host-1", readHostId: () => hostRow(1).hostId },
      ownBot: () => undefined,
      turns: endlessTurns,
      clock,
    });
    served = await Served.start({ hosts: view, clock, reads: () => store });
    served.fleet.add("a");
    served.fleet.add("b");
  });
  afterEach(async () => {
    view.stop();
    await served[Symbol.asyncDispose]();
  });

  const list = async (query: string) =>
    (await served.ask(`/api/v1/bots${query}`)).body as unknown as BotsBody;
  interface BotsBody {
    readonly bots: readonly Record<string, unknown>[];
    readonly scope: string;
    readonly fleet: { readonly status: string; readonly as_of: string | null };
  }

  test("answers with the bots of all hosts, by channel, each with its host [fleet/R23]", async () => {
    const { bots, scope, fleet } = await list("");
    expect(
      bots.map(({ channel, host, status, reported_status }) => [channel, host, status, reported_status]),
    ).toEqual([
      ["a", "host-1", "online", "online"],
      ["b", "host-1", "online", "online"],
      ["b", "host-2", "online", "online"],
      ["d", "host-2", "dead", "dead"],
    ]);
    expect(scope).toBe("fleet");
    expect(fleet).toEqual({ status: "ok", as_of: "2026-05-20T12:00:00.000000+00:00" });
    expect(bots[2]).toMatchObject({
      crash_loop: null,
      restarts_1h: null,
      client_dropped: null,
      principal: null,
    });
  });

  test("answers for itself alone, for one host, and by status", async () => {
    const channels = async (query: string) =>
      (await list(query)).bots.map(({ channel, host }) => `${host}/${channel}`);
    expect(await channels("?scope=local")).toEqual(["host-1/a", "host-1/b"]);
    expect((await list("?scope=local")).scope).toBe("local");
    expect(await channels("?host=host-2")).toEqual(["host-2/b", "host-2/d"]);
    expect(await channels(`?host=${hostRow(1).hostId}`)).toEqual(["host-1/a", "host-1/b"]);
    expect(await channels("?status=dead")).toEqual(["host-2/d"]);
    expect(await channels("?order_by=worst")).toEqual(["host-2/d", "host-1/a", "host-1/b", "host-2/b"]);
    expect(await channels("?search=D")).toEqual(["host-2/d"]);
    expect(await channels("?limit=2")).toEqual(["host-1/a", "host-1/b", "host-2/b"]);
    expect(await channels("?limit=2&after=b")).toEqual(["host-2/d"]);
  });

  test.each([
    ["?host=nobody", 404, "not_found"],
    ["?host=host-1&scope=local", 400, "invalid_parameter"],
    ["?scope=all", 400, "invalid_parameter"],
  ])("refuses %s with words", async (query, status, code) => {
    const reply = await served.ask(`/api/v1/bots${query}`);
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ error: { code } });
  });

  test("answers of a channel of several hosts with the bot that is best off, and was heard last", async () => {
    database.list = [1, 2, 3, 4].map((hostNo) => hostRow(hostNo));
    const dead = storedBot("moved", { status: "dead", lastSeenMs: nowMs - 1_000 });
    const left = { status: "offline", lastSeenMs: nowMs - 60_000 } as const;
    database.bots.set(2, [dead, storedBot("gone", left)]);
    database.bots.set(3, [storedBot("moved", { pid: 9 }), storedBot("gone", { ...left, lastSeenMs: nowMs })]);
    database.bots.set(4, [storedBot("gone", left)]);
    await view.look();
    const hostOf = async (path: string) => (await served.ask(`/api/v1/bots/${path}`)).body["host"];
    expect(await hostOf("moved")).toBe("host-3");
    expect(await hostOf("moved?host=host-2")).toBe("host-2");
    expect(await hostOf("gone")).toBe("host-3");
  });

  test("two hosts of one name are chosen by their ids [fleet/R17]", async () => {
    database.list = [hostRow(1), hostRow(2, { name: "twin" }), hostRow(3, { name: "twin" })];
    const reply = await served.ask("/api/v1/bots?host=twin");
    expect(reply.body).toMatchObject({ error: { code: "invalid_parameter" } });
    expect((await list(`?host=${hostRow(2).hostId}`)).bots).toHaveLength(2);
    const { hosts } = (await served.ask("/api/v1/hosts")).body as unknown as {
      hosts: readonly Record<string, unknown>[];
    };
    expect(hosts.map(({ name_conflict }) => name_conflict)).toEqual([false, true, true]);
  });

  test("bots of a silent host are unknown, with the status before and its age; no other [fleet/R15]", async () => {
    database.list = [hostRow(1, { seenAtMs: 0 }), hostRow(2, { seenAtMs: nowMs - 60_000 })];
    const { bots } = await list("");
    expect(bots.map(({ status, reported_status, as_of }) => [status, reported_status, as_of])).toEqual([
      ["online", "online", "2026-05-20T12:00:00.000000+00:00"],
      ["online", "online", "2026-05-20T12:00:00.000000+00:00"],
      ["unknown", "online", "2026-05-20T11:59:00.000000+00:00"],
      ["unknown", "dead", "2026-05-20T11:59:00.000000+00:00"],
    ]);
    expect((await list("?status=unknown")).bots).toHaveLength(2);
    expect((await served.ask("/api/v1/bots/d")).body).toMatchObject({ status: "unknown", host: "host-2" });
    expect((await served.ask("/api/v1/bots/b")).body).toMatchObject({ status: "online", host: "host-1" });
    expect((await served.ask("/api/v1/bots/b?host=host-2")).body).toMatchObject({ status: "unknown" });
    expect((await served.ask("/api/v1/bots/d?scope=local")).status).toBe(404);
  });

  test("times of a host whose clock is an hour late are corrected [fleet/R22]", async () => {
    database.list = [hostRow(1), hostRow(2, { skewMs: 3_600_000 })];
    database.bots.set(2, [storedBot("b", { lastSeenMs: nowMs - 3_605_000 })]);
    const { bots } = await list("?host=host-2");
    expect(bots[0]).toMatchObject({ last_seen: "2026-05-20T11:59:55.000000+00:00" });
    const { hosts } = (await served.ask("/api/v1/hosts")).body as unknown as {
      hosts: readonly Record<string, unknown>[];
    };
    expect(hosts[1]).toMatchObject({ host: "host-2", skew_ms: 3_600_000, skewed: true });
  });

  test("with the database away, its own part is whole and says so [fleet/R23]", async () => {
    database.failure = away;
    const { bots, fleet } = await list("");
    expect(bots.map(({ channel }) => channel)).toEqual(["a", "b"]);
    expect(fleet).toEqual({ status: "away", as_of: null });
    for (const path of ["events", "llm-usage", "metrics"]) {
      const reply = await served.ask(`/api/v1/${path}`);
      expect(reply.status, path).toBe(200);
      expect(reply.body, path).toMatchObject({ scope: "local", fleet: { status: "away" } });
    }
    expect((await served.ask("/api/v1/hosts")).body).toMatchObject({ hosts: [], fleet: { status: "away" } });
    expect((await served.ask("/api/v1/summary")).body).toMatchObject({
      bots: { online: 2 },
      fleet: { status: "away" },
    });
  });

  test.each([
    ["answers", null],
    ["is away", away],
  ])("ids of events are those of one scope, also while the database %s [fleet/R23]", async (_, failure) => {
    database.failure = failure;
    for (const query of ["after_id=7", "before_id=7", "after_id=7&scope=fleet"]) {
      const { status, body } = await served.ask(`/api/v1/events?${query}`);
      expect([status, query]).toEqual([failure === null ? 200 : 503, query]);
      if (failure === null) expect(body).toMatchObject({ scope: "fleet" });
      else expect(body).toMatchObject({ error: { code: "store_unavailable" } });
    }
    const own = await served.ask("/api/v1/events?after_id=7&scope=local");
    expect(own.body).toMatchObject({ events: [], scope: "local" });
    const all = await served.ask("/api/v1/events?after_id=0");
    expect(all.body).toMatchObject({ scope: failure === null ? "fleet" : "local" });
  });

  test("asks the database for events, usage and series of all hosts, and of one [fleet/R23]", async () => {
    const asked: (number | null)[] = [];
    const change = {
      id: 4,
      tsMs: nowMs,
      channel: "b",
      pid: 7,
      from: null,
      to: "online",
      cause: "registered",
    } as const;
    database.reader.statusHistory = async (hostNo) => {
      asked.push(hostNo);
      return [
        { ...change, causeCode: "registered", previousPid: null, livedMs: null, trouble: null, hostNo: 2 },
      ];
    };
    database.reader.usageTotals = async (hostNo) => {
      asked.push(hostNo);
      return [];
    };
    database.reader.fleetSeries = async (hostNo) => {
      asked.push(hostNo);
      return { bucketMs: 60_000, resolution: "minute", points: [] };
    };
    for (const path of ["events", "llm-usage", "metrics"]) {
      asked.length = 0;
      expect((await served.ask(`/api/v1/${path}`)).body).toMatchObject({ scope: "fleet" });
      expect(new Set(asked), path).toEqual(new Set([null]));
      asked.length = 0;
      await served.ask(`/api/v1/${path}?host=host-2`);
      expect(new Set(asked), path).toEqual(new Set([2]));
      asked.length = 0;
      expect((await served.ask(`/api/v1/${path}?scope=local`)).body).toMatchObject({ scope: "local" });
      expect((await served.ask(`/api/v1/${path}?host=host-1`)).body).toMatchObject({ scope: "local" });
      expect(asked, path).toEqual([]);
    }
    const { events } = (await served.ask("/api/v1/events")).body as unknown as { events: readonly object[] };
    expect(events).toEqual([expect.objectContaining({ id: 4, channel: "b", host: "host-2" })]);
  });

  test("another host's rows are an error while the database is away, not those of this one [fleet/R23]", async () => {
    await list("");
    database.reader.usageTotals = () => Promise.reject(away);
    const reply = await served.ask("/api/v1/llm-usage?host=host-2");
    expect(reply.status).toBe(503);
    expect(reply.body).toMatchObject({ error: { code: "store_unavailable" } });
  });

  test("lists the hosts with their bots and what is wrong with them", async () => {
    database.list = [
      hostRow(1),
      hostRow(2, { waiting: 12_000, lagMs: 4_000, lostRows: 3 }),
      hostRow(3, { writtenState: "stopped" }),
    ];
    database.bots.set(3, [storedBot("e")]);
    const { body } = await served.ask("/api/v1/hosts");
    expect(body).toMatchObject({
      scope: "fleet",
      hosts: [
        { host: "host-1", own: true, state: "up", bots: { online: 2, unknown: 0 } },
        {
          host: "host-2",
          own: false,
          waiting: 12_000,
          lag_ms: 4_000,
          lost_rows: 3,
          bots: { online: 1, dead: 1 },
        },
        { host: "host-3", state: "stopped", bots: { online: 0, unknown: 1 } },
      ],
    });
    expect((await served.ask("/api/v1/summary")).body).toMatchObject({
      bots: { online: 2, dead: 1 },
      fleet_bots: { online: 3, dead: 1, unknown: 1 },
      hosts: { up: 2, stopped: 1 },
      host_id: hostRow(1).hostId,
    });
  });
});

/** What says nothing of bots, or says elsewhere how the fleet database is. */
const withoutScope: readonly string[] = [
  // It has the state of the sending as `fleet`.
  "/healthz",
  "/metrics",
  "/api/v1/openapi.json",
  // What the caller may do.
  "/api/v1/session",
  // Its summaries are those of the route.
  "/api/v1/stream",
];
const wholeFleet: readonly string[] = ["/api/v1/summary", "/api/v1/hosts"];

/** Without what tells the host. */
function plain(text: string): unknown {
  const places = ["scope", "fleet", "host", "host_id", "reported_status", "as_of"];
  return JSON.parse(text, function (this: unknown, key: string, value: unknown) {
    return !Array.isArray(this) && places.includes(key) ? undefined : value;
  });
}

describe("every answer", () => {
  const database = new PlainHosts();
  const clock = { wallMs: () => nowMs, monotonicMs: () => 0 };
  let view: HostsView;
  let served: Served;
  let alone: Served;
  let book: PriceBook;
  beforeAll(async () => {
    book = (await openPrices({ store: "memory:", prices: [], defaultProvider: null })).book;
  });
  const start = async (hosts: HostsView | null) => {
    const made = await Served.start({ hosts, clock, reads: () => store, prices: { book } });
    made.fleet.add("a");
    return made;
  };
  const restart = async (failure: Error | null) => {
    database.failure = failure;
    view = new HostsView({
      openReader: async () => database.reader,
      own: { name: "host-1", readHostId: () => hostRow(1).hostId },
      ownBot: () => undefined,
      turns: endlessTurns,
      clock,
    });
    served = await start(view);
    alone = await start(null);
    // A summary waits for no database.
    await view.look();
  };
  const stop = async () => {
    view.stop();
    await served[Symbol.asyncDispose]();
    await alone[Symbol.asyncDispose]();
  };
  const asked = () =>
    Object.entries(served.contract.document.paths)
      .filter(([path, { get }]) => get !== undefined && !withoutScope.includes(path))
      .filter(([path]) => path !== "/api/v1/alerts/{alert_id}")
      .map(([path]) => [
        path,
        `${path.replace("{channel}", "a")}${path.endsWith("explain") ? "?channel=a" : ""}`,
      ]);

  test("says its scope, and how old it is [fleet/R23]", async () => {
    await restart(null);
    expect(asked().length).toBeGreaterThan(15);
    for (const [path = "", query = ""] of asked()) {
      const { status, body } = await served.ask(query);
      expect(status, path).toBe(200);
      expect(body, path).toMatchObject({
        scope: expect.stringMatching(/^(?:fleet|local)$/),
        fleet: { status: "ok", as_of: "2026-05-20T12:00:00.000000+00:00" },
      });
    }
    await stop();
  });

  test("is whole for this monitor while the database is away, and says so [fleet/R23]", async () => {
    await restart(away);
    for (const [path = "", query = ""] of asked()) {
      const { status, body, text } = await served.ask(query);
      expect(status, path).toBe(200);
      expect(body, path).toMatchObject({ fleet: { status: "away", as_of: null } });
      if (wholeFleet.includes(path)) continue;
      const local = await alone.ask(query);
      expect(plain(text), path).toEqual(plain(local.text));
      expect(local.text, path).not.toMatch(/"(?:scope|fleet)":/);
    }
    await stop();
  });
});

describe("a monitor without a fleet database", () => {
  test.each(["bots?host=a", "bots?scope=fleet", "events?host=a", "llm-usage?scope=fleet", "bots/a?host=b"])(
    "says of %s that there is none",
    async (path) => {
      await using served = await Served.start({ reads: () => store });
      const reply = await served.ask(`/api/v1/${path}`);
      expect(reply.status).toBe(400);
      expect(reply.text).toContain("no fleet database is set");
    },
  );

  test("answers as it did: nothing says scope or host", async () => {
    await using served = await Served.start({ reads: () => store });
    served.fleet.add("a");
    const { text } = await served.ask("/api/v1/bots?scope=local");
    expect(text).not.toContain("scope");
    expect(text).not.toContain("host");
    expect((await served.ask("/api/v1/hosts")).body).toEqual({
      hosts: [],
      leader: null,
      shared_channels: [],
    });
  });
});
