import { isSilent, silentAfterMs } from "../../src/fleet/silence.js";

// As the lease and the forwarder have them.
const leaseMs = 15_000;
const renewMs = 5_000;
const deadlineMs = 10_000;
const shortestBackOffMs = 250;
const longestBackOffMs = 10_000;

/** Short enough for a living host to be heard in time, where it is not cut off twice in a row. */
const longestCutMs = 12_000;
const apartMs = 60_000;

const tickMs = 500;
const lengthMs = 420_000;

type Chance = () => number;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** A question is not refused but never answered. */
  readonly isHole: boolean;
}

/** Something that asks the database at intervals, and again in longer turns where it fails. */
class Asker {
  readonly #chance: Chance;
  dueMs: number;
  /** A question under way that nobody will answer. */
  #givesUpAtMs = 0;
  #failures = 0;

  constructor(chance: Chance, everyMs: number) {
    this.#chance = chance;
    this.dueMs = chance() * everyMs;
  }

  /** Whether it asks now and is answered. */
  isAnswered(nowMs: number, everyMs: number, cut: Span | undefined): boolean {
    if (nowMs < this.dueMs || nowMs < this.#givesUpAtMs) return false;
    if (cut === undefined) {
      this.#failures = 0;
      this.dueMs = nowMs + everyMs;
      return true;
    }
    const longest = Math.min(longestBackOffMs, shortestBackOffMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#givesUpAtMs = nowMs + (cut.isHole ? deadlineMs : 0);
    this.dueMs = this.#givesUpAtMs + longest * this.#chance();
    return false;
  }

  restart(nowMs: number): void {
    this.#givesUpAtMs = 0;
    this.#failures = 0;
    this.dueMs = nowMs;
  }
}

interface Host {
  readonly beatS: number;
  readonly beats: Asker;
  readonly lease: Asker;
  readonly cuts: readonly Span[];
  readonly diesAtMs: number;
  readonly returnsAtMs: number;
  /** By the database's clock, and truly. */
  seenAtMs: number;
  heardAtMs: number;
  isToldSilent: boolean;
  /**
   * Between the database's clock and its own, when it renewed last; null where it does not lead.
   */
  clockOffsetMs: number | null;
}

/** What is wrong with the verdicts of one history. */
export interface Faults {
  /** A host was called silent that had not died since it was heard. */
  falseVerdicts: number;
  /** A dead host was not called silent in time, or one that is back still is. */
  missed: number;
  /** The watch began anew with nothing to explain it. */
  needlessRestarts: number;
  verdicts: number;
}

/**
 * Hosts that beat and lead by the lease, with outages of the database, cuts of single hosts, deaths
 * and returns, and steps of the database's clock. The rule judges in each round of the leader.
 */
export function playHistory(chance: Chance): Faults {
  const faults: Faults = { falseVerdicts: 0, missed: 0, needlessRestarts: 0, verdicts: 0 };
  const outages = spans(chance, Math.floor(chance() * 3), 120_000);
  const step = chance() < 0.3 ? { atMs: chance() * lengthMs, byMs: (chance() - 0.5) * 200_000 } : null;
  const hosts = Array.from({ length: 2 + Math.floor(chance() * 3) }, () =>
    hostFrom(chance, step === null ? outages : null),
  );
  let lease = { holder: -1, sinceMs: 0, expiresMs: 0 };
  /** The true time of the last restart of the watch, and of what may explain one. */
  let watchedFromMs = 0;
  let upsetAtMs = 0;
  let roundAtMs = 0;

  for (let nowMs = 0; nowMs < lengthMs; nowMs += tickMs) {
    const offsetMs = step !== null && nowMs >= step.atMs ? step.byMs : 0;
    const databaseMs = nowMs + offsetMs;
    const outage = spanAt(outages, nowMs);
    const isStepped = step !== null && Math.abs(nowMs - step.atMs) < leaseMs;
    if (outage !== undefined || isStepped) upsetAtMs = nowMs;

    for (const [i, host] of hosts.entries()) {
      if (!isAlive(host, nowMs)) {
        if (lease.holder === i) upsetAtMs = nowMs;
        continue;
      }
      if (nowMs - host.returnsAtMs >= 0 && nowMs - host.returnsAtMs < tickMs) {
        host.beats.restart(nowMs);
        host.lease.restart(nowMs);
        host.clockOffsetMs = null;
      }
      const cut = outage ?? spanAt(host.cuts, nowMs);
      if (cut !== undefined && lease.holder === i) upsetAtMs = nowMs;
      if (host.beats.isAnswered(nowMs, host.beatS * 1_000, cut)) {
        host.seenAtMs = databaseMs;
        host.heardAtMs = nowMs;
      }
      if (!host.lease.isAnswered(nowMs, renewMs + chance() * 1_000, cut)) continue;
      const isHeld = lease.expiresMs > databaseMs && lease.expiresMs <= databaseMs + 2 * leaseMs;
      if (isHeld && lease.holder !== i) {
        host.clockOffsetMs = null;
        continue;
      }
      const isGap = !isHeld || host.clockOffsetMs === null || Math.abs(host.clockOffsetMs - offsetMs) > 1_000;
      host.clockOffsetMs = offsetMs;
      lease = {
        holder: i,
        sinceMs: isGap ? databaseMs : lease.sinceMs,
        expiresMs: databaseMs + leaseMs,
      };
      if (isGap) {
        if (nowMs > 2 * leaseMs && nowMs - upsetAtMs > 4 * leaseMs) faults.needlessRestarts += 1;
        watchedFromMs = nowMs;
      }
      judge(hosts, { nowMs, databaseMs, sinceMs: lease.sinceMs }, faults);
      roundAtMs = nowMs;
    }

    // Only while somebody judges can something be missed.
    if (nowMs - roundAtMs > renewMs + 1_500) continue;
    for (const host of hosts) {
      const isDead = !isAlive(host, nowMs);
      const fromMs = Math.max(watchedFromMs, isDead ? host.diesAtMs : host.returnsAtMs);
      const longestMs = silentAfterMs(host.beatS) + renewMs + 1_500 + 2 * tickMs;
      if (isDead && !host.isToldSilent && nowMs - fromMs > longestMs) faults.missed += 1;
      if (!isDead && host.isToldSilent && nowMs - fromMs > longestMs) faults.missed += 1;
    }
  }
  return faults;
}

function judge(
  hosts: readonly Host[],
  { nowMs, databaseMs, sinceMs }: Record<"nowMs" | "databaseMs" | "sinceMs", number>,
  faults: Faults,
): void {
  for (const host of hosts) {
    // The leader mends times that a step of the clock has put into the future.
    host.seenAtMs = Math.min(host.seenAtMs, databaseMs);
    const { seenAtMs, beatS } = host;
    const verdict = isSilent({ nowMs: databaseMs, seenAtMs, attendedSinceMs: sinceMs, beatS });
    if (verdict && !host.isToldSilent) {
      faults.verdicts += 1;
      if (host.diesAtMs < host.heardAtMs || host.diesAtMs > nowMs) faults.falseVerdicts += 1;
    }
    host.isToldSilent = verdict;
  }
}

/** `outages`: null where the clock is stepped, which is trouble enough for one history. */
function hostFrom(chance: Chance, outages: readonly Span[] | null): Host {
  const beatS = [5, 5, 10, 20][Math.floor(chance() * 4)] ?? 5;
  const diesAtMs = chance() < 0.4 ? chance() * lengthMs : Number.POSITIVE_INFINITY;
  return {
    beatS,
    beats: new Asker(chance, beatS * 1_000),
    lease: new Asker(chance, renewMs),
    cuts:
      outages === null
        ? []
        : spans(chance, Math.floor(chance() * 2), longestCutMs).filter(isApartFrom(outages)),
    diesAtMs,
    returnsAtMs: chance() < 0.5 ? diesAtMs + 1_000 + chance() * 200_000 : Number.POSITIVE_INFINITY,
    seenAtMs: 0,
    heardAtMs: 0,
    isToldSilent: false,
    clockOffsetMs: null,
  };
}

const isAlive = (host: Host, nowMs: number) => nowMs < host.diesAtMs || nowMs >= host.returnsAtMs;

function spans(chance: Chance, count: number, longestMs: number): Span[] {
  return Array.from({ length: count }, () => {
    const fromMs = chance() * lengthMs;
    return { fromMs, toMs: fromMs + chance() * longestMs, isHole: chance() < 0.5 };
  });
}

const isApartFrom =
  (others: readonly Span[]) =>
  ({ fromMs, toMs }: Span) =>
    others.every((other) => fromMs > other.toMs + apartMs || toMs < other.fromMs - apartMs);

function spanAt(list: readonly Span[], nowMs: number): Span | undefined {
  return list.find(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
}
