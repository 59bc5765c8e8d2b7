import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";
import { encode, type Message } from "@kissbot/protocol";
import { Delivery, notSent } from "./delivery.js";
import { Diagnostics, warnOnce } from "./diagnostics.js";
import { readEnvironment } from "./environment.js";
import { messageOfError } from "./errno.js";
import { type Ending, exitHook } from "./exit-hook.js";
import { HeartbeatTimer } from "./heartbeat-timer.js";
import { type DropReason, Ledger } from "./ledger.js";
import { extraBytesOf, extraBytesOfNames, isRow, Line, type LineType, type Names } from "./line.js";
import { transportTo } from "./open-transport.js";
import { type MonitorClientOptions, numberFrom, optionFrom, versionFrom } from "./options.js";
import { type ProcessLoad, processLoad, processStartedAt } from "./process-load.js";
import type { Chance } from "./reconnecting-transport.js";
import type { LlmUsageReport, MeasuredLoad } from "./report.js";
import { assertSocketPath } from "./socket-path.js";
import type { MonitorClientStats } from "./stats.js";

const defaultFlushMs = 500;

/** Taken when the package is loaded: a bot's tests may replace the clocks and the dice, and the timers with ones that stand still. */
const chance: Chance = {
  random: Math.random,
  nowMs: () => performance.now(),
  later: (run, delayMs) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Reports one bot to the monitor on this machine. No method throws, rejects, blocks or keeps the process alive, whatever the
 * monitor does and whatever the arguments are.
 *
 * States: *open*; *closed*, from the call of `close` or a dispose on, in which every call is dropped as `closed`. A *disabled*
 * client (`KISSBOT_MONITOR_DISABLED=1`, or a setting that makes no sense) does nothing and counts nothing. Beside them:
 * *registered* from `register` to `unregister`; then every new connection begins with the registration, and a process that
 * ends with code 0 says goodbye.
 *
 * A promise of `true` means that the whole line was handed to the operating system; `false` that it was not: it waits and
 * will be sent, or it was dropped, which `stats()` tells. It is never a reason to call again.
 */
export class MonitorClient implements AsyncDisposable, Disposable {
  readonly #identity: { readonly channel: string; readonly pid: number };
  readonly #version: string | undefined;
  readonly #startedAt: number | undefined;
  readonly #load: ProcessLoad | undefined;
  readonly #ledger = new Ledger();
  readonly #diagnostics: Diagnostics;
  readonly #heartbeat = new HeartbeatTimer(() => this.heartbeat());
  /** Undefined in a disabled client. */
  readonly #delivery: Delivery | undefined;
  readonly #ending: Ending = {
    onExit: (code) => {
      this.#delivery?.drainForExit();
      if (code === 0) this.#sayGoodbye();
    },
    onSignal: () => {
      this.#delivery?.drain();
      this.#sayGoodbye();
    },
  };
  /** What the channel adds to the length of each row. */
  readonly #extraBytes: number;
  #registration: string | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Throws TypeError or RangeError where `channel`, `pid` or `socketPath` cannot be: the one place that throws. Any other
   * option that makes no sense becomes its default, with a diagnostic.
   */
  constructor(channel: string, pid: number = process.pid, options: MonitorClientOptions = {}) {
    encode({ type: "unregister", channel, pid });
    this.#identity = { channel, pid };
    this.#extraBytes = extraBytesOf(channel);
    const given = optionFrom(options, "socketPath");
    if (given !== undefined) assertSocketPath(given, process.platform);
    const environment = readEnvironment(process.env, process.platform, given);
    const { socketPath } = environment;
    const logger =
      optionFrom(options, "logger") ??
      (environment.debug ? (line: string) => console.error(line) : undefined);
    const diagnostics = new Diagnostics(channel, pid, socketPath, logger);
    this.#diagnostics = diagnostics;
    const own = pid === process.pid;
    this.#load = own ? processLoad() : undefined;
    this.#startedAt = own ? processStartedAt() : undefined;
    this.#version = versionFrom(optionFrom(options, "version"), diagnostics);
    if (environment.disabled) {
      if (environment.fault !== "") warnOnce(environment.fault);
      return;
    }
    const bound = (name: string, otherwise: number) => numberFrom(options, name, 1, otherwise, diagnostics);
    const timeoutMs = bound("timeoutMs", 2_000);
    this.#delivery = new Delivery({
      openTransport: transportTo(socketPath, timeoutMs),
      chance,
      ledger: this.#ledger,
      diagnostics,
      maxBufferedLines: bound("maxBufferedLines", 1_024),
      maxBufferedBytes: bound("maxBufferedBytes", 262_144),
      timeoutMs,
      greeting: () => this.#registration,
      onUnread: () => this.#heartbeat.beat(),
    });
    exitHook().join(this.#ending);
  }

  /** Says that the bot is there and what it can do. Every later connection begins with it. */
  register(features: Readonly<Record<string, boolean>> = {}): Promise<boolean> {
    return this.#report("register", () => {
      const registration = this.#state("register", { features, version: this.#version });
      const line = { ...registration, ts: Date.now() };
      // Repeated without the time, as it is then said anew.
      this.#registration = encode(registration as Message);
      return line;
    });
  }

  /** Says that the bot is alive, and what it uses: measured here where it is not given and the pid is this process's own. */
  heartbeat(measured: MeasuredLoad = {}): Promise<boolean> {
    return this.#report("heartbeat", () => {
      const { rssMb, cpuPct } = measured ?? {};
      const own = rssMb === undefined || cpuPct === undefined ? this.#load?.measure() : undefined;
      return this.#state("heartbeat", {
        rss_mb: rssMb ?? own?.rssMb,
        cpu_pct: cpuPct ?? own?.cpuPct,
        dropped: this.#ledger.lostRows,
        ts: Date.now(),
      });
    });
  }

  /** Says goodbye: the bot is not registered any more, and the heartbeat that `startHeartbeat` began stops. */
  unregister(): Promise<boolean> {
    return this.#report("unregister", () => {
      this.#registration = undefined;
      void this.#heartbeat.stop();
      return { type: "unregister", ...this.#identity, ts: Date.now() };
    });
  }

  /** Reports one call of a language model. */
  logLlmUsage(usage: LlmUsageReport): Promise<boolean> {
    return this.#report("llm_usage", () => ({
      type: "llm_usage",
      channel: this.#identity.channel,
      model: usage.model,
      feature: usage.feature,
      tokens_in: usage.tokensIn,
      tokens_out: usage.tokensOut,
      latency_ms: usage.latencyMs,
      provider: usage.provider,
      tokens_cached: usage.tokensCached,
      cost_usd: usage.costUsd,
      ts: Date.now(),
    }));
  }

  /** Reports a number under a name of the bot's own. */
  logMetric(name: string, value: number): Promise<boolean> {
    return this.#report("custom_metric", () => ({
      type: "custom_metric",
      channel: this.#identity.channel,
      metric_name: name,
      value,
      ts: Date.now(),
    }));
  }

  /** Beats now and then every `intervalMs`, without keeping the process alive. Ignored while it beats already. */
  startHeartbeat(options: { readonly intervalMs?: number | undefined } = {}): void {
    if (this.#delivery === undefined || this.#closing !== undefined) return;
    this.#heartbeat.start(numberFrom(options, "intervalMs", 1, 30_000, this.#diagnostics));
  }

  /** Stops what `startHeartbeat` began; resolves when the outcome of the last beat is known. */
  stopHeartbeat(): Promise<void> {
    return this.#heartbeat.stop();
  }

  /** Resolves with true as soon as nothing waits, with false if that takes longer than `timeoutMs`. */
  flush(options: { readonly timeoutMs?: number | undefined } = {}): Promise<boolean> {
    return this.#delivery?.flush(this.#flushMs(options)) ?? Promise.resolve(true);
  }

  /**
   * Flushes for at most `timeoutMs`, drops what still waits as `closed`, and gives the connection up. It does not wait for
   * a monitor to which no connection can be tried again before `timeoutMs`. The bot's status at the monitor stays what it is:
   * for a goodbye, call `unregister` before. A second call returns the promise of the first.
   */
  close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(this.#delivery?.flushLast(this.#flushMs(options)));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes at once, with what the kernel takes at this moment. */
  [Symbol.dispose](): void {
    this.#delivery?.drain();
    this.#end();
    this.#closing ??= Promise.resolve();
  }

  /** The counters at this moment: calls = sent + superseded + the sum of dropped + waiting. */
  stats(): MonitorClientStats {
    return {
      connected: this.#delivery?.connected ?? false,
      waiting: this.#delivery?.waiting ?? 0,
      sent: this.#ledger.sent,
      dropped: this.#ledger.dropped,
      superseded: this.#ledger.superseded,
      reconnects: this.#delivery?.reconnects ?? 0,
    };
  }

  /**
   * Says goodbye on SIGTERM and SIGINT, too. The signal then takes its usual effect, unless the bot has a listener of its own
   * for it: then it is the bot that decides.
   */
  unregisterOnSignals(): void {
    if (this.#delivery !== undefined && this.#closing === undefined) exitHook().joinSignals(this.#ending);
  }

  #flushMs(options: object): number {
    return numberFrom(options, "timeoutMs", 0, defaultFlushMs, this.#diagnostics);
  }

  async #close(flushed: Promise<boolean> | undefined): Promise<void> {
    void this.#heartbeat.stop();
    await flushed;
    this.#end();
  }

  #end(): void {
    void this.#heartbeat.stop();
    this.#delivery?.end();
    exitHook().leave(this.#ending);
  }

  /** What waited has been written before, on a connection that began with the registration if it had to be a new one. */
  #sayGoodbye(): void {
    if (this.#registration === undefined) return;
    void this.unregister();
    this.#delivery?.drain();
  }

  /** The fields that each message about the bot's state has. */
  #state(type: LineType, fields: object): object {
    const intervalMs = this.#heartbeat.intervalMs;
    return {
      type,
      ...this.#identity,
      ...fields,
      started_at: this.#startedAt,
      interval_s: intervalMs === undefined ? undefined : intervalMs / 1_000,
    };
  }

  /** One call: a disabled client ignores it; otherwise it becomes a line, or is counted as lost. */
  #report(type: LineType, message: () => object): Promise<boolean> {
    if (this.#delivery === undefined) return notSent;
    if (this.#closing !== undefined) return this.#lose(type, "closed", "the client is closed");
    let line: Line;
    try {
      const fields: Names = message();
      const text = encode(fields as Message);
      line = isRow(type)
        ? new Line(type, text, true, text.length + this.#extraBytes + extraBytesOfNames(fields))
        : new Line(type, text);
    } catch (error) {
      return this.#lose(type, "invalid", messageOfError(error));
    }
    return this.#delivery.offer(line);
  }

  #lose(type: LineType, reason: DropReason, message: string): Promise<boolean> {
    this.#ledger.drop(type, reason);
    this.#diagnostics.dropped(type, reason, message);
    return notSent;
  }
}
