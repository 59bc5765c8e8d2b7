import type { LlmUsageReport } from "../report.js";
import { failureOf } from "./failure.js";
import type { Mystery } from "./mystery.js";
import { usageReader } from "./usage.js";
import { attempt } from "./value.js";
import { ignore, type Watcher } from "./watched-stream.js";

/** What a call is, as far as its answer does not say it. */
export interface TrackLlmOptions {
  /** What the bot uses the call for. */
  readonly feature: string;
  /** Reported where the answer names no model, as that of a call that failed. */
  readonly model?: string | undefined;
  /** Reported in the place of the provider that the answer names or looks like. */
  readonly provider?: string | undefined;
}

/** What takes the reports: a `MonitorClient`. */
export interface LlmReporter {
  logLlmUsage(report: LlmUsageReport): unknown;
}

/** A call of a model, which is reported once. */
export interface TrackedCall extends Watcher {
  /** The call is not reported. A warning says why, once in a process. */
  giveUp(why: Mystery): void;
  /** Whether the answer, or its stream, is there. */
  isSettled?: boolean;
}

// A bot's tests may replace the clock later.
const now = performance.now.bind(performance);

export function trackedCall(client: LlmReporter, options: TrackLlmOptions): TrackedCall {
  const startedMs = now();
  const usage = usageReader();
  let isOver: true | undefined;

  function close(kind?: string): void {
    if (isOver) return;
    isOver = true;
    attempt(() => {
      // What the provider says of it comes before what its SDK makes of that.
      const error = usage.failure ? failureOf(usage.failure) : kind;
      const known = usage.result();
      const { model = options.model } = known;
      // NaN where one of them is unknown.
      if (!model || !(error || (known.tokensIn as number) + (known.tokensOut as number) >= 0))
        call.giveUp(model ? "usage" : "model");
      else {
        const sent = client.logLlmUsage({
          tokensIn: 0,
          tokensOut: 0,
          ...known,
          model,
          feature: options.feature,
          provider: options.provider ?? known.provider,
          // Whole ones: less than one would look like seconds.
          latencyMs: Math.ceil(now() - startedMs),
          error,
        });
        // A client in a test may be a mock that rejects.
        (sent as Promise<unknown> | undefined)?.catch?.(ignore);
      }
    });
  }

  const call: TrackedCall = {
    read: (answer) => void (isOver || attempt(() => usage.read(answer))),
    end: () => close(),
    stop: () => close(usage.isFinished ? undefined : "cancelled"),
    fail: (error) => isOver || close(failureOf(error)),
    giveUp(why) {
      isOver = true;
      import("./mystery.js").then(({ warnOf }) => warnOf(why)).catch(ignore);
    },
  };
  return call;
}
