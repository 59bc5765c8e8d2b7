/** A host as this monitor shows it. Times are those of this monitor's clock, Unix milliseconds. */
export interface ShownHost {
  readonly hostNo: number;
  readonly hostId: string;
  readonly name: string;
  /** Whether it is the one of this monitor. */
  readonly isOwn: boolean;
  /** `up`, `silent`, `stopped` or `replaced`; `unknown` while the database is away. */
  readonly state: string;
  readonly seenAtMs: number;
  readonly version: string | null;
  /** How far its clock is behind the database's; null where that is not known. */
  readonly skewMs: number | null;
  readonly isSkewed: boolean;
  readonly lagMs: number | null;
  readonly waiting: number | null;
  readonly lostRows: number | null;
  /** Another host that is up has its name. */
  readonly hasSharedName: boolean;
  /** Another monitor with a copy of its database tries to send. */
  readonly isCloned: boolean;
  /** Its monitor watches the hosts for all. */
  readonly isLeader: boolean;
  /** The id of the host that took its place. */
  readonly replacedBy: string | null;
}
