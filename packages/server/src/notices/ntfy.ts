import type { Notice } from "../alerts/notice.js";
import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { fitText } from "./fit-text.js";
import { noticeText } from "./notice-text.js";
import { unlinkedStyle } from "./plain-style.js";
import { PostedReceiver } from "./posted-receiver.js";

type NtfyTarget = ReceiverTarget & { kind: "ntfy" };

/** Bytes: ntfy makes an attachment of a message over 4 096. */
const limits = { title: 240, body: 3_900 };

/**
 * A topic of ntfy. A second attempt replaces the first, where the server knows ids of sequences.
 */
export function ntfyReceiver(
  { name }: Pick<ReceiverSettings, "name">,
  { url, token, ca }: NtfyTarget,
): PostedReceiver {
  return new PostedReceiver(name, {
    kind: "ntfy",
    ca,
    secrets: token === null ? [url] : [url, token],
    render: (notice) => {
      const { title, body } = fitText(noticeText(notice), unlinkedStyle(notice), limits);
      const message = {
        title,
        message: body,
        priority: priorityOf(notice),
        tags: [tagOf(notice)],
        sequence_id: notice.noticeId.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 64),
        ...(notice.pageUrl === null ? {} : { click: notice.pageUrl }),
      };
      return { body: JSON.stringify(message), plain: null };
    },
    // As JSON, so that nothing stands in a header; the topic is part of the address, which may be
    // secret.
    request: ([address = "", secret], { body }) => {
      const place = new URL(address);
      const [, base = "/", topic = ""] = /^(.*\/)([^/]+)\/?$/.exec(place.pathname) ?? [];
      place.pathname = base;
      const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
      const { href } = place;
      return {
        url: href,
        headers,
        body: JSON.stringify({ topic: decodeURIComponent(topic), ...JSON.parse(body) }),
      };
    },
    remoteIdOf: (body) => (body as { id?: unknown } | null)?.id,
  });
}

function priorityOf({ items }: Notice): number {
  const open = items.filter(({ endedMs, kind }) => endedMs === null && kind !== "steady");
  if (open.some(({ severity }) => severity === "critical")) return 5;
  return open.some(({ severity }) => severity === "warning") ? 4 : 3;
}

function tagOf({ items }: Notice): string {
  const isOver = items.every(({ endedMs }) => endedMs !== null);
  return isOver ? "white_check_mark" : "rotating_light";
}
