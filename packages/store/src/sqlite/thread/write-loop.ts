import { lockDatabase } from "../../database-lock.js";
import { errorFromNote, noteFromError, StoreError } from "../../error.js";
import type { FileLock } from "../../file-lock.js";
import { DiskSpace } from "../file/disk-space.js";
import { errorFromSqlite } from "../file/sqlite-error.js";
import { ChoreRun } from "./chore-run.js";
import { Standing } from "./standing.js";
import { type WaitingBatch, WriteQueue } from "./write-queue.js";
import { WriterFile } from "./writer-file.js";
import type { FromWriter, ToWriter, Verdict, WriterSetup } from "./writer-message.js";
import { WriterStatus } from "./writer-status.js";

const tendMs = 1_000;
const pauseMs = 20;
const maxRepairs = 3;

/**
 * What the writer's thread does. One turn at a time, each a few milliseconds, so that messages are
 * heard in between:
 *
 * - *writing*: a group of batches waits. Committed together; on a failure each by itself, so that
 *   one refuses no other.
 * - *pausing*: another process holds the lock (`busy`). The group goes back to the front and is
 *   tried again after the pause; a batch that has waited for `busyTimeoutMs` is refused.
 * - *repairing*: SQLite called the file corrupt, to us or to a reader. It is checked, set aside if
 *   it is, opened anew, and the group tried again.
 * - *chores*: rollups and maintenance, a slice between two groups. Damage is repaired; another
 *   failure is told, and leaves them for later.
 * - *closing*: from `close` on; ends when the queue is empty or the drain time is over. What is
 *   left is refused with `closed`.
 *
 * Every error of SQLite ends here as an answer or as the store's status; none ends the thread.
 */
export class WriteLoop {
  readonly #setup: WriterSetup;
  readonly #post: (message: FromWriter) => void;
  readonly #onClosed: () => void;
  readonly #status: WriterStatus;
  readonly #space: DiskSpace;
  readonly #standing: Standing;
  readonly #chores: ChoreRun;
  readonly #queue = new WriteQueue();
  readonly #tendTimer: NodeJS.Timeout;
  readonly #file: WriterFile;
  #repairs = 0;
  #inspections: number[] = [];
  #lost: StoreError | null = null;
  #lock: FileLock | null = null;
  #drainUntilMs: number | null = null;
  /** A turn is due or under way: there is never a second one, and none before the file is open. */
  #turning = true;

