import type { Clock } from "../clock.js";
import { type Listener, ListenerList } from "../listener-list.js";
import type { Logger } from "../logger.js";
import type { Bot } from "./bot.js";
import type { FleetListener } from "./fleet-listener.js";
import type { Transition, TroubleChange } from "./transition.js";

export interface AnnouncementsOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

/** The fleet's events, each with the list of those that hear of it. */
export class Announcements {
  readonly statusChanged: ListenerList<Transition>;
  readonly botChanged: ListenerList<Bot>;
  readonly conflictChanged: ListenerList<Bot>;
  readonly takenOver: ListenerList<{ readonly bot: Bot; readonly previousPid: number }>;
  readonly connectionEnded: ListenerList<{ readonly bot: Bot; readonly pid: number }>;
  readonly botLeaves: ListenerList<Transition>;
  readonly botForgotten: ListenerList<Bot>;
  readonly troubleChanged: ListenerList<TroubleChange>;

  constructor(listeners: readonly FleetListener[], { clock, logger }: AnnouncementsOptions) {
    const list = <Event>(event: string, hearOf: (listener: FleetListener) => Hear<Event> | undefined) =>
      new ListenerList<Event>(entriesOf(listeners, hearOf), { event, clock, logger });
    this.statusChanged = list("a change of status", (listener) => listener.statusChanged?.bind(listener));
    this.botChanged = list("a change of a bot", (listener) => listener.botChanged?.bind(listener));
    this.conflictChanged = list("a conflict", (listener) => listener.conflictChanged?.bind(listener));
    this.takenOver = list("a take-over", (listener) => listener.takenOver?.bind(listener));
    this.connectionEnded = list("an end of a connection", (listener) =>
      listener.connectionEnded?.bind(listener),
    );
    this.botLeaves = list("a bot that leaves", (listener) => listener.botLeaves?.bind(listener));
    this.botForgotten = list("a bot that was forgotten", (listener) => listener.botForgotten?.bind(listener));
    this.troubleChanged = list("a bot's trouble", (listener) => listener.troubleChanged?.bind(listener));
  }
}

type Hear<Event> = (event: Event) => void;

function entriesOf<Event>(
  listeners: readonly FleetListener[],
  hearOf: (listener: FleetListener) => Hear<Event> | undefined,
): Listener<Event>[] {
  return listeners.flatMap((listener) => {
    const hear = hearOf(listener);
    return hear === undefined ? [] : [{ listenerName: listener.listenerName, hear }];
  });
}
