import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { fitText, type TextStyle, unitsOf } from "./fit-text.js";
import { mentionsOf } from "./mention.js";
import { MomentText } from "./moment-text.js";
import { noticeText } from "./notice-text.js";
import { plainSpan, plainStyle } from "./plain-style.js";
import { PostedReceiver } from "./posted-receiver.js";

type TelegramTarget = ReceiverTarget & { kind: "telegram" };

/** Telegram counts 4 096 characters without the markup; here they count with it. */
const limits = { title: 256, body: 3_500 };

/**
 * A chat of a Telegram bot. Whatever a bot of ours chose is code, where Telegram makes no links and
 * no mentions.
 */
export function telegramReceiver(
  { name, mention }: Pick<ReceiverSettings, "name" | "mention">,
  { token, chatId, apiUrl, ca }: TelegramTarget,
): PostedReceiver {
  return new PostedReceiver(name, {
    kind: "telegram",
    ca,
    secrets: [token],
    render: (notice) => {
      const text = noticeText(notice);
      const { title, body } = fitText(text, telegramStyle(new MomentText(notice)), limits);
      const called = mentionsOf(notice, mention).join(" ").slice(0, 300);
      const bare = fitText(text, plainStyle(notice, unitsOf), limits);
      const plain = `${bare.title}\n${bare.body}`;
      const to = { chat_id: chatId, link_preview_options: { is_disabled: true } };
      return {
        body: JSON.stringify({
          ...to,
          parse_mode: "HTML",
          text: [...(called === "" ? [] : [called]), `<b>${title}</b>`, body].join("\n"),
        }),
        plain: JSON.stringify({
          ...to,
          text: plain,
          entities: [{ type: "pre", offset: 0, length: plain.length }],
        }),
      };
    },
    request: ([secret = ""], { body }) => ({ url: `${apiUrl}/bot${secret}/sendMessage`, body }),
    remoteIdOf: (body) => (body as { result?: { message_id?: unknown } } | null)?.result?.message_id,
  });
}

function telegramStyle(moments: MomentText): TextStyle {
  return {
    length: unitsOf,
    span: (span) => {
      const text = plainSpan(span, moments)
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;");
      if (text === "") return "";
      if (span.kind === "strong") return `<b>${text}</b>`;
      return span.kind === "name" || span.kind === "quote" ? `<code>${text}</code>` : text;
    },
  };
}
