import fc from "fast-check";
import { expect, test } from "vitest";
import type { Notice } from "../../src/alerts/notice.js";
import { createReceivers } from "../../src/notices/create-receivers.js";
import { noticeText } from "../../src/notices/notice-text.js";
import { hostileNotice, item, notice, receiver, targetsAt } from "./sample.js";

const doors = await createReceivers({
  receivers: targetsAt("https://a.example/x").map((target) => receiver(target, { name: target.kind })),
});

function rendered(kind: string, of: Notice) {
  const door = doors.find((one) => one.kind === kind);
  if (door === undefined) throw new Error(`no ${kind}`);
  return door.render(of);
}

const runs = { numRuns: 300 };
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const hidden = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|(?!\n)\p{Cc}/u;

test("no name makes a mention, a link or markup in Discord, and all is within its limits [alerts/A26] [alerts/A28]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      const { body, plain } = rendered("discord", of);
      const message = JSON.parse(body);
      expect(Object.keys(message).sort()).toEqual(["allowed_mentions", "embeds"]);
      expect(message.allowed_mentions).toEqual({ parse: [], users: [], roles: [] });
      expect(message.embeds).toHaveLength(1);
      const [{ title, description }] = message.embeds;
      expect([title.length > 0, title.length <= 256, description.length <= 4_096]).toEqual([
        true,
        true,
        true,
      ]);
      expect(title.length + description.length).toBeLessThanOrEqual(6_000);
      for (const text of [title, description]) {
        expect(text).not.toMatch(loneSurrogate);
        expect(text).not.toMatch(hidden);
        const bare = text
          .replaceAll(/<t:\d+:[TfR]>/g, "")
          .replaceAll("**", "")
          .replaceAll(/`[^`\n]+`|\\[\\*_~`|>#[\]()@<:-]/g, "");
        expect(bare).not.toMatch(/[\\<>@[\]`*_~|#]|:\/\//);
      }
      const bareMessage = JSON.parse(plain ?? "");
      expect(bareMessage.content.length).toBeLessThanOrEqual(2_000);
      expect(bareMessage.content).toMatch(/^```\n[^`]*\n```$/);
      expect(bareMessage.allowed_mentions).toEqual({ parse: [], users: [], roles: [] });
    }),
    runs,
  );
});

