import type { RejectionReason } from "@kissbot/protocol";
import type { Clock } from "../clock.js";
import { LogLimit } from "../log-limit.js";
import type { LogFields, Logger } from "../logger.js";
import { plainText } from "../quoted-text.js";

export interface RejectionLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly mostPerWindow?: number;
  readonly windowMs?: number;
}

export interface RejectedLine {
  readonly reason: RejectionReason;
  readonly field?: string | undefined;
  /**
   * How the line begins. Asked only if it is logged: making it costs more than rejecting the line.
   */
  readonly preview: () => string;
}

/** The first string behind a `"channel":`, in a line that need not be JSON. */
const channelPattern = /"channel"\s*:\s*("(?:[^"\\]|\\.)*")/;

/**
 * Logs rejected lines: at most 5 in 10 seconds for each reason, then the number of others. The
 * content of a line goes into the fields, escaped. Logs lines of an unknown type at `debug`: a
 * client newer than the monitor sends them all the time, and they are not wrong.
 */
export class RejectionLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limit: LogLimit<RejectionReason>;

  constructor({ clock, logger, mostPerWindow = 5, windowMs = 10_000 }: RejectionLogOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#limit = new LogLimit({ most: mostPerWindow, windowMs });
  }

  note({ reason, field, preview }: RejectedLine): void {
    const nowMs = this.#clock.monotonicMs();
    this.#summarize(reason, nowMs);
    if (!this.#limit.admit(reason, nowMs)) return;
    const start = preview();
    const channel = channelIn(start);
    this.#tell(
      reason,
      {
        reason,
        ...(field === undefined ? {} : { field }),
        ...(channel === undefined ? {} : { channel }),
        preview: plainText(start),
      },
      reason === "unknown_type" ? "skipped a line of an unknown type" : "rejected a line",
    );
  }

  /** Tells the counts that are due; to be called now and then, as nothing else may come. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const reason of this.#limit.kinds) this.#summarize(reason, nowMs);
  }

  /** Tells all counts, due or not: the last words. */
  flush(): void {
    for (const reason of this.#limit.kinds) this.#summarize(reason, Number.POSITIVE_INFINITY);
  }

  #summarize(reason: RejectionReason, nowMs: number): void {
    const leftOut = this.#limit.takeOver(reason, nowMs);
    if (leftOut > 0)
      this.#tell(
        reason,
        { reason, left_out: leftOut },
        "further lines of this kind were left out of the log",
      );
  }

  #tell(reason: RejectionReason, fields: LogFields, sentence: string): void {
    if (reason === "unknown_type") this.#logger.debug(fields, sentence);
    else this.#logger.warn(fields, sentence);
  }
}

function channelIn(start: string): string | undefined {
  const text = channelPattern.exec(start)?.[1];
  if (text === undefined) return undefined;
  try {
    return plainText(String(JSON.parse(text)).slice(0, 256));
  } catch {
    // Not even the string is JSON; the preview shows what it is.
    return undefined;
  }
}
