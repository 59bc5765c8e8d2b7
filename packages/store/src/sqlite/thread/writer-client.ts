import { Worker } from "node:worker_threads";
import type { WriteOutcome } from "../../batch.js";
import { errorFromNote, StoreError } from "../../error.js";
import { buffersOf, type PackedBatch } from "../../packed-batch.js";
import type { StoreEvent } from "../../state.js";
import type { MaintenanceReport } from "../../store.js";
import { within } from "../../within.js";
import { countThread } from "./thread-count.js";
import type { FromWriter, ToWriter, Verdict, WriterHealth, WriterSetup } from "./writer-message.js";
import { youngMb } from "./young-space.js";

export interface WriterListener {
  readonly onEvent: (event: StoreEvent) => void;
  /** What the writer does beside writing failed, or works (null). */
  readonly onChores: (failure: StoreError | null) => void;
}

interface Pending {
  readonly rows: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: StoreError) => void;
}

/**
 * How long past the drain time a thread may take to end, for example inside a stalled disk's system
 * call.
 */
const graceMs = 2_000;

/**
 * The main thread's side of the writer. Everything that was sent is pending until it is answered; a
 * thread that dies answers all of it with `thread_failed`, and whoever sends the same batch again
 * learns from the ledger whether it was stored.
 */
export class WriterClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  readonly #onEvent: WriterListener["onEvent"];
  readonly #onChores: WriterListener["onChores"];
  #opened: { resolve: () => void; reject: (error: StoreError) => void } | null = null;
  #lastId = 0;
  #failure: StoreError | null = null;
  pendingRows = 0;
  committedRows = 0;
  health: WriterHealth = { status: "ok", detail: null, walBytes: 0, heldSnapshot: null };

  constructor(setup: WriterSetup, { onEvent, onChores }: WriterListener) {
    this.#onEvent = onEvent;
    this.#onChores = onChores;
    this.#worker = new Worker(new URL("./writer-thread.js", import.meta.url), {
      workerData: setup,
      // Measured: `pnpm bench ablation`, `young-space`.
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    countThread(this.#worker);
    this.#worker.on("message", (message: FromWriter) => this.#handleMessage(message));
    this.#worker.on("error", (error) => {
      const what = error instanceof Error ? error.message : String(error);
      this.#failure = new StoreError("thread_failed", `the writer thread failed: ${what}`, { cause: error });
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#end();
        resolve();
      });
    });
  }

  get pendingBatches(): number {
    return this.#pending.size;
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
  }

  /**
   * Nobody waits for the opening any more: the thread ends when it hears that, and keeps no process
   * alive until then.
   */
  abandon(): void {
    this.#worker.postMessage({ kind: "close", drainMs: 0 } satisfies ToWriter);
    this.#worker.unref();
  }

  writeBatch(batch: PackedBatch): Promise<WriteOutcome> {
    return this.#send<WriteOutcome>((id) => ({ kind: "write", id, batch }), batch.rows, buffersOf(batch));
  }

  maintain(nowMs: number): Promise<MaintenanceReport> {
    return this.#send<MaintenanceReport>((id) => ({ kind: "maintain", id, nowMs }), 0, []);
  }

  /** Has the file checked, and replaced if it is corrupt. */
  inspect(): Promise<Verdict> {
    return this.#send<Verdict>((id) => ({ kind: "inspect", id }), 0, []);
  }

  /**
   * Resolves when the thread has ended, or when its time is over: a stalled disk must not hold its
   * caller for ever.
   */
  async close(drainMs: number): Promise<void> {
    this.#worker.postMessage({ kind: "close", drainMs } satisfies ToWriter);
    if ((await within(this.#exited, drainMs + graceMs)) === "late") {
      this.#worker.unref();
      this.#rejectAll(new StoreError("closed", "the store was closed before the writer answered"));
    }
  }

  /** The buffers are handed over (measured: `pnpm bench ablation`, `handed-over`). */
  #send<Answer>(message: (id: number) => ToWriter, rows: number, buffers: ArrayBuffer[]): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      this.#worker.postMessage(message(id), buffers);
      this.#pending.set(id, { rows, resolve: resolve as (answer: never) => void, reject });
      this.pendingRows += rows;
    });
  }

  #handleMessage(message: FromWriter): void {
    switch (message.kind) {
      case "settled":
        for (const [id, outcome] of message.outcomes) {
          const pending = this.#takePending(id);
          if (outcome === "applied") this.committedRows += pending?.rows ?? 0;
          pending?.resolve(outcome as never);
        }
        break;
      case "refused":
        for (const id of message.ids) this.#takePending(id)?.reject(errorFromNote(message.error));
        break;
      case "maintained":
        this.#takePending(message.id)?.resolve(message.report as never);
        break;
      case "inspected":
        this.#takePending(message.id)?.resolve(message.verdict as never);
        break;
      case "chores":
        this.#onChores(message.failure === null ? null : errorFromNote(message.failure));
        break;
      case "health":
        this.health = message.health;
        break;
      case "event":
        this.#onEvent(message.event);
        break;
      case "opened":
        this.#opened?.resolve();
        break;
      case "not_opened":
        this.#opened?.reject(errorFromNote(message.error));
        break;
    }
  }

  #takePending(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    this.pendingRows -= pending.rows;
    return pending;
  }

  #end(): void {
    this.#failure ??= new StoreError("closed", "the writer thread has ended");
    this.health = { ...this.health, status: "failed", detail: this.#failure.message };
    this.#opened?.reject(this.#failure);
    this.#rejectAll(this.#failure);
  }

  #rejectAll(error: StoreError): void {
    for (const id of [...this.#pending.keys()]) this.#takePending(id)?.reject(error);
  }
}
