import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { encodeWhole, errorOfRefusal, type Message, type Refusal } from "@kissbot/protocol";
import { checkKeys, suspectSeconds } from "./argument.js";
import { bindMethods } from "./bound-methods.js";
import { monotonicMs, processStartedAt, timestamp } from "./clock.js";
import { speakAs } from "./complaint.js";
import { Delivery, notSent } from "./delivery.js";
import { Diagnostics } from "./diagnostics.js";
import { disabledBy, readEnvironment } from "./environment.js";
import { type Ending, exitHook } from "./exit-hook.js";
import { type Features, flagsFrom } from "./flags.js";
import { HeartbeatTimer } from "./heartbeat-timer.js";
import { type LastWords, type LastWordsOption, textOfLastWords } from "./last-words.js";
import { extraBytesOf, extraBytesOfNames, isRow, Line, type LineType, type Names } from "./line.js";
import { LineCounts } from "./line-counts.js";
import { logToStderr } from "./logger.js";
import { transportTo } from "./open-transport.js";
import {
  lastWordsFrom,
  type MonitorClientOptions,
  numberFrom,
  optionFrom,
  optionNames,
  versionFrom,
} from "./options.js";
import { Outbox } from "./outbox.js";
import { type ProcessLoad, processLoad } from "./process-load.js";
import { isUsageJunk, type LlmUsageReport, type MeasuredLoad, ownOf, usageNames } from "./report.js";
import { copyOf, later, outside, parse, random } from "./runtime.js";
import { encodeSignOfLife, loadOf } from "./sign-of-life.js";
import { absolutePath, assertSocketPath, isOddPath } from "./socket-path.js";
import type { MonitorClientStats } from "./stats.js";
import { Trouble, troubleFrom } from "./trouble.js";

const defaultFlushMs = 500;
const defaultIntervalMs = 30_000;

/**
 * What the client last reported. `new`: nothing; `beating`: only heartbeats; `registered`; `away`:
 * a goodbye because of a signal, which the bot may survive; `gone`: a goodbye.
 */
type Standing = "new" | "beating" | "registered" | "away" | "gone";

type Flags = Readonly<Record<string, boolean>>;

/**
 * Reports one bot to the monitor on this machine. No method throws, rejects, blocks or keeps the
 * process alive, whatever the monitor does and whatever the arguments are. Each kind of mistake in
 * them causes one Node warning. Each method is bound to its client: it can be passed as a callback.
 *
 * States: *open*; *closed*, from the call of `close` or a dispose on, in which every call is
 * dropped as `closed`. A *disabled* client (`KISSBOT_MONITOR_DISABLED=1`, or a setting that makes
 * no sense) does nothing and counts nothing. Beside them: *registered* from `start` or `register`
 * to `unregister`; then every new connection begins with the registration, and a process that ends
 * with code 0 says goodbye, if it is the one that `pid` names.
 *
 * A promise of `true` means that the whole line was handed to the operating system; `false` that it
 * was not: it waits and will be sent, or it was dropped, which `stats()` tells. It is never a
 * reason to call again.
 */
