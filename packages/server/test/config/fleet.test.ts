import { writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { loadSettings } from "../../src/config/load-settings.js";
import { UsageError } from "../../src/config/usage-error.js";
import { problemsOf, resolve } from "./resolved.js";

const planted = "s3cret-of-a-test";
const withPassword = `postgres://writer:${planted}@db.example/kissbot`;
const place = new TemporaryFolder("fleet-settings");
afterAll(() => place[Symbol.dispose]());

describe("the address of the fleet database", () => {
  test("takes a password from the variable, a file and the config file", async () => {
    const file = place.file("url");
    writeFileSync(file, `${withPassword}\n`, { mode: 0o600 });
    const all = [
      resolve({}, { KISSBOT_MONITOR_FLEET: withPassword }),
      resolve({ "fleet-file": file }),
      resolve({}, {}, `monitoring:\n  fleet: ${withPassword}\n`),
    ];
    for (const { settings } of all) {
      expect(settings.fleet?.shown).toBe("postgres://writer@db.example/kissbot");
      expect(await settings.fleet?.url.reveal()).toBe(withPassword);
      expect(inspect(settings, { depth: 9, showHidden: true })).not.toContain(planted);
      expect(JSON.stringify(settings)).not.toContain(planted);
    }
  });

  test("is refused on a command line with a password in it, and says why [fleet/R12]", () => {
    const told = problemsOf({ fleet: withPassword }).join("\n");
    expect(told).toContain("every user of this machine can read a password on a command line");
    expect(told).toContain("--fleet-password-file");
    expect(told).not.toContain(planted);
    expect(problemsOf({ fleet: "postgres://writer@db.example/kissbot" })).toEqual([]);
  });

  test.each([
    `postgres://writer:a@${planted}@db/kissbot`,
    `postgres://writer:${planted}/b@db/kissbot`,
    `postgres://writer:a?${planted}@db/kissbot`,
    `postgres://writer:a#${planted}@db/kissbot`,
    `mysql://writer:${planted}@db/kissbot`,
    `postgres://writer:${planted}`,
    `postgres://db,writer:${planted}/kissbot`,
  ])("%s is refused without showing it [fleet/R12]", (url) => {
    const told = problemsOf({}, { KISSBOT_MONITOR_FLEET: url }).join("\n");
    expect(told).toContain("KISSBOT_MONITOR_FLEET: expected postgres://USER@HOST:PORT/DATABASE");
    expect(told).not.toContain(planted);
  });

  test.each([
    ["postgres://me@h1:5432,[::1]:6,h2/d:e?sslmode=require", "postgres://me@h1:5432,[::1]:6,h2/d:e"],
    ["postgres:///d?host=/run/postgresql", "postgres:///d"],
    ["postgres://?schema=own&service=bots", "postgres://?service=bots"],
    ["postgres://me@h:/d", "postgres://me@h:/d"],
  ])("%s is shown as %s", (url, shown) => {
    expect(problemsOf({ fleet: url })).toEqual([]);
    expect(resolve({ fleet: url }).settings.fleet?.shown).toBe(shown);
  });

  test("gets its password from the file that the flag names", async () => {
    const { settings } = resolve({
      fleet: "postgres://writer@db/kissbot?sslmode=require",
      "fleet-password-file": "a b&c",
    });
    expect(await settings.fleet?.url.reveal()).toBe(
      "postgres://writer@db/kissbot?sslmode=require&passwordfile=%2Fsrv%2Fbots%2Fa%20b%26c",
    );
    const both = problemsOf({ "fleet-password-file": "x" }, { KISSBOT_MONITOR_FLEET: withPassword });
    expect(both).toEqual([
      "KISSBOT_MONITOR_FLEET: it holds a password, and --fleet-password-file names another one",
    ]);
  });

  test("needs a database file to send from", () => {
    const told = problemsOf({ fleet: "postgres://writer@db/kissbot", store: "memory:" });
    expect(told).toEqual([
      "--fleet: what is sent comes from a database file, and memory: is none: set --store",
    ]);
  });

  test("is judged by the store where a monitor is started, without a password in what it says [fleet/R12]", async () => {
    const load = (url: string, serving: boolean) =>
      loadSettings({ config: false }, { KISSBOT_MONITOR_FLEET: url }, { serving });
    const bad = `${withPassword}?sslmode=prefer`;
    const told = await load(bad, true).catch((error: unknown) => (error as UsageError).problems.join());
    expect(told).toContain("KISSBOT_MONITOR_FLEET: ");
    expect(told).toContain("sslmode");
    expect(told).not.toContain(planted);
    await expect(load(bad, true)).rejects.toBeInstanceOf(UsageError);
    await expect(load(bad, false)).resolves.toBeDefined();
    await expect(load(withPassword, true)).resolves.toBeDefined();
  });
});
