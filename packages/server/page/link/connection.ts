import { type StreamEvent, StreamReader } from "./stream-reader.js";

/**
 * `connecting`: nothing has come yet. `live`: the fleet is as shown. `late`: no byte for 8 s.
 * `lost`: no byte for 12 s, or an error. `login`: a token is needed. `busy`: the monitor has as
 * many viewers as it takes.
 */
export type LinkKind = "connecting" | "live" | "late" | "lost" | "login" | "busy";

export interface LinkState {
  readonly kind: LinkKind;
  /** When the last byte came, by the steady clock; null before the first. */
  readonly heardAtMs: number | null;
  /** When the next try begins, by the steady clock; null while one is under way. */
  readonly retryAtMs: number | null;
}

/** What the connection needs of the browser. */
export interface Surroundings {
  readonly fetch: (path: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
  /** Milliseconds that never step. */
  readonly steadyMs: () => number;
  /** Returns how to call it off. */
  readonly after: (delayMs: number, then: () => void) => () => void;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly isHidden: () => boolean;
}

export interface LinkListener {
  /** `roundTripMs`: since the question, for the first event of a stream; else null. */
  event(event: StreamEvent, roundTripMs: number | null): void;
  /** The answer to a question of a hidden page. */
  polled(value: unknown, roundTripMs: number): void;
  state(state: LinkState): void;
}

const streamPath = "api/v1/stream";
const summaryPath = "api/v1/summary";
export const lateAfterMs = 8_000;
export const lostAfterMs = 12_000;
const hiddenAfterMs = 30_000;
const pollMs = 15_000;
const leastRetryMs = 1_000;
const mostRetryMs = 10_000;
/** However long a proxy says that it is away, the page asks again within so long. */
const mostToldRetryMs = 60_000;

/**
 * Keeps one stream open while the page is seen, and gives it back 30 s after it was hidden: a
 * browser has six connections for a host, and a stream takes one. A hidden page asks for the
 * summary every 15 s instead. What breaks is tried again by itself.
 */
export class Connection {
  readonly #around: Surroundings;
  readonly #listener: LinkListener;
  #state: LinkState = { kind: "connecting", heardAtMs: null, retryAtMs: null };
  /** Of the stream or the question that is under way. */
  #abort: AbortController | null = null;
  #triedAtMs = 0;
  #cancelWatch: () => void = () => undefined;
  #cancelNext: () => void = () => undefined;
  #cancelHiding: () => void = () => undefined;
  /** Hidden for long: it asks now and then and has no stream. */
  #isPolling = false;

