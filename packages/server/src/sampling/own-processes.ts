import { statSync } from "node:fs";
import type { Bot } from "../registry/bot.js";
import { type BotProbeResult, unknownResult } from "../registry/probe-result.js";

export interface OwnProcessesOptions {
  readonly queue: { offerSample(sample: BotProbeResult): void };
  readonly fleet: { get(channel: string): Bot | undefined };
  /** The user whose processes alone are a principal's; null if all users' are. */
  readonly ownUidOf: (principal: string) => number | null;
  /** Where the process file system is: `/proc`. */
  readonly procRoot?: string;
}

/**
 * Stands between the looks at processes and the queue: of a principal that may only be looked at
 * with its own processes, another user's process counts as one that nobody sees. So a bot that
 * claims a stranger's pid is not measured by it.
 */
export class OwnProcesses {
  readonly #options: OwnProcessesOptions;

  constructor(options: OwnProcessesOptions) {
    this.#options = options;
  }

  offerSample(sample: BotProbeResult): void {
    const { queue, fleet, ownUidOf } = this.#options;
    const bot = fleet.get(sample.channel);
    const principal = sample.ofRival === true ? bot?.conflict?.principal : bot?.principal;
    const uid = bot === undefined || principal === undefined ? null : ownUidOf(principal);
    if (bot === undefined || uid === null || sample.state !== "alive" || this.isOf(sample.pid, uid)) {
      queue.offerSample(sample);
      return;
    }
    // Not gone, though it was seen: a process may have changed its user, or the listener its uid.
    queue.offerSample({ ...sample, ...unknownResult });
  }

  /** Whether this process is this user's, at this moment; not if that cannot be told. */
  isOf(pid: number, uid: number): boolean {
    try {
      return statSync(`${this.#options.procRoot ?? "/proc"}/${pid}`).uid === uid;
    } catch {
      return false;
    }
  }
}
