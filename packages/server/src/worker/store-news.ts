import type { StoreEvent } from "@kissbot/store";
import type { Logger } from "../logger.js";

/** One line of the log for each event of the store. A lost file is told by the keeper, which opens the store anew. */
export function logStoreEvent(event: StoreEvent, logger: Logger): void {
  switch (event.kind) {
    case "status":
      if (event.to === "ok") logger.info({ from: event.from }, "the store takes rows again");
      else if (event.to !== "lost")
        logger.warn({ from: event.from, to: event.to, detail: event.detail }, `the store is ${event.to}`);
      break;
    case "set_aside":
      logger.error(
        { paths: event.paths, reason: event.reason },
        "the database was corrupt: it was set aside, and a fresh one begun",
      );
      break;
    case "failing":
      logger.error(
        { what: event.what, code: event.code, detail: event.detail },
        event.what === "maintain" ? "the store's maintenance fails" : "reading the store fails",
      );
      break;
    case "working":
      logger.info({ what: event.what }, "it works again");
      break;
    case "migrated":
      logger.info({ versions: event.versions }, "the database has been migrated");
      break;
    case "snapshot_held":
      logger.warn(
        { holder: event.holder, wal_bytes: event.walBytes },
        "an old snapshot is held: the write-ahead log grows",
      );
      break;
    case "snapshot_released":
      logger.info("the old snapshot was released");
      break;
  }
}
