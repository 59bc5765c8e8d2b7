import { expect, test } from "vitest";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, health, nowMs } from "./bot.js";
import { FakeMonitor } from "./fake-monitor.js";
import { run } from "./program-run.js";

/** As a monitor with a fleet database answers. */
function fleet() {
  const [here, there] = [{ host: "host-1" }, { host: "host-2", as_of: timestampFromMs(nowMs - 40_000) }];
  const bots = [
    bot("alpha", here),
    bot("alpha", { ...there, status: "unknown", reported_status: "online", cpu_pct: null, rss_mb: null }),
    bot("beta", { ...there, status: "dead", reported_status: "dead", status_cause: "process 7 is gone" }),
  ];
  return new FakeMonitor({ "/healthz": { body: health }, "/api/v1/bots": { body: { bots } } }).start();
}

test("bots names the hosts where there are several, and what is known of one that is silent", async () => {
  await using monitor = await fleet();
  const asked = ["bots", "--http", `${monitor.port}`];
  const { code, stdout } = await run(asked, { nowMs });
  expect(code).toBe(0);
  expect(stdout).toBe(`3 bots: 1 dead, 1 unknown, 1 online

CHANNEL  HOST    STATUS    FOR  LAST SEEN  RESTARTS    CPU  MEMORY   PID  WHY
beta     host-2  dead      1 h   12 s ago         0  1.3 %   91 MB  4242  process 7 is gone
alpha    host-2  unknown  40 s   12 s ago         0      -       -  4242  host host-2 does not say how it is; it was online
alpha    host-1  online    1 h   12 s ago         0  1.3 %   91 MB  4242
`);
  const unknown = await run([...asked, "--status", "unknown", "--json"], { nowMs });
  expect(JSON.parse(unknown.stdout).bots.map(({ host }: { host: string }) => host)).toEqual(["host-2"]);
});

test("status says which host a bot is on, and an unknown one is no fault of it", async () => {
  await using monitor = await fleet();
  const { code, stdout } = await run(["status", "--http", `${monitor.port}`], { nowMs });
  expect(code).toBe(1);
  expect(stdout).toContain("Bots      3 bots: 1 dead, 1 unknown, 1 online\n");
  expect(stdout).toContain("beta on host-2: dead for 1 h (process 7 is gone; last seen 12 s ago)");
  expect(stdout).not.toContain("alpha");
});