  constructor(around: Surroundings, listener: LinkListener) {
    this.#around = around;
    this.#listener = listener;
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (this.#around.isHidden()) this.visibilityChanged();
    this.#open();
  }

  stop(): void {
    this.#endAttempt();
    this.#cancelNext();
    this.#cancelHiding();
  }

  /** A token is needed, as a question was told. */
  needLogin(): void {
    this.stop();
    this.#tell({ ...this.#state, kind: "login", retryAtMs: null });
  }

  /** Tries at once: somebody asks for it, logged in, or the network is back. */
  retry(): void {
    if (this.#around.isHidden()) return;
    if (this.#state.kind === "live" && this.#abort !== null) return;
    this.#open();
  }

  visibilityChanged(): void {
    this.#cancelHiding();
    if (this.#around.isHidden()) {
      this.#cancelHiding = this.#around.after(hiddenAfterMs, () => this.#hide());
      return;
    }
    this.#cancelHiding = () => undefined;
    if (this.#abort === null || this.#isPolling || this.#state.kind !== "live") this.#open();
  }

  #hide(): void {
    if (this.#state.kind === "login") return;
    this.#endAttempt();
    this.#cancelNext();
    this.#isPolling = true;
    void this.#poll();
  }

  async #poll(): Promise<void> {
    const attempt = this.#begin();
    this.#cancelWatch = this.#around.after(lostAfterMs, () => attempt.abort());
    try {
      const response = await this.#around.fetch(summaryPath, { signal: attempt.signal });
      if (!this.#isGood(response)) return;
      const value: unknown = await response.json();
      if (this.#abort !== attempt) return;
      const nowMs = this.#around.steadyMs();
      this.#tell({ kind: "live", heardAtMs: nowMs, retryAtMs: null });
      this.#listener.polled(value, nowMs - this.#triedAtMs);
    } catch {
      if (this.#abort === attempt) this.#tell({ ...this.#state, kind: "lost", retryAtMs: null });
    } finally {
      if (this.#abort === attempt) {
        this.#endAttempt();
        this.#cancelNext = this.#around.after(pollMs, () => void this.#poll());
      }
    }
  }

  #open(): void {
    this.#isPolling = false;
    this.#cancelNext();
    this.#endAttempt();
    const attempt = this.#begin();
    this.#tell({ ...this.#state, retryAtMs: null });
    this.#watch(attempt);
    void this.#read(attempt);
  }

  #begin(): AbortController {
    const attempt = new AbortController();
    this.#abort = attempt;
    this.#triedAtMs = this.#around.steadyMs();
    return attempt;
  }

  #endAttempt(): void {
    this.#cancelWatch();
    const attempt = this.#abort;
    this.#abort = null;
    attempt?.abort();
  }

  async #read(attempt: AbortController): Promise<void> {
    try {
      const response = await this.#around.fetch(streamPath, { signal: attempt.signal });
      if (this.#abort !== attempt || !this.#isGood(response)) return;
      let roundTripMs: number | null = this.#around.steadyMs() - this.#triedAtMs;
      const stream = new StreamReader((event) => {
        if (event.name === "snapshot") this.#heard("live");
        this.#listener.event(event, roundTripMs);
        roundTripMs = null;
      });
      const reader = response.body?.getReader();
      for (;;) {
        const piece = await reader?.read();
        if (this.#abort !== attempt) return;
        if (piece === undefined || piece.done) break;
        this.#heard(this.#state.kind === "late" ? "live" : this.#state.kind);
        stream.push(piece.value);
      }
    } catch {
      // An error of the network, or an event without end: either way the stream is over.
    }
    if (this.#abort === attempt) this.#lose(this.#retryMs());
  }

  /** Where it is not, the state says why and when the next try is. */
  #isGood(response: Response): boolean {
    if (response.ok) return true;
    void response.body?.cancel().catch(() => undefined);
    const wasPolling = this.#isPolling;
    if (response.status === 401) this.needLogin();
    else if (wasPolling) {
      this.#tell({ ...this.#state, kind: response.status === 503 ? "busy" : "lost", retryAtMs: null });
    } else if (response.status === 503) {
      const told = response.headers.get("retry-after") ?? "";
      this.#endAttempt();
      this.#next("busy", /^\d+$/.test(told) ? this.#toldRetryMs(Number(told)) : this.#retryMs());
    } else {
      this.#lose(this.#retryMs());
    }
    return false;
  }

  #heard(kind: LinkKind): void {
    const nowMs = this.#around.steadyMs();
    const isNews = kind !== this.#state.kind;
    this.#state = { kind, heardAtMs: nowMs, retryAtMs: null };
    if (isNews) this.#listener.state(this.#state);
  }

  /** Looks when the silence will have been too long, and not with each byte. */
  #watch(attempt: AbortController): void {
    this.#cancelWatch();
    const look = () => {
      if (this.#abort !== attempt) return;
      const silentMs = this.#around.steadyMs() - Math.max(this.#triedAtMs, this.#state.heardAtMs ?? 0);
      if (silentMs >= lostAfterMs) {
        // The try itself took long enough: the next one may begin almost at once, so that a monitor
        // that was frozen finds a question waiting when it goes on.
        this.#lose(this.#around.random() * leastRetryMs);
        return;
      }
      if (silentMs >= lateAfterMs && this.#state.kind === "live")
        this.#tell({ ...this.#state, kind: "late" });
      const nextMs = silentMs >= lateAfterMs ? lostAfterMs - silentMs : lateAfterMs - silentMs;
      this.#cancelWatch = this.#around.after(Math.max(1, nextMs), look);
    };
    this.#cancelWatch = this.#around.after(lateAfterMs, look);
  }

  #lose(retryMs: number): void {
    this.#endAttempt();
    this.#next("lost", retryMs);
  }

  #next(kind: LinkKind, delayMs: number): void {
    if (this.#around.isHidden()) {
      this.#tell({ ...this.#state, kind, retryAtMs: null });
      this.#cancelHiding();
      this.#cancelHiding = () => undefined;
      this.#isPolling = true;
      this.#cancelNext = this.#around.after(pollMs, () => void this.#poll());
      return;
    }
    this.#tell({ ...this.#state, kind, retryAtMs: this.#around.steadyMs() + delayMs });
    this.#cancelNext = this.#around.after(delayMs, () => this.#open());
  }

  /** Many pages that lost the same monitor do not come back at one moment. */
  #retryMs(): number {
    return leastRetryMs + this.#around.random() * (mostRetryMs - leastRetryMs);
  }

  /**
   * One who says at once would be asked without end; a timer of over 24 days would end at once,
   * too.
   */
  #toldRetryMs(seconds: number): number {
    return Math.min(Math.max(seconds * 1_000, leastRetryMs), mostToldRetryMs);
  }

  #tell(state: LinkState): void {
    const { kind, retryAtMs } = this.#state;
    this.#state = state;
    if (kind !== state.kind || retryAtMs !== state.retryAtMs) this.#listener.state(state);
  }
}
