import type { Clock } from "../clock.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { Turns } from "../turns.js";

/**
 * A metric of LLM calls: its values are told apart by one label beside channel, model and feature.
 */
export interface UsageFamily {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly values: readonly string[];
  /**
   * Which values have a line only once they have counted something: the `rest` after the first,
   * where there are many and most never do; or `all`, where 0 would say more than is known.
   */
  readonly sparse?: "rest" | "all";
}

/** What the LLM calls of one channel, model and feature came to since the monitor's start. */
export interface UsageCount {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  /** The values of the families, one family after the other. */
  readonly values: readonly number[];
}

/** How long the calls of a model and feature took: at most each bound, and in all. */
export interface LatencyFigures {
  readonly model: string;
  readonly feature: string;
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sumS: number;
}

/** What is counted of alerts. */
export interface AlertFigures {
  readonly open: Iterable<{ readonly rule: string; readonly severity: string }>;
  readonly receivers: readonly {
    readonly name: string;
    readonly state: "ok" | "failing" | "broken";
    readonly waiting: number;
    readonly sent: number;
    readonly failed: number;
    readonly doubtful: number;
  }[];
  /**
   * How long turns took, in seconds: how many at most each bound, how many in all, and their sum.
   */
  readonly turns: {
    readonly bounds: readonly number[];
    readonly cumulative: readonly number[];
    readonly count: number;
    readonly sumS: number;
  };
}

/** What is known of a principal, `local` among them. */
export interface PrincipalFigures {
  readonly name: string;
  readonly counters: { readonly received: number; readonly shed: Readonly<Record<string, number>> };
  readonly bots: number;
  readonly connections: number;
}

/** How rows get to the database of several hosts. Rows by table. */
export interface FleetDatabaseFigures {
  /** Rows get through. */
  readonly isUp: boolean;
  readonly waitingRows: Readonly<Record<string, number>>;
  readonly sentRows: Readonly<Record<string, number>>;
  /** By reason: deleted here before they were sent, or rejected there. */
  readonly lostRows: Readonly<Record<string, Readonly<Record<"deleted" | "rejected", number>>>>;
  /** For how long rows of now have waited. */
  readonly lagS: number;
  /** Its clock less that of this host; null where that is not known. */
  readonly clockSkewS: number | null;
  readonly isLeader: boolean;
  readonly problems: Iterable<{ readonly code: string }>;
}

/** Where the values come from; each is read when somebody scrapes, and none is kept. */
export interface MetricSources {
  readonly clock: Pick<Clock, "wallMs">;
  readonly fleet: FleetView;
  /** Whose turn it is on the event loop. */
  readonly turns: Turns;
  /** `rejected` by reason. */
  readonly lines: () => {
    readonly lines: number;
    readonly rejected: Readonly<Record<string, number>>;
    readonly ignored: number;
  };
  /** By type; `shed` by type and reason. `depth` counts the messages that wait. */
  readonly queue: () => {
    readonly received: Readonly<Record<string, number>>;
    readonly processed: Readonly<Record<string, number>>;
    readonly shed: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly depth: number;
  };
  /** By table. */
  readonly store: () => {
    readonly pendingRows: number;
    readonly committedRows: Readonly<Record<string, number>>;
    readonly lostRows: Readonly<Record<string, number>>;
  };
  /** In an order that does not change: the first ones keep labels of their own. */
  readonly usage: () => Iterable<UsageCount> & { readonly families: readonly UsageFamily[] };
  /** Tokens of calls whose cost is unknown, since the monitor's start. */
  readonly unpriced: () => Iterable<{
    readonly model: string;
    readonly reason: string;
    readonly tokens: number;
  }>;
  /**
   * How long LLM calls took since the monitor's start; `bounds` are those of the buckets, in
   * seconds.
   */
  readonly latencies: () => Iterable<LatencyFigures> & { readonly bounds: readonly number[] };
  /**
   * What the clients of these channels say they lost since the monitor's start; those that lost
   * nothing may be left out.
   */
  readonly clientDropped: () => Iterable<{ readonly channel: string; readonly dropped: number }>;
  readonly alerts: () => AlertFigures;
  /** Null where none is set. */
  readonly fleetDatabase: () => FleetDatabaseFigures | null;
  /** What is wrong with the monitor itself. */
  readonly problems: () => Iterable<{ readonly code: string }>;
  /** Connections of bots that are open. */
  readonly connections: () => number;
  /** Whose connections and bots they are. */
  readonly principals: () => Iterable<PrincipalFigures>;
  /** Pings of the dead-man switch, by outcome; null where none is set. */
  readonly pings: () => Readonly<Record<string, number>> | null;
  /** Viewers of the stream, and those that were dropped because they did not read. */
  readonly viewers: () => { readonly open: number; readonly dropped: number };
}
