import { expect, test } from "vitest";
import { forgottenInPassing } from "../../src/registry/cause.js";
import { endedRow, Monitor } from "./monitor.js";

const large = (n: number) => ({ [`${n}-${"x".repeat(1_000)}`]: true });
const jsonLength = JSON.stringify(large(0)).length;

test("features take a bounded part of memory: a bot past it is shed as fleet_full, one without any comes in [server/F6]", () => {
  const monitor = new Monitor({ maxFeatureBytes: 4 * jsonLength * 3 });
  const come = (channel: string, features: Record<string, boolean>) =>
    monitor.register({ channel, pid: 1, features });
  for (const n of [0, 1, 2]) expect(come(`c${n}`, large(n))).toBe("applied");
  expect(come("c3", large(3))).toBe("fleet_full");
  // What others have is there already.
  for (let n = 0; n < 100; n++) expect(come(`same${n}`, large(1))).toBe("applied");
  expect(come("plain", {})).toBe("applied");
  expect(monitor.beat({ channel: "beats" })).toBe("applied");
  // One that is known stays alive, with the features that it has.
  expect(come("plain", large(4))).toBe("applied");
  expect(monitor.bot("plain").features).toEqual({});
  monitor.registry.forget("c0", forgottenInPassing);
  expect(come("plain", large(4))).toBe("applied");
  expect(monitor.bot("plain").features).toEqual(large(4));
  expect(come("plain", {})).toBe("applied");
  expect(come("c3", large(3))).toBe("applied");
  expect(monitor.bot("same7").features).toBe(monitor.bot("same8").features);
});

test("bots of the store are taken without the features for which there is no room, until they tell them [server/F6]", () => {
  const monitor = new Monitor({ maxFeatureBytes: 4 * jsonLength * 2 });
  const row = (n: number) =>
    endedRow(monitor.clock, { channel: `c${n}`, featuresJson: JSON.stringify(large(n)), restarts: n });
  monitor.registry.restore([0, 1, 2, 3].map(row), new Map());
  expect([0, 1, 2, 3].map((n) => Object.keys(monitor.bot(`c${n}`).features).length)).toEqual([1, 1, 0, 0]);
  expect(monitor.bot("c3").restarts).toBe(3);
  monitor.registry.forget("c0", forgottenInPassing);
  monitor.register({ channel: "c3", pid: 2, features: large(3) });
  expect(monitor.bot("c3").features).toEqual(large(3));
});
