import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { fitText, type TextStyle, unitsOf } from "./fit-text.js";
import { mentionsOf } from "./mention.js";
import { MomentText } from "./moment-text.js";
import { noticeText, type Span } from "./notice-text.js";
import { plainSpan, plainStyle } from "./plain-style.js";
import { PostedReceiver } from "./posted-receiver.js";

type SlackTarget = ReceiverTarget & { kind: "slack" };

/** What Slack shows without folding it. */
const limits = { title: 256, body: 3_400 };

/**
 * An incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Zulip). Slack
 * has no escape for its markup, so whatever a bot chose is code.
 */
export function slackReceiver(
  { name, mention }: Pick<ReceiverSettings, "name" | "mention">,
  { url, ca }: SlackTarget,
): PostedReceiver {
  return new PostedReceiver(name, {
    kind: "slack",
    ca,
    secrets: [url],
    render: (notice) => {
      const called = mentionsOf(notice, mention).join(" ").slice(0, 300);
      const text = noticeText(notice);
      const { title, body } = fitText(text, slackStyle(new MomentText(notice)), limits);
      const plain = fitText(text, plainStyle(notice, unitsOf), { title: 256, body: 1_500 });
      const lines = [...(called === "" ? [] : [called]), bold(title), body];
      return {
        body: JSON.stringify({ text: lines.join("\n") }),
        plain: JSON.stringify({ text: code(`${plain.title}\n${plain.body}`, "```") }),
      };
    },
    request: ([address = ""], { body }) => ({ url: address, body }),
  });
}

function slackStyle(moments: MomentText): TextStyle {
  return {
    length: unitsOf,
    span: (span: Span) => {
      if (span.kind === "name" || span.kind === "quote") return span.text === "" ? "" : code(span.text, "`");
      if (span.kind === "strong") return bold(escaped(span.text));
      return escaped(plainSpan(span, moments));
    },
  };
}

/** An asterisk ends it, also within code: another sign that looks like one stands in its place. */
function bold(text: string): string {
  return `*${text.replaceAll("*", "\u2217")}*`;
}

function code(text: string, mark: string): string {
  return `${mark}${escaped(text.replaceAll("`", "'"))}${mark}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
