import { silentLogger } from "@kissbot/testkit";
import type { PrincipalsView } from "../../src/http/routes/principals-route.js";
import { Principals } from "../../src/principals/principals.js";
import { policyOf } from "../principals/policy-of.js";
import { noonMs } from "./plain-fleet.js";

/** `local`, and a team that has sent too much. */
export function plainPrincipals(): PrincipalsView {
  let monotonicMs = 0;
  const principals = new Principals({
    policies: [
      policyOf("team_a", {
        channels: ["team_a_*", "#team_a-*"],
        maxBots: 50,
        maxConnections: 2,
        rowsPerSecond: 0.2,
        ownUid: 1_001,
      }),
    ],
    clock: { wallMs: () => noonMs, monotonicMs: () => monotonicMs },
    logger: silentLogger,
  });
  const { local } = principals;
  const team = principals.get("team_a");
  if (team === undefined) throw new Error("no team");
  for (const one of [local, team]) {
    one.connectionOpened();
    one.botAdded();
    one.judge(false, "team_a_1", noonMs);
  }
  for (let i = 0; i < 4; i++) team.judge(true, "team_a_1", noonMs);
  team.judge(false, "team_b_1", noonMs + 1_000);
  team.connectionOpened();
  team.refuseConnection();
  monotonicMs = 2_000;
  principals.tick();
  const listenerOf = (path: string, group: string) => ({
    socketPath: `/run/kissbot/${path}`,
    whoMayConnect: `owner kissbot and group ${group} (mode 0660)`,
    problem: null,
  });
  return {
    states: () => [
      { principal: local, listener: listenerOf("monitor.sock", "kissbot") },
      { principal: team, listener: listenerOf("team_a/monitor.sock", "team_a") },
    ],
  };
}
