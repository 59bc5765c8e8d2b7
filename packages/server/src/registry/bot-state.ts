import type { Bot, BotStatus, ChannelConflict, RestartReason } from "./bot.js";
import type { BotOwner } from "./bot-owner.js";
import type { CauseCode } from "./cause-code.js";
import { Contact } from "./contact.js";
import type { FeatureSet } from "./feature-set.js";
import type { Heartbeat } from "./heartbeat.js";
import type { EndedProcess, Life } from "./liveness.js";
import type { Predecessor } from "./predecessor.js";
import type { ProbeResult } from "./probe-result.js";
import { believableStart, isSameProcess, startToleranceMs } from "./process-identity.js";
import type { ProcessPlace } from "./processes.js";

/** What a register, a heartbeat and a stored row all say of a process. */
export interface RegisterOrHeartbeat {
  readonly channel: string;
  readonly pid: number;
  readonly startedAtMs: number | null;
  readonly intervalS: number | null;
  readonly tsMs: number;
  readonly connection?: number;
}

/**
 * Late lines come within 5 s: of so many processes of one channel, were they to end in that time.
 */
const maxDeparted = 4;
const nobody: readonly EndedProcess[] = [];
/** Deploys that overlap, of which each may still say goodbye. */
const maxOvertaken = 4;
const noRestarts: Readonly<Record<RestartReason, number>> = { crash: 0, goodbye: 0, take_over: 0 };

/** A process that was current, and the connection that was open when another took its place. */
interface OvertakenProcess {
  readonly pid: number;
  readonly claimedStartMs: number | null;
  readonly connection: number;
}

const noneOvertaken: readonly OvertakenProcess[] = [];

/**
 * A bot as the registry changes it: what everybody may read, and what its liveness is judged from.
 * One object per bot, every field set by the constructor, so that all have one shape.
 */
export class BotState implements Bot, Life {
  readonly channel: string;
  /** Its place among all bots; the number of its deadline. */
  readonly number: number;
  /** Whose it is. Only the fleet changes it, which counts. */
  owner: BotOwner;
  pid: number;
  claimedStartMs: number | null;
  startedAtMs: number | null;
  startTold: boolean | null;
  registeredAtMs: number;
  lastSeenMs: number;
  status: BotStatus = "online";
  statusSinceMs: number;
  statusCause = "";
  causeCode: CauseCode = "other";
  previousPid: number | null = null;
  livedMs: number | null = null;
  features: Readonly<Record<string, boolean>>;
  featuresJson: string;
  /** Whether anybody told what it can do; false where only heartbeats came. */
  featuresTold = false;
  version: string | null = null;
  intervalS: number | null;
  processSeen = false;
  /** Whether it ever told what it takes. */
  loadTold = false;
  /** Whether the current process beat, or may have done so before the monitor's start. */
  hasBeaten = false;
  startKey: number | null = null;
  restarts = 0;
  restartsInHour = 0;
  crashesInTenMinutes = 0;
  crashLoop = false;
  typicalLifeMs: number | null = null;
  restartsBy = noRestarts;
  cpuPct: number | null = null;
  rssMb: number | null = null;
  lastCpuPct: number | null = null;
  lastRssMb: number | null = null;
  measuredAtMs: number | null = null;
  trouble: string | null = null;
  troubleSinceMs: number | null = null;
  /** When it last said something else of its trouble. */
  troubleChangedAtMs = 0;
  conflict: ChannelConflict | null = null;
  clientDropped = 0;
  revision = 0;
  /** On the attentive clock; NaN for one not heard since the monitor's start. */
  heardAtMs = Number.NaN;
  endedAtMs = Number.NEGATIVE_INFINITY;
  departed: readonly EndedProcess[] = nobody;
  readonly contact = new Contact();
  /** Newest first. */
  #overtaken = noneOvertaken;
  /** As what it is counted among the bots of its process; null where it is not. */
  place: ProcessPlace | null = null;

  constructor(number: number, message: RegisterOrHeartbeat, { features, json }: FeatureSet, owner: BotOwner) {
    this.channel = message.channel;
    this.number = number;
    this.owner = owner;
    this.pid = message.pid;
    this.claimedStartMs = message.startedAtMs;
    this.startedAtMs = believableStart(message.startedAtMs, message.tsMs);
    this.startTold = message.startedAtMs !== null;
    this.registeredAtMs = message.tsMs;
    this.lastSeenMs = message.tsMs;
    this.statusSinceMs = message.tsMs;
    this.intervalS = message.intervalS;
    this.features = features;
    this.featuresJson = json;
  }

  get principal(): string {
    return this.owner.name;
  }

  tellFeatures({ features, json }: FeatureSet, version: string | null): void {
    this.features = features;
    this.featuresJson = json;
    this.version = version;
    this.featuresTold = true;
  }

  /**
   * Takes what a later message of the current process says of it, and keeps what it does not say.
   * Answers whether it tells a start for the first time, and not that of the process that was seen:
   * then the next look decides who that is.
   */
  learn({ startedAtMs, intervalS, tsMs }: RegisterOrHeartbeat): boolean {
    this.intervalS = intervalS ?? this.intervalS;
    if (startedAtMs === null) return false;
    this.startTold = true;
    if (this.claimedStartMs !== null) return false;
    this.claimedStartMs = startedAtMs;
    this.startedAtMs ??= believableStart(startedAtMs, tsMs);
    const isOther = this.startedAtMs !== null && Math.abs(startedAtMs - this.startedAtMs) > startToleranceMs;
    if (!isOther) return false;
    this.startedAtMs = believableStart(startedAtMs, tsMs);
    this.forgetProbeResult();
    return true;
  }

