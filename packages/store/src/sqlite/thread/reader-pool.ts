import { Worker } from "node:worker_threads";
import { errorFromNote, StoreError } from "../../error.js";
import { within } from "../../within.js";
import type { FromReader, QuestionName, Questions, ReaderSetup, ToReader } from "./reader-message.js";
import { countThread } from "./thread-count.js";
import { youngMb } from "./young-space.js";

interface Waiting {
  readonly sinceMs: number;
  readonly message: ToReader & { kind: "ask" };
  readonly resolve: (answer: never) => void;
  readonly reject: (error: StoreError) => void;
}

interface Reader {
  readonly worker: Worker;
  ready: boolean;
  current: Waiting | null;
  sinceMs: number;
  /** When another thread first took a question while this one was busy; null if none did. */
  besideSinceMs: number | null;
  /** It was told to end. */
  isLeaving: boolean;
}

const maxReaders = 2;
/**
 * The second thread starts when a question has waited this long. Most questions take less. The
 * thread costs some megabytes, so two questions asked at once must not keep it running.
 */
const patienceMs = 100;
/** The second thread ends when no question has needed it for this long. */
const unneededMs = 60_000;

/** A question that is under way, for naming who holds a snapshot. */
export interface RunningRead {
  readonly name: QuestionName;
  readonly forMs: number;
}

/**
 * The threads that read. Questions are answered one by one in each thread, in the order in which
 * they were asked. A thread that dies fails its own question with `thread_failed`, and the next
 * question starts another. One that dies before it was ready fails the questions that wait, unless
 * another thread will answer them: a thread started in its place would die in the same way.
 */
