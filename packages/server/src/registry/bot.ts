import type { CauseCode } from "./cause-code.js";

/**
 * `online`; `stale`, it missed its heartbeats; `dead`, its process is gone; `offline`, it said
 * goodbye.
 */
export const botStatuses = ["online", "stale", "dead", "offline"] as const;
export type BotStatus = (typeof botStatuses)[number];

/** Why another process became the current one, or the current one ended without a goodbye. */
export const restartReasons = ["crash", "goodbye", "take_over"] as const;
export type RestartReason = (typeof restartReasons)[number];

/** A process that claims a channel which another one has. */
export interface ChannelConflict {
  readonly pid: number;
  readonly principal: string;
  readonly sinceMs: number;
}

/**
 * A bot as other parts read it. Only the registry changes it, in place: a reference that you keep
 * shows each change.
 */
export interface Bot {
  readonly channel: string;
  /** The name of the principal that it belongs to: `local` where none was configured. */
  readonly principal: string;
  readonly pid: number;
  readonly status: BotStatus;
  /** When it came into this status, Unix milliseconds. */
  readonly statusSinceMs: number;
  /** Why it is in this status, in a few words for people. */
  readonly statusCause: string;
  /** The same for programs. */
  readonly causeCode: CauseCode;
  /**
   * The process whose place the current one took with the last change of status; null where it took
   * none.
   */
  readonly previousPid: number | null;
  /**
   * How long the process lived that ended with the last change of status; null where none did, or
   * it is not known.
   */
  readonly livedMs: number | null;
  readonly features: Readonly<Record<string, boolean>>;
  /** The features as JSON text, made once per registration. */
  readonly featuresJson: string;
  /** When this process registered, or was adopted. */
  readonly registeredAtMs: number;
  /** When it was last heard (register, heartbeat or goodbye). */
  readonly lastSeenMs: number;
  /** When its process started; null where neither the bot nor a probe told. */
  readonly startedAtMs: number | null;
  /**
   * Whether the bot itself told that; false where only a look at its pid did. Null where a row of
   * an older version does not say.
   */
  readonly startTold: boolean | null;
  /** Whether the monitor saw that very process itself: only then can it be found dead. */
  readonly processSeen: boolean;
  /** Whether `cpuPct` and `rssMb` are the bot's own word and not a probe's. */
  readonly measuresItself: boolean;
  /** How often a process of this bot ended without a goodbye. */
  readonly restarts: number;
  /** Those of the last hour, by the minute. */
  readonly restartsInHour: number;
  /** Those of the last ten minutes, rounded up to whole minutes. */
  readonly crashesInTenMinutes: number;
  /** At least three of them came within ten minutes, and the last one is not ten minutes ago. */
  readonly crashLoop: boolean;
  /**
   * How long its processes live that crash: the middle one of the last lives that are known; null
   * where none is.
   */
  readonly typicalLifeMs: number | null;
  /**
   * Since the monitor's start: crashes, and new processes that followed a goodbye or took over from
   * one that lived.
   */
  readonly restartsBy: Readonly<Record<RestartReason, number>>;
  readonly version: string | null;
  /** How often it says that it beats, in seconds. */
  readonly intervalS: number | null;
  /**
   * The newest measurement: of a probe where the process is seen, else the bot's own; null where
   * unknown, and once nobody measures any more. 100 is one core.
   */
  readonly cpuPct: number | null;
  readonly rssMb: number | null;
  /** The last known ones, also of a process that is gone. */
  readonly lastCpuPct: number | null;
  readonly lastRssMb: number | null;
  /** When that measurement was made; null where there is none, or it told nothing. */
  readonly measuredAtMs: number | null;
  /**
   * Why it does not work although it is alive, in its own words; null where it says nothing of
   * that, and once its process has ended.
   */
  readonly trouble: string | null;
  /** Since when it says so, whatever the words were. */
  readonly troubleSinceMs: number | null;
  /** Another live process that claims this channel, and for whom; null where none does. */
  readonly conflict: ChannelConflict | null;
  /** Usage and metric lines that this process's client said it lost. */
  readonly clientDropped: number;
  /**
   * Grows with every visible change of this bot, last seen included: what was encoded for an equal
   * revision is current.
   */
  readonly revision: number;
}