test("no name makes a mention, a link or markup in Slack, and all is within its limits [alerts/A26] [alerts/A28]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      const { body, plain } = rendered("slack", of);
      const { text } = JSON.parse(body);
      expect(text.length).toBeLessThanOrEqual(4_000);
      expect(text).not.toMatch(loneSurrogate);
      expect(text).not.toMatch(/[<>]/);
      expect(text.replaceAll(/`[^`\n]+`/g, "")).not.toMatch(/[@`_~]|:\/\//);
      expect(JSON.parse(plain ?? "").text).toMatch(/^```[^`<>]*```$/);
      expect(JSON.parse(plain ?? "").text.length).toBeLessThanOrEqual(4_000);
    }),
    runs,
  );
});

test("an asterisk in a name is seen in Slack, also where the name is nothing else [alerts/A26]", () => {
  const titleOf = (subject: string) =>
    JSON.parse(rendered("slack", notice([item({ subject })])).body).text.split("\n")[0];
  expect(titleOf("*")).toBe("*DOWN `\u2217`*");
  expect(titleOf("a*b")).toBe("*DOWN `a\u2217b`*");
});

test("a program gets each name as it is, in JSON of at most 256 KiB [alerts/A26] [alerts/A28]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      for (const kind of ["webhook", "exec"]) {
        const { body } = rendered(kind, of);
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(262_144);
        const json = JSON.parse(body);
        expect(json.items.map(({ subject }: { subject: string }) => subject)).toEqual(
          of.items.map(({ subject }) => subject),
        );
        expect(json.text).not.toMatch(hidden);
      }
    }),
    runs,
  );
});

test("no name makes a mention, a link or markup in Telegram, and all is within its limits [alerts/A26] [alerts/A28]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      const { body, plain } = rendered("telegram", of);
      const { text, parse_mode } = JSON.parse(body);
      expect(parse_mode).toBe("HTML");
      expect(text.length).toBeLessThanOrEqual(4_096);
      const bare = text.replaceAll(/<code>[^<>]*<\/code>|<b>|<\/b>/g, "");
      expect(bare).not.toMatch(/[<>@]|:\/\//);
      expect(text.replaceAll(/&(?:amp|lt|gt);/g, "")).not.toContain("&");
      const { text: whole, entities } = JSON.parse(plain ?? "");
      expect(whole.length).toBeLessThanOrEqual(4_096);
      expect(entities).toEqual([{ type: "pre", offset: 0, length: whole.length }]);
    }),
    runs,
  );
});

test("no name makes a link or a header in ntfy, a mail or PagerDuty, and all is within their limits [alerts/A26] [alerts/A28]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      const push = JSON.parse(rendered("ntfy", of).body);
      expect(Buffer.byteLength(push.message)).toBeLessThanOrEqual(4_096);
      expect(Buffer.byteLength(push.title)).toBeLessThanOrEqual(250);
      expect(`${push.title}${push.message}`).not.toMatch(/:\/\/|www\./i);
      const letter = JSON.parse(rendered("mail", of).body);
      expect(letter.subject).toMatch(/^\[bots-1\] [A-Za-z0-9 :·]+ \(bots-1\)$/);
      expect(letter.messageId).toBe("<n-1@example.org>");
      expect(Buffer.byteLength(letter.text)).toBeLessThanOrEqual(102_400);
      expect(letter.text).not.toMatch(/:\/\//);
      for (const event of JSON.parse(rendered("pagerduty", of).body)) {
        expect(event.routing_key).toBe("***");
        expect(event.payload?.summary.length ?? 0).toBeLessThanOrEqual(1_024);
      }
    }),
    runs,
  );
});

test("ten thousand bots with the longest names are named or counted within every limit [alerts/A28]", () => {
  const items = Array.from({ length: 10_000 }, (_, i) =>
    item({ subject: `${i}${"🦀".repeat(120)}`, cause: `${i}${"&".repeat(250)}` }),
  );
  const of = notice(items);
  const json = JSON.parse(rendered("webhook", of).body);
  expect(json.items_left_out).toBeGreaterThan(0);
  expect(json.items.length + json.items_left_out).toBe(10_000);
  expect(Buffer.byteLength(rendered("webhook", of).body)).toBeGreaterThan(200_000);
  const [{ title, description }] = JSON.parse(rendered("discord", of).body).embeds;
  expect(title).toBe("DOWN 10000 bots");
  expect(description).toMatch(/ and 9980 more since /);
  expect(JSON.parse(rendered("slack", of).body).text.length).toBeLessThanOrEqual(4_000);
});

test("the largest names and texts of very many bots stay within each receiver's limit [alerts/A28]", () => {
  const crab = (count: number) => "🦀".repeat(count);
  const wide = { monitor: crab(128), pageUrl: `https://monitor.example/${"a".repeat(2_000)}` };
  const labels = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`l${i}`, crab(64)]));
  const largest = (i: number, cause: string) =>
    item({
      subject: `${i}${crab(124)}`,
      rule: `custom:${"r".repeat(64)}`,
      cause,
      labels,
      why: crab(600),
      alertId: `a-${i}`,
      note: crab(256),
      runbook: `https://wiki.example/${"ö".repeat(2_000)}`,
      facts: { version: crab(128), version_before: crab(128), lived_ms: 5_000, pid: i },
    });
  const shared = { dimension: "version", value: crab(128), affected: 9, of: 9, othersAffected: 0, others: 9 };
  const units = (text: unknown) => String(text).length;
  const limits: Readonly<Record<string, (body: string) => boolean>> = {
    discord: (body) => {
      const { content = "", embeds: [embed = {}] = [] } = JSON.parse(body);
      const { title = "", description = "" } = embed;
      return units(content) <= 2_000 && units(title) <= 256 && units(description) <= 4_096;
    },
    slack: (body) => units(JSON.parse(body).text) <= 4_000,
    telegram: (body) => units(JSON.parse(body).text) <= 4_096,
    ntfy: (body) => {
      const { title, message } = JSON.parse(body);
      return Buffer.byteLength(title) <= 250 && Buffer.byteLength(message) <= 4_096;
    },
    webhook: (body) => Buffer.byteLength(body) <= 262_144,
    exec: (body) => Buffer.byteLength(body) <= 262_144,
    mail: (body) => {
      const { subject, text } = JSON.parse(body);
      return [...subject].length <= 200 && Buffer.byteLength(text) <= 102_400;
    },
    pagerduty: (body) => {
      const events = JSON.parse(body) as readonly { payload?: { summary: string } }[];
      return events.every(
        (event) =>
          Buffer.byteLength(JSON.stringify(event)) <= 51_200 && units(event.payload?.summary ?? "") <= 1_024,
      );
    },
  };
  expect(doors.map(({ kind }) => kind).sort()).toEqual(Object.keys(limits).sort());
  for (const cause of [() => crab(2_000), (i: number) => `${i}${crab(2_000)}`]) {
    const items = Array.from({ length: 5_000 }, (_, i) => largest(i, cause(i)));
    for (const { kind, mostItems = items.length } of doors) {
      for (const sharedCause of [null, shared]) {
        const { body, plain } = rendered(kind, notice(items.slice(0, mostItems), { ...wide, sharedCause }));
        expect([kind, limits[kind]?.(body), plain === null || limits[kind]?.(plain)]).toEqual([
          kind,
          true,
          true,
        ]);
        // Whatever is stored of it, too.
        expect(Buffer.byteLength(body + plain)).toBeLessThan(2_000_000);
        expect(body + plain).not.toMatch(/\\ud[89ab]..(?!\\ud[c-f])/);
      }
    }
  }
});

