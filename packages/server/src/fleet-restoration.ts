import type { Store, StoredBot } from "@kissbot/store";
import type { Logger } from "./logger.js";
import type { ProcessLook, ProcessProbe } from "./sampling/process-probe.js";
import type { StoreWriter } from "./worker/store-writer.js";

export interface FleetRestorationOptions {
  readonly registry: {
    restore(rows: readonly StoredBot[], looks: ReadonlyMap<string, ProcessLook>): void;
  };
  readonly probe: ProcessProbe;
  readonly writer: StoreWriter;
  readonly logger: Logger;
}

/**
 * What the store knows of the fleet, with one look at each process that may still be there. Called once, before the store is written to; where
 * reading the store fails nothing has changed.
 */
export async function restoreFleet(
  store: Store,
  { registry, probe, writer, logger }: FleetRestorationOptions,
): Promise<void> {
  const rows = await store.fleet();
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
  writer.amendGreetings(new Map(rows.map(({ channel, status }) => [channel, status])));
  registry.restore(rows, seen);
}
