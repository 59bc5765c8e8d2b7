import {
  type MessageType,
  messageTypes,
  type QueueCounters,
  type RefusalReason,
  type ShedCounts,
} from "./queue-counters.js";

/**
 * The counters as the lanes write them. Each lane counts a message in the same call that moves it,
 * so the sums hold at every moment.
 */
export class MessageCounters implements QueueCounters {
  readonly received: Record<MessageType, number>;
  readonly processed: Record<MessageType, number>;
  readonly shed: Record<MessageType, ShedCounts>;
  crowdedChannel: string | null = null;

  constructor() {
    this.received = forEachType(() => 0);
    this.processed = forEachType(() => 0);
    this.shed = forEachType(() => ({ coalesced: 0, queue_full: 0, fleet_full: 0, too_many_pids: 0 }));
  }

  countRefused(type: MessageType, reason: RefusalReason): void {
    const shed = this.shed[type];
    shed[reason] = (shed[reason] ?? 0) + 1;
  }
}

function forEachType<Value>(value: () => Value): Record<MessageType, Value> {
  return Object.fromEntries(messageTypes.map((type) => [type, value()])) as Record<MessageType, Value>;
}
