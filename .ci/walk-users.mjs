// What `pnpm walk users` has before docs/users.md and after it: the users, and whether each can do
// what the page says and nothing more.
import { spawnSync } from "node:child_process";

const teams = ["team_a", "team_b"];

/** Each with a group of its name. */
export function makeUsers() {
  for (const name of teams) {
    const { status, stderr } = spawnSync("useradd", ["--user-group", "--create-home", name], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`useradd ${name}: ${stderr}`);
  }
}

/**
 * Null where each user can do what the page says, and nothing that it says they cannot. HTTP is on
 * this port.
 */
export function usersProblem(shell, port) {
  const as = (user, team, message) =>
    `runuser -u ${user} -- env KISSBOT_MONITOR_SOCKET=/run/kissbot/${team}/monitor.sock kissbot-monitor send ${message}`;
  const says = (command, text) =>
    `kissbot-monitor ${command} --json | tr -d ' \n' | grep --fixed-strings '${text}'`;
  const asked = `curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:${port}/api/v1/bots`;
  const tries = [
    [
      "a user's bot is in the fleet, under its principal",
      says("bots --channel team_a_chat", '"principal":"team_a"'),
    ],
    [
      "a user cannot connect to another's socket",
      `! ${as("team_b", "team_a", "heartbeat --channel team_a_chat --pid 4000001")}`,
    ],
    ["nor see what is beside it", "! runuser -u team_b -- ls /run/kissbot/team_a"],
    ["nor take the monitor's place at its own", "! runuser -u team_a -- rm /run/kissbot/team_a/monitor.sock"],
    ["nor read HTTP", `[ "$(runuser -u team_a -- ${asked})" = 401 ]`],
    [
      "a message can be sent on another's channel",
      as("team_a", "team_a", "register --channel team_b_new --pid 4000001"),
    ],
    [
      "and a goodbye for another's bot",
      as("team_a", "team_a", "unregister --channel team_b_chat --pid 4000001"),
    ],
    [
      "both are shed, which the log says",
      'for i in $(seq 100); do [ "$(journalctl | grep --count "shed a message")" = 2 ] && exit 0; sleep 0.1; done; exit 1',
    ],
    ["the other's bot is there", says("bots --channel team_b_chat", '"principal":"team_b"')],
    ["and has not said goodbye", `! ${says("bots --channel team_b_chat", '"status":"offline"')}`],
    ["and no bot came of the other message", `! ${says("bots", "team_b_new")}`],
  ];
  for (const [title, command] of tries) {
    const { status, stdout, stderr } = shell(command);
    console.log(`${title}: ${status === 0 ? "ok" : "FAILED"}`);
    if (status !== 0) return `${command}\n${stdout}${stderr}\nexit code ${status}`;
  }
  return null;
}
