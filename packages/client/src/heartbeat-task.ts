import type { MonitorClient } from "./monitor-client.js";
import { sharedClient } from "./shared-client.js";

/**
 * Beats for a bot every `intervalSeconds`, without keeping the process alive. Never throws; where the arguments name no bot,
 * it does nothing. `start` and `stop` may be repeated.
 *
 * @deprecated Use `MonitorClient.startHeartbeat` and `stopHeartbeat`.
 */
export class HeartbeatTask {
  readonly #find: () => MonitorClient | undefined;
  readonly #intervalMs: number;
  #client: MonitorClient | undefined;

  constructor(channel: string, pid: number, intervalSeconds = 30, socketPath?: string) {
    this.#find = () => sharedClient("heartbeat", channel, pid, socketPath);
    this.#intervalMs = typeof intervalSeconds === "number" ? intervalSeconds * 1_000 : Number.NaN;
  }

  /** The first beat at once. */
  start(): void {
    this.#client = this.#find();
    this.#client?.startHeartbeat({ intervalMs: this.#intervalMs });
  }

  async stop(): Promise<void> {
    await this.#client?.stopHeartbeat();
  }
}
