import { isSilent } from "./silence.js";

/** How much the clock of a host may differ from the database's before it is shown. */
export const shownSkewMs = 5_000;

/**
 * `up`: it beats. `silent`: it should, and does not. `stopped`: it said goodbye. Any other word is
 * that of a newer version.
 */
export type HostState = string;

/** A host as the fleet's database has it. Times are those of the database, in Unix milliseconds. */
export interface FleetHost {
  readonly hostNo: number;
  readonly hostId: string;
  readonly name: string;
  /** What its monitor wrote last. */
  readonly writtenState: string;
  readonly version: string | null;
  /** How often it beats; null where it never said so. */
  readonly beatS: number | null;
  /** Grows whenever its bots were written. */
  readonly botsVersion: number;
  readonly connectedAtMs: number;
  readonly seenAtMs: number;
  /** How far the database's clock is ahead of the host's; null where that is not known. */
  readonly skewMs: number | null;
  /** How old the newest row was when it was stored. */
  readonly lagMs: number | null;
  /** How many rows wait on the host. */
  readonly waiting: number | null;
  /** How many rows retention deleted there before they were sent. */
  readonly lostRows: number | null;
  /** The number of the host that took its place. */
  readonly replacedBy: number | null;
  /** Another monitor with a copy of its database tries to send, and is refused. */
  readonly isCloned: boolean;
  /** Its monitor watches the hosts for all. */
  readonly isLeader: boolean;
}

/**
 * How a host is at a time of the database. What is shown needs no attendance: after an outage of
 * the database a host is silent until its next beat, and until then nobody does know how it is.
 */
export function stateOf(
  host: Pick<FleetHost, "writtenState" | "seenAtMs" | "beatS">,
  nowMs: number,
): HostState {
  const { writtenState, seenAtMs, beatS } = host;
  if (writtenState !== "up") return writtenState;
  return isSilent({ nowMs, seenAtMs, attendedSinceMs: seenAtMs, beatS }) ? "silent" : "up";
}

/** The names that several hosts have which are up. */
export function sharedNames(
  hosts: readonly Pick<FleetHost, "name" | "writtenState" | "seenAtMs" | "beatS" | "replacedBy">[],
  nowMs: number,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const host of hosts) {
    if (host.replacedBy !== null || stateOf(host, nowMs) !== "up") continue;
    if (seen.has(host.name)) shared.add(host.name);
    seen.add(host.name);
  }
  return shared;
}
