import type { BotStatus, CauseCode, StoredStatusChange } from "@kissbot/store";
import { timestampFromMs } from "./quantity-text.js";

/**
 * A change of a bot's status as the API shows it, whichever source it comes from. Unknown is null.
 */
export interface EventRow {
  readonly id: number;
  readonly ts: string;
  readonly channel: string;
  readonly pid: number;
  readonly from_status: BotStatus | null;
  /** The same as `from_status` where the bot's trouble changed and not its status. */
  readonly to_status: BotStatus;
  readonly cause: string;
  readonly cause_code: CauseCode;
  readonly previous_pid: number | null;
  readonly lived_ms: number | null;
  readonly trouble: string | null;
}

/** Which changes: newest first, all of them where nothing is named. */
export interface EventsQuestion {
  readonly channel?: string | undefined;
  /** Only changes to one of these. */
  readonly statuses?: readonly BotStatus[] | undefined;
  readonly causes?: readonly CauseCode[] | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Only changes with a smaller id. */
  readonly beforeId?: number | undefined;
  /** Only changes with a greater id. */
  readonly afterId?: number | undefined;
  /** At most this many, up to 10 000. */
  readonly limit: number;
}

export function eventFromStored(change: StoredStatusChange): EventRow {
  return {
    id: change.id,
    ts: timestampFromMs(change.tsMs),
    channel: change.channel,
    pid: change.pid,
    from_status: change.from,
    to_status: change.to,
    cause: change.cause,
    cause_code: change.causeCode,
    previous_pid: change.previousPid,
    lived_ms: change.livedMs,
    trouble: change.trouble,
  };
}
