import type { WriteOutcome } from "../batch.js";
import { StoreError } from "../error.js";
import { type PackedBatch, readTables } from "../packed-batch.js";
import { addRange, hasId } from "../ranges.js";
import { addBatch } from "./batch-parts.js";
import { storableText } from "./binary-array.js";
import { type Cursor, readCursor } from "./cursor.js";
import { describeFailure, type Link } from "./link.js";
import { remedyFor } from "./sql-state.js";
import { moveCursor, Statement } from "./statement.js";

interface Waiting {
  readonly batch: PackedBatch;
  readonly deadlineMs: number;
  /** It was sent, and not answered. */
  isInDoubt: boolean;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: StoreError) => void;
}

export interface WriteLaneOptions {
  readonly busyTimeoutMs: number;
  readonly maxPendingRows: number;
  /** Hears of a problem of the database, and when it works again. */
  readonly onStatus: (status: "ok" | "busy" | "failed", detail: string | null) => void;
}

const firstPauseMs = 250;
const longestPauseMs = 30_000;

/**
 * Writes batches in their order, one statement each. A statement that was not answered is sent
 * again: whether it was done stands in the cursor, which is read anew on every doubt and after
 * every new connection.
 */
export class WriteLane {
  readonly #link: Link;
  readonly #hostNo: number;
  readonly #options: WriteLaneOptions;
  readonly #waiting: Waiting[] = [];
  readonly #cursors = new Map<string, Cursor>();
  /** Cursors were read on this connection. */
  #connection = -1;
  #isRunning = false;
  readonly #onIdle: (() => void)[] = [];
  #wake: (() => void) | null = null;
  #isStopped = false;
  pendingRows = 0;
  committedRows = 0;

  constructor(link: Link, hostNo: number, options: WriteLaneOptions) {
    this.#link = link;
    this.#hostNo = hostNo;
    this.#options = options;
  }

  get pendingBatches(): number {
    return this.#waiting.length;
  }

  write(batch: PackedBatch): Promise<WriteOutcome> {
    const { busyTimeoutMs, maxPendingRows } = this.#options;
    if (this.pendingRows + batch.rows > maxPendingRows && this.#waiting.length > 0) {
      const sentence = `${this.pendingRows} rows wait for the database: write again later`;
      return Promise.reject(new StoreError("overloaded", sentence));
    }
    return new Promise((resolve, reject) => {
      const deadlineMs = performance.now() + busyTimeoutMs;
      this.#waiting.push({ batch, deadlineMs, isInDoubt: false, resolve, reject });
      this.pendingRows += batch.rows;
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#isRunning) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Gives up what waits. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    this.pendingRows = 0;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let pauseMs = firstPauseMs;
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      try {
        const outcome = await this.#send(head);
        if (!this.#leave(head)) continue;
        if (outcome === "applied") this.committedRows += head.batch.rows;
        head.resolve(outcome);
        pauseMs = firstPauseMs;
        this.#options.onStatus("ok", null);
      } catch (error) {
        this.#cursors.clear();
        const failure = this.#failureOf(error, head);
        if (failure !== null) {
          if (this.#leave(head)) head.reject(failure);
          continue;
        }
        await this.#pause(pauseMs * (0.5 + Math.random() / 2));
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
    }
    this.#isRunning = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** False where it was given up meanwhile. */
  #leave(head: Waiting): boolean {
    if (this.#waiting[0] !== head) return false;
    this.#waiting.shift();
    this.pendingRows -= head.batch.rows;
    return true;
  }

  /** Null: it is worth another try. */
  #failureOf(error: unknown, { deadlineMs }: Waiting): StoreError | null {
    if (this.#isStopped) return closedError();
    if (error instanceof StoreError) return error;
    const detail = describeFailure(error, this.#link.url);
    const remedy = remedyFor(error);
    if (remedy !== "poison") this.#options.onStatus(remedy === "hopeless" ? "failed" : "busy", detail);
    if (remedy === "poison" || remedy === "hopeless")
      return new StoreError("refused", detail, { cause: error });
    return performance.now() > deadlineMs ? new StoreError("busy", detail, { cause: error }) : null;
  }

  /** A compare that is lost, as another process wrote for this producer, is tried again at once. */
  async #send(waiting: Waiting): Promise<WriteOutcome> {
    const { batch } = waiting;
    const { producer, epoch, seq } = batch;
    const source = `batch:${storableText(producer)}`;
    const key = JSON.stringify([source, epoch]);
    for (;;) {
      const hostNo = this.#hostNo;
      if (this.#connection !== this.#link.connections) this.#cursors.clear();
      this.#connection = this.#link.connections;
      const known = this.#cursors.get(key);
      let cursor: Cursor = known ?? (await readCursor(this.#link, hostNo, source, epoch));
      if (known !== undefined && hasId(known.ranges, seq))
        cursor = await readCursor(this.#link, hostNo, source, epoch);
      if (hasId(cursor.ranges, seq)) return waiting.isInDoubt ? "applied" : "duplicate";
      const ranges = addRange(cursor.ranges, { first: seq, last: seq });
      const statement = new Statement(this.#link.url.schema);
      moveCursor(statement, { hostNo, source, opening: epoch, version: cursor.version }, ranges);
      addBatch(statement, readTables(batch), batch);
      waiting.isInDoubt = true;
      if (await this.#ask(statement)) {
        this.#cursors.set(key, { version: cursor.version + 1, ranges });
        return "applied";
      }
      waiting.isInDoubt = false;
      this.#cursors.delete(key);
    }
  }

  async #ask(statement: Statement): Promise<boolean> {
    const text = statement.text("SELECT (SELECT count(*) FROM moved)::int AS moved");
    const [row] = await this.#link.rows<{ moved: number }>(text, statement.values);
    return row?.moved === 1;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isStopped) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = null;
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "the store is closed");
}
