import { type Channel, channel as diagnosticsChannel } from "node:diagnostics_channel";
import { messageOfRefusal, type Refusal } from "@kissbot/protocol";
import { Alarm } from "./alarm.js";
import { monotonicMs } from "./clock.js";
import { type Complain, callerOr, isFirst, warn } from "./complaint.js";
import { messageOfError } from "./errno.js";
import type { LineType } from "./line.js";
import type { DropReason } from "./line-counts.js";
import { type Logger, tellerOf } from "./logger.js";
import { idleMs } from "./reconnecting-transport.js";
import { outside, stringify } from "./runtime.js";
import type { Closing } from "./transport.js";

const connectChannel = diagnosticsChannel("kissbot.client.connect");
const disconnectChannel = diagnosticsChannel("kissbot.client.disconnect");
const stallChannel = diagnosticsChannel("kissbot.client.stall");
const dropChannel = diagnosticsChannel("kissbot.client.drop");

/** The method that makes lines of a type, where the two have not the same name. */
const methods: Partial<Record<LineType, string>> = { llm_usage: "logLlmUsage", custom_metric: "logMetric" };

/**
 * Publishes every event on its diagnostics channel, and logs each *change* of state once. A monitor
 * that is absent for a week is one line, and one that comes and goes a few lines an hour. Listeners
 * and logger run outside of every request of the bot.
 */
export class Diagnostics {
  readonly #client: { readonly channel: string; readonly pid: number; readonly socketPath: string };
  readonly #tell: ReturnType<typeof tellerOf>;
  readonly #complaints = new Set<string>();
  /** For each method, the fields whose refusal has been reported. */
  readonly #refused: Record<string, Set<string>> = {};
  /** The first connection is news as well. */
  readonly #connection = new Alarm("none yet");
  readonly #stall = new Alarm();
  readonly #loss = new Alarm();
  #telling = false;

  constructor(channel: string, pid: number, socketPath: string, logger: Logger | undefined) {
    this.#client = { channel, pid, socketPath };
    this.#tell = tellerOf(logger);
  }

  connected(reconnects: number): void {
    this.#publish(connectChannel, { reconnects });
    if (this.#connection.clear()) this.#say("info", `connected to ${this.#client.socketPath}`);
  }

  /**
   * A connection ended after `livedMs`, or an attempt to make one failed (undefined). A peer that
   * closes a connection without lines does what it should: that is no trouble unless the next
   * attempt fails.
   */
  disconnected(closing: Closing, livedMs: number | undefined): void {
    const { code } = closing;
    const wasConnected = livedMs !== undefined;
    this.#publish(disconnectChannel, { ...closing, wasConnected });
    if (code === "END" && wasConnected && livedMs >= idleMs) return;
    const what = `${wasConnected ? "lost" : "cannot make"} the connection to ${this.#client.socketPath}: ${code}`;
    this.#raise(this.#connection, what, what);
  }

  /** Lines wait although there is a connection. Called again at each try; `isNew`: at the first. */
  stalled(waiting: number, isNew: boolean): void {
    if (isNew) this.#publish(stallChannel, { waiting });
    this.#raise(
      this.#stall,
      "EAGAIN",
      `${this.#client.socketPath} is not read: EAGAIN; ${waiting} lines wait`,
    );
  }

  /** Nothing waits any more. */
  caughtUp(): void {
    this.#loss.clear();
    if (this.#stall.clear()) this.#say("info", `${this.#client.socketPath} is read again; nothing waits`);
  }

  /**
   * Whether `dropped` has anybody to tell. With a full buffer each call loses a line, and should
   * not cost an event then.
   */
  get hearsDrops(): boolean {
    return this.#tell !== undefined || dropChannel?.hasSubscribers === true;
  }

  /**
   * Does not report a loss that a listener causes by reporting a loss through this client: it would
   * never end.
   */
  dropped(type: LineType, reason: DropReason, message?: string): void {
    this.#publishDrop(type, reason, message);
    if (message === undefined) {
      this.#raise(this.#loss, reason, `lines are being dropped: ${reason}`);
    } else {
      this.remark(`${type} was not sent: ${message}`);
    }
  }

  /** Tells the logger alone, once. */
  remark(message: string): void {
    if (this.#tell !== undefined && isFirst(this.#complaints, message)) this.#say("warn", message);
  }

  /**
   * The argument made no line. Returns whether this is reported for the first time. Later ones cost
   * no more than a good call, unless the channel has a listener, which needs the text.
   */
  refused(type: LineType, refusal: Refusal): boolean {
    const caller = callerOr(methods[type] ?? type);
    const { field, value } = refusal;
    this.#refused[caller] ??= new Set();
    const isNew = isFirst(this.#refused[caller], field);
    if (!isNew && !dropChannel?.hasSubscribers) return false;
    const sentence = `${caller} was not sent: ${messageOf(refusal)}`;
    this.#publishDrop(type, "invalid", sentence);
    const features = field === "features" ? value : undefined;
    if (isNew) this.complain("KISSBOT_INVALID_ARGUMENT", `${caller} ${field}`, { features }, sentence);
    return isNew;
  }

  /**
   * Tells a mistake of the author's: the logger, once for each client, and `process.emitWarning`,
   * once in a process.
   */
  readonly complain: Complain = (code, kind, about, sentence = kind) => {
    if (!isFirst(this.#complaints, kind)) return;
    this.#say("warn", sentence);
    warn(code, kind, about, sentence);
  };

  #publishDrop(type: LineType, reason: DropReason, message: string | undefined): void {
    if (this.#telling) return;
    this.#telling = true;
    this.#publish(dropChannel, { type, reason, message });
    this.#telling = false;
  }

  #publish(channel: Channel, event: object): void {
    if (channel?.hasSubscribers) outside(() => channel.publish({ ...this.#client, ...event }));
  }

  #raise(alarm: Alarm, reason: string, message: string): void {
    if (this.#tell === undefined) return;
    const quietMs = alarm.raise(reason, monotonicMs);
    if (quietMs === 0) return;
    const note = quietMs < 1_000 ? "" : `; repeats within ${quietMs / 1_000} s are not logged`;
    this.#say("warn", message + note);
  }

  #say(level: "info" | "warn", message: string): void {
    this.#tell?.(level, `kissbot client ${stringify(this.#client.channel)}: ${message}`);
  }
}

/**
 * The refusal in the names of the API, `tokens_in` as `tokensIn`: the author need not know the
 * fields of the protocol.
 */
export function messageOf(refusal: Refusal): string {
  if ("cause" in refusal) return messageOfError(refusal.cause);
  return messageOfRefusal(refusal)
    .replace(/^message: |^metric_(?=name)/, "")
    .replace(/^\w+/, (field) => field.replace(/_(.)/g, (_, first: string) => first.toUpperCase()));
}
