export { type FleetSource, sourceTables } from "../fleet-source.js";
export {
  defaultFleetRetention,
  type FleetRetention,
  type FleetRetentionName,
} from "../postgres/fleet-retention.js";
export type { BotsMark, BotsMoment, BotsPagePlan, HostBot } from "../postgres/read-host-bots.js";
export type { HostStatusChange } from "../postgres/read-records.js";
export type { UpkeepReport } from "../postgres/upkeep.js";
export { checkFleetDatabase, type FleetCheckLevel, type FleetFinding } from "./database-check.js";
export { type EffectiveStatus, effectiveStatus } from "./effective-status.js";
export { FleetDatabase, type Forgetting } from "./fleet-database.js";
export { type FleetHost, type HostState, sharedNames, shownSkewMs, stateOf } from "./fleet-host.js";
export type { FleetLeader } from "./fleet-leader.js";
export { type BotsKeeper, FleetPoll } from "./fleet-poll.js";
export { FleetReader, type HostList, type HostNo } from "./fleet-reader.js";
export { fleetRolesSql } from "./fleet-roles.js";
export type { ForwardCounts, SourceCounts } from "./forward-counts.js";
export type { ForwardState, ForwardStatus } from "./forward-loop.js";
export { type Forwarding, type ForwardingOptions, startForwarding } from "./forwarding.js";
export type { IncidentKind, IncidentOutcome } from "./incident.js";
export type { TellingMark, ToldIncident } from "./incident-table.js";
export type { LeaderNews } from "./leader-loop.js";
export { type Leading, type LeadingOptions, startLeading } from "./leading.js";
export { ownHostId } from "./own-host-id.js";
export { type OnlineBot, type SharedChannel, sharedChannels } from "./shared-channels.js";
