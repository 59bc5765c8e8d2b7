import { describe, expect, test } from "vitest";
import type { Notice } from "../../src/alerts/notice.js";
import { fitText } from "../../src/notices/fit-text.js";
import { noticeText } from "../../src/notices/notice-text.js";
import { plainStyle } from "../../src/notices/plain-style.js";
import { item, madeMs, notice } from "./sample.js";

function said(of: Notice): readonly string[] {
  const { title, body } = fitText(noticeText(of), plainStyle(of), { title: 256, body: 4_096 });
  return [title, ...body.split("\n")];
}

describe("a notice says in plain words", () => {
  test("what is down, since when, why, what is known of it, and how the fleet is", () => {
    const facts = {
      lived_ms: 22_320_000,
      version: "1.4.3",
      last_rss_mb: 480.4,
      restarts_1h: 2,
      pid: 4711,
    };
    expect(said(notice([item({ facts })], { pageUrl: "https://monitor.example" }))).toEqual([
      "DOWN twitch/summit1g",
      "DOWN twitch/summit1g since 12:59:31 (3 min ago)",
      "process 4711 is gone",
      "ran 6 h 12 min · version 1.4.3 · last RSS 480 MB · 2 crashes in the last hour",
      "197 online, 1 down · monitor bots-1 · https://monitor.example",
    ]);
  });

  test("what is over, after how long, and what the reason was", () => {
    expect(said(notice([item({ kind: "up", endedMs: madeMs - 60_000 })])).slice(0, 3)).toEqual([
      "UP twitch/summit1g",
      "UP twitch/summit1g after 2 min, from 12:59:31 to 13:01:31",
      "It was: process 4711 is gone",
    ]);
  });

  test.each([
    [item({ kind: "was_down", endedMs: madeMs }), "WAS DOWN twitch/summit1g"],
    [item({ kind: "still_down" }), "STILL DOWN twitch/summit1g"],
    [item({ kind: "changed" }), "DOWN twitch/summit1g"],
    [item({ kind: "flapping" }), "FLAPPING twitch/summit1g"],
    [item({ kind: "steady", endedMs: madeMs }), "STEADY twitch/summit1g"],
    [item({ rule: "crash_loop" }), "CRASH LOOP twitch/summit1g"],
    [item({ rule: "crash_loop", kind: "up", endedMs: madeMs }), "OVER: CRASH LOOP twitch/summit1g"],
    [item({ rule: "rss_mb", kind: "still_down" }), "STILL MUCH MEMORY twitch/summit1g"],
    [item({ rule: "custom:queue" }), "QUEUE twitch/summit1g"],
    [
      item({ rule: "host_restarted", kind: "info", subjectKind: "monitor", subject: "host" }),
      "HOST RESTARTED host",
    ],
    [item({ kind: "info", endedMs: madeMs }), "ENDED: DOWN twitch/summit1g"],
  ])("%# of which kind it is", (one, title) => {
    expect(said(notice([one]))[0]).toBe(title);
  });

  test("twelve bots of one dead process in one line", () => {
    const facts = { pid: 4711, process_bots: 12 };
    const items = Array.from({ length: 12 }, (_, i) => item({ subject: `b/${i}`, facts }));
    const lines = said(notice(items));
    expect(lines[0]).toBe("DOWN 12 bots");
    expect(lines[1]).toMatch(/^DOWN 12 bots: b\/0, b\/1, .*b\/11 since 12:59:31 \(3 min ago\)$/);
    expect(lines[2]).toBe("process 4711 is gone");
    expect(lines).toHaveLength(4);
  });

  test("the cause that many share first, with its numbers", () => {
    const items = Array.from({ length: 40 }, (_, i) =>
      item({ subject: `b/${i}`, cause: `process ${i} is gone` }),
    );
    const sharedCause = {
      dimension: "version",
      value: "2.0",
      affected: 40,
      of: 40,
      othersAffected: 0,
      others: 160,
    };
    const lines = said(notice(items, { sharedCause }));
    expect(lines.slice(0, 2)).toEqual(["DOWN 40 bots", "All 40 bots of version 2.0; none of the other 160."]);
    expect(lines[2]).toContain("b/19 and 20 more since");
    expect(lines[3]).toBe("For several reasons; the first: process 0 is gone");
    const few = { ...sharedCause, affected: 38, othersAffected: 2 };
    expect(said(notice(items, { sharedCause: few }))[1]).toBe(
      "38 of 40 bots of version 2.0; 2 of the other 160.",
    );
  });

  test("news of several kinds, each counted in the title", () => {
    const items = [
      ...[1, 2, 3].map((i) => item({ subject: `b/${i}` })),
      item({ kind: "up", endedMs: madeMs, subject: "c/1" }),
      item({ rule: "trouble", severity: "warning", cause: "no token", subject: "c/2" }),
    ];
    expect(said(notice(items))[0]).toBe("DOWN 3 bots · UP 1 bot · IN TROUBLE 1 bot");
    expect(said(notice(items, { kind: "reminder" }))[0]).toMatch(/^Reminder · DOWN/);
  });

  test("the operator's words and why it is said now, as they were written", () => {
    const one = item({
      note: "restart with: systemctl restart a",
      runbook: "https://wiki.example/a",
      why: "silence ended",
    });
    expect(said(notice([one])).slice(3, 6)).toEqual([
      "silence ended",
      "restart with: systemctl restart a",
      "Runbook: https://wiki.example/a",
    ]);
  });

  test("that alerts are on, and that nothing is wrong", () => {
    const fleet = { online: 150, down: 50, other: 2 };
    expect(said(notice([], { kind: "first", fleet }))).toEqual([
      "Alerts are on: 150 online, 50 down already",
      "Those that are down are not told one by one.",
      "150 online, 50 down, 2 offline · monitor bots-1",
    ]);
    expect(said(notice([], { kind: "all_well" }))[0]).toBe("Nothing is wrong: 197 online");
  });

  test("a time of another day with its date, in the zone of the notice", () => {
    const line = said(
      notice([item({ sinceMs: Date.UTC(2026, 9, 25, 0, 30) })], { timezone: "Asia/Kolkata" }),
    )[1];
    expect(line).toBe("DOWN twitch/summit1g since Sun 25 Oct 06:00:00 (32 d 11 h ago)");
  });

  test("a name that hides or reorders text with a mark in the place of what is not seen [alerts/A26]", () => {
    const [title] = said(notice([item({ subject: "a\u202eb\u200bc\u2066d\u0007e\nf" })]));
    expect(title).toBe("DOWN a\ufffdb\ufffdc\ufffdd\ufffde f");
    expect(said(notice([item({ subject: "é".repeat(128) })]))[0]).toBe(`DOWN ${"é".repeat(63)}…`);
  });
});
