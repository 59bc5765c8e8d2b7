import type { Notice, NoticeItem } from "../alerts/notice.js";
import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";
import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { answerOf } from "./answer.js";
import { factsText } from "./facts-text.js";
import { httpPost } from "./http-post.js";
import type { Receiver } from "./receiver.js";
import { longestName, longestSentence, shownText } from "./shown-text.js";

type PagerDutyTarget = ReceiverTarget & { kind: "pagerduty" };

/** How long one attempt may take, with all its events. */
const sendMs = 10_000;
/**
 * PagerDuty takes 120 events a minute of one key, and a notice comes once a minute. With more of
 * them none would ever get to its end: each attempt would begin with those that were taken before.
 */
const mostEvents = 100;
/** Of so many notices it is known which events were taken. */
const mostKnown = 100;
/** Code points, which may be two characters: PagerDuty takes 1 024. */
const longestSummary = 512;
const longestNote = 512;

/**
 * PagerDuty's Events API v2. An event is an alert, under the alert's own id, so that a repeat
 * changes nothing. A notice of many alerts is many events: the next attempt goes on where the last
 * one ended. Each event is below a tenth of the 512 kB that PagerDuty takes.
 */
export class PagerDutyReceiver implements Receiver {
  readonly name: string;
  readonly kind = "pagerduty";
  readonly mostItems = mostEvents;
  readonly #target: PagerDutyTarget;
  /** By notice: how many of its events were taken. */
  readonly #taken = new Map<string, number>();

  constructor({ name }: Pick<ReceiverSettings, "name">, target: PagerDutyTarget) {
    this.name = name;
    this.#target = target;
  }

  render(notice: Notice): RenderedNotice {
    const said = notice.items.flatMap((item) => eventsOf(item, notice));
    // Without an event nothing would show whether the key is taken.
    const events = notice.kind === "first" || said.length === 0 ? [...said, tryOf(notice)] : said;
    const bare = events.map(bareEvent);
    return { noticeId: notice.noticeId, body: JSON.stringify(events), plain: JSON.stringify(bare) };
  }

  async send({ noticeId, body }: RenderedNotice, signal: AbortSignal): Promise<Answer> {
    const { routingKey, apiUrl, ca } = this.#target;
    const events = JSON.parse(body) as readonly object[];
    const untilMs = performance.now() + sendMs;
    let answer: Answer = { kind: "delivered", remoteId: null, status: "nothing to say" };
    for (let i = this.#taken.get(noticeId) ?? 0; i < events.length; i++) {
      const leftMs = Math.floor(untilMs - performance.now());
      if (leftMs < 1 || signal.aborted) {
        return { kind: "in_doubt", detail: `${i} of ${events.length} events were taken in time` };
      }
      const event = events[i];
      const request = ([key = ""]: readonly string[]) => ({
        url: `${apiUrl}/v2/enqueue`,
        body: JSON.stringify({ ...event, routing_key: key }),
      });
      answer = answerOf(await httpPost({ secrets: [routingKey], request, ca }, signal, leftMs));
      if (answer.kind !== "delivered") return answer;
      this.#remember(noticeId, i + 1);
    }
    return answer;
  }

  #remember(noticeId: string, count: number): void {
    this.#taken.delete(noticeId);
    this.#taken.set(noticeId, count);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > mostKnown && oldest !== undefined) this.#taken.delete(oldest);
  }
}

interface Event {
  readonly routing_key: string;
  readonly dedup_key: string;
  readonly event_action: "trigger" | "resolve";
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly client?: string;
  readonly client_url?: string;
  readonly links?: readonly object[];
}

function eventsOf(item: NoticeItem, notice: Notice): Event[] {
  const { alertId, subject, rule, severity, cause, note, runbook, sinceMs } = item;
  const shared = {
    routing_key: "***",
    dedup_key: alertId.slice(0, 255),
    client: "KissBot Monitor",
    ...(notice.pageUrl === null ? {} : { client_url: notice.pageUrl }),
  };
  const words = `${shownText(subject, longestName)}: ${shownText(cause, longestSentence)}`;
  const mark = notice.kind === "test" ? "TEST: " : "";
  const trigger: Event = {
    ...shared,
    event_action: "trigger",
    payload: {
      summary: shownText(`${mark}${rule} ${words}`, longestSummary),
      source: shownText(notice.monitor, 128),
      severity,
      timestamp: new Date(sinceMs).toISOString(),
      component: shownText(subject, longestName),
      class: rule,
      custom_details: {
        cause: shownText(cause, longestSentence),
        known: factsText(item.facts),
        note: note === null ? null : shownText(note, longestNote),
      },
    },
    links: runbook === null || !/^https?:\/\//i.test(runbook) ? [] : [{ href: runbook, text: "Runbook" }],
  };
  const resolve: Event = { ...shared, event_action: "resolve" };
  // A test leaves nothing open.
  if (notice.kind === "test") return [trigger, resolve];
  return [item.endedMs === null && item.kind !== "steady" ? trigger : resolve];
}

/** That alerts are on: it resolves what never was, but shows whether the key is taken. */
function tryOf({ noticeId }: Notice): Event {
  return { routing_key: "***", dedup_key: noticeId, event_action: "resolve" };
}

/** What an event cannot be without, for a receiver that refused the rest. */
function bareEvent({ routing_key, dedup_key, event_action, payload }: Event): Event {
  const event: Event = { routing_key, dedup_key, event_action };
  if (payload === undefined) return event;
  const { summary, source, severity } = payload;
  return { ...event, payload: { summary, source, severity } };
}
