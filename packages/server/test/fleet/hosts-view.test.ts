import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type HostsStatus, HostsView, hostsStatusOf } from "../../src/fleet/hosts-view.js";
import { endlessTurns, hostRow, PlainHosts } from "./hosts.js";

describe("the view of the hosts", () => {
  let hosts: PlainHosts;
  let view: HostsView;
  let clock: { wallMs(): number; monotonicMs(): number };
  let opened: number;
  let sender: HostsStatus;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    hosts = new PlainHosts();
    vi.setSystemTime(hosts.nowMs);
    clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
    opened = 0;
    sender = "ok";
    view = new HostsView({
      openReader: async () => {
        opened++;
        return hosts.reader;
      },
      own: { name: "host-1", readHostId: () => hostRow(1).hostId },
      senderStatus: () => sender,
      ownBot: () => undefined,
      turns: endlessTurns,
      clock,
    });
  });
  afterEach(() => {
    view.stop();
    vi.useRealTimers();
  });

  /** Time goes on for the database too. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      hosts.nowMs += 500;
      for (const [i, host] of hosts.list.entries())
        hosts.list[i] = { ...host, seenAtMs: host.seenAtMs + 500 };
      await vi.advanceTimersByTimeAsync(500);
    }
  }

  test("asks the database only while somebody looks, every 2 s, and then gives its connection up", async () => {
    expect(hosts.asked).toBe(0);
    expect((await view.look()).bots.map(({ channel }) => channel)).toEqual(["b", "d"]);
    expect(view.status).toBe("ok");
    const first = hosts.asked;
    await pass(10_000);
    expect(hosts.asked - first).toBe(5);
    await pass(60_000);
    const last = hosts.asked;
    expect(hosts.closed).toBe(1);
    await pass(60_000);
    expect(hosts.asked).toBe(last);
    await view.look();
    expect(opened).toBe(2);
  });

  test("what was read last stays while the database is away, and is unknown after 15 s; nobody waits for it [fleet/R23]", async () => {
    await view.look();
    const asOfMs = view.asOfMs;
    hosts.failure = new Error("no connection within 5000 ms");
    await pass(4_000);
    expect(view.status).toBe("away");
    expect(view.detail).toBe("no connection within 5000 ms");
    expect((await view.look()).bots.map(({ status }) => status)).toEqual(["online", "dead"]);
    await pass(14_000);
    const { hosts: shown, bots } = await view.look();
    expect(bots.map(({ status, reportedStatus }) => [status, reportedStatus])).toEqual([
      ["unknown", "online"],
      ["unknown", "dead"],
    ]);
    expect(shown.map(({ isOwn, state }) => [isOwn, state])).toEqual([
      [true, "up"],
      [false, "unknown"],
    ]);
    expect(view.asOfMs).toBe(asOfMs);
    hosts.failure = null;
    await pass(2_000);
    expect(view.status).toBe("ok");
    expect((await view.look()).bots.map(({ status }) => status)).toEqual(["online", "dead"]);
  });

  test("a database that never answered holds up the first question for a moment, and no other", async () => {
    hosts.reader.hosts = () => new Promise(() => undefined);
    const first = view.look();
    await pass(1_500);
    expect((await first).hosts).toEqual([]);
    expect(view.status).toBe("connecting");
    expect(view.asOfMs).toBeNull();
    // Without any time going on.
    expect((await view.look()).hosts).toEqual([]);
    expect(view.status).toBe("connecting");
  });

  test("a database that freezes holds up the questions of a moment, and none after it [fleet/R23]", async () => {
    await view.look();
    hosts.reader.hosts = () => new Promise(() => undefined);
    for (let waited = 0; waited < 14_000; waited += 500) {
      expect((await view.look()).bots.map(({ status }) => status)).toEqual(["online", "dead"]);
      await pass(500);
    }
    await pass(1_500);
    expect((await view.look()).bots.map(({ status }) => status)).toEqual(["unknown", "unknown"]);
  });

  test("who asks after the stop, or while a connection is made for it, is refused, and opens nothing", async () => {
    const asked = expect(view.ask((reader) => reader.hosts())).rejects.toMatchObject({ code: "closed" });
    view.stop();
    await asked;
    const before = opened;
    await expect(view.ask((reader) => reader.hosts())).rejects.toMatchObject({ code: "closed" });
    expect(opened).toBe(before);
  });

  test("a database that refuses is named, and asked again", async () => {
    hosts.failure = new Error("password authentication failed");
    expect((await view.look()).hosts).toEqual([]);
    expect(view.status).toBe("away");
    expect(view.detail).toContain("password");
    hosts.failure = null;
    await pass(2_000);
    expect(view.status).toBe("ok");
  });

  test("while nobody looks, the database is as the sender says, and never away for want of a look [fleet/R23]", async () => {
    await view.look();
    await pass(120_000);
    expect(view.status).toBe("ok");
    sender = "away";
    expect(view.status).toBe("away");
    sender = "ok";
    hosts.reader.hosts = () => new Promise(() => undefined);
    const again = view.look();
    expect(view.status).toBe("connecting");
    await pass(1_500);
    await again;
    await pass(14_000);
    expect(view.status).toBe("away");
  });

  test("a slow question delays no look, and keeps its connection until it is answered", async () => {
    let answer: () => void = () => undefined;
    hosts.reader.usageTotals = () =>
      new Promise((resolve) => {
        answer = () => resolve([]);
      });
    await view.look();
    const question = view.ask((reader) => reader.usageTotals(null, { fromMs: 0, toMs: 1 }, 0));
    const first = hosts.asked;
    await pass(40_000);
    expect(view.status).toBe("ok");
    expect(hosts.asked - first).toBe(20);
    expect(opened).toBe(2);
    expect(hosts.closed).toBe(0);
    answer();
    expect(await question).toEqual([]);
    await pass(4_000);
    expect(hosts.closed).toBe(2);
  });

  test.each([
    ["connecting", "connecting"],
    ["sending", "ok"],
    ["behind", "ok"],
    ["away", "away"],
    ["refused", "away"],
  ] as const)("a sender that is %s says that the database is %s", (state, status) => {
    expect(hostsStatusOf(state)).toBe(status);
  });
});
