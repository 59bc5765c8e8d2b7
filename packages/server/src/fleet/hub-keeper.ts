import type { FleetLeader, FleetReader, Leading } from "@kissbot/store/fleet";
import type { HostIncidents, HostRule } from "../alerts/host-incidents.js";
import type { Clock } from "../clock.js";
import type { FleetAddress } from "../config/fleet-address.js";
import type { Logger } from "../logger.js";
import type { Turns } from "../turns.js";
import { within } from "../within.js";
import { hostIncidentOf } from "./host-incident.js";
import { HostsView } from "./hosts-view.js";

/** So often the view is told that somebody looks: it asks the database by itself in between. */
const lookMs = 10_000;
/** Longer than the lease takes to be given back. */
const closeMs = 2_000;

export interface HubKeeperOptions {
  readonly fleet: FleetAddress;
  /** What the hub is called, where it leads. */
  readonly name: string;
  /** Whether it may lead the hosts. */
  readonly mayLead: boolean;
  /** The incidents of hosts that its receivers are told about. */
  readonly tells: readonly HostRule[];
  readonly incidents: HostIncidents;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface HubProblem {
  readonly code: "fleet_away" | "fleet_refused" | "fleet_unwatched";
  readonly detail: string;
  readonly sinceMs: number;
}

/** How the fleet database is, as a hub sees it. */
export interface HubHealth {
  /** Without a password. */
  readonly url: string;
  /** `reading`: what is known of the hosts is of now. */
  readonly status: "connecting" | "reading" | "away" | "refused";
  readonly detail: string | null;
  /** Null where nobody leads the hosts, or it is unknown who does. */
  readonly leader: FleetLeader | null;
}

/**
 * The fleet database of a process that sends nothing to it. It reads the hosts all the time, and
 * leads them whenever nobody else does. What fails is a problem that is shown, and is tried again
 * by itself.
 */
export class HubKeeper {
  /** The hosts and their bots. */
  readonly hosts: HostsView;
  readonly #options: HubKeeperOptions;
  #leading: Leading | null = null;
  #tells: readonly HostRule[];
  #isLeader = false;
  #leader: FleetLeader | null = null;
  /** Why the hosts are not watched from here; null where they are, or nobody asked for it. */
  #unwatched: string | null = null;
  #told = "";
  readonly #sinceMs = new Map<HubProblem["code"], number>();
  #timer: NodeJS.Timeout | undefined;
  #starting: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: HubKeeperOptions) {
    const { incidents, clock, turns, tells } = options;
    this.#options = options;
    this.#tells = tells;
    incidents.onMarks = (marks) => this.#leading?.mark(marks);
    this.hosts = new HostsView({
      openReader: () => this.#openReader(),
      own: null,
      ownBot: () => undefined,
      turns,
      clock,
    });
  }

  /** Whether it leads the hosts, as of some seconds ago. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** From now on its receivers are told about these incidents. */
  async setTells(tells: readonly HostRule[]): Promise<void> {
    this.#tells = tells;
    if (this.#leading === null) await this.#startLeading();
    else this.#leading.setTells(tells);
  }

  /** Resolves when the hosts were read, or after a moment; never rejects. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.#look(), lookMs);
    await this.#startLeading();
    await this.hosts.look();
    this.problems();
  }

  /** Resolves when another one may lead, or after two seconds. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.hosts.stop();
    if (this.#leading !== null) await within(this.#leading.close(), closeMs);
  }

  /** What is wrong; it is tried again by itself. */
  problems(): readonly HubProblem[] {
    const problems: HubProblem[] = [];
    const { status } = this.hosts;
    if (status === "away") {
      const code = this.hosts.isRefused ? "fleet_refused" : "fleet_away";
      problems.push(this.#noted(code, `fleet: ${this.hosts.detail ?? "it does not answer"}`));
    } else if (this.#unwatched !== null) {
      problems.push(this.#noted("fleet_unwatched", `fleet: ${this.#unwatched}`));
    }
    for (const code of this.#sinceMs.keys())
      if (!problems.some((one) => one.code === code)) this.#sinceMs.delete(code);
    this.#log(problems);
    return problems;
  }

  health(): HubHealth {
    const { status, detail, isRefused } = this.hosts;
    const shown = { connecting: "connecting", ok: "reading", away: isRefused ? "refused" : "away" } as const;
    const leader = this.#leading === null ? this.hosts.leader : this.#leader;
    return { url: this.#options.fleet.shown, status: shown[status], detail, leader };
  }

  #look(): void {
    void this.hosts.look();
    // A file that its URL names may come later.
    if (this.#leading === null) void this.#startLeading();
    this.problems();
  }

  async #openReader(): Promise<FleetReader> {
    const [{ FleetReader: Made }, url] = await Promise.all([
      import("@kissbot/store/fleet"),
      this.#options.fleet.url.reveal(),
    ]);
    return new Made(url);
  }

  /** Nothing to do where it may not lead and has nobody to tell. Never twice at once. */
  async #startLeading(): Promise<void> {
    this.#starting ??= this.#lead().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async #lead(): Promise<void> {
    const { fleet, name, mayLead, incidents, logger } = this.#options;
    if (this.#leading !== null || (!mayLead && this.#tells.length === 0)) return;
    try {
      const [{ startLeading }, url] = await Promise.all([import("@kissbot/store/fleet"), fleet.url.reveal()]);
      if (this.#isStopped) return;
      this.#leading = startLeading({
        fleet: url,
        name,
        leads: mayLead,
        tells: this.#tells,
        onNews: (news) => {
          this.#isLeader = news.isLeader;
          this.#leader = news.leader;
          if (news.incidents !== null) this.#unwatched = null;
          incidents.take(news.incidents?.map(hostIncidentOf) ?? null);
        },
        onWarning: (sentence) => {
          this.#unwatched = sentence;
          logger.warn({ fleet: fleet.shown }, `fleet database: ${sentence}`);
        },
      });
    } catch (error) {
      this.#unwatched = `the hosts are not watched from here: ${(error as Error).message}`;
    }
  }

  #noted(code: HubProblem["code"], detail: string): HubProblem {
    const sinceMs = this.#sinceMs.get(code) ?? this.#options.clock.wallMs();
    this.#sinceMs.set(code, sinceMs);
    return { code, detail, sinceMs };
  }

  /** Each change once. */
  #log(problems: readonly HubProblem[]): void {
    const codes = problems.map(({ code }) => code).join(" ");
    if (codes === this.#told) return;
    const { fleet, logger } = this.#options;
    const wasWrong = this.#told !== "";
    this.#told = codes;
    for (const { code, detail } of problems)
      logger.warn({ fleet: fleet.shown, problem: code, detail }, "the hosts cannot be shown or watched");
    if (problems.length === 0 && wasWrong)
      logger.info({ fleet: fleet.shown }, "the hosts are shown and watched again");
  }
}
