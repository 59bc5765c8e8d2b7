import { speakAs, warn } from "./complaint.js";
import { notSent } from "./delivery.js";
import { HeartbeatTimer, longestDelayMs } from "./heartbeat-timer.js";
import { type RunningHeartbeat, startHeartbeat, stopHeartbeat } from "./running-heartbeats.js";
import { sharedConnection } from "./shared-connections.js";

/**
 * Beats for a bot every `intervalSeconds`, without keeping the process alive. Never throws; does
 * nothing if the arguments name no bot. `start` and `stop` may be repeated.
 *
 * States: *stopped*; *running*, from `start` to `stop`, to the goodbye of its bot by
 * `unregisterFromMonitor`, or until tasks of eight newer processes run for the same channel.
 *
 * @deprecated Use `MonitorClient.startHeartbeat` and `stopHeartbeat`.
 */
export class HeartbeatTask {
  readonly #channel: string;
  readonly #pid: number;
  readonly #intervalSeconds: number;
  readonly #socketPath: string | undefined;
  #heartbeat: RunningHeartbeat | undefined;

  constructor(channel: string, pid: number, intervalSeconds = 30, socketPath?: string) {
    this.#channel = channel;
    this.#pid = pid;
    this.#intervalSeconds = intervalSeconds;
    this.#socketPath = socketPath;
  }

  /** The first beat at once. */
  start(): void {
    speakAs("HeartbeatTask", () => {
      const connection = sharedConnection(this.#socketPath);
      const bot = connection?.botFor(this.#channel, this.#pid);
      if (connection === undefined || bot === undefined) return;
      const { socketPath } = connection;
      // Looked up at each beat: the connection may have ended since, as others were used more.
      this.#heartbeat ??= {
        socketPath,
        bot,
        timer: new HeartbeatTimer(
          () => sharedConnection(socketPath)?.heartbeat(bot.channel, bot.pid) ?? notSent,
        ),
      };
      startHeartbeat(this.#heartbeat, intervalMsFrom(this.#intervalSeconds) ?? 30_000);
    });
  }

  async stop(): Promise<void> {
    if (this.#heartbeat !== undefined) await stopHeartbeat(this.#heartbeat);
  }
}

/**
 * Undefined if it cannot be an interval. A multiple of a thousand seconds is suspected to be
 * milliseconds.
 */
function intervalMsFrom(seconds: number): number | undefined {
  if (typeof seconds !== "number" || !(seconds >= 0.001)) {
    const sentence = "HeartbeatTask: intervalSeconds: expected a number of at least 0.001; using 30";
    warn("KISSBOT_INVALID_ARGUMENT", sentence);
    return undefined;
  }
  if (seconds >= 1_000 && seconds % 1_000 === 0) {
    const about = { got: seconds, factor: 0.001 };
    warn("KISSBOT_SUSPECT_UNIT", "HeartbeatTask: intervalSeconds is in seconds", about);
  }
  return Math.min(1_000 * seconds, longestDelayMs);
}
