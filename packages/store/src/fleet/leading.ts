import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describeFailure, Link } from "../postgres/link.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";
import { keepFleetDatabase } from "../postgres/upkeep.js";
import { within } from "../within.js";
import type { IncidentKind } from "./incident.js";
import type { TellingMark } from "./incident-table.js";
import { LeaderLoop, type LeaderNews } from "./leader-loop.js";

export interface LeadingOptions {
  /** The fleet's database: `postgres://user@host/database`. */
  readonly fleet: string;
  /** What the hub is called, wherever the leader is shown. */
  readonly name?: string;
  /** Whether it may lead the hosts: true. */
  readonly leads?: boolean;
  /** The incidents that it tells its receivers about: none. */
  readonly tells?: readonly IncidentKind[];
  readonly onNews?: (news: LeaderNews) => void;
  /** A sentence about what failed; it is tried again. */
  readonly onWarning?: (sentence: string) => void;
}

/** What a monitor knows beside the options. */
export interface LeadingHost {
  readonly hostId: () => string | null;
  readonly mayAct: () => boolean;
}

const hub: LeadingHost = { hostId: () => null, mayAct: () => true };
/** For the lease to be released. */
const closeMs = 1_000;

/**
 * Leads the hosts of a fleet's database whenever nobody else does, in the thread that calls it,
 * over a connection of its own. This is for a hub, which has no rows to send; a monitor leads
 * within `startForwarding`.
 *
 * Throws a `StoreError`: `invalid_option` for a URL that is none.
 */
export function startLeading(options: LeadingOptions): Leading {
  return new Leading(options, hub);
}

export class Leading {
  readonly #loop: LeaderLoop;
  readonly #link: Link;
  readonly #running: Promise<void>;
  #upkeep: Link | null = null;
  #tells: readonly IncidentKind[];
  #news: LeaderNews = { isLeader: false, leader: null, incidents: null };
  #warned = "";

  /** @internal */
  constructor(options: LeadingOptions, { hostId, mayAct }: LeadingHost) {
    const { fleet, name = null, leads = true, tells = [], onNews, onWarning } = options;
    const target = parsePostgresUrl(fleet);
    const open = () => new Link(target, { name: "kissbot-monitor leader" });
    this.#link = open();
    this.#tells = tells;
    this.#loop = new LeaderLoop({
      link: this.#link,
      holder: randomUUID(),
      hostId,
      hubName: name,
      mayAct,
      leads,
      tells: () => this.#tells,
      upkeep: async () => {
        const link = open();
        this.#upkeep = link;
        try {
          await keepFleetDatabase(link);
        } finally {
          link.destroy();
        }
      },
      onNews: (news) => {
        this.#news = news;
        if (news.incidents !== null) this.#warned = "";
        onNews?.(news);
      },
      onFailed: (error) => {
        const sentence = describeFailure(error, target);
        if (sentence !== this.#warned) onWarning?.(`the hosts are not watched from here: ${sentence}`);
        this.#warned = sentence;
      },
      monotonicMs: () => performance.now(),
      pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    });
    this.#running = this.#loop.run();
  }

  /** As of the last round, which is some seconds ago at most while the database answers. */
  get news(): LeaderNews {
    return this.#news;
  }

  /** From the next round on, these incidents are told here. */
  setTells(tells: readonly IncidentKind[]): void {
    this.#tells = tells;
  }

  /** How far the receivers were told; it is written at once, or as soon as the database answers. */
  mark(marks: readonly TellingMark[]): void {
    this.#loop.mark(marks);
  }

  /** Lets others lead, within a second. */
  async close(): Promise<void> {
    this.#loop.stop();
    await within(this.#running, closeMs);
    this.#link.destroy();
    this.#upkeep?.destroy();
  }
}
