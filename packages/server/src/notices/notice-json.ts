import type { Notice, NoticeItem } from "../alerts/notice.js";
import { bytesOf, fitText } from "./fit-text.js";
import { noticeText } from "./notice-text.js";
import { plainStyle } from "./plain-style.js";

const mostBytes = 262_144;
const textLimits = { title: 256, body: 4_096 };

/**
 * A notice for programs, at most 256 KiB: share/notice.schema.json says what it holds. Where there
 * are too many items the last are left out, and counted.
 */
export function noticeJson(notice: Notice): string {
  const { title, body } = fitText(noticeText(notice), plainStyle(notice), textLimits);
  const shared = notice.sharedCause;
  const head = JSON.stringify({
    type: "kissbot.notice",
    notice_id: notice.noticeId,
    kind: notice.kind,
    receiver: notice.receiver,
    monitor: notice.monitor,
    page_url: notice.pageUrl,
    made_at: isoTime(notice.madeMs),
    timezone: notice.timezone,
    title,
    text: body,
    shared_cause:
      shared === null
        ? null
        : {
            dimension: shared.dimension,
            value: shared.value,
            affected: shared.affected,
            of: shared.of,
            others_affected: shared.othersAffected,
            others: shared.others,
          },
  });
  const tail = (leftOut: number) => JSON.stringify({ items_left_out: leftOut, fleet: notice.fleet });
  // Each item is written once, and is a text from then on.
  const whole = (items: readonly string[]) =>
    `${head.slice(0, -1)},"items":[${items.join(",")}],${tail(notice.items.length - items.length).slice(1)}`;
  return whole(fittingItems(notice.items, mostBytes - bytesOf(whole([]))));
}

/**
 * The first items that take at most so many bytes, commas included. Those left out are not written.
 */
function fittingItems(items: readonly NoticeItem[], mostItemBytes: number): readonly string[] {
  const fitting: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const json = JSON.stringify(itemJson(item));
    bytes += bytesOf(json) + 1;
    if (bytes > mostItemBytes) break;
    fitting.push(json);
  }
  return fitting;
}

function itemJson(item: NoticeItem): object {
  const { kind, rule, subject, severity, cause, facts, note, runbook, labels, why } = item;
  return {
    kind,
    alert_id: item.alertId,
    rule,
    subject,
    subject_kind: item.subjectKind,
    severity,
    since: isoTime(item.sinceMs),
    ended: item.endedMs === null ? null : isoTime(item.endedMs),
    cause,
    facts,
    note,
    runbook,
    labels,
    why,
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
