import type { Clock } from "./clock.js";
import type { Problem } from "./http/health.js";
import type { QueueCounters, RefusalReason, ShedReason } from "./queue/queue-counters.js";

export interface ProblemsOptions {
  readonly clock: Clock;
  readonly counters: QueueCounters;
  /**
   * What each part says is wrong with it now. One that does not say since when was noticed when
   * somebody asked.
   */
  readonly sources: readonly (() => Found | null | readonly Found[])[];
}

type Found = Omit<Problem, "sinceMs"> & Partial<Problem>;

/** A queue that has shed is a problem until it has not shed for so long. */
const calmMs = 60_000;

/**
 * Answers what is wrong at this moment: what each part says of itself, and a queue that loses
 * messages. Replaced liveness messages are no loss and no problem. Shedding is noticed when
 * somebody asks, so its time is that of the first question after it.
 */
export function problemsOf({ clock, counters, sources }: ProblemsOptions): () => readonly Problem[] {
  const noticedMs = new Map<string, number>();
  let told = 0;
  let sinceMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const problems: Problem[] = [];
    const found = sources.flatMap((source) => source() ?? []);
    for (const code of noticedMs.keys())
      if (!found.some((problem) => problem.code === code)) noticedMs.delete(code);
    for (const { code, detail, sinceMs: partsMs } of found) {
      const noticed = noticedMs.get(code) ?? clock.wallMs();
      noticedMs.set(code, noticed);
      problems.push({ code, detail, sinceMs: partsMs ?? noticed });
    }
    const losses = lossesOf(counters);
    const shed = losses.reduce((sum, { messages }) => sum + messages, 0);
    const nowMs = clock.monotonicMs();
    if (shed > told) {
      if (nowMs - lastMs > calmMs) sinceMs = clock.wallMs();
      lastMs = nowMs;
      told = shed;
    }
    if (nowMs - lastMs <= calmMs) {
      const parts = losses
        .filter(({ messages }) => messages > 0)
        .map(({ reason, messages }) => `${messages} as ${reasonText(reason, counters)}`);
      const detail = `${shed} messages were shed since the start: ${parts.join("; ")}`;
      problems.push({ code: "queue_shedding", detail, sinceMs });
    }
    return problems;
  };
}

type LossReason = Exclude<ShedReason, "coalesced" | RefusalReason>;

/** What was shed for good, by reason. What a principal may not send is none of it. */
export function lossesOf({
  shed,
}: QueueCounters): { readonly reason: LossReason; readonly messages: number }[] {
  const reasons = ["queue_full", "fleet_full", "too_many_pids"] as const;
  return reasons.map((reason) => ({
    reason,
    messages: Object.values(shed).reduce((sum, counts) => sum + counts[reason], 0),
  }));
}

function reasonText(reason: LossReason, { crowdedChannel }: QueueCounters): string {
  if (reason === "queue_full")
    return "queue_full (the store does not keep up; --queue-limit and --queue-bytes bound what waits)";
  if (reason === "fleet_full") return "fleet_full (there is no room for more bots, or for their features)";
  const channel = JSON.stringify(crowdedChannel?.slice(0, 100));
  return `too_many_pids (ever new processes claim a channel, the last one ${channel})`;
}
