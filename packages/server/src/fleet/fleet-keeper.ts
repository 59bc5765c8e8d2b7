import {
  type FleetLeader,
  type FleetReader,
  type FleetSource,
  type Forwarding,
  type ForwardStatus,
  sourceTables,
} from "@kissbot/store/fleet";
import type { HostIncidents, HostRule } from "../alerts/host-incidents.js";
import type { Clock } from "../clock.js";
import type { FleetAddress } from "../config/fleet-address.js";
import type { Logger } from "../logger.js";
import { version } from "../version.js";
import { within } from "../within.js";
import { hostIncidentOf } from "./host-incident.js";

/** Longer than the thread takes at most. */
const closeMs = 2_000;
/** After this its thread is started again. */
const againMs = 30_000;
/** From here on a difference of the clocks is a problem. */
const mostSkewMs = 5_000;

export interface FleetKeeperOptions {
  readonly fleet: FleetAddress;
  /** The path of the database whose rows are sent. */
  readonly store: string;
  /** What this host is called there. */
  readonly name: string;
  readonly rowsPerSecond: number;
  /** Whether samples of CPU and memory are sent. */
  readonly metrics: "minutes" | "off";
  /** How old the rows may be that are sent; null: as old as there are. */
  readonly mostAgeMs: number | null;
  /** Whether this monitor may lead the hosts. */
  readonly mayLead: boolean;
  /** The incidents of hosts that its receivers are told about. */
  readonly tells: readonly HostRule[];
  readonly incidents: HostIncidents;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface FleetProblem {
  readonly code: "fleet_away" | "fleet_refused" | "fleet_cloned" | "fleet_skewed";
  readonly detail: string;
  readonly sinceMs: number;
}

/** How the sending goes. */
export interface FleetHealth {
  /** Without a password. */
  readonly url: string;
  readonly status: ForwardStatus["state"];
  readonly detail: string | null;
  /** Null before the database was reached. */
  readonly waitingRows: number | null;
  readonly sentRows: number;
  /** Rows that were deleted before they were sent, and those that the database does not take. */
  readonly lostRows: number;
  readonly lagS: number;
  /** The database's clock less this host's. */
  readonly clockSkewS: number | null;
  /** This monitor leads the hosts, as of some seconds ago. */
  readonly isLeader: boolean;
  /** Null where nobody leads the hosts, or it is unknown who does. */
  readonly leader: FleetLeader | null;
}

/** How the sending goes, in numbers; rows by table. */
export interface FleetFigures extends Pick<FleetHealth, "lagS" | "clockSkewS" | "isLeader"> {
  /** Rows get through. */
  readonly isUp: boolean;
  readonly waitingRows: Readonly<Record<string, number>>;
  readonly sentRows: Readonly<Record<string, number>>;
  readonly lostRows: Readonly<Record<string, Readonly<Record<"deleted" | "rejected", number>>>>;
  readonly problems: readonly FleetProblem[];
}

/**
 * Keeps this host's rows on their way to the database of several hosts, in a thread of the store's.
 * Nothing waits for it: a database that is slow, gone or hostile is a problem that is shown, and
 * makes nothing here worse.
 */
export class FleetKeeper {
  readonly #options: FleetKeeperOptions;
  #forwarding: Forwarding | null = null;
  #problem: FleetProblem | null = null;
  readonly #lesserProblems = new Map<FleetProblem["code"], FleetProblem>();
  #tells: readonly HostRule[];
  #isLeader = false;
  #leader: FleetLeader | null = null;
  #again: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: FleetKeeperOptions) {
    this.#options = options;
    this.#tells = options.tells;
    options.incidents.onMarks = (marks) => this.#forwarding?.markIncidents(marks);
  }

  /** Whether it leads the hosts, as of some seconds ago. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** From now on its receivers are told about these incidents. */
  setTells(tells: readonly HostRule[]): void {
    this.#tells = tells;
    this.#forwarding?.setTells(tells);
  }

  /** As it was told last, up to a second ago; null before the start. */
  get status(): ForwardStatus | null {
    return this.#forwarding?.status ?? null;
  }

  /** A connection of its own to the same database, to read what other hosts wrote. */
  async openReader(): Promise<FleetReader> {
    const [{ FleetReader: Made }, url] = await Promise.all([
      import("@kissbot/store/fleet"),
      this.#options.fleet.url.reveal(),
    ]);
    return new Made(url);
  }