export class MonitorClient implements AsyncDisposable, Disposable {
  readonly #identity: { readonly channel: string; readonly pid: number };
  /** Whether it speaks for this very process. */
  readonly #own: boolean;
  readonly #version: string | undefined;
  readonly #load: ProcessLoad | undefined;
  readonly #counts = new LineCounts();
  readonly #diagnostics: Diagnostics;
  readonly #heartbeat = new HeartbeatTimer(() => {
    const beat = this.heartbeat();
    this.#listen();
    return beat;
  });
  /** Undefined in a disabled client. */
  readonly #delivery: Delivery | undefined;
  readonly #lastWords: LastWordsOption = false;
  readonly #trouble = new Trouble(() =>
    this.#isTelling ? this.#report("heartbeat", this.#beat, undefined) : notSent,
  );
  readonly #ending: Ending = {
    onExit: (code, last) => {
      this.#delivery?.drainForExit();
      if (code === 0) this.#leave("gone");
      else if (last !== undefined) this.#sayLast(last);
    },
    onSignal: () => {
      this.#delivery?.drain();
      this.#leave("away");
      this.#heartbeat.postpone();
    },
  };
  /** What the channel adds to the length of each row. */
  readonly #extraBytes: number = 0;
  #usageCalls = 0;
  #standing: Standing = "new";
  /** What the bot last registered with. */
  #features: Flags = {};
  /** The outcome of the goodbye. */
  #goodbye = notSent;
  #watchesSignals = false;
  #closing: Promise<void> | undefined;

  /**
   * Without `pid` it speaks for this process. Throws TypeError or RangeError where `channel`, `pid`
   * or `socketPath` cannot be: the one place that throws, and only where the environment does not
   * disable the client. Any other option that makes no sense becomes its default, with a warning.
   */
  constructor(channel: string, options?: MonitorClientOptions);
  constructor(channel: string, pid?: number, options?: MonitorClientOptions);
  constructor(
    channel: string,
    second: MonitorClientOptions | number = process.pid,
    third?: MonitorClientOptions,
  ) {
    bindMethods(this, methods);
    const hasOptions = third === undefined && isObject(second);
    const options = hasOptions ? second : third;
    const pid = (hasOptions ? process.pid : second) as number;
    const given = optionFrom(options, "socketPath");
    const environment = readEnvironment(process.env, process.platform, given);
    // Copies the strings it keeps: they may be slices of a large string of the bot's. A disabled
    // client judges nothing, so either may be anything.
    this.#identity = { channel: textOf(channel), pid };
    const socketPath = textOf(absolutePath(environment.socketPath, process.platform));
    const logger = optionFrom(options, "logger") ?? (environment.debug ? logToStderr : undefined);
    const diagnostics = new Diagnostics(this.#identity.channel, pid, socketPath, logger);
    this.#diagnostics = diagnostics;
    const { complain } = diagnostics;
    this.#own = pid === process.pid;
    if (environment.disabled) {
      if (environment.fault !== "") disabledBy(environment, complain);
      return;
    }
    const refusal = encodeWhole({ type: "unregister", channel, pid, ts: undefined });
    if (typeof refusal !== "string") throw errorOfRefusal(refusal);
    if (given !== undefined) {
      assertSocketPath(given, process.platform);
      if (isOddPath(given)) {
        const kind = `MonitorClient: socketPath: no path of a file: ${given}`;
        complain("KISSBOT_INVALID_ARGUMENT", kind, { path: given });
      }
    }
    this.#extraBytes = extraBytesOf(channel);
    this.#load = this.#own ? processLoad() : undefined;
    const version = versionFrom(optionFrom(options, "version"), complain);
    this.#version = version && copyOf(version);
    this.#lastWords = lastWordsFrom(optionFrom(options, "lastWords"), complain);
    // No closure may use `options`: those made below live as long as the client, and all share what
    // one uses.
    const timeoutMs = numberFrom("MonitorClient", options, "timeoutMs", 1, 2_000, complain, optionNames);
    this.#delivery = new Delivery({
      openTransport: transportTo(socketPath, timeoutMs),
      chance: { random, nowMs: monotonicMs, later },
      outbox: new Outbox({
        maxLines: numberFrom("MonitorClient", options, "maxBufferedLines", 1, 1_024, complain, optionNames),
        maxBytes: numberFrom("MonitorClient", options, "maxBufferedBytes", 1, 262_144, complain, optionNames),
        counts: this.#counts,
        onDrop: (type, reason) => diagnostics.dropped(type, reason),
        isHeard: () => diagnostics.hearsDrops,
      }),
      diagnostics,
      timeoutMs,
      greeting: () => this.#greeting(),
      onUnread: () => {
        if (this.#standing !== "away") this.#heartbeat.beat();
      },
    });
    this.#listen();
  }

  /**
   * All that most bots need: registers, beats at once and then every `intervalMs` (default 30 000),
   * and says goodbye at a clean end and on SIGTERM and SIGINT, as `register`, `startHeartbeat` and
   * `unregisterOnSignals` do. A second call registers again if it has `features` or the bot is not
   * registered, and changes the interval if it has another one. Features that cannot be sent do not
   * keep the bot from being registered, without them.
   */
  start<T extends Features<T>>(
    features?: T | Flags,
    options: { readonly intervalMs?: number | undefined } = {},
  ): void {
    if (this.#delivery === undefined || this.#closing !== undefined) return;
    this.unregisterOnSignals();
    const { complain } = this.#diagnostics;
    const { intervalMs } = this.#heartbeat;
    const wantedMs = numberFrom("start", options, "intervalMs", 1, intervalMs ?? defaultIntervalMs, complain);
    if (wantedMs !== intervalMs) void this.#heartbeat.stop();
    const isFirst = this.#heartbeat.start(wantedMs);
    if (features !== undefined || this.#standing !== "registered") {
      void speakAs("start", () => this.register(flagsFrom(features ?? this.#features, complain) as Flags));
      if (this.#standing !== "registered") void this.register(this.#features);
    }
    if (isFirst) this.#heartbeat.beat();
  }

  /**
   * Registers the bot with its features. Every later connection repeats it. Resolves with false,
   * and sends nothing, if `features` is not a plain object or a feature is neither true nor false;
   * undefined features are left out.
   */
  register<T extends Features<T>>(features?: T | Flags): Promise<boolean> {
    const given = features ?? {};
    return this.#report(
      "register",
      () => {
        const line = this.#registration(flagsFrom(given), timestamp());
        const text = this.#encode(line);
        if (typeof text !== "string") return line;
        // As it was sent: the bot's object may change, and its getters may tell something else the
        // next time.
        line.features = parse(text).features;
        this.#features = line.features as Flags;
        this.#standing = "registered";
        this.#listen();
        return line;
      },
      given,
    );
  }

  /**
   * Reports that the bot is alive, with its CPU and memory: measured here unless given, if the pid
   * is this process's. An invalid measurement is left out, with a diagnostic. After a goodbye no
   * heartbeat is sent until the bot registers again; but if the bot survives a signal, its next
   * heartbeat registers it again.
   */
  heartbeat(measured?: MeasuredLoad): Promise<boolean> {
    return this.#report("heartbeat", this.#beat, measured);
  }

  /**
   * Says that the bot is alive but does not work, and why: `"gateway closed: 4004"`. Pass null when
   * it works again. Each registration and heartbeat repeats the text. A change sends an extra
   * heartbeat at once, at most one a second; the last text always arrives. A text over 256 code
   * points is cut, and control characters become spaces. Resolves with false if the text is neither
   * a string nor null (then nothing changes), if it is not new, or if its heartbeat is sent later.
   */
  setTrouble(text: string | null): Promise<boolean> {
    if (this.#delivery === undefined) return notSent;
    const trouble = troubleFrom(text, this.#diagnostics.complain);
    return trouble === undefined ? notSent : this.#trouble.set(trouble || undefined);
  }

  /**
   * Says goodbye, once for each registration: the bot is not registered any more, and the heartbeat
   * that `start` or `startHeartbeat` began stops.
   */
  unregister(): Promise<boolean> {
    void this.#heartbeat.stop();
    return this.#sayGoodbye("gone");
  }

  /** Reports one call of a language model. */
  logLlmUsage(given: LlmUsageReport): Promise<boolean> {
    return this.#report("llm_usage", this.#usage, given);
  }

  /** Reports a number under a name of the bot's own. */
  logMetric(name: string, value: number): Promise<boolean> {
    return this.#report("custom_metric", this.#metric, name, value);
  }

  /**
   * Beats now and then every `intervalMs`, without keeping the process alive. Ignored while it
   * beats already.
   */
  startHeartbeat(options: { readonly intervalMs?: number | undefined } = {}): void {
    if (this.#delivery === undefined || this.#closing !== undefined) return;
    const intervalMs = numberFrom(
      "startHeartbeat",
      options,
      "intervalMs",
      1,
      defaultIntervalMs,
      this.#diagnostics.complain,
    );
    if (this.#heartbeat.start(intervalMs)) this.#heartbeat.beat();
  }

  /** Stops what `startHeartbeat` began; resolves when the outcome of the last beat is known. */
  stopHeartbeat(): Promise<void> {
    return this.#heartbeat.stop();
  }

  /**
   * Resolves with true as soon as nothing waits, with false if that takes longer than `timeoutMs`.
   */
  flush(options: { readonly timeoutMs?: number | undefined } = {}): Promise<boolean> {
    return this.#delivery?.flush(this.#flushMs("flush", options)) ?? Promise.resolve(true);
  }

  /**
   * Flushes for at most `timeoutMs`, drops what still waits as `closed`, and gives the connection
   * up. It does not wait for a monitor to which no connection can be tried again before
   * `timeoutMs`. The bot's status at the monitor stays what it is: for a goodbye, call `unregister`
   * before. A second call returns the promise of the first.
   */
  close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= outside(() => {
      this.#trouble.end();
      return this.#close(this.#delivery?.flushLast(this.#flushMs("close", options)));
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes at once, with what the kernel takes at this moment. */
  [Symbol.dispose](): void {
    if (this.#closing === undefined) this.#trouble.end();
    this.#delivery?.drain();
    this.#end();
    this.#closing ??= outside(() => Promise.resolve());
  }

  /** The counters at this moment: calls = sent + superseded + the sum of dropped + waiting. */
  stats(): MonitorClientStats {
    return {
      connected: this.#delivery?.connected ?? false,
      waiting: this.#delivery?.waiting ?? 0,
      sent: this.#counts.sent,
      dropped: this.#counts.dropped,
      superseded: this.#counts.superseded,
      reconnects: this.#delivery?.reconnects ?? 0,
    };
  }

  /**
   * Says goodbye on SIGTERM and SIGINT, too. The signal then has its usual effect, unless the bot
   * has its own listener: then the bot decides, and if it lives on, its next heartbeat registers it
   * again. No effect in a worker thread, which gets no signals.
   */
  unregisterOnSignals(): void {
    if (this.#delivery === undefined || this.#closing !== undefined) return;
    if (!isMainThread) this.#diagnostics.remark("unregisterOnSignals: no signal reaches a worker thread");
    this.#watchesSignals = true;
    this.#listen();
  }

  #flushMs(method: string, options: object): number {
    return numberFrom(method, options, "timeoutMs", 0, defaultFlushMs, this.#diagnostics.complain);
  }

  #beat(measured: MeasuredLoad | undefined): object | undefined {
    if (measured !== undefined)
      checkKeys("heartbeat", measured, ["rssMb", "cpuPct"], this.#diagnostics.complain);
    if (this.#standing === "gone") return undefined;
    if (this.#standing === "away") void this.register(this.#features);
    if (this.#standing === "new") this.#standing = "beating";
    // Nothing is spread: that took longer than the rest of a heartbeat, as a load may be undefined,
    // an integer or none.
    const load = loadOf(measured, this.#load, this.#diagnostics);
    const { channel, pid } = this.#identity;
    return {
      type: "heartbeat",
      channel,
      pid,
      rss_mb: load?.rssMb,
      cpu_pct: load?.cpuPct,
      dropped: this.#counts.lostRows,
      started_at: this.#own ? processStartedAt : undefined,
      interval_s: this.#intervalSeconds,
      trouble: this.#trouble.say(true),
      ts: timestamp(),
    };
  }

  #usage(given: LlmUsageReport): object | undefined {
    const usage = ownOf(given, isUsageJunk());
    const calls = this.#usageCalls++;
    // A valid call with a wrong key or unit: looked for in the first calls, and then in some, as it
    // takes time.
    if (calls < 256 || calls % 61 === 0) {
      this.#checkUsage(usage);
      suspectSeconds("logLlmUsage", "latencyMs", usage?.latencyMs, this.#diagnostics.complain);
    }
    return (
      usage && {
        type: "llm_usage",
        channel: this.#identity.channel,
        model: usage.model,
        feature: usage.feature,
        tokens_in: usage.tokensIn,
        tokens_out: usage.tokensOut,
        latency_ms: usage.latencyMs,
        provider: usage.provider,
        tokens_cached: usage.tokensCached,
        tokens_cache_write: usage.tokensCacheWrite,
        cost_usd: usage.costUsd,
        error: usage.error,
        ts: timestamp(),
      }
    );
  }

  #metric(name: string, value: number): object {
    return {
      type: "custom_metric",
      channel: this.#identity.channel,
      metric_name: name,
      value,
      ts: timestamp(),
    };
  }

  #checkUsage(usage: unknown): void {
    checkKeys("logLlmUsage", usage, usageNames, this.#diagnostics.complain);
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

  /** Whether a heartbeat may tell of trouble now. A closed client's is counted as dropped. */
  get #isTelling(): boolean {
    return this.#standing === "registered" || this.#standing === "beating" || this.#closing !== undefined;
  }

  /** Makes sure that it hears of the end of the process. */
  #listen(): void {
    if (this.#closing !== undefined) return;
    try {
      exitHook().join(this.#ending);
      if (this.#watchesSignals) exitHook().joinSignals(this.#ending);
    } catch {
      // A process that takes no listeners: then there is no goodbye.
    }
  }

  /** The words are what the monitor hears last of a bot that ends without a goodbye. */
  #sayLast(last: LastWords): void {
    if (this.#standing !== "registered" || !this.#own || !this.#lastWords) return;
    this.#trouble.end(textOfLastWords(last, this.#lastWords));
  }

  /**
   * What waited has been written before, on a connection that began with the registration if it had
   * to be a new one.
   */
  #leave(standing: "away" | "gone"): void {
    if (this.#standing !== "registered" || !this.#own) return;
    void this.#sayGoodbye(standing);
    this.#delivery?.drain();
  }

  #sayGoodbye(standing: "away" | "gone"): Promise<boolean> {
    this.#goodbye = this.#report("unregister", () => {
      const before = this.#standing;
      // Another process may have been registered by another one.
      if (before === "new" && this.#own) return undefined;
      this.#standing = standing;
      if (before === "away" || before === "gone") return undefined;
      return { type: "unregister", ...this.#identity, ts: timestamp() };
    });
    return this.#goodbye;
  }

  #greeting(): string | undefined {
    const line = this.#standing === "registered" ? this.#encode(this.#registration()) : undefined;
    return typeof line === "string" ? line : undefined;
  }

  #registration(features: unknown = this.#features, ts?: number) {
    return {
      type: "register",
      ...this.#identity,
      features,
      version: this.#version,
      started_at: this.#own ? processStartedAt : undefined,
      interval_s: this.#intervalSeconds,
      trouble: this.#trouble.say(false),
      ts,
    };
  }

  get #intervalSeconds(): number | undefined {
    const { intervalMs } = this.#heartbeat;
    return intervalMs === undefined ? undefined : intervalMs / 1_000;
  }

  #encode(message: object): string | Refusal {
    return encodeSignOfLife(message, this.#diagnostics);
  }

  /**
   * One call: a disabled client ignores it; otherwise it becomes a line, or is counted as
   * superseded or lost. `message` makes the message, of the arguments behind it. They come apart,
   * as a closure over them costs each call three objects.
   */
  #report<G, H>(
    type: LineType,
    message: (this: MonitorClient, given: G, second: H) => object | undefined,
    given?: G,
    second?: H,
  ): Promise<boolean> {
    if (this.#delivery === undefined) return notSent;
    if (this.#closing !== undefined) {
      this.#counts.drop(type, "closed");
      this.#diagnostics.dropped(type, "closed", "the client is closed");
      return notSent;
    }
    let fields: Names | undefined;
    let text: string | Refusal;
    try {
      fields = message.call(this, given as G, second as H);
      if (fields === undefined && !isRow(type)) {
        // It would tell nothing new.
        this.#counts.superseded++;
        return type === "unregister" ? this.#goodbye : notSent;
      }
      text = isRow(type) ? encodeWhole(fields as Message) : this.#encode(fields as object);
    } catch (cause) {
      // A getter of the bot's own.
      text = { field: "message", value: given, cause };
    }
    if (typeof text !== "string") {
      this.#counts.drop(type, "invalid");
      if (this.#diagnostics.refused(type, text) && type === "llm_usage") this.#checkUsage(given);
      return notSent;
    }
    const line = isRow(type)
      ? new Line(type, text, true, text.length + this.#extraBytes + extraBytesOfNames(fields as Names))
      : new Line(type, text);
    return this.#delivery.offerLine(line);
  }
}

const methods = Reflect.ownKeys(MonitorClient.prototype).filter((name) => name !== "constructor");

function textOf(value: unknown): string {
  return typeof value === "string" ? copyOf(value) : "";
}

function isObject(value: unknown): value is object {
  try {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // A revoked proxy: options that cannot be read.
    return true;
  }
}
