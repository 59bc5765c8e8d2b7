import { renameSync, rmSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { FileWatch, Loss } from "./file-watch.js";
import { freeName } from "./move-aside.js";
import type { Checkpoint } from "./write-ahead-log.js";

export interface LostFile {
  readonly path: string;
  readonly db: Database;
  readonly anchor: Database;
  readonly watch: FileWatch;
  readonly loss: Loss;
}

const attempts = 5;
const waitMs = 250;

/**
 * Closes a file that is not at its path any more. What was committed is first played from the log
 * into the file itself, wherever that is now; except that a log must never get into a file that was
 * overwritten. What is left of the log beside the path is moved away: SQLite would play it into the
 * next file of that name. Answers with a sentence for people. Never throws.
 */
export function abandonLost({ path, db, anchor, watch, loss }: LostFile): string {
  const isWhole = loss !== "overwritten" && playLog(db);
  // In this order the close plays nothing and removes nothing.
  db.close();
  anchor.close();
  const moved = clearLog(path, watch, loss, isWhole);
  const kept = moved.length === 0 ? "" : `; what was left of its log is kept as ${moved.join(", ")}`;
  return `${sentenceOf(path, loss, isWhole)}${kept}`;
}

/** Whether everything that was committed is in the file itself. */
function playLog(db: Database): boolean {
  try {
    db.pragma(`busy_timeout = ${waitMs}`);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const [result] = db.pragma("wal_checkpoint(TRUNCATE)") as Checkpoint[];
      if (result?.busy === 0) return true;
    }
  } catch {
    // The disk may be gone with the file.
  }
  return false;
}

function clearLog(path: string, watch: FileWatch, loss: Loss, isWhole: boolean): string[] {
  const target = freeName(`${path}.lost-`, Date.now());
  const moved: string[] = [];
  for (const suffix of ["-wal", "-shm"] as const) {
    try {
      const file = statSync(path + suffix, { throwIfNoEntry: false });
      // What came with the file that stands there now is that file's.
      if (file === undefined || (loss === "replaced" && !watch.owns(suffix))) continue;
      if (suffix === "-shm" || file.size === 0 || (isWhole && watch.owns(suffix))) {
        rmSync(path + suffix, { force: true });
        continue;
      }
      renameSync(path + suffix, target + suffix);
      moved.push(target + suffix);
    } catch {
      // The folder is gone too.
    }
  }
  return moved;
}

function sentenceOf(path: string, loss: Loss, isWhole: boolean): string {
  switch (loss) {
    case "gone":
      return `${path} is gone: it was deleted, renamed or unmounted`;
    case "replaced":
      return `${path} is another file than the one that was opened`;
    case "overwritten":
      return `${path} was overwritten while it was open`;
    case "log":
      return `the log of ${path} (-wal, -shm) was deleted or replaced${isWhole ? "; nothing that was committed is lost" : ""}`;
  }
}
