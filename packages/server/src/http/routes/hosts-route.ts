import type { StatusCounts } from "../../fleet/other-bots.js";
import type { ShownHost } from "../../fleet/shown-host.js";
import { botStatuses } from "../../registry/bot.js";
import type { FleetView } from "../../registry/fleet-view.js";
import { leaderRecord, leaderSchema } from "../leader-record.js";
import type { Route } from "../route.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "../schema.js";
import { type HostsSource, placeOf, placeProperties, placeRecord, withOptional } from "../scope.js";
import { timestampFromMs } from "../timestamp.js";

interface Parts {
  readonly hosts: HostsSource | null;
  readonly fleet: Pick<FleetView, "counts">;
}

const described = <S extends object>(schema: S, description: string): S & { description: string } => ({
  ...schema,
  description,
});

const numberSchema = { type: "number" };
const countsSchema = objectSchema(
  Object.fromEntries([...botStatuses, "unknown"].map((status) => [status, countSchema])),
  "Its bots by status; unknown where it does not say how they are.",
);

const hostSchema = objectSchema({
  host: described(textSchema, "Its name: --name."),
  host_id: described(textSchema, "Stays when its name changes."),
  own: described({ type: "boolean" }, "Whether it is the host of the monitor that answers."),
  state: described(
    textSchema,
    "up; silent: it does not beat; stopped: its monitor was stopped; replaced: another host took its place; unknown: the fleet database is away.",
  ),
  seen_at: described(timeSchema, "When it was heard last."),
  version: described(orNull(textSchema), "Of its monitor."),
  skew_ms: described(
    orNull(numberSchema),
    "How far its clock is behind that of the database; negative where it is ahead.",
  ),
  skewed: described(
    { type: "boolean" },
    "Whether that is more than 5 s. Times of its bots are corrected by it.",
  ),
  lag_ms: described(orNull(numberSchema), "How late its newest rows came."),
  waiting: described(orNull(countSchema), "How many rows wait there."),
  lost_rows: described(orNull(countSchema), "How many rows it deleted by age before they were sent."),
  name_conflict: described({ type: "boolean" }, "Another host that is up has its name."),
  leads: described(
    { type: "boolean" },
    "Whether its monitor watches the hosts and tells of silent ones; none does where a hub is the leader.",
  ),
  cloned: described(
    { type: "boolean" },
    "Another monitor with a copy of its database tries to send in its name, and is refused.",
  ),
  replaced_by: described(orNull(textSchema), "The host_id of the host that took its place."),
  bots: countsSchema,
});

const schema = withOptional(
  objectSchema({
    hosts: listSchema(hostSchema),
    leader: leaderSchema,
    shared_channels: described(
      listSchema(
        objectSchema({
          channel: textSchema,
          hosts: listSchema(textSchema),
          host_ids: listSchema(textSchema),
          since: timeSchema,
          seconds: described(amountSchema, "For how long."),
        }),
      ),
      "Channels that have been online on several hosts for over a minute: they may answer twice.",
    ),
  }),
  placeProperties,
);

/** The hosts that share a fleet database; none where no database is set. */
export function hostsRoute({ hosts, fleet }: Parts): Route {
  return {
    path: "/api/v1/hosts",
    id: "listHosts",
    summary: "The hosts that share a fleet database",
    schema,
    answer: async ({ nowMs }) => {
      if (hosts === null) return { kind: "json", value: { hosts: [], leader: null, shared_channels: [] } };
      const picture = await hosts.look();
      const byNo = new Map(picture.hosts.map((host) => [host.hostNo, host]));
      const shared = picture.sharedChannels.map(({ channel, hostNos, sinceMs }) => {
        const named = hostNos.map((hostNo) => byNo.get(hostNo)).filter((host) => host !== undefined);
        return {
          channel,
          hosts: named.map(({ name }) => name),
          host_ids: named.map(({ hostId }) => hostId),
          since: timestampFromMs(sinceMs),
          seconds: Math.max(0, (nowMs - sinceMs) / 1_000),
        };
      });
      const value = {
        // The own host has the bots of the registry, which knows them better.
        hosts: picture.hosts.map((host) =>
          hostRecord(
            host,
            host.isOwn ? { ...fleet.counts(), unknown: 0 } : picture.others.countsOf(host.hostNo),
          ),
        ),
        leader: leaderRecord(picture.leader),
        shared_channels: shared,
        ...placeRecord(placeOf(hosts, "fleet")),
      };
      return { kind: "json", value };
    },
  };
}

function hostRecord(host: ShownHost, bots: StatusCounts) {
  return {
    host: host.name,
    host_id: host.hostId,
    own: host.isOwn,
    state: host.state,
    seen_at: timestampFromMs(host.seenAtMs),
    version: host.version,
    skew_ms: host.skewMs,
    skewed: host.isSkewed,
    lag_ms: host.lagMs,
    waiting: host.waiting,
    lost_rows: host.lostRows,
    name_conflict: host.hasSharedName,
    leads: host.isLeader,
    cloned: host.isCloned,
    replaced_by: host.replacedBy,
    bots,
  };
}
