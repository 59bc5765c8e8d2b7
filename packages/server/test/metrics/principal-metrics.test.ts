import { ManualClock, silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Principals } from "../../src/principals/principals.js";
import { policyOf } from "../principals/policy-of.js";
import { Counted } from "./counted.js";

test("principals are told apart once there is another one than local, and not before", async () => {
  const principals = new Principals({ policies: [], clock: new ManualClock(), logger: silentLogger });
  const counted = new Counted({ principals: () => principals });
  const families = async () =>
    [...(await counted.scrape()).types.keys()].filter((name) => /principal/.test(name));
  expect(await families()).toEqual([]);
  principals.replacePolicies([policyOf("team", { channels: ["a"], rowsPerSecond: 1 })]);
  const team = principals.get("team");
  for (let i = 0; i < 12; i++) team?.judge(true, "a", 0);
  team?.judge(false, "b", 0);
  team?.botAdded();
  team?.connectionOpened();
  const scraped = await counted.scrape();
  const labels = { principal: "team" };
  expect(scraped.value("kissbot_principal_received_total", labels)).toBe(13);
  const shed = (reason: string) => scraped.value("kissbot_principal_shed_total", { ...labels, reason });
  expect([shed("unauthorized"), shed("over_quota"), shed("queue_full")]).toEqual([1, 2, 0]);
  expect(scraped.value("kissbot_principal_bots", labels)).toBe(1);
  expect(scraped.value("kissbot_principal_connections", labels)).toBe(1);
  expect(scraped.value("kissbot_principal_bots", { principal: "local" })).toBe(0);
  expect(await families()).toHaveLength(4);
});
