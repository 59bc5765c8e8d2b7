import type { FleetHost, FleetLeader, HostState, SharedChannel } from "@kissbot/store/fleet";
import { plainText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";
import { countText, spanText, timestampFromMs, unknownText } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import type { Style } from "./terminal.js";

interface Row extends FleetHost {
  /** As it is now: a host that should beat and does not is silent. */
  readonly state: HostState;
  readonly bots: number;
  readonly seenAgoMs: number;
  /** Another host that is up has its name. */
  readonly isNamedTwice: boolean;
  readonly notes: readonly string[];
}

const columns: readonly Column<Row>[] = [
  { head: "HOST", text: ({ name }) => name, least: 10, gives: 3 },
  { head: "STATE", text: ({ state }) => state, style: ({ state }) => styleOf(state) },
  { head: "SEEN", text: ({ seenAgoMs }) => `${spanText(seenAgoMs)} ago` },
  { head: "BOTS", text: ({ bots }) => countText(bots), align: "right" },
  { head: "VERSION", text: ({ version }) => version ?? unknownText, gives: 1 },
  {
    head: "LAG",
    text: ({ lagMs }) => (lagMs === null ? unknownText : spanText(lagMs)),
    align: "right",
    gives: 2,
  },
  { head: "WAITING", text: ({ waiting }) => countOf(waiting), align: "right" },
  { head: "LOST", text: ({ lostRows }) => countOf(lostRows), align: "right", gives: 2 },
  { head: "NOTE", text: ({ notes }) => notes.join("; "), below: true },
];

/** Lists the hosts of the fleet database as they are now. */
export async function runHosts(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const url = await fleetUrlOf(context, options);
  const { rows, shared, leader, nowMs } = await onFleet(() => hostRows(url));
  if (options["json"] === true) {
    terminal.printJson({
      as_of: timestampFromMs(nowMs),
      hosts: rows.map(jsonOf),
      leader: leader === null ? null : { name: leader.name, hub: leader.isHub },
      shared_channels: shared.map((one) => sharedJson(one, rows)),
    });
  } else if (rows.length === 0)
    terminal.print("No host has sent anything yet: start a monitor with --fleet.");
  else {
    terminal.print(tableText(columns, rows, terminal));
    if (leader?.isHub === true) terminal.print(hubText(leader));
    for (const one of shared) terminal.print(sharedText(one, rows, nowMs));
  }
  return rows.some(isProblem) || shared.length > 0 ? exitCodes.problem : exitCodes.ok;
}

interface Listed {
  readonly rows: readonly Row[];
  readonly shared: readonly SharedChannel[];
  readonly leader: FleetLeader | null;
  readonly nowMs: number;
}

async function hostRows(url: string): Promise<Listed> {
  const { FleetDatabase, FleetReader, sharedChannels, sharedNames, shownSkewMs, stateOf } = await import(
    "@kissbot/store/fleet"
  );
  const reader = new FleetReader(url);
  const database = new FleetDatabase(url);
  try {
    const { hosts, leader, nowMs } = await reader.hosts();
    const bots = await database.botCounts();
    const shared = sharedNames(hosts, nowMs);
    const nameOf = (hostNo: number) =>
      hosts.find((host) => host.hostNo === hostNo)?.hostId ?? `host ${hostNo}`;
    const rows = hosts.map((host): Row => {
      const notes: string[] = [];
      if (host.isLeader) notes.push("leads");
      const isNamedTwice = host.replacedBy === null && shared.has(host.name);
      if (isNamedTwice) notes.push(`another host has this name too; this one is ${host.hostId}`);
      if (host.replacedBy !== null) notes.push(`replaced by ${nameOf(host.replacedBy)}`);
      if (host.isCloned) notes.push("a copy of it runs too, and does not send: docs/fleet.md");
      const { skewMs } = host;
      if (skewMs !== null && Math.abs(skewMs) > shownSkewMs) {
        notes.push(`its clock is ${spanText(Math.abs(skewMs))} ${skewMs > 0 ? "behind" : "ahead"}`);
      }
      const seenAgoMs = nowMs - host.seenAtMs;
      return {
        ...host,
        state: stateOf(host, nowMs),
        bots: bots.get(host.hostNo) ?? 0,
        seenAgoMs,
        isNamedTwice,
        notes,
      };
    });
    const byNo = new Map(rows.map((row) => [row.hostNo, row]));
    const online = (await reader.onlineOnSeveral()).flatMap((bot) => {
      const host = byNo.get(bot.hostNo);
      if (host?.state !== "up" || host.replacedBy !== null) return [];
      return [{ ...bot, onlineSinceMs: bot.onlineSinceMs + (host.skewMs ?? 0) }];
    });
    return { rows, shared: sharedChannels(online, nowMs), leader, nowMs };
  } finally {
    reader.close();
    database.close();
  }
}

/** A host that leads has a note. */
function hubText({ name }: FleetLeader): string {
  return name === null ? "A hub leads." : plainText(`The hub ${name} leads.`);
}

function hostsOf({ hostNos }: SharedChannel, rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ hostNo }) => hostNos.includes(hostNo));
}

function sharedText(shared: SharedChannel, rows: readonly Row[], nowMs: number): string {
  const names = hostsOf(shared, rows).map(({ name }) => name);
  const forText = spanText(nowMs - shared.sinceMs);
  return plainText(
    `${shared.channel} is online on several hosts for ${forText}, and may answer twice: ${names.join(", ")}`,
  );
}

function sharedJson(shared: SharedChannel, rows: readonly Row[]) {
  const hosts = hostsOf(shared, rows);
  return {
    channel: shared.channel,
    hosts: hosts.map(({ name }) => name),
    host_ids: hosts.map(({ hostId }) => hostId),
    since: timestampFromMs(shared.sinceMs),
  };
}

function isProblem({ state, replacedBy, isNamedTwice }: Row): boolean {
  if (replacedBy !== null) return false;
  return state === "silent" || isNamedTwice;
}

function jsonOf({
  name,
  hostId,
  state,
  seenAtMs,
  bots,
  version,
  skewMs,
  lagMs,
  waiting,
  lostRows,
  isLeader,
  notes,
}: Row) {
  return {
    host: name,
    host_id: hostId,
    state,
    seen_at: timestampFromMs(seenAtMs),
    bots,
    version,
    skew_ms: skewMs,
    lag_ms: lagMs,
    waiting,
    lost_rows: lostRows,
    leads: isLeader,
    notes,
  };
}

function countOf(count: number | null): string {
  return count === null ? unknownText : countText(count);
}

function styleOf(state: HostState): Style | undefined {
  if (state === "up") return "green";
  return state === "stopped" ? "dim" : "red";
}
