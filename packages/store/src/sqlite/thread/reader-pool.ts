import { Worker } from "node:worker_threads";
import { errorFromNote, StoreError } from "../../error.js";
import { within } from "../../within.js";
import type { FromReader, QuestionName, Questions, ReaderSetup, ToReader } from "./reader-message.js";
import { countThread } from "./thread-count.js";

interface Waiting {
  readonly message: ToReader & { kind: "ask" };
  readonly resolve: (answer: never) => void;
  readonly reject: (error: StoreError) => void;
}

interface Reader {
  readonly worker: Worker;
  ready: boolean;
  current: Waiting | null;
  sinceMs: number;
  /** Set while it has nothing to answer. */
  idleTimer: NodeJS.Timeout | undefined;
  /** It was told to end. */
  isLeaving: boolean;
}

/** One thread answers; a second is started when a question would have to wait for a long one. */
const maxReaders = 2;
/** A thread that was idle for this long ends, unless it is the last: it takes some megabytes. */
const idleMs = 60_000;

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
  #generation = 0;
  #closed = false;

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
  }

  /** Resolves when the first thread has opened the file, so that no question pays for it. */
  start(): Promise<void> {
    const { worker } = this.#spawn();
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
      this.#waiting.push({ message, resolve: resolve as (answer: never) => void, reject });
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

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#readers].find(isIdle);
      if (idle === undefined) {
        const starting = [...this.#readers].some((reader) => !reader.ready);
        if (!starting && this.#readers.size < maxReaders) this.#spawn();
        return;
      }
      const next = this.#waiting.shift() as Waiting;
      clearTimeout(idle.idleTimer);
      idle.current = next;
      idle.sinceMs = performance.now();
      idle.worker.postMessage({ ...next.message, generation: this.#generation });
    }
  }

  #spawn(): Reader {
    const worker = new Worker(new URL("./reader-thread.js", import.meta.url), { workerData: this.#setup });
    countThread(worker);
    const reader: Reader = {
      worker,
      ready: false,
      current: null,
      sinceMs: 0,
      idleTimer: undefined,
      isLeaving: false,
    };
    this.#readers.add(reader);
    let failure = "it ended";
    worker.on("error", (error) => {
      failure = error instanceof Error ? error.message : String(error);
    });
    worker.on("exit", () => {
      clearTimeout(reader.idleTimer);
      this.#readers.delete(reader);
      const error = () => new StoreError("thread_failed", `a reader thread failed: ${failure}`);
      reader.current?.reject(error());
      if (reader.ready) this.#after();
      else if (this.#readers.size === 0) for (const { reject } of this.#waiting.splice(0)) reject(error());
    });
    worker.on("message", (message: FromReader) => {
      reader.ready = true;
      const { current } = reader;
      reader.current = null;
      if (message.kind === "answer") current?.resolve(message.answer as never);
      if (message.kind === "failed") current?.reject(errorFromNote(message.error));
      this.#after();
      if (isIdle(reader)) reader.idleTimer = setTimeout(() => this.#letGo(reader), idleMs).unref();
    });
    return reader;
  }

  #letGo(reader: Reader): void {
    if ([...this.#readers].some((other) => other !== reader && other.ready && !other.isLeaving))
      dismiss(reader);
  }

  #after(): void {
    if (!this.#closed) this.#dispatch();
  }
}

function isIdle({ ready, current, isLeaving }: Reader): boolean {
  return ready && current === null && !isLeaving;
}

function dismiss(reader: Reader): void {
  clearTimeout(reader.idleTimer);
  reader.isLeaving = true;
  reader.worker.postMessage({ kind: "close" } satisfies ToReader);
}
