import { type Channel, channel as diagnosticsChannel } from "node:diagnostics_channel";
import { Alarm } from "./alarm.js";
import { monotonicMs } from "./clock.js";
import type { DropReason } from "./ledger.js";
import type { LineType } from "./line.js";
import { type Logger, tellerOf } from "./logger.js";
import { idleMs } from "./reconnecting-transport.js";
import { copyOf, outside } from "./runtime.js";
import type { Closing } from "./transport.js";

const connectChannel = diagnosticsChannel("kissbot.client.connect");
const disconnectChannel = diagnosticsChannel("kissbot.client.disconnect");
const stallChannel = diagnosticsChannel("kissbot.client.stall");
const dropChannel = diagnosticsChannel("kissbot.client.drop");

/** How many different complaints about arguments are told; a bot that makes each call wrong in a new way fills no disk. */
const mostComplaints = 100;

/**
 * Tells what happens: every event on its diagnostics channel, and each *change* of state to the logger,
 * once. A monitor that is absent for a week is one line, and one that comes and goes a few lines an hour.
 * Listeners and logger run outside of every request of the bot.
 */
export class Diagnostics {
  readonly #client: { readonly channel: string; readonly pid: number; readonly socketPath: string };
  readonly #tell: ReturnType<typeof tellerOf>;
  readonly #complaints = new Set<string>();
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
   * A connection ended after `livedMs`, or an attempt to make one failed (undefined). A peer that closes
   * a connection without lines does what it should: that is no trouble unless the next attempt fails.
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

  /** A loss that a listener causes by hearing of one, since it reports it through this client, is not told: it would never end. */
  dropped(type: LineType, reason: DropReason, message?: string): void {
    if (dropChannel?.hasSubscribers && !this.#telling) {
      this.#telling = true;
      this.#publish(dropChannel, { type, reason, message });
      this.#telling = false;
    }
    if (message !== undefined) {
      this.complain(`${type} was not sent: ${message}`);
    } else {
      this.#raise(this.#loss, reason, `lines are being dropped: ${reason}`);
    }
  }

  /** Tells, once, what makes no sense. */
  complain(message: string): void {
    if (this.#tell === undefined || this.#complaints.has(message) || this.#complaints.size >= mostComplaints)
      return;
    this.#complaints.add(copyOf(message));
    this.#say("warn", message);
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
    this.#tell?.(level, `kissbot client ${JSON.stringify(this.#client.channel)}: ${message}`);
  }
}

const warned = new Set<string>();

/** Says on stderr, once in a process, that the environment disabled the client: nobody may have set a logger. */
export function warnOnce(fault: string): void {
  if (warned.has(fault)) return;
  warned.add(fault);
  process.emitWarning(`the monitor client is disabled: ${fault}`, "KissbotWarning");
}
