import { describe, expect, test } from "vitest";
import { type PictureQuestion, pictureOf } from "../../src/fleet/hosts-picture.js";
import { OtherBots } from "../../src/fleet/other-bots.js";
import { endlessTurns, hostRow, nowMs, storedBot } from "./hosts.js";

type Change = Partial<PictureQuestion> & { hosts?: ReturnType<typeof hostRow>[] };

async function picture({ hosts = [hostRow(1), hostRow(2)], ...rest }: Change = {}) {
  const others = new OtherBots(endlessTurns);
  others.put([storedBot("d", { status: "dead" }), storedBot("b")].map((bot) => ({ hostNo: 2, bot })));
  const { ownOnlineSinceMs = () => null } = rest;
  await others.settle((channel) => ownOnlineSinceMs(channel) !== null);
  return pictureOf({
    list: { nowMs, hosts, leader: { name: "host-2", isHub: false } },
    others,
    databaseNowMs: nowMs,
    databaseAheadMs: 0,
    isAway: false,
    ownHostId: hostRow(1).hostId,
    ownOnlineSinceMs,
    ...rest,
  });
}

const statuses = (shown: Awaited<ReturnType<typeof picture>>) =>
  shown.bots.map(({ status, reportedStatus }) => [status, reportedStatus]);

describe("the picture of the hosts", async () => {
  test("has the bots of other hosts as their monitors say while these beat", async () => {
    const shown = await picture();
    expect(shown.hosts.map(({ name, isOwn, state }) => [name, isOwn, state])).toEqual([
      ["host-1", true, "up"],
      ["host-2", false, "up"],
    ]);
    expect(statuses(shown)).toEqual([
      ["online", "online"],
      ["dead", "dead"],
    ]);
  });

  test.each([
    ["is silent", { seenAtMs: nowMs - 30_001 }, false, "silent"],
    ["was stopped", { writtenState: "stopped" }, false, "stopped"],
    ["cannot be asked about", {}, true, "unknown"],
  ])(
    "the bots of a host that %s are unknown, with their last status and its age, and never dead [fleet/R15]",
    async (_, change, isAway, state) => {
      const shown = await picture({ hosts: [hostRow(1), hostRow(2, change)], isAway });
      expect(shown.hosts[1]?.state).toBe(state);
      expect(statuses(shown)).toEqual([
        ["unknown", "online"],
        ["unknown", "dead"],
      ]);
      expect(shown.bots[0]?.asOfMs).toBe(hostRow(2, change).seenAtMs);
    },
  );

  test("has who leads, but while nothing is known of another one", async () => {
    const leader = { name: "host-2", isHub: false };
    expect((await picture()).leader).toEqual(leader);
    expect((await picture({ isAway: true })).leader).toBe(null);
    const hosts = [hostRow(1, { isLeader: true }), hostRow(2, { isLeader: false })];
    expect((await picture({ hosts, isAway: true })).leader).toEqual(leader);
  });

  test("times of a host whose clock is wrong are corrected, and a difference of over 5 s is shown [fleet/R22]", async () => {
    // The host's clock is an hour behind the database's, and this monitor's 10 s.
    const hosts = [hostRow(1), hostRow(2, { skewMs: 3_600_000 })];
    const shown = await picture({ hosts, databaseAheadMs: 10_000 });
    expect(shown.hosts.map(({ isSkewed }) => isSkewed)).toEqual([false, true]);
    expect(shown.bots[0]?.shiftMs).toBe(3_590_000);
    expect(shown.bots[0]?.asOfMs).toBe(nowMs - 1_000 - 10_000);
    expect((await picture({ hosts: [hostRow(1), hostRow(2, { skewMs: 5_000 })] })).hosts[1]?.isSkewed).toBe(
      false,
    );
    expect((await picture({ hosts: [hostRow(1), hostRow(2, { skewMs: -5_001 })] })).hosts[1]?.isSkewed).toBe(
      true,
    );
    expect((await picture({ hosts: [hostRow(1), hostRow(2, { skewMs: null })] })).bots[0]?.shiftMs).toBe(0);
  });

  test("a channel that is online here and there for over a minute is told, one of a silent host is not [fleet/R18]", async () => {
    const here = (channel: string, sinceMs: number) => (one: string) => (one === channel ? sinceMs : null);
    const ownOnlineSinceMs = here("b", nowMs - 61_000);
    expect((await picture({ ownOnlineSinceMs })).sharedChannels).toEqual([
      { channel: "b", hostNos: [2, 1], sinceMs: nowMs - 61_000 },
    ]);
    expect((await picture({ ownOnlineSinceMs: here("b", nowMs - 60_000) })).sharedChannels).toEqual([]);
    expect((await picture({ ownOnlineSinceMs: here("d", 0) })).sharedChannels).toEqual([]);
    const hosts = [hostRow(1), hostRow(2, { seenAtMs: 0 })];
    expect((await picture({ hosts, ownOnlineSinceMs })).sharedChannels).toEqual([]);
  });

  test("hosts of one name, a clone and a host that was replaced are told apart [fleet/R17]", async () => {
    const hosts = [
      hostRow(1, { name: "a" }),
      hostRow(2, { name: "a", isCloned: true }),
      hostRow(3, { name: "a", replacedBy: 2 }),
    ];
    expect(
      (await picture({ hosts })).hosts.map(({ state, hasSharedName, isCloned, replacedBy }) => [
        state,
        hasSharedName,
        isCloned,
        replacedBy,
      ]),
    ).toEqual([
      ["up", true, false, null],
      ["up", true, true, null],
      ["replaced", false, false, hostRow(2).hostId],
    ]);
  });
});
