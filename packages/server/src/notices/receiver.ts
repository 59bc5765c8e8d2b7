import type { Notice } from "../alerts/notice.js";
import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";

/** Somebody who is told, in the way of one kind. */
export interface Receiver {
  /** Its name in the config. */
  readonly name: string;
  /** discord, slack, webhook, exec, ... */
  readonly kind: string;
  /** How many alerts one notice may speak of; any number, if absent. */
  readonly mostItems?: number;
  /** The bytes that each attempt sends, within the kind's limits. Never throws. */
  render(notice: Notice): RenderedNotice;
  /** One attempt, with a deadline of its own. Never rejects. */
  send(rendered: RenderedNotice, signal: AbortSignal): Promise<Answer>;
}
