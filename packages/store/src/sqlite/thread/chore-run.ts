import type { ErrorNote } from "../../error.js";
import { noteFromError, type StoreError } from "../../error.js";
import { errorFromSqlite } from "../file/sqlite-error.js";
import { Chores } from "../write/chores.js";
import type { WriterFile } from "./writer-file.js";
import type { FromWriter, Verdict, WriterSetup } from "./writer-message.js";

const quietMs = 500;
const sliceMs = 10;

export interface ChoreRunOptions {
  readonly setup: WriterSetup;
  readonly file: WriterFile;
  readonly post: (message: FromWriter) => void;
  readonly replaceIfCorrupt: () => Promise<Verdict>;
  /** Nothing was written for a moment, and something is to be done. */
  readonly onDue: () => void;
}

/** Runs the chores a slice at a time, and says when they begin and cease to fail. */
export class ChoreRun {
  readonly #options: ChoreRunOptions;
  readonly #chores: Chores;
  #fails = false;
  #quietTimer: NodeJS.Timeout | undefined;

  constructor(options: ChoreRunOptions) {
    this.#options = options;
    this.#chores = new Chores(options.setup.retention);
  }

  get isDue(): boolean {
    return this.#chores.isDue && this.#options.file.current !== null;
  }

  want(id: number, nowMs: number): void {
    this.#chores.want(id, nowMs);
  }

  renew(): void {
    this.#chores.renew();
  }

  noteRows(rows: number): void {
    this.#chores.noteRows(rows);
    this.#quietTimer?.refresh();
    this.#quietTimer ??= setTimeout(() => this.#quiet(), quietMs).unref();
  }

  async slice(): Promise<void> {
    const { file, post } = this.#options;
    if (file.current === null || !this.isDue) return;
    const untilMs = performance.now() + sliceMs;
    try {
      while (this.#chores.isDue && performance.now() < untilMs) {
        const done = this.#chores.doNext(file.current);
        if (done !== null) post({ kind: "maintained", ...done });
      }
      if (this.#fails) this.#tell(null);
    } catch (error) {
      await this.#fail(errorFromSqlite(error, "maintaining"));
    }
  }

  giveUp(error: StoreError): void {
    const ids = this.#chores.giveUp();
    if (ids.length > 0) this.#options.post({ kind: "refused", ids, error: noteFromError(error) });
  }

  stop(): void {
    clearTimeout(this.#quietTimer);
  }

  async #fail(error: StoreError): Promise<void> {
    const { file, replaceIfCorrupt } = this.#options;
    let reason = error;
    try {
      if (error.code === "corrupt" && !file.isKnownSound && (await replaceIfCorrupt()) === "replaced") return;
    } catch (failure) {
      reason = errorFromSqlite(failure, "replacing a corrupt file");
    }
    this.giveUp(reason);
    // Another process has the lock: later.
    if (reason.code !== "busy") this.#tell(noteFromError(reason));
  }

  #tell(failure: ErrorNote | null): void {
    this.#fails = failure !== null;
    this.#options.post({ kind: "chores", failure });
  }

  #quiet(): void {
    this.#quietTimer = undefined;
    this.#chores.noteQuiet();
    if (this.isDue) this.#options.onDue();
  }
}
