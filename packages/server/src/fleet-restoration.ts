import type { CauseCode, Store, StoredBot } from "@kissbot/store";
import type { Clock } from "./clock.js";
import type { Logger } from "./logger.js";
import type { MeasuredProbeResult } from "./registry/probe-result.js";
import type { RestoredCrash } from "./registry/restored-bot.js";
import type { ProcessProbe } from "./sampling/process-probe.js";
import type { StoreWriter } from "./worker/store-writer.js";

export interface FleetRestorationOptions {
  readonly registry: {
    restore(
      rows: readonly StoredBot[],
      looks: ReadonlyMap<string, MeasuredProbeResult>,
      crashes: ReadonlyMap<string, readonly RestoredCrash[]>,
    ): void;
  };
  readonly probe: ProcessProbe;
  /** Whether this process may be the bot's; absent: any may. */
  readonly isOwn?: (channel: string, pid: number) => boolean;
  readonly writer: StoreWriter;
  readonly clock: Pick<Clock, "wallMs">;
  readonly logger: Logger;
}

const hourMs = 3_600_000;
const pageRows = 10_000;
/** More crashes of one hour are not read: the fleet is in a state that needs no counting. */
const mostPages = 10;
/** How a process ends without a goodbye. */
const crashCauses: readonly CauseCode[] = ["process_gone", "pid_reused", "gone_at_start"];

/** At their largest, the features of so many take some tens of MB. */
const pageBots = 500;

/**
 * What the store knows of the fleet, in pieces, with one look at each process that may still be
 * there.
 */
export class FleetRestoration {
  readonly #options: FleetRestorationOptions;
  #after: string | null = null;

  constructor(options: FleetRestorationOptions) {
    this.#options = options;
  }

  /**
   * Called before the store is written to. Where reading failed, the next call goes on behind what
   * was restored: nothing is restored twice.
   */
  async restore(store: Pick<Store, "fleetPage" | "statusHistory">): Promise<void> {
    const crashes = await crashesOf(store, this.#options.clock.wallMs());
    for (;;) {
      const { bots, next } = await store.fleetPage({ after: this.#after, limit: pageBots });
      await restorePage(bots, crashes, this.#options);
      if (next === null) return;
      this.#after = next;
    }
  }
}

async function restorePage(
  bots: readonly StoredBot[],
  crashes: ReadonlyMap<string, readonly RestoredCrash[]>,
  { registry, probe, writer, logger, isOwn = () => true }: FleetRestorationOptions,
): Promise<void> {
  const rows = bots.filter(({ channel }) => !writer.isForgotten(channel));
  const watched = rows.filter(({ status }) => status === "online" || status === "stale");
  const looks = await probe.probe([...new Set(watched.map(({ pid }) => pid))]).catch((error: unknown) => {
    logger.error(
      { err: error },
      "the processes of the recorded bots could not be checked; heartbeats decide",
    );
    return new Map<number, MeasuredProbeResult>();
  });
  const seen = new Map(
    watched.flatMap(({ channel, pid }) => {
      const look = looks.get(pid);
      if (look === undefined || (look.state === "alive" && !isOwn(channel, pid))) return [];
      return [[channel, look] as const];
    }),
  );
  writer.amendGreetings(new Map(rows.map(({ channel, status }) => [channel, status])));
  registry.restore(rows, seen, crashes);
}

/** The crashes of the last hour by channel, the oldest first. */
async function crashesOf(
  store: Pick<Store, "statusHistory">,
  nowMs: number,
): Promise<Map<string, RestoredCrash[]>> {
  const crashes = new Map<string, RestoredCrash[]>();
  let beforeId: number | undefined;
  for (let page = 0; page < mostPages; page++) {
    const found = await store.statusHistory({
      fromMs: Math.max(0, nowMs - hourMs),
      to: ["dead"],
      causes: crashCauses,
      limit: pageRows,
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    for (const { channel, tsMs, livedMs } of found) {
      const known = crashes.get(channel);
      if (known === undefined) crashes.set(channel, [{ tsMs, livedMs }]);
      else known.push({ tsMs, livedMs });
    }
    beforeId = found.at(-1)?.id;
    if (found.length < pageRows) break;
  }
  for (const list of crashes.values()) list.reverse();
  return crashes;
}
