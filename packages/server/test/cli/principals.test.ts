import { expect, test } from "vitest";
import { noonMs } from "../http/plain-fleet.js";
import { Served } from "../http/served.js";
import { run } from "./program-run.js";

async function asked(served: Served, columns: string, ...argv: readonly string[]) {
  const { port } = served.server.address;
  return await run(["principals", ...argv, "--http", `${port}`], {
    nowMs: noonMs + 61_000,
    environment: { COLUMNS: columns },
  });
}

test("principals says who reports over which socket, how much of its quotas it takes, and what was shed and why, in 80 columns", async () => {
  await using served = await Served.start();
  const { code, stdout } = await asked(served, "80");
  expect(code).toBe(0);
  expect(stdout).toBe(`PRINCIPAL  BOTS  CONNECTIONS  ROWS/S  RECEIVED  SHED
local         1            1       0         1     0
  /run/kissbot/monitor.sock, owner kissbot and group kissbot (mode 0660);
  channels *
team_a     1/50          2/2   2/0.2         6     3
  1 unauthorized, last team_b_1 1 m ago; 2 over_quota, last team_a_1 1 m ago; 1
  connection refused
  /run/kissbot/team_a/monitor.sock, owner kissbot and group team_a (mode 0660);
  channels team_a_* #team_a-*; its own processes alone
`);
});

test("principals --json has the API's answer; without listeners it says where they are set", async () => {
  await using served = await Served.start();
  const { stdout } = await asked(served, "80", "--json");
  const { body } = await served.ask("/api/v1/principals");
  expect(JSON.parse(stdout)).toEqual(body);
  await using none = await Served.start({ principals: { states: () => [] } });
  expect(await asked(none, "80")).toMatchObject({
    code: 0,
    stdout: "Every bot reports over the one socket: see listeners: in the config file for more of them.\n",
  });
});