  constructor(setup: WriterSetup, post: (message: FromWriter) => void, onClosed: () => void) {
    this.#setup = setup;
    this.#post = post;
    this.#onClosed = onClosed;
    this.#status = new WriterStatus(post);
    this.#space = new DiskSpace(setup.path);
    this.#standing = new Standing(this.#status, this.#space);
    this.#file = new WriterFile({
      setup,
      tell: (event) => this.#status.postEvent(event),
      isGivenUp: () => this.#drainUntilMs !== null && performance.now() >= this.#drainUntilMs,
    });
    this.#chores = new ChoreRun({
      setup,
      file: this.#file,
      post,
      replaceIfCorrupt: () => this.#replaceIfCorrupt(),
      onDue: () => this.#turnSoon(),
    });
    this.#tendTimer = setInterval(() => this.#tend(), tendMs);
    this.#tendTimer.unref();
  }

  /** Rejects with why the file cannot be opened; then there is nothing to close. */
  async open(): Promise<void> {
    try {
      this.#takeLock();
      await this.#file.open();
      this.#turning = false;
      this.#turnSoon();
    } catch (error) {
      clearInterval(this.#tendTimer);
      this.#lock?.release();
      throw error;
    }
  }

  /** Taken again where it was removed, or where a thread of ours that was ending had it. */
  #takeLock(): void {
    if (!this.#setup.exclusive || this.#lock?.isHeld() === true) return;
    this.#lock?.release();
    this.#lock = lockDatabase(this.#setup.path);
  }

  handleMessage(message: ToWriter): void {
    if (this.#lost !== null && message.kind !== "close") {
      this.#post({ kind: "refused", ids: [message.id], error: noteFromError(this.#lost) });
      return;
    }
    if (message.kind === "write") {
      this.#queue.enqueueBatch({ id: message.id, batch: message.batch, arrivedMs: performance.now() });
    } else if (message.kind === "maintain") {
      this.#chores.want(message.id, message.nowMs);
    } else if (message.kind === "inspect") {
      this.#inspections.push(message.id);
    } else {
      this.#drainUntilMs ??= performance.now() + message.drainMs;
    }
    this.#turnSoon();
  }

  /**
   * `setImmediate`: every message that has arrived by then is in the queue, and so in the same
   * commit.
   */
  #turnSoon(delayMs = 0): void {
    if (this.#turning) return;
    this.#turning = true;
    if (delayMs === 0) setImmediate(() => void this.#turn());
    else setTimeout(() => void this.#turn(), delayMs);
  }

  async #turn(): Promise<void> {
    const overdue = this.#drainUntilMs !== null && performance.now() >= this.#drainUntilMs;
    if (!overdue && this.#inspections.length > 0) await this.#inspect();
    const pause = !overdue && !this.#queue.isEmpty && !(await this.#commitGroup(this.#queue.takeGroup()));
    if (this.#drainUntilMs !== null && (overdue || (this.#queue.isEmpty && !pause))) return this.#close();
    if (!pause && this.#drainUntilMs === null && this.#chores.isDue) {
      await this.#chores.slice();
      this.#boundLog();
    }
    this.#turning = false;
    if (pause) this.#turnSoon(pauseMs);
    else if (!this.#queue.isEmpty || this.#chores.isDue || this.#inspections.length > 0) this.#turnSoon();
    // It was heard while a chore repaired the file.
    else if (this.#drainUntilMs !== null) this.#turnSoon();
  }

  /** False when the group is back in the queue, to be tried again after a pause. */
  async #commitGroup(group: readonly WaitingBatch[]): Promise<boolean> {
    const allowed = this.#refuseWhileShort(group);
    if (allowed.length === 0) return true;
    try {
      const file = await this.#file.open();
      const outcomes = file.commitBatches(allowed.map(({ batch }) => batch));
      this.#post({
        kind: "settled",
        outcomes: allowed.map(({ id }, i) => [id, outcomes[i] ?? "applied"] as const),
      });
    } catch (error) {
      return await this.#fail(allowed, errorFromSqlite(error, "writing"));
    }
    this.#repairs = 0;
    this.#standing.noteStored(allowed.map(({ batch }) => batch));
    this.#boundLog();
    this.#chores.noteRows(allowed.reduce((sum, { batch }) => sum + batch.rows, 0));
    return true;
  }

  async #fail(group: readonly WaitingBatch[], error: StoreError): Promise<boolean> {
    if (error.code === "lost") return this.#lose(group, error);
    if (error.code === "busy") return this.#waitForLock(group, error);
    if (error.code === "corrupt" && this.#repairs < maxRepairs) return await this.#repair(group);
    const [only] = group;
    if (only !== undefined && group.length === 1) {
      const status = error.code === "disk_full" ? "disk_full" : "failed";
      this.#standing.noteRefused(only.batch, status, error.message);
      this.#refuse(group, error);
      return true;
    }
    for (const [i, one] of group.entries()) {
      if (await this.#commitGroup([one])) continue;
      this.#queue.putBack([...this.#queue.takeAll(), ...group.slice(i + 1)]);
      return false;
    }
    return true;
  }

  /**
   * Nothing is written any more: whoever has the store closes it, opens it anew, and sends what was
   * refused again.
   */
  #lose(group: readonly WaitingBatch[], error: StoreError): boolean {
    this.#lost = error;
    this.#file.forget();
    this.#status.become("lost", error.message);
    this.#refuse([...group, ...this.#queue.takeAll()], error);
    this.#chores.giveUp(error);
    this.#post({ kind: "refused", ids: this.#inspections.splice(0), error: noteFromError(error) });
    return true;
  }

  #waitForLock(group: readonly WaitingBatch[], error: StoreError): boolean {
    this.#status.become("busy", error.message);
    const now = performance.now();
    const late = group.filter(({ arrivedMs }) => now - arrivedMs >= this.#setup.busyTimeoutMs);
    this.#refuse(late, error);
    this.#queue.putBack(group.filter((one) => !late.includes(one)));
    return this.#queue.isEmpty;
  }

  /**
   * When the disk is nearly full, metrics are refused so that status and usage can outlive them.
   */
  #refuseWhileShort(group: readonly WaitingBatch[]): readonly WaitingBatch[] {
    if (!this.#space.isShort()) return group;
    const heavy = group.filter(
      ({ batch: { tables } }) => (tables.botMetrics?.rows ?? 0) + (tables.customMetrics?.rows ?? 0) > 0,
    );
    if (heavy.length === 0) return group;
    this.#status.become("disk_full", this.#space.shortage);
    this.#refuse(heavy, new StoreError("disk_full", this.#space.shortage));
    return group.filter((one) => !heavy.includes(one));
  }

  async #repair(group: readonly WaitingBatch[]): Promise<boolean> {
    this.#repairs += 1;
    try {
      await this.#replaceIfCorrupt();
      this.#queue.putBack(group);
      return true;
    } catch (error) {
      return await this.#fail(group, errorFromSqlite(error, "replacing a corrupt file"));
    }
  }

  /** Readers that met the same damage wait for one check. */
  async #inspect(): Promise<void> {
    const ids = this.#inspections.splice(0);
    try {
      const verdict = this.#file.isKnownSound ? "sound" : await this.#replaceIfCorrupt();
      for (const id of ids) this.#post({ kind: "inspected", id, verdict });
    } catch (error) {
      const known = errorFromSqlite(error, "replacing a corrupt file");
      this.#post({ kind: "refused", ids, error: noteFromError(known) });
    }
  }

  async #replaceIfCorrupt(): Promise<Verdict> {
    const verdict = await this.#file.replaceIfCorrupt();
    this.#chores.renew();
    return verdict;
  }

  #refuse(group: readonly WaitingBatch[], error: StoreError): void {
    if (group.length === 0) return;
    this.#post({ kind: "refused", ids: group.map(({ id }) => id), error: noteFromError(error) });
  }

  /**
   * A checkpoint that fails (a full disk) is no failure of the commit before it: the log keeps what
   * was committed.
   */
  #boundLog(): void {
    try {
      this.#file.current?.log.bound(performance.now());
    } catch (error) {
      this.#noteCheckpoint(errorFromSqlite(error, "checkpointing"));
    }
  }

  #tend(): void {
    try {
      const file = this.#file.current;
      if (file !== null) {
        file.assertThere();
        this.#takeLock();
        const held = file.log.tend(performance.now(), Date.now());
        this.#status.measure(file.log.bytes(), held);
      }
      if (this.#status.status === "disk_full" || this.#status.status === "failed") this.#recoverInQuiet();
    } catch (error) {
      const known = errorFromSqlite(error, "checkpointing");
      if (known.code === "lost") this.#lose([], known);
      else if (known.code === "in_use") this.#status.become("failed", known.message);
      else this.#noteCheckpoint(known);
    }
  }

  /** Without a commit: a disk has room again, or nobody tries any more what was refused. */
  #recoverInQuiet(): void {
    if (this.#file.current !== null) this.#standing.recover();
    else this.#standing.retell();
  }

  /** Only a full disk says something about the writes to come. */
  #noteCheckpoint(error: StoreError): void {
    if (error.code === "disk_full") this.#standing.fail("disk_full", error.message);
  }

  #close(): void {
    const error = errorFromNote({ code: "closed", message: "the store was closed before this was done" });
    this.#refuse(this.#queue.takeAll(), error);
    this.#chores.giveUp(error);
    this.#post({ kind: "refused", ids: this.#inspections.splice(0), error: noteFromError(error) });
    clearInterval(this.#tendTimer);
    this.#chores.stop();
    this.#file.close();
    this.#lock?.release();
    this.#onClosed();
  }
}
