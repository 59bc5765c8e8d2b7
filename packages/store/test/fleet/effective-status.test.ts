import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { botStatuses } from "../../src/bot-status.js";
import { effectiveStatus } from "../../src/fleet/effective-status.js";
import { sharedNames, stateOf } from "../../src/fleet/fleet-host.js";
import { sharedChannels } from "../../src/fleet/shared-channels.js";

const host = { writtenState: "up", seenAtMs: 1_000_000, beatS: 5, name: "a", replacedBy: null };

describe("the state of a host", () => {
  test.each([
    ["up", 5, 30_000, "up"],
    ["up", 5, 30_001, "silent"],
    ["up", 10, 40_000, "up"],
    ["up", 10, 40_001, "silent"],
    ["up", null, 30_000, "up"],
    ["up", null, 30_001, "silent"],
    ["stopped", 5, 0, "stopped"],
    ["stopped", 5, 9e9, "stopped"],
  ])("that wrote %s, beats every %s s and was heard %d ms ago is %s", (writtenState, beatS, ageMs, state) => {
    expect(stateOf({ writtenState, beatS, seenAtMs: 1_000_000 }, 1_000_000 + ageMs)).toBe(state);
  });

  test("a name is shared only by hosts that are up and were not replaced [fleet/R17]", () => {
    const at = host.seenAtMs;
    expect([...sharedNames([host, host], at)]).toEqual(["a"]);
    expect([...sharedNames([host, { ...host, name: "b" }], at)]).toEqual([]);
    expect([...sharedNames([host, { ...host, writtenState: "stopped" }], at)]).toEqual([]);
    expect([...sharedNames([host, { ...host, seenAtMs: at - 30_001 }], at)]).toEqual([]);
    expect([...sharedNames([host, { ...host, replacedBy: 2 }], at)]).toEqual([]);
  });
});

test("a host that is not up, or a database that is away, makes every bot unknown, and none dead [fleet/R14]", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...botStatuses),
      fc.constantFrom("up", "silent", "stopped", "another"),
      fc.boolean(),
      (reported, hostState, isAway) => {
        const status = effectiveStatus(reported, { hostState, isAway });
        expect(status).toBe(hostState === "up" && !isAway ? reported : "unknown");
      },
    ),
  );
});

describe("a channel on two hosts", () => {
  const on = (hostNo: number, onlineSinceMs: number, channel = "a") => ({ hostNo, channel, onlineSinceMs });

  test("is told after a minute in which both were online, whoever came first [fleet/R18]", () => {
    const bots = [on(2, 5_000), on(1, 0), on(1, 0, "b")];
    expect(sharedChannels(bots, 65_000)).toEqual([]);
    expect(sharedChannels(bots, 65_001)).toEqual([{ channel: "a", hostNos: [1, 2], sinceMs: 5_000 }]);
  });

  test("is none where one host alone has it [fleet/R18]", () => {
    expect(sharedChannels([on(1, 0), on(2, 0, "b")], 1e9)).toEqual([]);
  });

  test("names every host, in the order of channels [fleet/R18]", () => {
    const bots = [on(1, 0, "b"), on(2, 1, "b"), on(3, 2, "b"), on(1, 0), on(3, 0)];
    expect(sharedChannels(bots, 1e6).map(({ channel, hostNos }) => [channel, hostNos])).toEqual([
      ["a", [1, 3]],
      ["b", [1, 2, 3]],
    ]);
  });
});
