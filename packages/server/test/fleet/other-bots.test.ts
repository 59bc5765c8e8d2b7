import type { BotStatus } from "@kissbot/store";
import { describe, expect, test } from "vitest";
import { pictureOf } from "../../src/fleet/hosts-picture.js";
import { OtherBots } from "../../src/fleet/other-bots.js";
import { endlessTurns, hostRow, nowMs, storedBot } from "./hosts.js";

const isNotOwn = () => false;

/** With hosts 2 to 4 up, and 1 that is the own one. */
function show(others: OtherBots, ownSince: ReadonlyMap<string, number> = new Map()) {
  return pictureOf({
    list: { nowMs, hosts: [1, 2, 3, 4].map((hostNo) => hostRow(hostNo)), leader: null },
    others,
    databaseNowMs: nowMs,
    databaseAheadMs: 0,
    isAway: false,
    ownHostId: hostRow(1).hostId,
    ownOnlineSinceMs: (channel) => ownSince.get(channel) ?? null,
  });
}

const bot = (hostNo: number, channel: string, status: BotStatus = "online") => ({
  hostNo,
  bot: storedBot(channel, { status }),
});

describe("the bots of other hosts", () => {
  test("are in order by channel and host, whatever is read, changed and deleted", async () => {
    const others = new OtherBots(endlessTurns);
    others.put([bot(3, "b"), bot(2, "c"), bot(2, "b"), bot(3, "a")]);
    await others.settle(isNotOwn);
    const names = () => show(others).bots.map(({ hostNo, channel }) => `${channel}${hostNo}`);
    expect(names()).toEqual(["a3", "b2", "b3", "c2"]);
    const before = show(others).bots;
    others.put([bot(2, "c", "dead"), bot(4, "aa")]);
    others.retain(3, new Set(["a"]));
    await others.settle(isNotOwn);
    expect(names()).toEqual(["a3", "aa4", "b2", "c2"]);
    expect(show(others).bots.at(-1), "a bot stays the same object").toBe(before.at(-1));
    expect(show(others).bots.at(-1)?.status).toBe("dead");
    expect(before, "a list that is read stays").toHaveLength(4);
    others.retain(3, new Set());
    await others.settle(isNotOwn);
    others.put([bot(3, "a")]);
    await others.settle(isNotOwn);
    expect(names()).toEqual(["a3", "aa4", "b2", "c2"]);
    expect(others.ofChannel("b").map(({ hostNo }) => hostNo)).toEqual([2]);
  });

  test("are counted by status and host, as they are read", async () => {
    const others = new OtherBots(endlessTurns);
    others.put([bot(2, "a"), bot(2, "b", "dead"), bot(3, "c", "offline")]);
    await others.settle(isNotOwn);
    show(others);
    expect(others.countsOf(2)).toEqual({ online: 1, stale: 0, dead: 1, offline: 0, unknown: 0 });
    others.put([bot(2, "a", "stale")]);
    others.retain(3, new Set());
    expect(others.counts()).toEqual({ online: 0, stale: 1, dead: 1, offline: 0, unknown: 0 });
  });

  test("of a host that nobody has shown yet are told to nobody", async () => {
    const others = new OtherBots(endlessTurns);
    others.put([bot(9, "a")]);
    await others.settle(isNotOwn);
    expect(others.ofChannel("a")).toEqual([]);
    expect(others.counts().online).toBe(0);
  });

  test("on several hosts, or here too, are found as channels that may answer twice", async () => {
    const others = new OtherBots(endlessTurns);
    others.put([bot(2, "a"), bot(3, "a"), bot(2, "here"), bot(3, "alone")]);
    await others.settle((channel) => channel === "here");
    const ownSince = new Map([["here", nowMs - 120_000]]);
    expect(show(others, ownSince).sharedChannels.map(({ channel, hostNos }) => [channel, hostNos])).toEqual([
      ["a", [2, 3]],
      ["here", [2, 1]],
    ]);
  });

  test("are taken in turns: 25,000 of them on 50 hosts hold up nobody for longer than a turn", async () => {
    const [hostCount, bots] = [50, 25_000];
    let [turns, asked] = [0, 0];
    // Each turn is over at the first question.
    const others = new OtherBots({
      nextTurn: async () => {
        turns++;
        return () => {
          asked++;
          return true;
        };
      },
    });
    for (let i = 0; i < bots; i += 500)
      others.put(Array.from({ length: 500 }, (_, j) => bot(2 + ((i + j) % hostCount), `bot ${i + j}`)));
    await others.settle(isNotOwn);
    expect(others.sorted).toHaveLength(bots);
    // Each bot is looked at when it is added, counted, sorted and merged; a hundred in a turn.
    expect(turns).toBeGreaterThan((4 * bots) / 500);
    expect(asked).toBeGreaterThan((4 * bots) / 100);
  });
});