  /**
   * Starts the thread; never rejects. Whether the database answers is told later, by `status`.
   */
  async start(): Promise<void> {
    try {
      await this.#startThread();
    } catch (error) {
      // As where this process may have no more threads, or a file that the URL names is not there
      // yet. The monitor is well without it.
      const why = error instanceof Error ? error.message : String(error);
      this.#wait("fleet_refused", `its thread cannot be started: ${why}`);
      if (!this.#isStopped) this.#again = setTimeout(() => void this.start(), againMs).unref();
    }
  }

  async #startThread(): Promise<void> {
    const { fleet, store, name, rowsPerSecond, metrics, mostAgeMs, mayLead, incidents, logger } =
      this.#options;
    const [{ startForwarding }, url] = await Promise.all([
      import("@kissbot/store/fleet"),
      fleet.url.reveal(),
    ]);
    if (this.#isStopped) return;
    // Then it asks for no incidents: others tell of what it told.
    if (!mayLead && this.#tells.length === 0) incidents.take([]);
    this.#forwarding = startForwarding({
      store,
      fleet: url,
      name,
      version,
      backlogRowsPerSecond: rowsPerSecond,
      metrics,
      mostAgeMs,
      leads: mayLead,
      tells: this.#tells,
      onStatus: (status) => this.#become(status),
      onNews: (news) => {
        this.#isLeader = news.isLeader;
        this.#leader = news.leader;
        incidents.take(news.incidents?.map(hostIncidentOf) ?? null);
      },
      onWarning: (sentence) => logger.warn({ fleet: fleet.shown }, `fleet database: ${sentence}`),
    });
  }

  /**
   * Resolves when the thread has ended, or after two seconds: a database that hangs holds up no
   * stop. What was not sent is sent next time.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#again);
    if (this.#forwarding !== null) await within(this.#forwarding.close(), closeMs);
  }

  /** Why rows wait, and what else is wrong; never a reason for this monitor to be worse. */
  problems(): readonly FleetProblem[] {
    return [...(this.#problem === null ? [] : [this.#problem]), ...this.#lesserProblems.values()];
  }

  health(): FleetHealth {
    const { status } = this;
    return {
      url: this.#options.fleet.shown,
      status: status?.state ?? (this.#problem === null ? "connecting" : "refused"),
      detail: (status ?? this.#problem)?.detail ?? null,
      waitingRows: status?.waiting
        ? Object.values(status.waiting).reduce((sum, rows) => sum + rows, 0)
        : null,
      sentRows: status?.counts.rows ?? 0,
      lostRows: (status?.counts.deleted ?? 0) + (status?.counts.rejected ?? 0),
      lagS: (status?.lagMs ?? 0) / 1_000,
      clockSkewS: status === null || status.skewMs === null ? null : status.skewMs / 1_000,
      isLeader: this.#isLeader,
      leader: this.#leader,
    };
  }

  figures(): FleetFigures {
    const { status } = this;
    const { lagS, clockSkewS, isLeader } = this.health();
    const counts = status === null ? null : byTable(status.counts.bySource);
    return {
      isUp: status?.state === "sending" || status?.state === "behind",
      waitingRows: status?.waiting ? byTable(status.waiting) : {},
      sentRows: mapped(counts ?? {}, ({ rows }) => rows),
      lostRows: mapped(counts ?? {}, ({ deleted, rejected }) => ({ deleted, rejected })),
      lagS,
      clockSkewS,
      isLeader,
      problems: this.problems(),
    };
  }

  #become({ state, detail, skewMs, isCloned }: ForwardStatus): void {
    const { fleet, logger } = this.#options;
    const differsS = Math.round(Math.abs(skewMs ?? 0) / 1_000);
    this.#note(
      "fleet_skewed",
      Math.abs(skewMs ?? 0) > mostSkewMs,
      `fleet: ${fleet.shown}: the clock here and the database's differ by ${differsS} s; keep both set with NTP`,
    );
    this.#note(
      "fleet_cloned",
      isCloned,
      `fleet: ${fleet.shown}: another monitor with this host's identity wants to send, since this database was copied; it is refused: stop it, or give it a database of its own with --store`,
    );
    const before = this.#problem;
    if (state === "away" || state === "refused") {
      this.#wait(state === "away" ? "fleet_away" : "fleet_refused", detail ?? "it does not answer");
    } else if (state !== "connecting") {
      this.#problem = null;
      if (before !== null) logger.info({ fleet: fleet.shown }, "the fleet database takes rows again");
    }
  }

  #wait(code: "fleet_away" | "fleet_refused", detail: string): void {
    const { fleet, clock, logger } = this.#options;
    const before = this.#problem;
    this.#problem = { code, detail: `fleet: ${detail}`, sinceMs: before?.sinceMs ?? clock.wallMs() };
    if (before?.code !== code)
      logger.warn({ fleet: fleet.shown, problem: code, detail }, "rows wait for the fleet database");
  }

  #note(code: "fleet_skewed" | "fleet_cloned", isThere: boolean, detail: string): void {
    const known = this.#lesserProblems.get(code);
    if (!isThere) this.#lesserProblems.delete(code);
    else {
      const sinceMs = known?.sinceMs ?? this.#options.clock.wallMs();
      this.#lesserProblems.set(code, { code, detail, sinceMs });
      if (known === undefined) this.#options.logger.warn({ problem: code }, detail);
    }
  }
}

/** By the names of the tables here. */
function byTable<Value>(values: Readonly<Record<FleetSource, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).map(([source, value]) => [sourceTables[source as FleetSource], value]),
  );
}

function mapped<Value, To>(
  values: Readonly<Record<string, Value>>,
  to: (value: Value) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value)]));
}
