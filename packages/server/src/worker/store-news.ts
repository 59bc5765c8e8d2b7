import type { StoreEvent, StoreStatus } from "@kissbot/store";
import type { Logger } from "../logger.js";

const troubles: Readonly<Record<Exclude<StoreStatus, "ok" | "lost">, string>> = {
  busy: "another program locks the database",
  disk_full: "the disk of the database is full",
  failed: "the database cannot be written",
  closed: "the database is closed",
};

/**
 * One line of the log for each event of the store. A lost file is told by the keeper, which opens
 * the store anew.
 */
export function logStoreEvent(event: StoreEvent, logger: Logger): void {
  switch (event.kind) {
    case "status":
      if (event.to === "ok") logger.info({ from: event.from }, "the database accepts rows again");
      else if (event.to !== "lost")
        logger.warn(
          { from: event.from, to: event.to, detail: event.detail },
          `${troubles[event.to]}; rows wait in memory`,
        );
      break;
    case "set_aside":
      logger.error(
        { paths: event.paths, reason: event.reason },
        "the database was corrupt: it was set aside, and a new one was created",
      );
      break;
    case "failing":
      logger.error(
        { what: event.what, code: event.code, detail: event.detail },
        event.what === "maintain" ? "the cleaning of the database fails" : "reading the database fails",
      );
      break;
    case "working":
      logger.info(
        { what: event.what },
        event.what === "maintain"
          ? "the cleaning of the database works again"
          : "reading the database works again",
      );
      break;
    case "migrated":
      // Of a first start nobody needs to hear.
      if (event.versions[0] === 1) logger.debug("the monitor's tables were created in the database");
      else logger.info({ versions: event.versions }, "the database was upgraded to this version");
      break;
    case "snapshot_held":
      logger.warn(
        { holder: event.holder, wal_bytes: event.walBytes },
        "another program reads the database for long: its -wal file grows until that ends",
      );
      break;
    case "snapshot_released":
      logger.info("the long read of the database has ended");
      break;
  }
}
