import type { Database as Connection } from "better-sqlite3";
import { Database } from "../store/driver.js";
import { type IdleCommit, idleChannel, idleDay, idleSamples } from "./idle-day.js";

/** The log is copied at this size: where the store copies it too, once a second. */
const copyBytes = 8 * 1_048_576;
const frameBytes = 4_096 + 24;

/**
 * Writes the commits of an idle fleet into the tables of a store that is closed, and nothing else:
 * no ledger, no rollups, and for a bot that was heard only `last_seen`.
 */
export class BareIdleDay {
  readonly #db: Connection;
  readonly #commit: (commit: IdleCommit) => void;

  constructor(path: string) {
    const db = new Database(path);
    this.#db = db;
    for (const setting of ["journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"])
      db.pragma(setting);
    db.pragma(`journal_size_limit = ${copyBytes}`);
    const heard = db.prepare("UPDATE monitor_bots SET last_seen_ms = ? WHERE channel = ?");
    const shown = db.prepare("UPDATE bot_status SET last_seen = ? WHERE channel = ?");
    const sample = db.prepare(
      "INSERT INTO bot_metrics (ts, channel, pid, rss_mb, cpu_pct, features_json) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#commit = db.transaction((commit: IdleCommit) => {
      if (commit.kind === "heard") {
        for (const bot of commit.bots) {
          heard.run(commit.atMs, idleChannel(bot));
          shown.run(textOf(commit.atMs), idleChannel(bot));
        }
      } else if (commit.kind === "samples") {
        for (let bot = 0; bot < idleDay.bots; bot++)
          for (const { tsMs, channel, pid, rssMb, cpuPct, featuresJson } of idleSamples(bot, commit.fromMs))
            sample.run(textOf(tsMs), channel, pid, rssMb, cpuPct, featuresJson);
      }
    });
  }

  write(commit: IdleCommit): void {
    this.#commit(commit);
    const [state] = this.#db.pragma("wal_checkpoint(NOOP)") as { log: number; checkpointed: number }[];
    const waiting = (state?.log ?? 0) - (state?.checkpointed ?? 0);
    if (waiting * frameBytes >= copyBytes) this.#db.pragma("wal_checkpoint(PASSIVE)");
  }

  close(): void {
    this.#db.close();
  }
}

/** As the tables of the Python era have it. */
function textOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000+00:00`;
}
