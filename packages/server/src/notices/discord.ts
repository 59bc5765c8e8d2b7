import type { Notice } from "../alerts/notice.js";
import type { ReceiverSettings, ReceiverTarget } from "../config/alert-settings.js";
import { fitText, type TextStyle, unitsOf } from "./fit-text.js";
import { mentionsOf } from "./mention.js";
import { noticeText, type Span } from "./notice-text.js";
import { plainStyle } from "./plain-style.js";
import { PostedReceiver } from "./posted-receiver.js";

type DiscordTarget = ReceiverTarget & { kind: "discord" };

/** Discord's own limits are 256, 4 096 and 2 000. */
const limits = { title: 256, body: 4_096 };
const plainLimits = { title: 256, body: 1_700 };
const colours = { down: 0xd3_2f_2f, over: 0x2e_7d_32, other: 0xed_6c_02 };

/** A webhook of Discord: one embed. Whoever is mentioned is so by the config alone. */
export function discordReceiver(
  { name, mention }: Pick<ReceiverSettings, "name" | "mention">,
  { url, ca }: DiscordTarget,
): PostedReceiver {
  return new PostedReceiver(name, {
    kind: "discord",
    ca,
    secrets: [url],
    render: (notice) => {
      const mentions = mentionsOf(notice, mention);
      const { title, body } = fitText(noticeText(notice), discordStyle(notice.madeMs), limits);
      const message = {
        ...(mentions.length === 0 ? {} : { content: mentions.join(" ").slice(0, 2_000) }),
        embeds: [{ title, description: body, color: colourOf(notice) }],
        allowed_mentions: allowed(mentions),
      };
      return { body: JSON.stringify(message), plain: plainOf(notice, mentions) };
    },
    request: ([address = ""], { body }) => {
      const place = new URL(address);
      // Without it a message that is not saved is no error.
      place.searchParams.set("wait", "true");
      return { url: place.href, body };
    },
    remoteIdOf: (body) => (body as { id?: unknown } | null)?.id,
  });
}

/** Nothing that stands in the text mentions anybody. */
function allowed(mentions: readonly string[]): object {
  const ids = (form: RegExp) => mentions.flatMap((text) => form.exec(text)?.[1] ?? []).slice(0, 100);
  const isEverybody = mentions.includes("@everyone") || mentions.includes("@here");
  return {
    parse: isEverybody ? ["everyone"] : [],
    users: ids(/^<@!?(\d+)>$/),
    roles: ids(/^<@&(\d+)>$/),
  };
}

/** The bare text, after an embed was refused: a block of code, in which nothing is markup. */
function plainOf(notice: Notice, mentions: readonly string[]): string {
  const { title, body } = fitText(noticeText(notice), plainStyle(notice, unitsOf), plainLimits);
  const text = `${title}\n${body}`.replaceAll("`", "'");
  const called = mentions.filter((mention) => !mention.startsWith("@")).join(" ");
  const content = `${called.slice(0, 2_000 - text.length - 10)}\`\`\`\n${text}\n\`\`\``;
  return JSON.stringify({ content, allowed_mentions: { ...allowed(mentions), parse: [] } });
}

function colourOf({ items }: Notice): number {
  if (items.some(({ kind }) => kind === "down" || kind === "changed" || kind === "still_down"))
    return colours.down;
  return items.every(({ kind }) => kind === "up" || kind === "was_down" || kind === "steady")
    ? colours.over
    : colours.other;
}

const halfDayMs = 43_200_000;

function discordStyle(madeMs: number): TextStyle {
  return {
    length: unitsOf,
    span: (span: Span) => {
      switch (span.kind) {
        case "words":
          return span.text;
        case "strong":
          return `**${escaped(span.text)}**`;
        case "name":
          return `\`${span.text.replaceAll("`", "'") || "?"}\``;
        case "quote":
          return escaped(span.text);
        case "time": {
          const seconds = Math.floor(span.ms / 1_000);
          // Each reader sees it in the own zone; with the date where it is long ago.
          const form = Math.abs(madeMs - span.ms) > halfDayMs ? "f" : "T";
          return `<t:${seconds}:${form}>${span.ago ? ` (<t:${seconds}:R>)` : ""}`;
        }
      }
    },
  };
}

function escaped(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()@<:-]/g, "\\$&");
}
