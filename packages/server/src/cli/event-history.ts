import type { BotStatus, CauseCode } from "@kissbot/store";
import type { ChannelChoice } from "./channel-choice.js";
import type { EventRow } from "./event-row.js";
import type { FleetSource } from "./fleet-answer.js";

/** Which events a person wants to see. */
export interface WantedEvents {
  readonly channel: ChannelChoice | undefined;
  readonly statuses: readonly BotStatus[] | undefined;
  readonly causes: readonly CauseCode[] | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

const mostPageEvents = 1_000;

export function isWanted(event: EventRow, { channel, statuses, causes }: WantedEvents): boolean {
  const { from_status: from, to_status: to, cause_code: cause } = event;
  return (
    (channel === undefined || channel.matches(event.channel)) &&
    // As the history answers it: trouble alone is no change to a status.
    (statuses === undefined || (statuses.includes(to) && from !== to)) &&
    (causes === undefined || causes.includes(cause))
  );
}

/** The newest events, at most `limit`, oldest first; only those up to the id, if one is given. */
export async function newestEvents(
  source: FleetSource,
  wanted: WantedEvents,
  limit: number,
  lastId: number = Number.MAX_SAFE_INTEGER - 1,
): Promise<EventRow[]> {
  const { channel, statuses, causes, fromMs, toMs } = wanted;
  const question = { channel: channel?.name, statuses, causes, fromMs, toMs };
  const isPattern = channel !== undefined && channel.name === undefined;
  const found: EventRow[] = [];
  let beforeId = lastId + 1;
  while (found.length < limit) {
    const pageLimit = isPattern ? mostPageEvents : Math.min(mostPageEvents, limit - found.length);
    const page = await source.events({ ...question, beforeId, limit: pageLimit });
    found.push(...page.filter((event) => channel === undefined || channel.matches(event.channel)));
    if (page.length < pageLimit) break;
    beforeId = page.at(-1)?.id ?? 1;
  }
  return found.slice(0, limit).reverse();
}
