import process from "node:process";
import { repetitions } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { faultsOfTold, toldOverKills } from "./monitor-kills.js";

const rounds = Number(process.env["KISSBOT_KILLS"] ?? repetitions({ gate: 6, long: 100 }));

test("a monitor that is killed again and again, with its bots, tells no down twice and no up without a down, and each recovery [alerts/A1] [alerts/A2] [alerts/A4]", async () => {
  const told = await toldOverKills(rounds);
  for (const [channel, kinds] of told)
    expect(kinds, channel).toEqual(kinds.map((_, i) => (i % 2 === 0 ? "down" : "up")));
  expect(faultsOfTold(told)).toEqual({ downsWithoutUp: 0, upsWithoutDown: 0, twoDowns: 0 });
  expect([...told.values()].flat().length).toBeGreaterThan(0);
}, 1_200_000);

test("what is wrong with what was told is counted, each kind by itself [alerts/A1]", () => {
  const told = (...kinds: string[]) => faultsOfTold(new Map([["a", kinds]]));
  expect(told("down", "up", "down", "up")).toEqual({ downsWithoutUp: 0, upsWithoutDown: 0, twoDowns: 0 });
  expect(told("down", "down", "up")).toEqual({ downsWithoutUp: 0, upsWithoutDown: 0, twoDowns: 1 });
  expect(told("up", "down", "up")).toEqual({ downsWithoutUp: 0, upsWithoutDown: 1, twoDowns: 0 });
  expect(told("down", "up", "down")).toEqual({ downsWithoutUp: 1, upsWithoutDown: 0, twoDowns: 0 });
});
