import { channel as diagnosticsChannel } from "node:diagnostics_channel";
import type { DropReason } from "./ledger.js";
import type { LineType } from "./line.js";
import { type Logger, tellerOf } from "./logger.js";
import type { Closing } from "./transport.js";

const connectChannel = diagnosticsChannel("kissbot.client.connect");
const disconnectChannel = diagnosticsChannel("kissbot.client.disconnect");
const stallChannel = diagnosticsChannel("kissbot.client.stall");
const dropChannel = diagnosticsChannel("kissbot.client.drop");

/** How many different complaints about arguments are told; a bot that makes each call wrong in a new way fills no disk. */
const mostComplaints = 100;

/**
 * Tells what happens: every event on its diagnostics channel, and each *change* of state to the logger, once. A monitor that
 * is absent for a week is one line.
 */
export class Diagnostics {
  readonly #client: { readonly channel: string; readonly pid: number; readonly socketPath: string };
  readonly #tell: ReturnType<typeof tellerOf>;
  readonly #complaints = new Set<string>();
  #trouble = "";
  #dropping = false;
  #telling = false;

  constructor(channel: string, pid: number, socketPath: string, logger: Logger | undefined) {
    this.#client = { channel, pid, socketPath };
    this.#tell = tellerOf(logger);
  }

  connected(reconnects: number): void {
    if (connectChannel.hasSubscribers) connectChannel.publish({ ...this.#client, reconnects });
    this.#say("info", `connected to ${this.#client.socketPath}`);
    this.#trouble = "";
  }

  /** A connection ended, or an attempt to make one failed. */
  disconnected(closing: Closing, wasConnected: boolean): void {
    const { code } = closing;
    if (disconnectChannel.hasSubscribers)
      disconnectChannel.publish({ ...this.#client, ...closing, wasConnected });
    if (!wasConnected && this.#trouble === code) return;
    this.#trouble = wasConnected ? "" : code;
    this.#say(
      "warn",
      `${wasConnected ? "lost" : "cannot make"} the connection to ${this.#client.socketPath}: ${code}`,
    );
  }

  stalled(waiting: number): void {
    if (stallChannel.hasSubscribers) stallChannel.publish({ ...this.#client, waiting });
    this.#say("warn", `${this.#client.socketPath} is not read: EAGAIN; ${waiting} lines wait`);
  }

  /** Nothing waits any more. */
  caughtUp(): void {
    this.#dropping = false;
    this.#say("info", `${this.#client.socketPath} is read again; nothing waits`);
  }

  /** A loss that a listener causes by hearing of one, since it reports it through this client, is not told: it would never end. */
  dropped(type: LineType, reason: DropReason, message?: string): void {
    if (dropChannel.hasSubscribers && !this.#telling) {
      this.#telling = true;
      dropChannel.publish({ ...this.#client, type, reason, message });
      this.#telling = false;
    }
    if (message !== undefined) {
      this.complain(`${type} was not sent: ${message}`);
    } else if (!this.#dropping) {
      this.#dropping = true;
      this.#say("warn", `lines are being dropped: ${reason}`);
    }
  }

  /** Tells, once, what makes no sense. */
  complain(message: string): void {
    if (this.#tell === undefined || this.#complaints.has(message) || this.#complaints.size >= mostComplaints)
      return;
    this.#complaints.add(message);
    this.#say("warn", message);
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
