import type { CauseCode, Store, StoredBot } from "@kissbot/store";
import type { Clock } from "./clock.js";
import type { Logger } from "./logger.js";
import type { RestoredCrash } from "./registry/restored-bot.js";
import type { ProcessLook, ProcessProbe } from "./sampling/process-probe.js";
import type { StoreWriter } from "./worker/store-writer.js";

export interface FleetRestorationOptions {
  readonly registry: {
    restore(
      rows: readonly StoredBot[],
      looks: ReadonlyMap<string, ProcessLook>,
      crashes: ReadonlyMap<string, readonly RestoredCrash[]>,
    ): void;
  };
  readonly probe: ProcessProbe;
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

/**
 * What the store knows of the fleet, with one look at each process that may still be there. Called once, before the store is written to; where
 * reading the store fails nothing has changed.
 */
export async function restoreFleet(
  store: Store,
  { registry, probe, writer, clock, logger }: FleetRestorationOptions,
): Promise<void> {
  const rows = (await store.fleet()).filter(({ channel }) => !writer.isForgotten(channel));
  const watched = rows.filter(({ status }) => status === "online" || status === "stale");
  const looks = await probe.probe([...new Set(watched.map(({ pid }) => pid))]).catch((error: unknown) => {
    logger.error(
      { err: error },
      "the processes could not be looked at; the recorded bots count as not visible",
    );
    return new Map<number, ProcessLook>();
  });
  const seen = new Map(
    watched.flatMap(({ channel, pid }) => {
      const look = looks.get(pid);
      return look === undefined ? [] : [[channel, look] as const];
    }),
  );
  const crashes = await crashesOf(store, clock.wallMs());
  writer.amendGreetings(new Map(rows.map(({ channel, status }) => [channel, status])));
  registry.restore(rows, seen, crashes);
}

/** The crashes of the last hour by channel, the oldest first. */
async function crashesOf(store: Store, nowMs: number): Promise<Map<string, RestoredCrash[]>> {
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
