import { silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { LoadedSettings } from "../../src/config/load-settings.js";
import { Secret } from "../../src/config/secret.js";
import type { Settings } from "../../src/config/settings.js";
import { UsageError } from "../../src/config/usage-error.js";
import { Reloading, type ReloadPart } from "../../src/control/reloading.js";
import { defaults } from "../config/resolved.js";

/** A config of a test, and the parts that take it over. */
class Config {
  settings: Settings = defaults;
  notices: readonly string[] = [];
  enabled = true;
  readonly applied: string[] = [];

  read = async (): Promise<LoadedSettings> => {
    const { settings, notices, enabled } = this;
    const origins = {} as LoadedSettings["origins"];
    return { settings, notices, enabled, origins, leaves: [], configFile: null };
  };

  part(name: keyof Settings, fault?: () => string | null): ReloadPart {
    return {
      settings: [name],
      prepare: async (_, changed) => {
        const problem = fault?.() ?? null;
        if (problem !== null) throw new UsageError([problem]);
        return changed.has(name) ? { apply: () => void this.applied.push(name) } : null;
      },
    };
  }

  reloading(...parts: readonly ReloadPart[]): Reloading {
    return new Reloading({ settings: defaults, read: this.read, parts, logger: silentLogger });
  }
}

test("either every part takes over the new settings, in its turn, or none does [alerts/A34]", async () => {
  const config = new Config();
  let problem: string | null = "prices.yaml:3:5: expected a price";
  const reloading = config.reloading(
    config.part("bots"),
    config.part("timezone", () => problem),
  );
  const words = { match: ["a"], note: "n", runbook: null, labels: {}, expectAlways: false };
  config.settings = { ...defaults, bots: [words], timezone: "Asia/Kolkata", maxBots: 7 };
  expect(await reloading.reload("ops")).toMatchObject({
    problems: ["prices.yaml:3:5: expected a price"],
    applied: [],
    needsRestart: [],
  });
  expect(config.applied).toEqual([]);
  problem = null;
  expect(await reloading.reload("ops")).toMatchObject({
    problems: [],
    applied: ["timezone", "bots"],
    needsRestart: ["max_bots"],
  });
  expect(config.applied).toEqual(["bots", "timezone"]);
  // They have it now: there is nothing more to do.
  expect(await reloading.reload("ops")).toMatchObject({ applied: [], needsRestart: ["max_bots"] });
  expect(config.applied).toEqual(["bots", "timezone"]);
});

test("what a part made ready is dropped where another part says that something is wrong", async () => {
  const config = new Config();
  const dropped: string[] = [];
  const part = (name: string): ReloadPart => ({
    settings: [],
    prepare: () => ({
      apply: () => void config.applied.push(name),
      discard: async () => void dropped.push(name),
    }),
  });
  let problem: string | null = "it is wrong";
  const reloading = config.reloading(
    part("a"),
    part("b"),
    config.part("bots", () => problem),
  );
  expect(await reloading.reload("ops")).toMatchObject({ problems: ["it is wrong"] });
  expect([config.applied, dropped]).toEqual([[], ["a", "b"]]);
  problem = null;
  await reloading.reload("ops");
  expect([config.applied, dropped]).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
});

test("what is new beside settings is named, and so is a file that would not start a monitor", async () => {
  const config = new Config();
  config.enabled = false;
  const prices: ReloadPart = {
    settings: [],
    prepare: () => ({ apply: () => undefined, news: ["prices of today"] }),
  };
  expect(await config.reloading(prices).reload("ops")).toMatchObject({
    applied: ["prices of today"],
    notices: ["enabled: false stops no monitor that runs"],
  });
});

test("two reloads at once are one after the other, and a fault of one does not end the next", async () => {
  const config = new Config();
  let running = 0;
  let calls = 0;
  const part: ReloadPart = {
    settings: [],
    prepare: async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (calls++ === 0) throw new TypeError("a fault");
      return null;
    },
  };
  const reloading = config.reloading(part);
  const results = await Promise.allSettled([1, 2, 3].map(() => reloading.reload("ops")));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

test("a secret that is another one is a change, though nobody can read it [alerts/A27]", async () => {
  const config = new Config();
  const reloading = config.reloading(config.part("alertUrl"));
  const set = async (alertUrl: Secret | null) => {
    config.settings = { ...defaults, alertUrl };
    return (await reloading.reload("ops")).applied;
  };
  expect(await set(Secret.ofValue("https://a.example/1"))).toEqual(["alert_url"]);
  expect(await set(Secret.ofValue("https://a.example/1"))).toEqual([]);
  expect(await set(Secret.ofValue("https://a.example/2"))).toEqual(["alert_url"]);
  expect(await set(Secret.ofFile("/a"))).toEqual(["alert_url"]);
  expect(await set(Secret.ofFile("/a").derived(() => "x"))).toEqual(["alert_url"]);
  expect(await set(Secret.ofFile("/a").derived(() => "x"))).toEqual([]);
  expect(await set(Secret.ofFile("/a", "1"))).toEqual(["alert_url"]);
  expect(await set(Secret.ofFile("/a", "1"))).toEqual([]);
  expect(await set(Secret.ofFile("/a", "2"))).toEqual(["alert_url"]);
  expect(await set(Secret.absent("not set"))).toEqual(["alert_url"]);
  expect(await set(null)).toEqual(["alert_url"]);
});

test("a monitor within another program, whose settings nobody read, says that it cannot", async () => {
  const reloading = new Reloading({ settings: defaults, read: null, parts: [], logger: silentLogger });
  await expect(reloading.reload("ops")).rejects.toMatchObject({ code: "conflict" });
});