test("what does not fit is counted [alerts/A28]", () => {
  const items = ["trouble", "down", "crash_loop", "conflict", "absent", "rss_mb"].flatMap((rule) =>
    Array.from({ length: 20 }, (_, i) =>
      item({ rule, subject: `${i}${"&".repeat(62)}`, cause: "x".repeat(299) }),
    ),
  );
  const { text } = JSON.parse(rendered("slack", notice(items)).body);
  expect(text).toMatch(/\nand \d+ more: kissbot-monitor alerts\n197 online/);
});

test("the subject of a notice has no word that a bot chose [alerts/A26]", () => {
  fc.assert(
    fc.property(hostileNotice, (of) => {
      expect(noticeText(of).subject).toMatch(/^[A-Za-z0-9 :·]+ \(bots-1\)$/);
    }),
    runs,
  );
});

test("Discord is asked to mention whom the config names for the gravest news, and nobody for what is over [alerts/A26]", async () => {
  const [door] = await createReceivers({
    receivers: targetsAt("https://a.example/x")
      .slice(0, 1)
      .map((target) =>
        receiver(target, { mention: { critical: ["<@&12>", "<@34>"], warning: ["@here"], info: ["<@!5>"] } }),
      ),
  });
  const message = (...items: Parameters<typeof notice>[0]) =>
    JSON.parse(door?.render(notice(items)).body ?? "");
  const warning = item({ severity: "warning" });
  expect(message(warning, item())).toMatchObject({
    content: "<@&12> <@34>",
    allowed_mentions: { parse: [], users: ["34"], roles: ["12"] },
  });
  expect(message(warning)).toMatchObject({ content: "@here", allowed_mentions: { parse: ["everyone"] } });
  expect(message(item({ severity: "info" })).allowed_mentions.users).toEqual(["5"]);
  const over = message(item({ kind: "up", endedMs: 1 }), item({ kind: "steady", endedMs: 1 }));
  expect(over.content).toBeUndefined();
  expect(over.allowed_mentions.parse).toEqual([]);
});
