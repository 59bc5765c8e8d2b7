import { describe, expect, test } from "vitest";
import { type PictureQuestion, pictureOf } from "../../src/fleet/hosts-picture.js";
import { hostRow, nowMs, storedBot } from "./hosts.js";

function picture(change: Partial<PictureQuestion> & { hosts?: ReturnType<typeof hostRow>[] } = {}) {
  const { hosts = [hostRow(1), hostRow(2)], ...rest } = change;
  return pictureOf({
    snapshot: { nowMs, hosts, bots: new Map([[2, [storedBot("b"), storedBot("d", { status: "dead" })]]]) },
    databaseNowMs: nowMs,
    databaseAheadMs: 0,
    isAway: false,
    ownHostId: hostRow(1).hostId,
    ownOnline: [],
    ...rest,
  });
}

const statuses = (shown: ReturnType<typeof picture>) =>
  shown.bots.map(({ status, reportedStatus }) => [status, reportedStatus]);

describe("the picture of the hosts", () => {
  test("has the bots of other hosts as their monitors say while these beat", () => {
    const shown = picture();
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
    (_, change, isAway, state) => {
      const shown = picture({ hosts: [hostRow(1), hostRow(2, change)], isAway });
      expect(shown.hosts[1]?.state).toBe(state);
      expect(statuses(shown)).toEqual([
        ["unknown", "online"],
        ["unknown", "dead"],
      ]);
      expect(shown.bots[0]?.asOfMs).toBe(hostRow(2, change).seenAtMs);
    },
  );

  test("times of a host whose clock is wrong are corrected, and a difference of over 5 s is shown [fleet/R22]", () => {
    // The host's clock is an hour behind the database's, and this monitor's 10 s.
    const hosts = [hostRow(1), hostRow(2, { skewMs: 3_600_000 })];
    const shown = picture({ hosts, databaseAheadMs: 10_000 });
    expect(shown.hosts.map(({ isSkewed }) => isSkewed)).toEqual([false, true]);
    expect(shown.bots[0]?.shiftMs).toBe(3_590_000);
    expect(shown.bots[0]?.asOfMs).toBe(nowMs - 1_000 - 10_000);
    expect(picture({ hosts: [hostRow(1), hostRow(2, { skewMs: 5_000 })] }).hosts[1]?.isSkewed).toBe(false);
    expect(picture({ hosts: [hostRow(1), hostRow(2, { skewMs: -5_001 })] }).hosts[1]?.isSkewed).toBe(true);
    expect(picture({ hosts: [hostRow(1), hostRow(2, { skewMs: null })] }).bots[0]?.shiftMs).toBe(0);
  });

  test("a channel that is online here and there for over a minute is told, one of a silent host is not [fleet/R18]", () => {
    const ownOnline = [{ channel: "b", onlineSinceMs: nowMs - 61_000 }];
    expect(picture({ ownOnline }).sharedChannels).toEqual([
      { channel: "b", hostNos: [2, 1], sinceMs: nowMs - 61_000 },
    ]);
    expect(picture({ ownOnline: [{ channel: "b", onlineSinceMs: nowMs - 60_000 }] }).sharedChannels).toEqual(
      [],
    );
    expect(picture({ ownOnline: [{ channel: "d", onlineSinceMs: 0 }] }).sharedChannels).toEqual([]);
    const hosts = [hostRow(1), hostRow(2, { seenAtMs: 0 })];
    expect(picture({ hosts, ownOnline }).sharedChannels).toEqual([]);
  });

  test("hosts of one name, a clone and a host that was replaced are told apart [fleet/R17]", () => {
    const hosts = [
      hostRow(1, { name: "a" }),
      hostRow(2, { name: "a", cloneOf: 1 }),
      hostRow(3, { name: "a", replacedBy: 2 }),
    ];
    expect(
      picture({ hosts }).hosts.map(({ state, hasSharedName, cloneOf, replacedBy }) => [
        state,
        hasSharedName,
        cloneOf,
        replacedBy,
      ]),
    ).toEqual([
      ["up", true, null, null],
      ["up", true, hostRow(1).hostId, null],
      ["replaced", false, null, hostRow(2).hostId],
    ]);
  });
});