export class ReaderPool {
  readonly #setup: ReaderSetup;
  readonly #readers = new Set<Reader>();
  #waiting: Waiting[] = [];
  #growTimer: NodeJS.Timeout | undefined;
  #shrinkTimer: NodeJS.Timeout | undefined;
  /** When the second thread was needed last. */
  #neededMs = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #closed = false;

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
  }

  /** Resolves when the first thread has opened the file, so that no question pays for it. */
  start(): Promise<void> {
    let worker: Worker;
    try {
      worker = this.#spawn().worker;
    } catch {
      // The system refuses a thread now. The first question tries again and reports a failure.
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      worker.once("message", () => resolve());
      worker.once("exit", () => resolve());
    });
  }

  ask<Name extends QuestionName>(
    name: Name,
    plan: Questions[Name]["plan"],
  ): Promise<Questions[Name]["answer"]> {
    if (this.#closed) return Promise.reject(new StoreError("closed", "the store is closed"));
    return new Promise((resolve, reject) => {
      const message = { kind: "ask", name, plan, generation: 0 } as ToReader & { kind: "ask" };
      const sinceMs = performance.now();
      this.#waiting.push({ message, sinceMs, resolve: resolve as (answer: never) => void, reject });
      this.#dispatch();
    });
  }

  /** Counts the files, and the times that they were opened anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Another file stands at the path now, or what is open is not to be trusted. */
  renew(): void {
    this.#generation += 1;
  }

  running(): RunningRead[] {
    const now = performance.now();
    return [...this.#readers].flatMap(({ current, sinceMs }) =>
      current === null ? [] : [{ name: current.message.name, forMs: now - sinceMs }],
    );
  }

  /**
   * Refuses what waits, lets what runs come to its end, and ends the threads. What has not come to
   * its end after `withinMs` is refused too, and its thread is left behind: it ends by itself when
   * the call returns in which it hangs, and keeps no process alive.
   */
  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#growTimer);
    clearTimeout(this.#shrinkTimer);
    for (const { reject } of this.#waiting.splice(0)) reject(new StoreError("closed", "the store is closed"));
    for (const reader of this.#readers) dismiss(reader);
    const ends = [...this.#readers].map(
      ({ worker }) => new Promise<void>((resolve) => worker.once("exit", () => resolve())),
    );
    await within(Promise.all(ends), withinMs);
    for (const { worker, current } of this.#readers) {
      worker.unref();
      current?.reject(new StoreError("closed", "the store was closed before this was answered"));
    }
  }

  #dispatch(isAfterAnswers = false): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#readers].find(isIdle);
      if (idle === undefined) {
        this.#grow(isAfterAnswers);
        return;
      }
      const next = this.#waiting.shift() as Waiting;
      const now = performance.now();
      // It waited this long although both threads answer.
      if (now - next.sinceMs >= patienceMs) this.#neededMs = now;
      for (const other of this.#readers) if (other.current !== null) other.besideSinceMs ??= now;
      idle.current = next;
      idle.sinceMs = now;
      idle.besideSinceMs = null;
      idle.worker.postMessage({ ...next.message, generation: this.#generation });
    }
  }

  /**
   * Called when no thread is free. `isAfterAnswers`: answers that arrived while the event loop was
   * blocked have been processed.
   */
  #grow(isAfterAnswers: boolean): void {
    const starting = [...this.#readers].some((reader) => !reader.ready);
    const [oldest] = this.#waiting;
    if (starting || this.#readers.size === maxReaders || oldest === undefined) return;
    if (this.#hasAnswerer() && !(isAfterAnswers && performance.now() - oldest.sinceMs >= patienceMs)) {
      this.#growLater(oldest);
      return;
    }
    this.#neededMs = performance.now();
    try {
      this.#spawn();
    } catch (error) {
      // The system refuses another thread. A running one will answer.
      if (!this.#hasAnswerer()) this.#failWaiting(`it cannot be started: ${(error as Error).message}`);
    }
  }

  #growLater({ sinceMs }: Waiting): void {
    this.#growTimer ??= setTimeout(
      () =>
        setImmediate(() => {
          this.#growTimer = undefined;
          if (!this.#closed) this.#dispatch(true);
        }),
      Math.max(0, sinceMs + patienceMs - performance.now()),
    );
  }

  #hasAnswerer(): boolean {
    return [...this.#readers].some(({ isLeaving }) => !isLeaving);
  }

  #failWaiting(why: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(failed(why));
  }

  /** The other thread spared a question a long wait for this reader. */
  #noteNeed({ current, besideSinceMs }: Reader): void {
    const now = performance.now();
    if (current === null || besideSinceMs === null || now - besideSinceMs < patienceMs) return;
    this.#neededMs = now;
  }

  #shrink(): void {
    clearTimeout(this.#shrinkTimer);
    if (this.#closed || this.#readers.size < maxReaders) return;
    for (const reader of this.#readers) this.#noteNeed(reader);
    const leftMs = this.#neededMs + unneededMs - performance.now();
    if (leftMs > 0) {
      this.#shrinkTimer = setTimeout(() => this.#shrink(), leftMs).unref();
      return;
    }
    const staying = [...this.#readers].filter(({ ready, isLeaving }) => ready && !isLeaving);
    const last = staying.at(-1);
    if (staying.length === maxReaders && last !== undefined && isIdle(last)) dismiss(last);
  }

  #spawn(): Reader {
    const worker = new Worker(new URL("./reader-thread.js", import.meta.url), {
      workerData: this.#setup,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    countThread(worker);
    const reader: Reader = {
      worker,
      ready: false,
      current: null,
      sinceMs: 0,
      besideSinceMs: null,
      isLeaving: false,
    };
    this.#readers.add(reader);
    let failure = "it ended";
    worker.on("error", (error) => {
      failure = error instanceof Error ? error.message : String(error);
    });
    worker.on("exit", () => {
      this.#readers.delete(reader);
      reader.current?.reject(failed(failure));
      if (reader.ready) this.#after();
      else if (!this.#hasAnswerer()) this.#failWaiting(failure);
    });
    worker.on("message", (message: FromReader) => {
      reader.ready = true;
      const { current } = reader;
      this.#noteNeed(reader);
      reader.current = null;
      if (message.kind === "answer") current?.resolve(message.answer as never);
      if (message.kind === "failed") current?.reject(errorFromNote(message.error));
      this.#after();
      this.#shrink();
    });
    return reader;
  }

  #after(): void {
    if (!this.#closed) this.#dispatch();
  }
}

function failed(why: string): StoreError {
  return new StoreError("thread_failed", `a reader thread failed: ${why}`);
}

function isIdle({ ready, current, isLeaving }: Reader): boolean {
  return ready && current === null && !isLeaving;
}

function dismiss(reader: Reader): void {
  reader.isLeaving = true;
  reader.worker.postMessage({ kind: "close" } satisfies ToReader);
}