  /**
   * The current process did not end after all, or another one has its pid now: what was seen of it
   * proves nothing any more.
   */
  comeBack(): void {
    this.endedAtMs = Number.NEGATIVE_INFINITY;
    this.forgetProbeResult();
  }

  /**
   * A process that is not seen is measured by nobody but itself. One that never told when it
   * started may be a stranger that has its pid on this side of a container: there its own word
   * wins, too.
   */
  get measuresItself(): boolean {
    return !this.processSeen || (this.loadTold && this.startTold !== true);
  }

  takeLoad({ cpuPct, rssMb, dropped, tsMs }: Heartbeat): void {
    if (dropped !== null) this.clientDropped = dropped;
    this.hasBeaten = true;
    if (cpuPct !== null || rssMb !== null) this.loadTold = true;
    if (this.measuresItself) this.measure(cpuPct, rssMb, tsMs);
  }

  get hasHungUp(): boolean {
    return !Number.isNaN(this.contact.endedAtMs);
  }

  /** Nobody knows more of the process under its pid than that it was there first. */
  get isUnproven(): boolean {
    return this.startTold !== true && this.hasBeaten && !this.hasHungUp;
  }

  /**
   * Takes the newest measurement whole: a part that it does not know is null, however well it was
   * known before.
   */
  measure(cpuPct: number | null, rssMb: number | null, atMs: number): void {
    this.cpuPct = cpuPct;
    this.rssMb = rssMb;
    this.lastCpuPct = cpuPct ?? this.lastCpuPct;
    this.lastRssMb = rssMb ?? this.lastRssMb;
    this.measuredAtMs = cpuPct === null && rssMb === null ? null : atMs;
  }

  forgetMeasurement(): void {
    this.measure(null, null, 0);
  }

  /**
   * The process was seen. Its start is shown as the probe tells it by the present clock, so that a
   * later start of the monitor finds it again.
   */
  recognise({ startedAtMs, startKey }: ProbeResult): void {
    this.processSeen = true;
    this.startKey = startKey ?? this.startKey;
    if (startedAtMs === null) return;
    const shown = this.startedAtMs;
    if (shown === null || Math.abs(startedAtMs - shown) > startToleranceMs) {
      this.startedAtMs = Math.max(0, Math.floor(startedAtMs));
    }
  }

  /** Until it is seen again, the process is judged by its heartbeats. */
  forgetProbeResult(): void {
    this.processSeen = false;
    this.startKey = null;
  }

  /**
   * Makes another process the current one, and forgets what belongs to the one before. Features and
   * version stay until the new one tells its own: a bot whose registration was lost is most likely
   * what it was.
   */
  handOver(message: RegisterOrHeartbeat): void {
    if (Number.isFinite(this.endedAtMs)) this.leave(this.pid, this.claimedStartMs, this.endedAtMs);
    this.#noteOvertaken(message.connection ?? 0);
    this.pid = message.pid;
    this.claimedStartMs = message.startedAtMs;
    this.startedAtMs = believableStart(message.startedAtMs, message.tsMs);
    this.startTold = message.startedAtMs !== null;
    this.registeredAtMs = message.tsMs;
    this.intervalS = message.intervalS;
    this.clientDropped = 0;
    this.endedAtMs = Number.NEGATIVE_INFINITY;
    this.departed = this.departed.filter((it) => !isSameProcess(it.pid, it.claimedStartMs, message));
    this.contact.forget();
    this.loadTold = false;
    this.hasBeaten = false;
    this.forgetProbeResult();
    this.forgetMeasurement();
  }

  /** The current process as it is judged when another one takes its place. */
  get predecessor(): Predecessor {
    const { pid, claimedStartMs, registeredAtMs, processSeen, startKey } = this;
    return {
      pid,
      claimedStartMs,
      registeredAtMs,
      processSeen,
      startKey,
      isConnected: this.contact.isConnected,
    };
  }

  /** The process with that pid which was current before, and whose connection that is. */
  overtakenOver(connection: number, pid: number): OvertakenProcess | undefined {
    if (connection === 0 || this.contact.isLast(connection)) return undefined;
    return this.#overtaken.find((it) => it.connection === connection && it.pid === pid);
  }

  /** `successors`: the connection over which the next process is heard. */
  #noteOvertaken(successors: number): void {
    const { pid, claimedStartMs, contact } = this;
    const others = this.#overtaken.filter(({ connection }) => connection !== successors);
    if (contact.isOpen && !contact.isLast(successors)) {
      others.unshift({ pid, claimedStartMs, connection: contact.connection });
    }
    this.#overtaken = others.slice(0, maxOvertaken);
  }

  countRestart(reason: RestartReason): void {
    this.restartsBy = { ...this.restartsBy, [reason]: this.restartsBy[reason] + 1 };
  }

  /**
   * How long its process had lived at that time, in whole milliseconds; null where nobody told when
   * it started.
   */
  ageAtMs(wallMs: number): number | null {
    return this.startedAtMs === null ? null : Math.max(0, Math.round(wallMs - this.startedAtMs));
  }

  /** Remembers how a process ended that is not, or no longer, the current one. */
  leave(pid: number, claimedStartMs: number | null, endedAtMs: number): void {
    this.departed = [{ pid, claimedStartMs, endedAtMs }, ...this.departed.slice(0, maxDeparted - 1)];
  }
}
