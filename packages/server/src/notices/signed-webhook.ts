import { createHmac } from "node:crypto";
import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { noticeJson } from "./notice-json.js";
import { PostedReceiver } from "./posted-receiver.js";

type WebhookTarget = ReceiverTarget & { kind: "webhook" };

/**
 * JSON for programs, with the headers of Standard Webhooks: the id stays the same in every attempt.
 */
export function webhookReceiver(
  { name }: Pick<ReceiverSettings, "name">,
  { url, secret, ca }: WebhookTarget,
): PostedReceiver {
  return new PostedReceiver(name, {
    kind: "webhook",
    ca,
    secrets: secret === null ? [url] : [url, secret],
    render: (notice) => ({ body: noticeJson(notice), plain: null }),
    request: ([address = "", key], { noticeId, body }) => {
      const seconds = `${Math.floor(Date.now() / 1_000)}`;
      const signed =
        key === undefined ? {} : { "webhook-signature": signature(key, noticeId, seconds, body) };
      const headers = { "webhook-id": noticeId, "webhook-timestamp": seconds, ...signed };
      return { url: address, headers, body };
    },
  });
}

function signature(secret: string, id: string, seconds: string, body: string): string {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}
