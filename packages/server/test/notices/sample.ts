import fc from "fast-check";
import type { Notice, NoticeItem } from "../../src/alerts/notice.js";
import type { MailTarget, ReceiverSettings, ReceiverTarget } from "../../src/config/alert-settings.js";
import { Secret } from "../../src/config/secret.js";
import { anything } from "../alerts/unset.js";

export const madeMs = Date.UTC(2026, 10, 26, 12, 2, 31);

export function item(change: Partial<NoticeItem> = {}): NoticeItem {
  return {
    kind: "down",
    alertId: "a-1",
    rule: "down",
    subject: "twitch/summit1g",
    subjectKind: "bot",
    severity: "critical",
    sinceMs: madeMs - 180_000,
    endedMs: null,
    cause: "process 4711 is gone",
    facts: {},
    note: null,
    runbook: null,
    labels: {},
    why: null,
    ...change,
  };
}

export function notice(items: readonly NoticeItem[], change: Partial<Notice> = {}): Notice {
  return {
    noticeId: "n-1",
    receiver: "ops",
    madeMs,
    monitor: "bots-1",
    pageUrl: null,
    timezone: "Europe/Berlin",
    kind: "news",
    sharedCause: null,
    items,
    fleet: { online: 197, down: items.length, other: 0 },
    ...change,
  };
}

export function receiver(target: ReceiverTarget, change: Partial<ReceiverSettings> = {}): ReceiverSettings {
  return {
    name: "ops",
    target,
    ...anything,
    mention: {},
    ...change,
  };
}

/** Mail to a port at which nobody listens. */
export const mailTarget: MailTarget = {
  kind: "mail",
  host: "127.0.0.1",
  port: 1,
  tls: "none",
  user: null,
  password: null,
  from: "a@example.org",
  to: ["b@example.org"],
  ca: null,
};

/** One receiver of each kind, at this address. */
export function targetsAt(url: string): readonly ReceiverTarget[] {
  const secret = Secret.ofValue(url);
  return [
    { kind: "discord", url: secret, ca: null },
    { kind: "slack", url: secret, ca: null },
    { kind: "webhook", url: secret, secret: null, ca: null },
    { kind: "exec", command: ["true"], env: [] },
    { kind: "telegram", token: secret, chatId: "-1", apiUrl: url, ca: null },
    { kind: "ntfy", url: secret, token: null, ca: null },
    { kind: "pagerduty", routingKey: secret, apiUrl: url, ca: null },
    mailTarget,
  ];
}

/** What somebody may call a bot to make a mention, a link, a header or a shell word of it. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    "@everyone",
    "@here",
    "<@123>",
    "<@&456>",
    "<!channel>",
    "<#789>",
    "](http://x.example)",
    "[a](http://x.example)",
    "https://x.example/a_b",
    "<https://x.example|a>",
    "`x` @everyone",
    "```",
    "*b* _i_ ~s~ ||spoiler||",
    "\\",
    "\\`@here",
    "# head",
    "> quote",
    "&lt;script&gt;",
    "<b>x</b>",
    "a\r\nBcc: b@example.org",
    "$(reboot)",
    "; rm -rf /",
    "' \" \u0000",
    "\u202eevil\u2066\u200b",
    "🦀".repeat(128),
    "👩‍👩‍👧‍👦".repeat(18),
    "שלום עולם".repeat(14),
    "&".repeat(128),
    "<".repeat(128),
    "\ud800",
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 128 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 256 }),
);

const kinds = ["down", "up", "changed", "was_down", "still_down", "flapping", "steady", "info"] as const;
const rules = ["down", "crash_loop", "trouble", "rss_mb", "custom:queue", "fleet_online"] as const;

const hostileItem: fc.Arbitrary<NoticeItem> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    rule: fc.constantFrom(...rules),
    subject: hostileText,
    cause: hostileText,
    version: hostileText,
    severity: fc.constantFrom("info" as const, "warning" as const, "critical" as const),
    why: fc.option(hostileText),
  })
  .map(({ version, kind, ...rest }) =>
    item({
      ...rest,
      kind,
      facts: { version, lived_ms: 5_000, last_rss_mb: 12.34 },
      endedMs: kind === "up" || kind === "was_down" ? madeMs : null,
    }),
  );

export const hostileNotice: fc.Arbitrary<Notice> = fc
  .tuple(
    fc.array(hostileItem, { minLength: 1, maxLength: 60, size: "max" }),
    fc.constantFrom("news" as const, "reminder" as const, "test" as const),
    fc.option(hostileText),
  )
  .map(([items, kind, shared]) =>
    notice(items, {
      kind,
      sharedCause:
        shared === null
          ? null
          : {
              dimension: "version",
              value: shared,
              affected: 3,
              of: 3,
              othersAffected: 0,
              others: 9,
            },
    }),
  );
