import type { EventRow } from "./event-row.js";
import type { FleetSource } from "./fleet-answer.js";
import { msFromTimestamp } from "./quantity-text.js";

const pageEvents = 200;
/** A bot that changed its status so often since it went down is not followed back further. */
const mostEvents = 10_000;

/**
 * How long each bot was down before its recovery in `events`, by the id of the event. Asks the
 * source for earlier events, once per channel.
 */
export async function downSpans(
  source: FleetSource,
  events: readonly EventRow[],
): Promise<ReadonlyMap<number, number>> {
  const spans = new Map<number, number>();
  const recoveries = events.filter(isRecovery);
  for (const channel of new Set(recoveries.map((event) => event.channel))) {
    const found = recoveries.filter((event) => event.channel === channel);
    await addSpans(source, channel, found, spans);
  }
  return spans;
}

async function addSpans(
  source: FleetSource,
  channel: string,
  recoveries: readonly EventRow[],
  spans: Map<number, number>,
): Promise<void> {
  // Newest first: the loss that a recovery ends is the first one behind it.
  const open = recoveries.toSorted((a, b) => b.id - a.id);
  let beforeId = open[0]?.id ?? 0;
  let waiting: EventRow | undefined;
  for (let read = 0; read < mostEvents; read += pageEvents) {
    const page = await source.events({ channel, beforeId: beforeId + 1, limit: pageEvents });
    for (const event of page) {
      if (event.id === open[0]?.id) waiting = open.shift();
      else if (waiting !== undefined && isLoss(event)) {
        spans.set(waiting.id, spanMs(eventMs(event), waiting));
        waiting = undefined;
      }
      if (open.length === 0 && waiting === undefined) return;
    }
    if (page.length < pageEvents) return;
    beforeId = (page.at(-1)?.id ?? 1) - 1;
  }
}

function spanMs(sinceMs: number, event: EventRow): number {
  return Math.max(0, eventMs(event) - sinceMs);
}

/** Whether the bot works again, having been down or away. */
function isRecovery({ from_status: from, to_status: to }: EventRow): boolean {
  return to === "online" && from !== "online" && from !== null;
}

/** Whether a bot that was there, or is new, is not there any more. */
function isLoss({ from_status: from, to_status: to }: EventRow): boolean {
  return to !== "online" && (from === "online" || from === null);
}

export function eventMs({ ts }: EventRow): number {
  return msFromTimestamp(ts) ?? 0;
}
