import { writeFileSync } from "node:fs";
import { type LlmUsage, openStore } from "@kissbot/store";
import { killChildren, TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand, startMonitor } from "./command.js";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("reprice");
});
afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

const call: LlmUsage = {
  tsMs: Date.now() - 3_600_000,
  channel: "a",
  model: "mine",
  feature: "f",
  tokensIn: 1_000_000,
  tokensOut: 0,
};

test("usage reprice prices stored calls after a reload, says first what it would do, and survives kill -9 of the monitor [cost/C8]", async () => {
  const config = place.file("monitor.yaml");
  writeFileSync(config, "monitoring:\n  name: a\n");
  const database = place.file("kb.db");
  const store = await openStore(database);
  const llmUsage = [...Array.from({ length: 3_000 }, () => call), { ...call, model: "other" }];
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage });
  await store.close();
  const started = () => startMonitor(place.path, ["--config", config]);
  const monitor = await started();
  const run = (...argv: readonly string[]) =>
    runCommand([...argv, "--no-config", "--socket", monitor.socketPath], { folder: place.path });
  const reprice = (...more: readonly string[]) => run("usage", "reprice", "--unpriced-only", ...more);
  expect((await reprice()).stdout).toContain("0 calls got a cost");

  writeFileSync(config, "monitoring:\n  prices: [{ model: mine, input: 2, output: 1 }]\n");
  expect((await run("reload")).code).toBe(0);
  const dry = await reprice("--dry-run");
  expect(dry.stdout).toContain("3,000 calls would get a cost: $6000 in total.");
  expect(dry.stdout).toMatch(/other: 1 call, 1,000,000 tokens: the table of prices has no such model/);
  expect(JSON.parse((await reprice("--dry-run", "--since", "1m", "--json")).stdout).calls).toBe(0);

  // Killed somewhere within it: each step is there whole or not at all.
  const interrupted = reprice();
  monitor.child.process.kill("SIGKILL");
  await Promise.all([interrupted, monitor.child.exited]);
  await started();
  const { code, stdout } = await reprice();
  expect([code, stdout]).toEqual([0, expect.stringContaining("got a cost")]);
  expect((await reprice()).stdout).toContain("0 calls got a cost");
  const usage = await runCommand(["usage", "--no-config", "--store", database, "--http", "off", "--json"], {
    folder: place.path,
  });
  expect(JSON.parse(usage.stdout).total).toMatchObject({ calls: 3_001, cost_calls: 3_000, cost_usd: 6_000 });
}, 120_000);

test("with a fleet database, reachable or not, usage reprice only says what it would do, and why", async () => {
  const config = place.file("monitor.yaml");
  writeFileSync(config, "monitoring:\n  prices: [{ model: mine, input: 2, output: 1 }]\n");
  const database = place.file("kb.db");
  const store = await openStore(database);
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage: [{ ...call, costUsd: null }] });
  await store.close();
  const monitor = await startMonitor(place.path, [
    "--config",
    config,
    "--fleet",
    "postgres://nobody@127.0.0.1:1/none",
  ]);
  const reprice = (...more: readonly string[]) =>
    runCommand(
      ["usage", "reprice", "--unpriced-only", ...more, "--no-config", "--socket", monitor.socketPath],
      { folder: place.path },
    );
  expect((await reprice("--dry-run")).stdout).toContain("1 call would get a cost: $2 in total.");
  expect(await reprice()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the fleet database would keep these calls without a cost"),
  });
  expect((await reprice("--dry-run")).stdout, "nothing has changed").toContain("1 call would get a cost");
}, 60_000);

test("usage reprice changes no known cost, so it wants to hear --unpriced-only", async () => {
  const refused = await runCommand(["usage", "reprice"], { folder: place.path });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("expected --unpriced-only") });
});
