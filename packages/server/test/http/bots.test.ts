import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Served } from "./served.js";

describe("/api/v1/bots", () => {
  test("is the whole fleet, sorted by channel, with the database's names", async () => {
    await using served = await Served.start();
    served.fleet.add("b");
    served.fleet.add("a", {
      conflict: { pid: 7, principal: "local", sinceMs: 0 },
      cpuPct: null,
      startedAtMs: null,
      version: null,
    });
    const { status, headers, body } = await served.ask("/api/v1/bots");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(body).toEqual({
      bots: [
        {
          channel: "a",
          principal: "local",
          pid: 4242,
          status: "online",
          status_since: "2026-05-20T12:00:00.000000+00:00",
          status_cause: "registered",
          cause_code: "registered",
          previous_pid: null,
          lived_ms: null,
          features: { weather: true },
          registered_at: "2026-05-20T12:00:00.000000+00:00",
          last_seen: "2026-05-20T12:00:30.000000+00:00",
          cpu_pct: null,
          rss_mb: 96,
          measured_at: "2026-05-20T12:00:15.000000+00:00",
          last_cpu_pct: 12.5,
          last_rss_mb: 96,
          uptime_s: null,
          restarts: 0,
          restarts_1h: 0,
          crash_loop: false,
          crashes_10m: 0,
          crash_life_ms: null,
          started_at: null,
          process_seen: true,
          trouble: null,
          trouble_since: null,
          version: null,
          note: null,
          runbook: null,
          labels: {},
          interval_s: 30,
          conflict: { pid: 7, principal: "local", since: "1970-01-01T00:00:00.000000+00:00" },
          client_dropped: 0,
        },
        expect.objectContaining({ channel: "b", cpu_pct: 12.5, conflict: null }),
      ],
    });
  });

  test("is an empty list while there is no bot", async () => {
    await using served = await Served.start();
    expect((await served.ask("/api/v1/bots")).text).toBe('{"bots":[]}');
  });

  test("shows at once what changed, and who came", async () => {
    await using served = await Served.start();
    served.fleet.add("m");
    expect((await served.ask("/api/v1/bots")).text).toContain('"restarts":0');
    served.fleet.change("m", { restarts: 5 });
    served.fleet.add("b");
    served.fleet.add("z");
    const { bots } = (await served.ask("/api/v1/bots")).body as {
      bots: { channel: string; restarts: number }[];
    };
    expect(bots.map(({ channel, restarts }) => [channel, restarts])).toEqual([
      ["b", 0],
      ["m", 5],
      ["z", 0],
    ]);
  });

  test("leaves a time that no text can hold unknown, rather than the whole fleet", async () => {
    await using served = await Served.start();
    served.fleet.add("a", { startedAtMs: 1e300, measuredAtMs: -5 });
    expect((await served.ask("/api/v1/bots")).body).toMatchObject({
      bots: [{ channel: "a", started_at: null, measured_at: null }],
    });
  });

  test("pages through the fleet without leaving anybody out, whatever the filter", async () => {
    await using served = await Served.start();
    const statuses = ["online", "stale", "dead", "offline"] as const;
    const names = fc.sample(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), {
      numRuns: 4000,
      seed: 5,
    });
    for (const [i, channel] of names.entries()) {
      if (i % 1500 === 7) await served.ask("/api/v1/bots?limit=1");
      if (served.fleet.get(channel) === undefined)
        served.fleet.add(channel, { status: statuses[i % 4] ?? "online" });
    }
    const expected = [...served.fleet.bots()]
      .filter(({ status }) => status === "stale")
      .map(({ channel }) => channel)
      .sort();
    const seen: string[] = [];
    for (let after = ""; ; ) {
      const more = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
      const { body } = await served.ask(`/api/v1/bots?status=stale&limit=97${more}`);
      const { bots } = body as { bots: { channel: string }[] };
      seen.push(...bots.map(({ channel }) => channel));
      if (bots.length < 97) break;
      after = seen.at(-1) ?? "";
    }
    expect(seen).toEqual(expected);
    expect(expected.length).toBeGreaterThan(500);
  });

  test("has one bot by its channel, however it is spelt", async () => {
    await using served = await Served.start();
    const names = [
      "a/b",
      "a%2Fb",
      "%",
      "100%",
      "über uns 🦀",
      "a?b#c",
      "a+b",
      "a;b",
      "metrics",
      "..x",
      "%zz",
      '"',
      "a\\b",
      "::",
    ];
    const generated = fc.sample(fc.string({ minLength: 1, maxLength: 64, unit: "grapheme" }), {
      numRuns: 100,
      seed: 3,
    });
    for (const name of [...names, ...generated, "🦀".repeat(128)]) {
      if (name === "." || name === "..") continue;
      served.fleet.add(name);
      const { status, body } = await served.ask(`/api/v1/bots/${encodeURIComponent(name)}`);
      expect({ status, body }, name).toEqual({
        status: 200,
        body: expect.objectContaining({ channel: name }),
      });
    }
  });

  test("says so where there is no such bot", async () => {
    await using served = await Served.start();
    const { status, body } = await served.ask("/api/v1/bots/nobody");
    expect(status).toBe(404);
    expect(body).toEqual({ error: { code: "not_found", message: expect.stringContaining("/api/v1/bots") } });
    expect((await served.ask("/api/v1/bots/%zz")).status).toBe(400);
  });

  test("answers HEAD without a body", async () => {
    await using served = await Served.start();
    served.fleet.add("a");
    for (const path of ["/healthz", "/metrics", "/api/v1/bots", "/api/v1/bots/a", "/api/v1/stream"]) {
      const { status, headers, text } = await served.ask(path, { method: "HEAD" });
      expect({ status, text }, path).toEqual({ status: 200, text: "" });
      expect(headers["cache-control"]).toMatch(/^no-store/);
      expect(headers["content-type"]).toBeDefined();
    }
    expect((await served.ask("/api/v1/bots/nobody", { method: "HEAD" })).status).toBe(404);
  });
});
